"""A message of `medshare.typed_data` together with its signature, as it travels and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from medshare import canonical_json
from medshare.consent.document import LONGEST_SIGNATURE, ConsentDocument
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import AUDIT, CONSENTS, PARTICIPANTS, RECORDS, REQUESTS, Block, DeploymentInfo, Ledger
from medshare.typed_data import Consent, Domains, Message, SigningKey, check_signature, digest, sign
from medshare.typed_data.errors import (
    SignatureForeign,
    SignatureHighS,
    SignatureLength,
    SignatureNobody,
    SignatureRecoveryByte,
    SignatureScalar,
)
from medshare.vault import SignedBytes

M_co = TypeVar("M_co", bound=Message, covariant=True)
N = TypeVar("N", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(Generic[M_co]):
    """What somebody signed. `signer` says who; `check` proves it.

    `signature` has 65 bytes: r, s (low), v (27 or 28). A contract wallet's signature (ERC-1271) may
    have another form; only the chain can check that one.
    """

    message: M_co
    signer: Address
    signature: bytes

    @classmethod
    def by(cls, key: SigningKey, message: N, domains: Domains) -> Signed[N]:
        """Return `message` signed with `key`."""
        return Signed(message=message, signer=key.address, signature=sign(message, domains, key))

    def check(self, domains: Domains, *, signer: Address) -> M_co:
        """Return the message if `signer` signed it.

        Raises:
            The errors of `medshare.typed_data`: malformed, or somebody else's signature.
        """
        check_signature(self.message, domains, self.signature, signer)
        return self.message

    def digest(self, domains: Domains) -> Bytes32:
        """Return the 32 bytes that were signed."""
        return digest(self.message, domains)

    def keep(self) -> SignedBytes:
        """Return the form in which a vault keeps it."""
        return SignedBytes(
            message=canonical_json.dumps(self.message.to_json()), signer=self.signer, signature=self.signature
        )


def kept(kind: type[N], row: SignedBytes) -> Signed[N]:
    """Return the signed message of `kind` that `Signed.keep` wrote.

    Raises:
        NotCanonical, and the errors of `Message.from_json`: The bytes are something else.
    """
    return Signed(message=kind.from_json(canonical_json.loads(row.message)), signer=row.signer, signature=row.signature)


NOT_A_KEYS: Final = (
    SignatureForeign,
    SignatureHighS,
    SignatureLength,
    SignatureNobody,
    SignatureRecoveryByte,
    SignatureScalar,
)
"""How a signature fails that a contract wallet may still accept."""


def is_keys(signed: Signed[Message], domains: Domains) -> bool:
    """Return whether the signer's own key made the signature; else only a contract can accept it."""
    try:
        signed.check(domains, signer=signed.signer)
    except NOT_A_KEYS:
        return False
    return True


def check_at(signed: Signed[N], ledger: Ledger, *, signer: Address, block: Block | None = None) -> N:
    """Return the message if `signer` signed it: by its key, or by what its contract accepts (ERC-1271).

    The key comes first, as in the contracts: an account with code of its own signs as before.

    Args:
        signed: The message.
        ledger: Where the contract stands.
        signer: Who is said to have signed.
        block: At which the contract is asked; the head if left out.

    Raises:
        The errors of `medshare.typed_data`: Malformed, or somebody else's signature.
    """
    domains = domains_of(ledger.deployment)
    try:
        return signed.check(domains, signer=signer)
    except NOT_A_KEYS:
        if signer == ZERO_ADDRESS or len(signed.signature) > LONGEST_SIGNATURE:
            raise
        if not ledger.wallet_accepts(signer, signed.digest(domains), signed.signature, block=block):
            raise
    return signed.message


def narrow(signed: Signed[Message], kind: type[N]) -> Signed[N]:
    """Return `signed` as what it is.

    Raises:
        TypeError: The message is of another kind.
    """
    if not isinstance(signed.message, kind):
        text = f"this is a {type(signed.message).__name__}, not a {kind.__name__}"
        raise TypeError(text)
    return Signed(message=signed.message, signer=signed.signer, signature=signed.signature)


def domains_of(deployment: DeploymentInfo) -> Domains:
    """Return the domains of every message on this deployment."""
    return Domains(
        chain_id=deployment.chain_id,
        participants=deployment.addresses[PARTICIPANTS],
        consents=deployment.addresses[CONSENTS],
        requests=deployment.addresses[REQUESTS],
        records=deployment.addresses[RECORDS],
        audit=deployment.addresses[AUDIT],
    )


def consent_message(document: ConsentDocument) -> Consent:
    """Return the message that the patient signs for `document`."""
    word = document.word
    return Consent(
        patient=document.patient,
        grantee=document.grantee,
        scope=word.scope,
        purposes=word.purposes,
        actions=word.actions,
        not_before=word.not_before,
        not_after=word.not_after,
        issued_at=word.issued_at,
        request=document.request,
        statement=document.statement,
    )
