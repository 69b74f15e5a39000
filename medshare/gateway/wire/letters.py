"""The forms of what is left at a gateway for somebody else, on its way in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from medshare import canonical_json
from medshare.confirm import SubmissionItem
from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening
from medshare.gateway.values import ErasureSeen
from medshare.gateway.wire.answers import Proof
from medshare.gateway.wire.fields import (
    AddressText,
    Byte,
    CidText,
    Count,
    LargeText,
    Octets,
    Sealed64,
    Seconds,
    UrlText,
    Wire,
    Word,
)
from medshare.gateway.wire.signed import SignedOf
from medshare.typed_data import (
    Catalogue,
    Delegate,
    Deposit,
    Directory,
    Dispute,
    Enrol,
    Envelope,
    Erase,
    EraseAll,
    Erased,
    Lockdown,
    ReadRequest,
    Recovery,
    Refuse,
    Register,
    Replace,
    Revoke,
    Settle,
    State,
    Submission,
)
from medshare.vault import ProofRow, RequestRow

HexText = Annotated[str, StringConstraints(pattern=r"^0x([0-9a-f]{2})*$", max_length=8194)]


class DirectoryLetter(Wire):
    """A directory's bytes with the message that names their digest."""

    signed: SignedOf[Register] | SignedOf[Directory] | SignedOf[Enrol]
    directory: Sealed64


class ConsentForm(Wire):
    """A consent document: its canonical JSON as an object."""

    v: Literal[1]
    chain_id: Annotated[int, Field(ge=1, le=canonical_json.LARGEST_INTEGER)]
    registry: AddressText
    patient: AddressText
    grantee: AddressText
    scope: LargeText
    purposes: LargeText
    actions: Byte
    not_before: Seconds
    not_after: Seconds
    issued_at: Annotated[int, Field(ge=0, lt=2**32)]
    request: HexText
    statement: str
    signer: AddressText
    signature: HexText

    @classmethod
    def of(cls, document: ConsentDocument) -> ConsentForm:
        """Return the form of `document`."""
        return cls.model_validate(canonical_json.loads(document.to_bytes()))

    def value(self) -> ConsentDocument:
        """Return the document. Raises as `ConsentDocument.from_bytes`."""
        return ConsentDocument.from_bytes(canonical_json.dumps(self.model_dump(by_alias=True)))


class ConsentLetter(Wire):
    """A consent document."""

    consent: ConsentForm


class ConsentsForm(Wire):
    """Consent documents."""

    consents: list[ConsentForm]


class EnvelopeForm(Wire):
    """An envelope with its signed message."""

    signed: SignedOf[Envelope]
    envelope: Sealed64


class RequestLetter(Wire):
    """A request, sealed to the patient's inbox."""

    patient: AddressText
    requester: AddressText
    digest: Word
    sealed: Sealed64


class RequestForm(Wire):
    """A request as it is kept."""

    request: Word
    patient: AddressText
    requester: AddressText
    deadline: Seconds
    sealed: Sealed64

    @classmethod
    def of(cls, row: RequestRow) -> RequestForm:
        """Return the form of `row`."""
        return cls(
            request=row.request,
            patient=row.patient,
            requester=row.requester,
            deadline=row.deadline,
            sealed=row.sealed,
        )

    def value(self) -> RequestRow:
        """Return the row."""
        return RequestRow(
            request=self.request,
            patient=self.patient,
            requester=self.requester,
            deadline=self.deadline,
            sealed=self.sealed,
        )


class RequestsForm(Wire):
    """Requests for one patient."""

    requests: list[RequestForm]


class StateForm(Wire):
    """The newest state of a patient's agent, with its signed message."""

    signed: SignedOf[State]
    sealed: Sealed64


class CatalogueForm(Wire):
    """The newest catalogue of one category, with its signed message."""

    signed: SignedOf[Catalogue]
    sealed: Sealed64


class DepositLetter(Wire):
    """A capsule with its signed deposit."""

    signed: SignedOf[Deposit]
    capsule: Sealed64
    cid: CidText


class PlaceLetter(Wire):
    """Where a deposited leaf stands; every field but the number of the row."""

    leaf: Word
    patient: AddressText
    provider: AddressText
    root: Word
    inner: Word
    body_digest: Word
    previous_leaf: Word
    text: Word
    cid: CidText
    size: Count
    proof: Proof

    @classmethod
    def of(cls, row: ProofRow) -> PlaceLetter:
        """Return the form of `row`."""
        return cls(
            leaf=row.leaf,
            patient=row.patient,
            provider=row.provider,
            root=row.root,
            inner=row.inner,
            body_digest=row.body_digest,
            previous_leaf=row.previous_leaf,
            text=row.text,
            cid=row.cid,
            size=row.size,
            proof=list(row.proof),
        )

    def value(self) -> ProofRow:
        """Return the row; `seq` is the gateway's own."""
        return ProofRow(
            leaf=self.leaf,
            patient=self.patient,
            provider=self.provider,
            root=self.root,
            inner=self.inner,
            body_digest=self.body_digest,
            previous_leaf=self.previous_leaf,
            text=self.text,
            cid=self.cid,
            size=self.size,
            proof=tuple(self.proof),
        )


class ReplaceLetter(Wire):
    """A re-wrapped capsule with its signed message; `epoch` is the hint for readers."""

    signed: SignedOf[Replace]
    capsule: Sealed64
    epoch: Annotated[int, Field(ge=0, lt=2**32)]


class CarryLetter(Wire):
    """A signed message for the chain. `path`: the successors; `recovery_signature`: for `EraseAll`, or empty."""

    signed: (
        SignedOf[Register]
        | SignedOf[Directory]
        | SignedOf[Recovery]
        | SignedOf[Delegate]
        | SignedOf[Revoke]
        | SignedOf[Lockdown]
        | SignedOf[Erase]
        | SignedOf[EraseAll]
    )
    path: Annotated[list[AddressText], Field(max_length=8)] = Field(default_factory=list)
    recovery_signature: Octets = b""


class EraseLetter(Wire):
    """A signed erasure, to be done here."""

    signed: SignedOf[Erase] | SignedOf[EraseAll]
    recovery_signature: Octets = b""


class OpeningForm(Wire):
    """What a request's digest covers."""

    patient: AddressText
    requester: AddressText
    grantee: AddressText
    purposes: LargeText
    actions: Byte
    not_before: Seconds
    not_after: Seconds
    document_digest: Word
    salt: Word

    @classmethod
    def of(cls, opening: Opening) -> OpeningForm:
        """Return the form of `opening`."""
        return cls(
            patient=opening.patient,
            requester=opening.requester,
            grantee=opening.grantee,
            purposes=str(opening.purposes),
            actions=opening.actions,
            not_before=opening.not_before,
            not_after=opening.not_after,
            document_digest=opening.document_digest,
            salt=opening.salt,
        )

    def value(self) -> Opening:
        """Return the opening."""
        return Opening(
            patient=self.patient,
            requester=self.requester,
            grantee=self.grantee,
            purposes=int(self.purposes),
            actions=self.actions,
            not_before=self.not_before,
            not_after=self.not_after,
            document_digest=self.document_digest,
            salt=self.salt,
        )


class ApprovalLetter(Wire):
    """A consent that answers a request."""

    opening: OpeningForm
    consent: ConsentForm


class ItemForm(Wire):
    """One leaf as a validator sees it."""

    patient: AddressText
    body_digest: Word
    previous_leaf: Word
    previous_inner: Word
    text: Word
    cid: CidText
    size: Count
    grantee: AddressText
    terms: Word

    @classmethod
    def of(cls, item: SubmissionItem) -> ItemForm:
        """Return the form of `item`."""
        return cls(
            patient=item.patient,
            body_digest=item.body_digest,
            previous_leaf=item.previous_leaf,
            previous_inner=item.previous_inner,
            text=item.text,
            cid=item.cid,
            size=item.size,
            grantee=item.grantee,
            terms=item.terms,
        )

    def value(self) -> SubmissionItem:
        """Return the item."""
        return SubmissionItem(
            patient=self.patient,
            body_digest=self.body_digest,
            previous_leaf=self.previous_leaf,
            previous_inner=self.previous_inner,
            text=self.text,
            cid=self.cid,
            size=self.size,
            grantee=self.grantee,
            terms=self.terms,
        )


class SubmissionLetter(Wire):
    """What a provider hands to a validator; `source` is the URL of the gateway that gives the bodies."""

    signed: SignedOf[Submission]
    items: Annotated[list[ItemForm], Field(min_length=1, max_length=10_000)]
    superseded: Annotated[list[Word], Field(max_length=1000)]
    source: UrlText


class ErasureForm(Wire):
    """A document that was erased: by the signed message, or else as the chain says."""

    leaf: Word
    patient: AddressText
    signed: SignedOf[Erase] | None = None

    @classmethod
    def of(cls, erasure: ErasureSeen) -> ErasureForm:
        """Return the form of `erasure`."""
        return cls(leaf=erasure.leaf, patient=erasure.patient, signed=erasure.signed)

    def value(self) -> ErasureSeen:
        """Return the erasure."""
        return ErasureSeen(leaf=self.leaf, patient=self.patient, signed=self.signed)


class ErasuresForm(Wire):
    """What a holder must destroy."""

    erasures: list[ErasureForm]


class SignInLetter(Wire):
    """An EIP-4361 message with its signature, and the ticket that came with the nonce.

    How long the message may be is said with every other fault of it: by one answer.
    """

    message: str
    signature: Octets
    ticket: str


class ReadLetter(Wire):
    """A signed question: for a document, a list, or who looked."""

    signed: SignedOf[ReadRequest]


class RevokeLetter(Wire):
    """A signed revocation, to be remembered here."""

    signed: SignedOf[Revoke]


class LockdownLetter(Wire):
    """A signed lockdown, to be remembered here."""

    signed: SignedOf[Lockdown]


class RefuseLetter(Wire):
    """A patient's no."""

    signed: SignedOf[Refuse]


class DisputeLetter(Wire):
    """A patient's dispute of a document."""

    signed: SignedOf[Dispute]


class SettleLetter(Wire):
    """A provider's answer to a dispute."""

    signed: SignedOf[Settle]


class ErasedLetter(Wire):
    """A holder's word that its copies are gone."""

    signed: SignedOf[Erased]
