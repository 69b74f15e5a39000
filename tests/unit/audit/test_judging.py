"""Present, absent, altered, dropped, reordered, forged: each fault of a log is found and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.audit import errors
from medshare.audit.findings import Fault, Finding
from medshare.audit.judging import (
    GRACE,
    Entry,
    check,
    judge_answers,
    judge_line,
    judge_memory,
    judge_proof,
    judge_tag,
    judge_time,
)
from medshare.canonical_json import dumps, loads
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.release.receipts import released_digest
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Refuse
from tests.unit.audit.lines import (
    ANNA,
    DOMAINS,
    GATEWAY,
    KEY,
    OTHER,
    READER,
    START,
    TAG,
    anchor_of,
    entries,
    handed_tag,
    line,
    question,
    signed_anew,
    tree_of,
)

LENGTH = 5


def faults(rows: list[Entry]) -> set[tuple[Fault, int]]:
    return {(finding.fault, finding.number) for finding in judge_line(line(rows), DOMAINS)}


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_whole_line_has_no_fault(length):
    assert judge_line(line(entries(length)), DOMAINS) == ()


# Dropped, reordered, told twice


@pytest.mark.parametrize("dropped", range(1, LENGTH))
def test_a_dropped_receipt_is_named(dropped):
    """[L-001] R09: a log with a hole; the receipt that follows it is the evidence."""
    rows = entries(LENGTH)
    del rows[dropped - 1]
    (finding,) = judge_line(line(rows), DOMAINS)
    assert (finding.fault, finding.number) == (Fault.DROPPED, dropped)
    assert finding.evidence[0].message.seq == dropped + 1
    assert finding.evidence[0].message.previous == entries(LENGTH)[dropped - 1].receipt.digest(DOMAINS)


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_two_receipts_that_changed_places_are_named(place):
    """[L-001]"""
    rows = entries(LENGTH)
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    assert faults(rows) == {(Fault.REORDERED, place + 1), (Fault.REORDERED, place + 2)}


@pytest.mark.parametrize("twice", range(LENGTH))
@pytest.mark.parametrize("at", [0, 3, LENGTH])
def test_a_receipt_that_is_told_twice_is_named(twice, at):
    """[L-001]"""
    rows = entries(LENGTH)
    rows.insert(at, rows[twice])
    assert (Fault.REPEATED, twice + 1) in faults(rows)


# Altered


@pytest.mark.parametrize("altered", range(1, LENGTH))
@pytest.mark.parametrize("change", [{"at": 7}, {"block": b"\x01" * 32}, {"read_request": keccak(b"other")}])
def test_a_receipt_that_the_gateway_wrote_anew_is_named(altered, change):
    """[L-002] The gateway's own signature does not help it: the next one names the old digest."""
    rows = entries(LENGTH)
    rows[altered - 1] = signed_anew(rows[altered - 1], **change)
    found = faults(rows)
    assert (Fault.ALTERED, altered) in found
    assert {number for _, number in found} == {altered}


def test_a_line_that_begins_with_a_link_to_nothing_is_altered():
    """[L-002]"""
    assert faults([signed_anew(entries(1)[0], previous=keccak(b"something"))]) == {(Fault.ALTERED, 1)}


@pytest.mark.parametrize(
    "change",
    [
        {"released": released_digest([keccak(b"another leaf")])},
        {"count": 2},
        {"decision": 0},
        {"decision": 7},
        {"reason": int(Ground.PURPOSE)},
        {"reason": 200},
    ],
)
def test_a_receipt_that_does_not_fit_what_it_answers_is_altered(change):
    """[L-002] Another decision, other documents: seen in the very last receipt too."""
    rows = entries(3)
    rows[2] = signed_anew(rows[2], **change)
    assert faults(rows) == {(Fault.ALTERED, 3)}


def test_a_question_about_another_patient_does_not_explain_a_receipt():
    """[L-002]"""
    rows = entries(1)
    asked = question(1, patient=OTHER.address)
    rows[0] = replace(signed_anew(rows[0], read_request=asked.digest(DOMAINS)), asked=asked)
    assert faults(rows) == {(Fault.ALTERED, 1)}


# Foreign and forged


@pytest.mark.parametrize("foreign", [{"patient": OTHER.address}, {"gateway": OTHER.address}])
def test_a_receipt_of_another_line_has_no_place(foreign):
    """[L-003] C03: the numbers and links may fit; gateway and patient do not."""
    rows = entries(2)
    rows[1] = signed_anew(rows[1], **foreign)
    assert (Fault.MISPLACED, 2) in faults(rows)


def test_a_receipt_that_somebody_else_signed_is_forged():
    """[B-017] E16: only the gateway's key makes a receipt of the gateway."""
    rows = entries(3)
    rows[1] = signed_anew(rows[1], key=OTHER)
    assert faults(rows) == {(Fault.FORGED, 2)}


def test_a_question_that_was_put_in_somebodys_mouth_is_named_until_the_chain_proves_it():
    """[B-031] E10: the gateway signs the question itself, or names another one; the chain never proves that."""
    rows = entries(3)
    for asked in (
        replace(Signed.by(GATEWAY, rows[1].asked.message, DOMAINS), signer=READER.address),
        Signed.by(GATEWAY, rows[1].asked.message, DOMAINS),
    ):
        changed = [rows[0], replace(rows[1], asked=asked), rows[2]]
        assert faults(changed) == {(Fault.UNPROVEN, 2)}


def test_a_question_that_no_gateway_may_have_taken_is_forged():
    """[B-017] Not even a contract's: too long, or nobody's."""
    (row,) = entries(1)
    nobodys = replace(row.asked, message=replace(row.asked.message, accessor=ZERO_ADDRESS))
    for asked in (replace(row.asked, signature=bytes(4097)), nobodys):
        receipt = signed_anew(row, read_request=asked.digest(DOMAINS))
        assert faults([replace(receipt, asked=asked)]) == {(Fault.FORGED, 1)}


def test_a_patients_own_refusal_stands_in_the_line_and_a_forged_one_does_not():
    """[B-017] Its signer is whoever refused: the patient, or her delegate."""
    refusal = Signed.by(ANNA, Refuse(request=keccak(b"request"), reason=1, at=START + 1), DOMAINS)
    receipt = replace(
        entries(1)[0].receipt.message,
        read_request=refusal.digest(DOMAINS),
        decision=0,
        reason=int(Ground.REFUSED_BY_PATIENT),
        released=bytes(32),
        count=0,
    )
    entry = Entry(receipt=Signed.by(GATEWAY, receipt, DOMAINS), asked=refusal, leaves=())
    assert faults([entry]) == set()
    forged = replace(refusal, signature=Signed.by(OTHER, refusal.message, DOMAINS).signature)
    assert faults([replace(entry, asked=forged)]) == {(Fault.UNPROVEN, 1)}


# The tag


def test_the_gateways_own_tag_is_accepted_again_and_again():
    """[B-012]"""
    first = handed_tag()
    assert judge_tag(line([]), first, None, DOMAINS) == ()
    assert judge_tag(line([]), handed_tag(at=START + 9), first.signed, DOMAINS) == ()


def test_a_second_tag_is_evidence_with_both_signatures():
    """[B-012] Whoever has two signed tags needs nobody's word."""
    first, second = handed_tag(), handed_tag(keccak(b"another key"))
    (finding,) = judge_tag(line([]), second, first.signed, DOMAINS)
    assert (finding.fault, finding.evidence) == (Fault.TAG_CHANGED, (first.signed, second.signed))
    for signed in finding.evidence:
        signed.check(DOMAINS, signer=GATEWAY.address)


@pytest.mark.parametrize(
    "tag",
    [
        replace(handed_tag(), key=keccak(b"other")),
        handed_tag(signer=OTHER),
        replace(
            handed_tag(),
            signed=Signed.by(GATEWAY, replace(handed_tag().signed.message, patient=OTHER.address), DOMAINS),
        ),
    ],
    ids=["key", "signer", "patient"],
)
def test_a_tag_that_is_not_hers_is_named(tag):
    """[B-005, B-012]"""
    (finding,) = judge_tag(line([]), tag, None, DOMAINS)
    assert finding.fault is Fault.TAG_FORGED


# Anchors


def judged(rows: list[Entry], anchored: list[Entry], **changes) -> tuple[Finding, ...]:
    proof = replace(tree_of(anchored).prove(TAG), **changes)
    return judge_proof(line(rows), handed_tag(), anchor_of(anchored), proof, DOMAINS)


def test_a_line_and_its_anchor_agree():
    """[B-002, B-003, B-013] Present, longer since then, and absent."""
    rows = entries(LENGTH)
    assert judged(rows, rows) == ()
    assert judged(rows, rows[:2]) == ()
    assert judged(rows, []) == ()
    assert judged([], []) == ()


def test_receipts_that_the_anchor_has_and_the_line_has_not_are_named():
    """[B-013] The end of a line is cut off: no link shows that, the anchor does."""
    rows = entries(LENGTH)
    found = judged(rows[:3], rows)
    assert [(one.fault, one.number) for one in found] == [(Fault.DROPPED, 4), (Fault.DROPPED, 5)]


def test_a_whole_past_that_was_written_anew_is_named_by_the_anchor():
    """[B-013] It fits together and is signed by the gateway; the anchor has the old one."""
    rows, new = entries(3), []
    for entry in rows:
        previous = new[-1].receipt.digest(DOMAINS) if new else bytes(32)
        new.append(signed_anew(entry, previous=previous, block=b"\x01" * 32))
    assert judge_line(line(new), DOMAINS) == ()
    (finding,) = judged(new, rows)
    assert (finding.fault, finding.number) == (Fault.ALTERED, 3)
    assert finding.evidence == (handed_tag().signed, new[2].receipt)


def test_a_proof_that_does_not_lead_to_the_anchor_is_a_proof_withheld():
    """[B-016]"""
    rows = entries(3)
    (finding,) = judged(rows, rows, proof=(keccak(b"step"),))
    assert (finding.fault, finding.why) == (Fault.WITHHELD, "audit.line-proof-mismatch")


# Time


def late(rows: list[Entry], *, anchored: int, newest: int | None, now: int) -> list[tuple[Fault, int]]:
    anchor = None if newest is None else anchor_of(rows, time=newest)
    found = judge_time(line(rows), anchored=anchored, newest=anchor, now=now, anchor_seconds=3600)
    return [(one.fault, one.number) for one in found]


def test_a_gateway_is_late_after_the_deployments_time_and_a_grace():
    """[B-014] And not a second before."""
    rows = entries(2)
    limit = START + 3600 + GRACE
    assert late(rows, anchored=2, newest=START, now=limit) == []
    assert late(rows, anchored=2, newest=START, now=limit + 1) == [(Fault.LATE, 0)]
    assert late([], anchored=0, newest=None, now=limit + 1) == []


def test_a_receipt_older_than_one_period_must_be_under_an_anchor():
    """[B-014] One that the newest anchor passes over, and all of a gateway that never anchored."""
    rows = entries(2)  # at START + 1 and START + 2
    limit = START + 1 + 3600 + GRACE
    assert late(rows, anchored=0, newest=limit, now=limit) == []
    assert late(rows, anchored=0, newest=limit, now=limit + 1) == [(Fault.UNANCHORED, 1)]
    assert late(rows, anchored=1, newest=limit, now=limit + 2) == [(Fault.UNANCHORED, 2)]
    assert late(rows, anchored=0, newest=None, now=limit + 1) == [(Fault.LATE, 0), (Fault.UNANCHORED, 1)]


# Questions and memory


def test_a_question_without_a_receipt_is_named_with_the_question():
    """[B-015] Signed by the one who asked: evidence that it was asked."""
    rows, unanswered = entries(2), question(99)
    asked = [entry.asked for entry in rows]
    assert judge_answers(line(rows), asked, DOMAINS) == ()
    (finding,) = judge_answers(line(rows), [*asked, unanswered], DOMAINS)
    assert (finding.fault, finding.evidence) == (Fault.UNANSWERED, (unanswered,))


def test_what_was_seen_before_must_still_be_there():
    """[L-001, L-002]"""
    rows = entries(3)
    digest = rows[1].receipt.digest(DOMAINS)
    assert judge_memory(line(rows), number=2, digest=digest, domains=DOMAINS) == ()
    (gone,) = judge_memory(line(rows[:1]), number=2, digest=digest, domains=DOMAINS)
    assert (gone.fault, gone.number) == (Fault.DROPPED, 2)
    (other,) = judge_memory(line(rows), number=2, digest=keccak(b"other"), domains=DOMAINS)
    assert (other.fault, other.number) == (Fault.ALTERED, 2)


# What is raised, what is handed on


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.FORGED, errors.ReceiptForged),
        (Fault.MISPLACED, errors.ReceiptForeign),
        (Fault.DROPPED, errors.ReceiptMissing),
        (Fault.REORDERED, errors.ReceiptReordered),
        (Fault.REPEATED, errors.ReceiptRepeated),
        (Fault.ALTERED, errors.ReceiptAltered),
        (Fault.TAG_CHANGED, errors.TagChanged),
        (Fault.TAG_FORGED, errors.TagForeign),
        (Fault.WITHHELD, errors.ProofWithheld),
    ],
)
def test_a_grave_fault_is_raised_as_its_own_error_that_names_the_receipt(fault, error):
    """[B-017]"""
    finding = Finding(fault=fault, gateway=GATEWAY.address, patient=ANNA.address, number=4, why="so")
    with pytest.raises(error) as caught:
        check([finding])
    assert caught.value.exit_code == 6
    assert GATEWAY.address in str(caught.value)


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.UNANCHORED, Fault.UNANSWERED, Fault.UNPROVEN])
def test_what_may_still_come_is_told_and_not_raised(fault):
    """[B-014, B-015]"""
    check([Finding(fault=fault, gateway=GATEWAY.address, patient=ANNA.address)])


def test_a_finding_is_written_with_its_signed_evidence():
    """[B-012] A regulator reads it without the agent."""
    (finding,) = judge_tag(line([]), handed_tag(keccak(b"second")), handed_tag(KEY).signed, DOMAINS)
    written = loads(dumps(finding.to_json()))
    assert written["fault"] == "tag-changed"
    assert [one["kind"] for one in written["evidence"]] == ["Tag", "Tag"]
