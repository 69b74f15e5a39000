"""The envelope gives a grantee the keys of the consent and no more. Cases K01, K03, K04, K08.

Given an envelope from a custodian
├── its bytes are not those that were signed    -> DigestDiffers
├── it is for another consent or key            -> DocumentForeign
├── the agent did not sign it                   -> SignatureForeign
├── its number does not rise                    -> DocumentStale
├── it does not open, or is padded differently  -> age's errors, DocumentMalformed
├── inside, it is for somebody or something else-> DocumentForeign
├── it holds a key outside the consent          -> EnvelopeTooWide
└── all is well                                 -> the seeds
"""

from __future__ import annotations

import dataclasses

import pytest

from medshare import canonical_json
from medshare.age import decrypt, encrypt
from medshare.age.errors import NoIdentityMatches, PayloadDamaged
from medshare.consent.actions import Action
from medshare.digest import keccak
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.keys.directory import key_digest
from medshare.keys.envelope import SIZE, AddressSeeds, SealedEnvelope, open_envelope, seal_envelope
from medshare.keys.errors import (
    DigestDiffers,
    DocumentForeign,
    DocumentMalformed,
    DocumentStale,
    EnvelopeTooLarge,
    EnvelopeTooWide,
    EnvelopeWithoutRead,
    EpochNewer,
    SeedMissing,
)
from medshare.keys.form import seal_json
from medshare.signed import Signed
from medshare.typed_data import Envelope
from medshare.typed_data.errors import SignatureForeign
from tests.unit.keys.actors import (
    CLINIC_KEY,
    DOMAINS,
    EPOCH,
    KEYS,
    LABORATORY,
    MEDICATIONS,
    NOW,
    OLD_ADDRESS,
    OTHER_DOMAINS,
    OTHER_KEYS,
    PATIENT,
    STRANGER,
    STRANGER_ACCOUNT,
    STRANGER_KEY,
    consent,
    seeds,
)

CONSENT = consent()


def seal(document=CONSENT, held=None, **changes):
    arguments = {
        "grantee": CLINIC_KEY.recipient,
        "seq": 1,
        "at": NOW,
        "domains": DOMAINS,
        "agent": KEYS.agent_key,
        **changes,
    }
    return seal_envelope(document, [seeds()] if held is None else held, **arguments)


def open_(envelope, document=CONSENT, **changes):
    arguments = {"identity": CLINIC_KEY, "agent": KEYS.agent, "last_seq": 0, "domains": DOMAINS, **changes}
    return open_envelope(envelope, document, **arguments)


def resealed(value, *, size=SIZE, recipient=CLINIC_KEY.recipient, **changes):
    """Return an envelope of any content, properly signed by the agent."""
    data = seal_json(value, recipient, size=size)
    return resigned(data, **changes)


def resigned(data, *, agent=KEYS.agent_key, **changes):
    fields = {
        "consent_id": CONSENT.consent_id,
        "grantee_key": key_digest(CLINIC_KEY.recipient),
        "seq": 1,
        "digest": keccak(data),
        "at": NOW,
        **changes,
    }
    return SealedEnvelope(data=data, signed=Signed.by(agent, Envelope(**fields), DOMAINS))


GOOD = seal()
CONTENT = canonical_json.loads(decrypt(GOOD.data, [CLINIC_KEY]).rstrip(b"\n"))


def test_the_grantee_opens_what_was_sealed_in_the_categories_of_the_consent_and_older_epochs():
    opened = open_(GOOD)
    document = encrypt(b"a result", [KEYS.identity(LABORATORY, EPOCH - 2).recipient])
    identity = opened.identity(patient=PATIENT, compartment=LABORATORY, epoch=EPOCH - 2)
    assert decrypt(document, [identity]) == b"a result"
    assert opened.seq == 1


def test_the_grantee_opens_no_other_category_no_newer_epoch_and_no_other_address():
    opened = open_(GOOD)
    with pytest.raises(SeedMissing):
        opened.identity(patient=PATIENT, compartment=18, epoch=EPOCH)
    with pytest.raises(SeedMissing):
        opened.identity(patient=OLD_ADDRESS, compartment=LABORATORY, epoch=EPOCH)
    with pytest.raises(EpochNewer):
        opened.identity(patient=PATIENT, compartment=LABORATORY, epoch=EPOCH + 1)


def test_an_envelope_carries_the_seeds_of_an_old_address_too():
    old = seeds(keys=OTHER_KEYS, epoch=9, patient=OLD_ADDRESS)
    opened = open_(seal(held=[seeds(), old]))
    identity = opened.identity(patient=OLD_ADDRESS, compartment=MEDICATIONS, epoch=3)
    assert identity.recipient == OTHER_KEYS.identity(MEDICATIONS, 3).recipient


def test_every_envelope_has_the_same_size_whatever_it_holds():
    """[K-003]."""
    everything = consent(tuple(range(32)), text="everything")
    sizes = {
        len(seal(held=[seeds((MEDICATIONS,))]).data),
        len(GOOD.data),
        len(seal(everything, [seeds(tuple(range(32)))]).data),
        len(seal(everything, [seeds(tuple(range(32))), seeds(tuple(range(32)), patient=OLD_ADDRESS)]).data),
        len(seal(held=[seeds(())]).data),
    }
    assert len(sizes) == 1


def test_what_does_not_fit_the_one_size_is_refused():
    everything = consent(tuple(range(32)), text="everything")
    held = [seeds(tuple(range(32)))]
    held += [seeds(tuple(range(32)), patient="0x" + f"{n:02x}" * 20) for n in range(1, 5)]
    with pytest.raises(EnvelopeTooLarge):
        seal(everything, held)


@pytest.mark.parametrize("actions", [Action.WRITE, Action.AGGREGATE, Action.WRITE | Action.DEIDENTIFIED])
def test_no_key_goes_with_a_consent_that_does_not_grant_reading(actions):
    with pytest.raises(EnvelopeWithoutRead):
        seal(consent(actions=actions))


def test_an_envelope_never_holds_more_than_the_consent():
    """[K-003]."""
    with pytest.raises(EnvelopeTooWide):
        seal(held=[seeds((MEDICATIONS, LABORATORY, 18))])
    with pytest.raises(EnvelopeTooWide):
        seal(held=[seeds(), seeds((18,), patient=OLD_ADDRESS)])


def test_the_first_seeds_are_those_of_the_patient_and_no_address_stands_twice():
    for held in ([], [seeds(patient=OLD_ADDRESS)], [seeds(patient=OLD_ADDRESS), seeds()]):
        with pytest.raises(DocumentForeign):
            seal(held=held)
    with pytest.raises(DocumentMalformed):
        seal(held=[seeds(), seeds()])


@pytest.mark.parametrize(
    "held", [{254: KEYS.seed(254, EPOCH)}, {7: KEYS.seed(7, EPOCH + 1)}, {-1: KEYS.seed(7, EPOCH)}]
)
def test_inbox_and_self_keys_never_leave_and_all_seeds_are_of_one_epoch(held):
    with pytest.raises(DocumentMalformed):
        AddressSeeds(patient=PATIENT, epoch=EPOCH, seeds=held)


def test_an_envelope_without_the_agents_signature_is_refused():
    """Case K08: sealed properly, signed by somebody else, or by the patient's own account. [K-004]"""
    for signer in (STRANGER_ACCOUNT, AccountKey(keccak(b"the patient's account")), OTHER_KEYS.agent_key):
        with pytest.raises(SignatureForeign):
            open_(seal(agent=signer))
    with pytest.raises(SignatureForeign):
        open_(GOOD, agent=STRANGER)


@pytest.mark.parametrize(
    "change",
    [
        {"consent_id": keccak(b"x")},
        {"grantee_key": keccak(b"x")},
        {"seq": 2},
        {"at": NOW + 1},
        {"digest": keccak(b"x")},
    ],
)
def test_changing_any_field_of_the_message_is_noticed(change):
    """Case K03."""
    message = dataclasses.replace(GOOD.signed.message, **change)
    forged = SealedEnvelope(data=GOOD.data, signed=dataclasses.replace(GOOD.signed, message=message))
    with pytest.raises((DigestDiffers, DocumentForeign, SignatureForeign)):
        open_(forged)


def test_an_envelope_of_another_chain_is_refused():
    with pytest.raises(SignatureForeign):
        open_(GOOD, domains=OTHER_DOMAINS)


def test_an_envelope_of_one_consent_is_none_of_another():
    """Case K04: the same patient, grantee and categories; another text."""
    with pytest.raises(DocumentForeign, match="consent"):
        open_(GOOD, consent(text="other words"))


def test_an_envelope_for_another_reader_is_refused():
    """Case K04."""
    with pytest.raises(DocumentForeign, match="key"):
        open_(GOOD, identity=STRANGER_KEY)
    relabelled = resigned(GOOD.data, grantee_key=key_digest(STRANGER_KEY.recipient))
    with pytest.raises(NoIdentityMatches):
        open_(relabelled, identity=STRANGER_KEY)


@pytest.mark.parametrize("place", [0, 30, 1500, -1])
def test_changed_bytes_are_refused(place):
    data = bytearray(GOOD.data)
    data[place] ^= 1
    with pytest.raises(DigestDiffers):
        open_(SealedEnvelope(data=bytes(data), signed=GOOD.signed))


def test_one_byte_more_or_less_is_refused_even_if_it_is_signed():
    """Case K01."""
    with pytest.raises(PayloadDamaged):
        open_(resigned(GOOD.data[:-1]))
    with pytest.raises(PayloadDamaged):
        open_(resigned(GOOD.data + b"\x00"))
    with pytest.raises(DocumentMalformed):
        open_(resigned(GOOD.data + bytes(10_000)))


@pytest.mark.parametrize("last", [1, 2, 2**63])
def test_an_older_or_equal_number_is_refused(last):
    """[K-004]."""
    with pytest.raises(DocumentStale):
        open_(GOOD, last_seq=last)


def test_a_rising_number_is_accepted_up_to_the_last_one():
    assert open_(seal(seq=2), last_seq=1).seq == 2
    assert open_(seal(seq=2**53 - 1), last_seq=2).seq == 2**53 - 1


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1, 4096])
def test_another_size_is_refused(size):
    """[K-003]."""
    with pytest.raises(DocumentMalformed):
        open_(resealed(CONTENT, size=size))


def row(**changes):
    return {**CONTENT["seeds"][0], **changes}


SEED = to_hex(bytes(32))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"v": 2}, DocumentMalformed),
        ({"extra": 1}, DocumentMalformed),
        ({"chainId": 1}, DocumentForeign),
        ({"registry": DOMAINS.consents}, DocumentForeign),
        ({"patient": STRANGER}, DocumentForeign),
        ({"consentId": to_hex(keccak(b"x"))}, DocumentForeign),
        ({"consentId": "0x00"}, DocumentMalformed),
        ({"seq": 2}, DocumentForeign),
        ({"seeds": []}, DocumentForeign),
        ({"seeds": {}}, DocumentMalformed),
        ({"seeds": [row(patient=STRANGER)]}, DocumentForeign),
        ({"seeds": [row(), row()]}, DocumentMalformed),
        ({"seeds": [row(patient=f"0x{n:040x}") for n in range(10)]}, DocumentMalformed),
        ({"seeds": [row(epoch=0)]}, DocumentMalformed),
        ({"seeds": [row(epoch=4096)]}, DocumentMalformed),
        ({"seeds": [row(keys={"18": SEED})]}, EnvelopeTooWide),
        ({"seeds": [row(keys={"254": SEED})]}, DocumentMalformed),
        ({"seeds": [row(keys={"07": SEED})]}, DocumentMalformed),
        ({"seeds": [row(keys={"7": SEED[:-2]})]}, DocumentMalformed),
        ({"seeds": [row(keys={"7": 1})]}, DocumentMalformed),
        ({"seeds": [row(keys=[])]}, DocumentMalformed),
        ({"seeds": [{"patient": PATIENT}]}, DocumentMalformed),
        ({"seeds": [7]}, DocumentMalformed),
    ],
)
def test_an_envelope_of_a_broken_agent_is_refused_although_it_is_signed(change, error):
    """Cases K03, K04: what stands inside must agree with what stands outside."""
    with pytest.raises(error):
        open_(resealed({**CONTENT, **change}))


def test_the_content_of_the_tests_is_that_of_an_envelope():
    assert open_(resealed(CONTENT)).seeds[0].epoch == EPOCH


def test_no_seed_shows_in_print():
    """Case K15."""
    secrets = [seed.secret_bytes() for seed in seeds().seeds.values()]
    shown = repr(open_(GOOD)) + repr(GOOD) + repr(seeds()) + str(seeds())
    assert not any(secret.hex() in shown or repr(secret) in shown for secret in secrets)
