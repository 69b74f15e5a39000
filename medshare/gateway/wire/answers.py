"""The forms of what a gateway answers: releases, lists, receipts, and where documents stand."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from medshare.gateway.dispute import Disputed
from medshare.gateway.values import Listed, Listing, Logged, Placement, Release, Sealed
from medshare.gateway.wire.fields import AddressText, Byte, CidText, Count, Sealed64, Seconds, Wire, Word
from medshare.gateway.wire.signed import SignedOf
from medshare.typed_data import Confirm, Deposit, Dispute, Erased, ReadRequest, Receipt, Refuse, Reject, Settle

Proof = Annotated[list[Word], Field(max_length=64)]


class GatewayForm(Wire):
    """Who answers here, for which deployment. What `Door.address` and `Door.institution` give."""

    address: AddressText
    institution: AddressText
    chain_id: Annotated[int, Field(ge=1)]
    participants: AddressText
    version: str


class AnswerForm(Wire):
    """Yes or no."""

    answer: bool


class AccountsForm(Wire):
    """Accounts."""

    accounts: list[AddressText]


class IdForm(Wire):
    """The id under which something is kept."""

    id: Word


class DirectoryForm(Wire):
    """The exact bytes of a directory, whose digest stands on the chain."""

    directory: Sealed64


class PlacementForm(Wire):
    """Where a leaf stands on the chain."""

    provider: AddressText
    root: Word
    patient: AddressText
    inner: Word
    proof: Proof

    @classmethod
    def of(cls, placement: Placement) -> PlacementForm:
        """Return the form of `placement`."""
        return cls(
            provider=placement.provider,
            root=placement.root,
            patient=placement.patient,
            inner=placement.inner,
            proof=list(placement.proof),
        )

    def value(self) -> Placement:
        """Return the placement."""
        return Placement(
            provider=self.provider, root=self.root, patient=self.patient, inner=self.inner, proof=tuple(self.proof)
        )


class SealedForm(Wire):
    """A document as a gateway keeps it."""

    placement: PlacementForm
    epoch: Annotated[int, Field(ge=1, lt=2**32)]
    capsule: Sealed64
    cid: CidText

    @classmethod
    def of(cls, sealed: Sealed) -> SealedForm:
        """Return the form of `sealed`."""
        return cls(
            placement=PlacementForm.of(sealed.placement), epoch=sealed.epoch, capsule=sealed.capsule, cid=sealed.cid
        )

    def value(self) -> Sealed:
        """Return the document."""
        return Sealed(placement=self.placement.value(), epoch=self.epoch, capsule=self.capsule, cid=self.cid)


class ReleaseForm(Wire):
    """What a gateway hands out for one leaf, with the receipt that it wrote first."""

    receipt: SignedOf[Receipt]
    leaf: Word
    sealed: SealedForm

    @classmethod
    def of(cls, release: Release) -> ReleaseForm:
        """Return the form of `release`."""
        return cls(receipt=release.receipt, leaf=release.leaf, sealed=SealedForm.of(release.sealed))

    def value(self) -> Release:
        """Return the release."""
        return Release(receipt=self.receipt, leaf=self.leaf, sealed=self.sealed.value())


class ListedForm(Wire):
    """One document that a consent covers, or that is the patient's own."""

    leaf: Word
    slot: Byte
    previous_leaf: Word
    deposit: SignedOf[Deposit] | None = None
    sealed: SealedForm | None = None

    @classmethod
    def of(cls, row: Listed) -> ListedForm:
        """Return the form of `row`."""
        return cls(
            leaf=row.leaf,
            slot=row.slot,
            previous_leaf=row.previous_leaf,
            deposit=row.deposit,
            sealed=SealedForm.of(row.sealed) if row.sealed else None,
        )

    def value(self) -> Listed:
        """Return the row."""
        return Listed(
            leaf=self.leaf,
            slot=self.slot,
            previous_leaf=self.previous_leaf,
            deposit=self.deposit,
            sealed=self.sealed.value() if self.sealed else None,
        )


class ListingForm(Wire):
    """The answer to a request without a leaf."""

    receipt: SignedOf[Receipt]
    rows: list[ListedForm]

    @classmethod
    def of(cls, listing: Listing) -> ListingForm:
        """Return the form of `listing`."""
        return cls(receipt=listing.receipt, rows=[ListedForm.of(row) for row in listing.rows])

    def value(self) -> Listing:
        """Return the listing."""
        return Listing(receipt=self.receipt, rows=tuple(row.value() for row in self.rows))


class LoggedForm(Wire):
    """One line of "who looked"."""

    receipt: SignedOf[Receipt]
    asked: SignedOf[ReadRequest] | SignedOf[Refuse]
    grantee: AddressText
    leaves: list[Word]

    @classmethod
    def of(cls, logged: Logged) -> LoggedForm:
        """Return the form of `logged`."""
        return cls(receipt=logged.receipt, asked=logged.asked, grantee=logged.grantee, leaves=list(logged.leaves))

    def value(self) -> Logged:
        """Return the line."""
        return Logged(receipt=self.receipt, asked=self.asked, grantee=self.grantee, leaves=tuple(self.leaves))


class LogLinesForm(Wire):
    """A page of a patient's line of receipts, in the order of their numbers."""

    lines: list[LoggedForm]


class ReceiptForm(Wire):
    """A receipt."""

    receipt: SignedOf[Receipt]


class RefusalForm(Wire):
    """A patient's no to a request."""

    refusal: SignedOf[Refuse]


class ErasedForm(Wire):
    """The signed words of holders that their copies are gone."""

    erased: list[SignedOf[Erased]]


class DisputedForm(Wire):
    """A patient's dispute of a document, when it came, and the provider's answer, null while there is none."""

    patient: AddressText
    provider: AddressText
    at: Seconds
    signed: SignedOf[Dispute]
    answer: SignedOf[Settle] | None

    @classmethod
    def of(cls, value: Disputed) -> DisputedForm:
        """Return the form of a dispute."""
        return cls(
            patient=value.patient, provider=value.provider, at=value.at, signed=value.signed, answer=value.answer
        )

    def value(self) -> Disputed:
        """Return the dispute."""
        return Disputed(
            patient=self.patient, provider=self.provider, at=self.at, signed=self.signed, answer=self.answer
        )


class DisputesForm(Wire):
    """The disputes by one patient, or of one provider's documents."""

    disputes: list[DisputedForm]


class VerdictForm(Wire):
    """A validator's answer to a submission."""

    verdict: SignedOf[Confirm] | SignedOf[Reject]


class HealthForm(Wire):
    """What a probe is told. `reasons` holds codes of errors, none where all is well."""

    ready: bool
    reasons: list[str] = Field(default_factory=list)


class SessionForm(Wire):
    """A session: whose, and until when at most."""

    account: AddressText
    acts_for: AddressText
    expires: Seconds


class TokenForm(SessionForm):
    """A new session with its token, which is told this once."""

    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class NonceForm(Wire):
    """What an EIP-4361 message must hold, and the ticket that its nonce is bound to."""

    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{32}$")]
    ticket: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    domain: str
    uri: str
    chain_id: Count
    statement: str
    expires: Seconds


class ProblemForm(Wire):
    """An error (RFC 9457). `code` is the same as the exception's, `facts` are its facts."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: str
    remedy: str
    facts: dict[str, Any] = Field(default_factory=dict)
    ground: Byte | None = None
    receipt: SignedOf[Receipt] | None = None
