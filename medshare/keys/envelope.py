"""The envelope: the seeds that a consent gives its grantee, sealed to the grantee's key (design, section 5).

One age file of one size, whatever the number of categories. It holds for each category the seed of
the newest epoch, which gives the older ones. The agent key signs it; the grantee checks the
signature against the directory that the chain names, and takes only a rising number.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from medshare import canonical_json
from medshare.age import HybridIdentity, HybridRecipient
from medshare.age.entropy import Entropy
from medshare.consent.actions import Action
from medshare.consent.document import ConsentDocument
from medshare.digest import keccak
from medshare.hexadecimal import Address, to_hex
from medshare.keys.compartments import FIRST_EPOCH, FOLDERS, LAST_EPOCH, CompartmentSeed
from medshare.keys.directory import key_digest
from medshare.keys.errors import (
    DigestDiffers,
    DocumentForeign,
    DocumentMalformed,
    DocumentStale,
    EnvelopeTooLarge,
    EnvelopeTooWide,
    EnvelopeWithoutRead,
    SeedMissing,
)
from medshare.keys.form import Form, open_json, seal_json
from medshare.signed import Signed
from medshare.typed_data import Domains, Envelope, SigningKey

VERSION: Final = 1
SIZE: Final = 8192
"""Bytes of plaintext of every envelope: room for 32 keys of the address and of two predecessors."""
MOST_ADDRESSES: Final = 9
"""A patient's address and eight predecessors."""

_KIND: Final = "envelope"
_KEYS: Final = ("v", "chainId", "registry", "patient", "consentId", "seq", "seeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSeeds:
    """The seeds of one address, all of one epoch, by compartment (0 to 31).

    After moving house an envelope also carries those of the old address, until its capsules are
    re-wrapped.

    Raises:
        DocumentMalformed: A compartment that no consent names, or a seed of another epoch.
    """

    patient: Address
    epoch: int
    seeds: Mapping[int, CompartmentSeed]

    def __post_init__(self) -> None:
        for compartment, seed in self.seeds.items():
            if not 0 <= compartment < FOLDERS.stop or seed.epoch != self.epoch:
                raise DocumentMalformed(kind=_KIND, why="a seed is not of a category or of another epoch")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEnvelope:
    """An envelope as custodians keep it: its bytes and the agent's signature."""

    data: bytes
    signed: Signed[Envelope]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEnvelope:
    """What the grantee found, every check passed. Only `open_envelope` makes one."""

    seq: int
    seeds: tuple[AddressSeeds, ...]

    def identity(self, *, patient: Address, compartment: int, epoch: int) -> HybridIdentity:
        """Return the key of a document deposited for `patient` in `compartment` and `epoch`.

        Raises:
            SeedMissing: The envelope has no seed for the address and the compartment.
            EpochNewer: The document was sealed after the envelope.
            EpochOutOfRange: No such epoch.
        """
        for held in self.seeds:
            if held.patient == patient and compartment in held.seeds:
                return held.seeds[compartment].identity(epoch)
        raise SeedMissing


def seal_envelope(
    consent: ConsentDocument,
    seeds: Sequence[AddressSeeds],
    *,
    grantee: HybridRecipient,
    seq: int,
    at: int,
    domains: Domains,
    agent: SigningKey,
    entropy: Entropy = secrets.token_bytes,
) -> SealedEnvelope:
    """Return the envelope of `consent`, sealed to the grantee's key and signed by the agent key.

    Args:
        consent: The signed consent; its nonce tells the categories that are really granted.
        seeds: Of the patient's address first, then of predecessors. No more than the consent grants.
        grantee: The key in the grantee's key document, as the chain names it now.
        seq: Higher than that of any envelope of this consent before.
        at: Seconds since 1970.
        domains: The deployment.
        agent: The agent key.
        entropy: Randomness for the payload.

    Raises:
        EnvelopeWithoutRead: The consent does not grant reading.
        EnvelopeTooWide: A seed lies outside the consent.
        DocumentForeign: The first seeds are not those of the consent's patient.
        EnvelopeTooLarge: More seeds than fit the one size.
    """
    if not consent.word.actions & Action.READ:
        raise EnvelopeWithoutRead
    _check_seeds(seeds, patient=consent.patient, compartments=consent.categories)
    value = {
        "v": VERSION,
        "chainId": domains.chain_id,
        "registry": domains.participants,
        "patient": consent.patient,
        "consentId": to_hex(consent.consent_id),
        "seq": seq,
        "seeds": [
            {
                "patient": held.patient,
                "epoch": held.epoch,
                "keys": {str(int(c)): to_hex(seed.secret_bytes()) for c, seed in held.seeds.items()},
            }
            for held in seeds
        ],
    }
    needed = len(canonical_json.dumps(value))
    if needed > SIZE:
        raise EnvelopeTooLarge(needed=needed, size=SIZE)
    data = seal_json(value, grantee, size=SIZE, entropy=entropy)
    message = Envelope(
        consent_id=consent.consent_id, grantee_key=key_digest(grantee), seq=seq, digest=keccak(data), at=at
    )
    return SealedEnvelope(data=data, signed=Signed.by(agent, message, domains))


def open_envelope(
    envelope: SealedEnvelope,
    consent: ConsentDocument,
    *,
    identity: HybridIdentity,
    agent: Address,
    last_seq: int,
    domains: Domains,
) -> OpenedEnvelope:
    """Return the seeds of `envelope`, with everything checked before and after it is opened.

    Args:
        envelope: From any custodian; nothing in it is trusted.
        consent: The consent document that the grantee holds and has checked.
        identity: The grantee's private key.
        agent: The agent's address in the patient's directory, whose digest stands on a fresh head.
        last_seq: The number of the last envelope of this consent that was opened; 0 for none.
        domains: The deployment.

    Raises:
        DigestDiffers: Other bytes than were signed.
        DocumentForeign: It is for another consent, another key, chain or patient.
        SignatureForeign (or malformed): The agent did not sign it.
        DocumentStale: Its number does not rise.
        EnvelopeTooWide: It holds a key that the consent does not cover.
        DocumentMalformed: It opened, and is not the exact form.
        HeaderError, NoIdentityMatches, HeaderForged, PayloadDamaged: It does not open.
    """
    message = envelope.signed.message
    if keccak(envelope.data) != message.digest:
        raise DigestDiffers(kind=_KIND)
    if message.consent_id != consent.consent_id:
        raise DocumentForeign(kind=_KIND, field="consent")
    if message.grantee_key != key_digest(identity.recipient):
        raise DocumentForeign(kind=_KIND, field="key")
    envelope.signed.check(domains, signer=agent)  # [K-004]
    if message.seq <= last_seq:  # [K-004]
        raise DocumentStale(kind=_KIND, found=message.seq, last=last_seq)
    form = Form(_KIND, open_json(_KIND, envelope.data, identity, limit=SIZE, size=SIZE), _KEYS)
    form.integer("v", low=VERSION, high=VERSION)
    for field, found, expected in (
        ("chain", form.integer("chainId"), domains.chain_id),
        ("registry", form.address("registry"), domains.participants),
        ("patient", form.address("patient"), consent.patient),
        ("consent", form.data("consentId", 32), consent.consent_id),
        ("number", form.integer("seq"), message.seq),
    ):
        if found != expected:
            raise DocumentForeign(kind=_KIND, field=field)
    seeds = tuple(_read_seeds(row) for row in form.rows("seeds", most=MOST_ADDRESSES))
    _check_seeds(seeds, patient=consent.patient, compartments=consent.categories)
    return OpenedEnvelope(seq=message.seq, seeds=seeds)


def _check_seeds(seeds: Sequence[AddressSeeds], *, patient: Address, compartments: Collection[int]) -> None:
    if not seeds or seeds[0].patient != patient:
        raise DocumentForeign(kind=_KIND, field="patient")
    if len({held.patient for held in seeds}) != len(seeds):
        raise DocumentMalformed(kind=_KIND, why="an address stands in it twice")
    for held in seeds:
        if not set(held.seeds) <= {int(compartment) for compartment in compartments}:  # [K-003]
            raise EnvelopeTooWide


def _read_seeds(row: object) -> AddressSeeds:
    form = Form(_KIND, row, ("patient", "epoch", "keys"))
    epoch = form.integer("epoch", low=FIRST_EPOCH, high=LAST_EPOCH)
    names = {str(compartment): compartment for compartment in range(FOLDERS.stop)}
    keys = form.map("keys", most=FOLDERS.stop)
    if not set(keys) <= set(names):
        raise form.malformed("keys")
    texts = Form(_KIND, keys, keys)
    seeds = {names[name]: CompartmentSeed(texts.data(name, 32), epoch=epoch) for name in keys}
    return AddressSeeds(patient=form.address("patient"), epoch=epoch, seeds=seeds)
