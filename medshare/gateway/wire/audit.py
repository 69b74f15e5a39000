"""The forms of what can be proven about a log: tags, proofs, periods, objections, erasures."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medshare.audit.anchors import Period
from medshare.audit.trees import Absence, LineHead, LineProof, Presence
from medshare.audit.values import HandedErasure, HandedPeriod, HandedReceipt, HandedTag, ReceiptProof
from medshare.gateway.wire.fields import AddressText, Seconds, Wire, Word
from medshare.gateway.wire.signed import SignedOf
from medshare.typed_data import Erased, Objection, ReadRequest, Receipt, Refuse, Tag

Proof = Annotated[list[Word], Field(max_length=64)]
Number = Annotated[int, Field(ge=1, le=2**53 - 1)]


class TagForm(Wire):
    """The blinded tag of a patient, signed, and the key that makes it."""

    signed: SignedOf[Tag]
    key: Word

    def value(self) -> HandedTag:
        """Return the tag."""
        return HandedTag(signed=self.signed, key=self.key)


class PresenceForm(Wire):
    """The proof of the end of a line."""

    number: Number
    receipt: Word
    next: Word
    proof: Proof

    def value(self) -> Presence:
        """Return the proof."""
        return Presence(number=self.number, receipt=self.receipt, next=self.next, proof=tuple(self.proof))


class AbsenceForm(Wire):
    """The proof that there is no line."""

    before: Word
    next: Word
    state: Word
    proof: Proof

    def value(self) -> Absence:
        """Return the proof."""
        return Absence(before=self.before, next=self.next, state=self.state, proof=tuple(self.proof))


class LineProofForm(Wire):
    """What an anchored period says of a patient: one of the two."""

    presence: PresenceForm | None = None
    absence: AbsenceForm | None = None

    @classmethod
    def of(cls, proof: LineProof) -> LineProofForm:
        """Return the form of `proof`."""
        steps = list(proof.proof)
        if isinstance(proof, Presence):
            found = PresenceForm(number=proof.number, receipt=proof.receipt, next=proof.next, proof=steps)
            return cls(presence=found)
        return cls(absence=AbsenceForm(before=proof.before, next=proof.next, state=proof.state, proof=steps))

    def value(self) -> LineProof | None:
        """Return the proof, or None where neither or both stand there."""
        if (self.presence is None) == (self.absence is None):
            return None
        return self.presence.value() if self.presence else self.absence.value() if self.absence else None


class ReceiptProofForm(Wire):
    """In which period a receipt stands, and the proof."""

    head: Word
    proof: Proof

    def value(self) -> ReceiptProof:
        """Return the proof."""
        return ReceiptProof(head=self.head, proof=tuple(self.proof))


class PeriodForm(Wire):
    """One anchored period."""

    number: Number
    previous: Word
    receipts: Word
    heads: Word
    count: Annotated[int, Field(ge=0, lt=2**32)]

    @classmethod
    def of(cls, period: Period) -> PeriodForm:
        """Return the form of `period`."""
        return cls(
            number=period.number,
            previous=period.previous,
            receipts=period.receipts,
            heads=period.heads,
            count=period.count,
        )

    def value(self) -> Period:
        """Return the period."""
        return Period(
            number=self.number,
            previous=self.previous,
            receipts=self.receipts,
            heads=self.heads,
            count=self.count,
        )


class PeriodsForm(Wire):
    """Anchored periods, oldest first, 1,000 at most."""

    periods: Annotated[list[PeriodForm], Field(max_length=1000)]


class ObjectionLetter(Wire):
    """A patient's objection to a receipt."""

    signed: SignedOf[Objection]


class StepForm(Wire):
    """The end of a line that grew in a period."""

    tag: Word
    number: Number
    receipt: Word


class HandedReceiptForm(Wire):
    """A receipt and what was asked; no category, no consent document."""

    receipt: SignedOf[Receipt]
    asked: SignedOf[ReadRequest] | SignedOf[Refuse]


class HandedPeriodForm(Wire):
    """One period for a regulator."""

    period: PeriodForm
    steps: list[StepForm]
    receipts: list[HandedReceiptForm]
    objections: list[SignedOf[Objection]]

    @classmethod
    def of(cls, handed: HandedPeriod) -> HandedPeriodForm:
        """Return the form of `handed`."""
        return cls(
            period=PeriodForm.of(handed.period),
            steps=[StepForm(tag=one.tag, number=one.number, receipt=one.receipt) for one in handed.steps],
            receipts=[HandedReceiptForm(receipt=one.receipt, asked=one.asked) for one in handed.receipts],
            objections=list(handed.objections),
        )

    def value(self) -> HandedPeriod:
        """Return the period."""
        return HandedPeriod(
            period=self.period.value(),
            steps=tuple(LineHead(tag=one.tag, number=one.number, receipt=one.receipt) for one in self.steps),
            receipts=tuple(HandedReceipt(receipt=one.receipt, asked=one.asked) for one in self.receipts),
            objections=tuple(self.objections),
        )


class HandedErasureForm(Wire):
    """An erased document, who may hold copies, and the signed words of those that destroyed theirs."""

    leaf: Word
    at: Seconds
    holders: list[AddressText]
    erased: list[SignedOf[Erased]]

    @classmethod
    def of(cls, handed: HandedErasure) -> HandedErasureForm:
        """Return the form of `handed`."""
        return cls(leaf=handed.leaf, at=handed.at, holders=list(handed.holders), erased=list(handed.erased))

    def value(self) -> HandedErasure:
        """Return the erasure."""
        return HandedErasure(leaf=self.leaf, at=self.at, holders=tuple(self.holders), erased=tuple(self.erased))


class HandedErasuresForm(Wire):
    """Every erased document of a gateway."""

    erasures: list[HandedErasureForm]
