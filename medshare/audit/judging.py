"""Is this log whole and true? Pure judgement of a patient's line at one gateway, of its tag and of its anchors.

The same rules judge the answer of a gateway at each sync, an export on another machine, and what a
regulator was handed. Every fault is found and named, not the first alone; whoever must stop at one
raises `Finding.error`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from medshare.audit.anchors import Anchor
from medshare.audit.findings import Fault, Finding
from medshare.audit.signatures import judge_question
from medshare.audit.trees import LineProof, check_line_proof
from medshare.audit.values import HandedTag
from medshare.errors import MedShareError
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.release.receipts import REFUSED, RELEASED, released_digest
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Domains, Message, ReadRequest, Receipt, Refuse

GRACE = 600
"""Seconds on top of the deployment's `anchor_seconds` until a gateway is called late: blocks, clocks, one retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One receipt of a line, what was asked, and the leaves that it says were released."""

    receipt: Signed[Receipt]
    asked: Signed[ReadRequest] | Signed[Refuse]
    leaves: tuple[Bytes32, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A patient's receipts at one gateway, in the order in which they were handed over."""

    gateway: Address
    patient: Address
    entries: tuple[Entry, ...]

    def finding(self, fault: Fault, number: int = 0, why: str = "", *evidence: Signed[Message]) -> Finding:
        """Return a finding about this line."""
        return Finding(
            fault=fault, gateway=self.gateway, patient=self.patient, number=number, why=why, evidence=evidence
        )


def judge_line(line: Line, domains: Domains) -> tuple[Finding, ...]:
    """Return what is wrong with the receipts of a line: none of them forged, missing, moved, told twice, altered."""
    found = [*_order(line), *_links(line, domains)]
    for entry in line.entries:
        found += _entry(line, entry, domains)
    return tuple(sorted(found, key=lambda finding: finding.number))


def judge_tag(line: Line, handed: HandedTag, seen: Signed[Message] | None, domains: Domains) -> tuple[Finding, ...]:
    """Return what is wrong with the tag that a gateway handed out.

    Args:
        line: Whose it should be.
        handed: The tag.
        seen: The signed tag that it handed out the first time, if any.
        domains: The deployment.
    """
    try:
        handed.check(domains, gateway=line.gateway, patient=line.patient)
    except MedShareError as error:
        return (line.finding(Fault.TAG_FORGED, 0, error.code, handed.signed),)
    if seen is not None and seen.message.to_json()["tag"] != handed.signed.message.to_json()["tag"]:  # [B-012]
        return (line.finding(Fault.TAG_CHANGED, 0, "two tags", seen, handed.signed),)
    return ()


def judge_proof(line: Line, tag: HandedTag, anchor: Anchor, proof: LineProof, domains: Domains) -> tuple[Finding, ...]:
    """Return where the line and an anchor of its gateway do not agree.

    The anchor names the number and digest of one receipt; the links carry that back to the first.
    """
    try:
        head = check_line_proof(proof, root=anchor.period.heads, tag=tag.signed.message.tag)
    except MedShareError as error:
        return (line.finding(Fault.WITHHELD, 0, error.code, tag.signed),)
    if head is None:
        return ()  # whether receipts should be under it is `judge_time`'s to say
    by_number = {entry.receipt.message.seq: entry.receipt for entry in line.entries}
    named = by_number.get(head.number)
    if named is None:  # [B-013]
        return tuple(
            line.finding(Fault.DROPPED, number, "the anchor has it", tag.signed)
            for number in range(len(line.entries) + 1, head.number + 1)
            if number not in by_number
        )
    if named.digest(domains) != head.receipt:  # [B-013]
        return (line.finding(Fault.ALTERED, head.number, "the anchor has another", tag.signed, named),)
    return ()


def judge_time(
    line: Line, *, anchored: int, newest: Anchor | None, now: int, anchor_seconds: int
) -> tuple[Finding, ...]:
    """Return whether the gateway is late, and which receipts should long be under an anchor.

    Args:
        line: The receipts.
        anchored: The number of the last one that the newest anchor has; 0 if it has none.
        newest: The gateway's newest anchor on the chain, or None.
        now: The second of the chain's head.
        anchor_seconds: What the deployment allows.
    """
    allowed = anchor_seconds + GRACE
    found = []
    old = [
        entry.receipt
        for entry in line.entries
        if entry.receipt.message.seq > anchored and entry.receipt.message.at + allowed < now
    ]
    since = newest.time if newest is not None else min((one.message.at for one in old), default=now)
    if now - since > allowed:  # [B-014]
        found.append(line.finding(Fault.LATE, 0, f"no anchor for {now - since} seconds"))
    found += [  # [B-014]
        line.finding(Fault.UNANCHORED, receipt.message.seq, "older than one period", receipt) for receipt in old
    ]
    return tuple(found)


def judge_answers(line: Line, asked: Sequence[Signed[ReadRequest]], domains: Domains) -> tuple[Finding, ...]:
    """Return which of the signed questions in `asked` have no receipt in the line."""
    answered = {entry.receipt.message.read_request for entry in line.entries}
    return tuple(
        line.finding(Fault.UNANSWERED, 0, "asked and not receipted", request)
        for request in asked
        if request.digest(domains) not in answered  # [B-015]
    )


def judge_memory(line: Line, *, number: int, digest: Bytes32, domains: Domains) -> tuple[Finding, ...]:
    """Return whether the line still has the receipt that was its last one when it was looked at before."""
    by_number = {entry.receipt.message.seq: entry.receipt for entry in line.entries}
    named = by_number.get(number)
    if named is None:
        return (line.finding(Fault.DROPPED, number, "it was here before"),)
    if named.digest(domains) != digest:
        return (line.finding(Fault.ALTERED, number, "it was another one before", named),)
    return ()


def is_decision(message: Receipt) -> bool:
    """Return whether a receipt's decision and its reason are ones that there are; a gateway can sign any number."""
    return message.decision in {REFUSED, RELEASED} and message.reason in Ground.__members__.values()


def check(findings: Sequence[Finding]) -> None:
    """Raise the error of the first grave finding, if there is one.

    Raises:
        The errors of `medshare.audit.errors`.
    """
    for finding in findings:
        if finding.fault.grave:
            raise finding.error()


def _order(line: Line) -> Iterator[Finding]:
    numbers = [entry.receipt.message.seq for entry in line.entries]
    receipts: Mapping[int, Signed[Receipt]] = {entry.receipt.message.seq: entry.receipt for entry in line.entries}
    for number, times in Counter(numbers).items():
        if times > 1:
            same = [entry.receipt for entry in line.entries if entry.receipt.message.seq == number]
            yield line.finding(Fault.REPEATED, number, "", *same)  # [L-001]
    unique = list(dict.fromkeys(numbers))
    for number in range(1, max(unique, default=0) + 1):
        if number not in receipts:
            following = next((receipts[n] for n in range(number + 1, max(unique) + 1) if n in receipts), None)
            yield line.finding(Fault.DROPPED, number, "", *([following] if following else ()))  # [L-001]
    for place, (number, right) in enumerate(zip(unique, sorted(unique), strict=True)):
        if number != right:
            yield line.finding(Fault.REORDERED, number, f"it stands at place {place + 1}", receipts[number])  # [L-001]


def _links(line: Line, domains: Domains) -> Iterator[Finding]:
    """Each receipt names the digest of the one before: where it names another, that one was altered."""
    receipts = {entry.receipt.message.seq: entry.receipt for entry in line.entries}
    for number, receipt in receipts.items():
        if number == 1 and receipt.message.previous != ZERO_32:
            yield line.finding(Fault.ALTERED, 1, "the first one links to another", receipt)
        before = receipts.get(number - 1)
        if before is not None and receipt.message.previous != before.digest(domains):
            yield line.finding(Fault.ALTERED, number - 1, "the next one links to another", before, receipt)  # [L-002]


def _entry(line: Line, entry: Entry, domains: Domains) -> Iterator[Finding]:
    receipt, asked = entry.receipt, entry.asked
    message = receipt.message
    try:
        receipt.check(domains, signer=line.gateway)
    except MedShareError as error:
        yield line.finding(Fault.FORGED, message.seq, f"the receipt: {error.code}", receipt)  # [B-017]
    if (message.gateway, message.patient) != (line.gateway, line.patient):
        yield line.finding(Fault.MISPLACED, message.seq, "", receipt)  # [L-003]
    unsigned = judge_question(asked, domains)
    if unsigned is not None:
        fault, code = unsigned
        yield line.finding(fault, message.seq, f"the question: {code}", receipt, asked)  # [B-017, B-031]
    for why in _why_altered(line, entry, domains):
        yield line.finding(Fault.ALTERED, message.seq, why, receipt, asked)  # [L-002]


def _why_altered(line: Line, entry: Entry, domains: Domains) -> Iterator[str]:
    message, question = entry.receipt.message, entry.asked.message
    if message.read_request != entry.asked.digest(domains):
        yield "readRequest: it answers another question"
    if isinstance(question, ReadRequest) and question.patient != line.patient:
        yield "the question is about another patient"
    if message.released != released_digest(entry.leaves) or message.count != len(entry.leaves):
        yield "released: it names other documents"
    if not is_decision(message):
        yield "decision: there is no such decision"
    elif (message.decision == RELEASED) != (message.reason == Ground.RELEASED):
        yield "decision: it does not fit its reason"
