"""What a regulator finds in the periods that gateways hand over: disclosures, and what should not be.

Pure rules over handed periods, the anchors of the chain and what stood on it. A regulator gets receipts and
questions, never a category or a consent document; so nothing here has one, and no slot leaves this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from medshare.audit.anchors import Anchor, Period
from medshare.audit.findings import Fault
from medshare.audit.judging import GRACE, is_decision
from medshare.audit.signatures import asker, judge_question
from medshare.audit.standing import Standing
from medshare.audit.trees import LineHead, LineTree, receipts_root
from medshare.audit.values import RECOGNISED, HandedErasure, HandedPeriod, HandedReceipt
from medshare.consent.purposes import PURPOSES
from medshare.errors import MedShareError
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block
from medshare.release.receipts import BEGINNING, RELEASED, Link
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import Signed
from medshare.typed_data import Domains, Erased, Objection, ReadRequest

WHY_TEXTS: Final = {
    "receipts": "its receipts are not the anchored ones",
    "lines": "its lines are not the anchored ones",
    "ends": "its lines do not end with its receipts",
    "links": "a receipt is missing, moved or altered",
    "forged": "a signature is forged",
    "question": "a receipt answers another question",
    "decision": "a decision does not fit its reason",
}
"""What can be wrong with a period, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Something that a gateway released to somebody else than the patient.

    `number` is that of the receipt in the patient's line, `institution` whom the accessor acted for, `documents` how
    many documents or lines of a list. `consent` is all zero where a delegate read. `why_not` is `Ground.RELEASED`
    if the chain allowed it at the receipt's block; anything else is a read without a consent.
    """

    gateway: Address
    number: int
    at: int
    patient: Address
    accessor: Address
    institution: Address
    purpose: str
    consent: Bytes32
    documents: int
    why_not: Ground

    @property
    def allowed(self) -> bool:
        """Whether the chain allowed it."""
        return self.why_not is Ground.RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPeriod:
    """A period that is not what its gateway anchored, or not whole; `number` 0 is about no period."""

    gateway: Address
    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAnchor:
    """A gateway that did not anchor in time: `number` is the period that came late, 0 one that has not come.

    `seconds` passed since the anchor before, or since the oldest receipt that had to wait for it.
    """

    gateway: Address
    number: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnansweredErasure:
    """A holder of an erased document that has not signed that its copies are destroyed; `at` is when it was erased."""

    gateway: Address
    leaf: Bytes32
    holder: Address
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioned:
    """A receipt that its patient objected to, with the reason's number."""

    gateway: Address
    number: int
    patient: Address
    reason: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """A receipt whose question no key signed, and of which the chain does not say that a contract accepted it."""

    gateway: Address
    number: int
    patient: Address
    asker: Address


@dataclass(kw_only=True)
class GatewayLog:
    """The periods of one gateway, taken in one after another. `lines` is the last number and digest by patient."""

    gateway: Address
    domains: Domains
    heads: dict[Bytes32, LineHead] = field(default_factory=dict)
    lines: dict[Address, Link] = field(default_factory=dict)

    def take(self, handed: HandedPeriod, period: Period) -> tuple[BrokenPeriod, ...]:
        """Go on by one period, and return what is wrong with it.

        Args:
            handed: What the gateway gave.
            period: What the chain has under that number.
        """
        found = [*self._roots(handed, period), *self._receipts(handed.receipts)]
        ends = {(link.seq, link.digest) for link in self._ends(handed.receipts).values()}
        if ends != {(step.number, step.receipt) for step in handed.steps}:  # [B-026]
            found.append(WHY_TEXTS["ends"])
        self.lines |= self._ends(handed.receipts)
        return tuple(BrokenPeriod(gateway=self.gateway, number=period.number, why=why) for why in dict.fromkeys(found))

    def _roots(self, handed: HandedPeriod, period: Period) -> Iterator[str]:
        self.heads |= {step.tag: step for step in handed.steps}
        digests = [one.receipt.digest(self.domains) for one in handed.receipts]
        try:
            receipts, heads = receipts_root(digests), LineTree.of(self.heads.values()).root
        except MedShareError:  # a receipt or a tag comes twice
            receipts = heads = ZERO_32
        if handed.period != period or (len(digests), receipts) != (period.count, period.receipts):  # [B-026]
            yield WHY_TEXTS["receipts"]
        if heads != period.heads:  # [B-026]
            yield WHY_TEXTS["lines"]

    def _receipts(self, receipts: Sequence[HandedReceipt]) -> Iterator[str]:
        last = dict(self.lines)
        for one in receipts:
            message, question = one.receipt.message, one.asked.message
            before = last.get(message.patient, BEGINNING)
            if (message.seq, message.previous) != (before.seq + 1, before.digest):  # [B-026]
                yield WHY_TEXTS["links"]
            last[message.patient] = Link(message.seq, one.receipt.digest(self.domains))
            try:
                one.receipt.check(self.domains, signer=self.gateway)
            except MedShareError:
                yield WHY_TEXTS["forged"]  # [B-026]
            unsigned = judge_question(one.asked, self.domains)
            if unsigned is not None and unsigned[0].grave:
                yield WHY_TEXTS["forged"]  # [B-026]
            patients = {message.patient, question.patient if isinstance(question, ReadRequest) else message.patient}
            if message.read_request != one.asked.digest(self.domains) or len(patients) > 1:  # [B-026]
                yield WHY_TEXTS["question"]
            fits = (message.decision == RELEASED) == (message.reason == Ground.RELEASED)
            if not fits or not is_decision(message):  # [B-026]
                yield WHY_TEXTS["decision"]

    def _ends(self, receipts: Sequence[HandedReceipt]) -> dict[Address, Link]:
        return {
            one.receipt.message.patient: Link(one.receipt.message.seq, one.receipt.digest(self.domains))
            for one in receipts
        }


def disclosure_of(one: HandedReceipt, standing: Standing, block: Block, *, head_max_age: int) -> Disclosure | None:
    """Return what a receipt disclosed, or None: it refused, or the patient herself read what is hers.

    Args:
        one: The receipt with its question.
        standing: What stood at `block`.
        block: The receipt's block.
        head_max_age: Seconds that the deployment allows between the block and the answer.
    """
    message, asked = one.receipt.message, one.asked.message
    if message.decision != RELEASED or not isinstance(asked, ReadRequest):
        return None
    ground = standing.why_not(asked, at=block.time)
    if ground is Ground.RELEASED:
        ground = standing.why_not(asked, at=message.at)  # [B-025] it may have ended since the block
    own = asked.slot == OWN_SLOT
    if own and ground is Ground.RELEASED and asked.accessor == standing.end_of(asked.patient):
        return None
    if ground is Ground.RELEASED and message.at - block.time > head_max_age:
        ground = Ground.STALE_HEAD  # [B-025] an old block may hide that the consent was revoked
    grantee = ZERO_ADDRESS if own else standing.grantee(asked.consent_id)
    return Disclosure(
        gateway=message.gateway,
        number=message.seq,
        at=message.at,
        patient=message.patient,
        accessor=asked.accessor,
        institution=standing.principal_of(asked.accessor) if grantee == ZERO_ADDRESS else grantee,
        purpose="" if own or asked.purpose >= len(PURPOSES) else PURPOSES[asked.purpose],
        consent=asked.consent_id,
        documents=message.count,
        why_not=ground,
    )


def refusals(receipts: Iterable[HandedReceipt]) -> Mapping[Ground, int]:
    """Return how often each reason stood in a refusal, in the order of the reasons.

    Reasons that there are none of are left out: they are broken periods.
    """
    counts: dict[int, int] = {}
    for one in receipts:
        message = one.receipt.message
        if message.decision != RELEASED and is_decision(message):
            counts[message.reason] = counts.get(message.reason, 0) + 1
    return {Ground(reason): counts[reason] for reason in sorted(counts)}


def late_anchors(
    gateway: Address, anchors: Sequence[Anchor], *, since: int, until: int | None, anchor_seconds: int
) -> tuple[LateAnchor, ...]:
    """Return which anchors of a gateway came late, and whether one should long be there.

    Args:
        gateway: Whose they are.
        anchors: In their order.
        since: When it became a gateway.
        until: The second of the chain's head; None for an account that is no gateway any more.
        anchor_seconds: What the deployment allows.
    """
    allowed, before, found = anchor_seconds + GRACE, since, []
    for anchor in anchors:
        if anchor.time - before > allowed:  # [B-027]
            found.append(LateAnchor(gateway=gateway, number=anchor.period.number, seconds=anchor.time - before))
        before = anchor.time
    if until is not None and until - before > allowed:  # [B-027]
        found.append(LateAnchor(gateway=gateway, number=0, seconds=until - before))
    return tuple(found)


def held_back(handed: HandedPeriod, anchor: Anchor, *, anchor_seconds: int) -> tuple[LateAnchor, ...]:
    """Return whether a period has a receipt that should have stood in an earlier one."""
    oldest = min((one.receipt.message.at for one in handed.receipts), default=anchor.time)
    if anchor.time - oldest <= anchor_seconds + GRACE:
        return ()
    gateway = handed.receipts[0].receipt.message.gateway
    return (LateAnchor(gateway=gateway, number=anchor.period.number, seconds=anchor.time - oldest),)  # [B-027]


def unanswered(
    handed: Mapping[Address, Sequence[HandedErasure]],
    staff: AbstractSet[tuple[Address, Address]],
    is_signed: Callable[[Signed[Erased]], bool],
) -> tuple[UnansweredErasure, ...]:
    """Return which holders of erased documents have not signed that theirs are gone. Another's word is no answer.

    Args:
        handed: The erasures by gateway. What a holder signed at one of them is an answer at all.
        staff: Institution and staff account, all that ever were: either may sign.
        is_signed: Says whether the signer signed, by a key or by a contract.
    """
    answered = {
        (word.message.leaf, word.message.holder)
        for erasures in handed.values()
        for erasure in erasures
        for word in erasure.erased
        if (word.signer == word.message.holder or (word.message.holder, word.signer) in staff)  # [B-028]
        and is_signed(word)  # [B-028, B-031]
    }
    found = (
        UnansweredErasure(gateway=gateway, leaf=erasure.leaf, holder=holder, at=erasure.at)
        for gateway, erasures in handed.items()
        for erasure in erasures
        for holder in erasure.holders
        if (erasure.leaf, holder) not in answered  # [B-028]
    )
    return tuple(sorted(found, key=lambda one: (one.at, one.leaf, one.holder, one.gateway)))


def questioned(handed: HandedPeriod, is_signed: Callable[[Signed[Objection]], bool]) -> tuple[Questioned, ...]:
    """Return the receipts of a period that their patients do not recognise."""
    return tuple(
        Questioned(
            gateway=one.message.gateway,
            number=one.message.seq,
            patient=one.message.patient,
            reason=one.message.reason,
            at=one.message.at,
        )
        for one in handed.objections
        if one.message.reason != RECOGNISED and is_signed(one)  # [B-031]
    )


def unproven(handed: HandedPeriod, gateway: Address, domains: Domains) -> Iterator[tuple[Unproven, HandedReceipt]]:
    """Yield the receipts of a period whose question no key signed: the chain alone can say more."""
    for one in handed.receipts:
        unsigned = judge_question(one.asked, domains)
        if unsigned is not None and unsigned[0] is Fault.UNPROVEN:  # [B-031]
            message = one.receipt.message
            yield (
                Unproven(gateway=gateway, number=message.seq, patient=message.patient, asker=asker(one.asked)),
                one,
            )
