"""Periods are closed, kept, anchored; killed at any point, the next turn completes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from medshare.actors import Institution, Patient
from medshare.audit.anchors import check_periods
from medshare.audit.trees import Absence, Presence, check_line_proof, check_receipt, receipts_root
from medshare.consent.categories import Category
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway import Gateway, Refused
from medshare.gateway.anchoring import NONCE_LIFE, Anchoring, AnchorRule, AnchorsForked
from medshare.gateway.audit_desk import NoSuchPeriod, ObjectionForeign, ReceiptNotAnchored
from medshare.gateway.errors import NotAPatient, NotEmpoweredHere
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.ledger.errors import NodeUnreachable
from medshare.ledger.events import ReceiptsAnchored
from medshare.outbox import steps
from medshare.release.rule import Ground
from medshare.sandbox import Sandbox
from medshare.signed import Signed
from medshare.typed_data import Objection
from medshare.vault import NonceRow, ReceiptRow, TagRow
from medshare.vault.audit_rows import FreshRow, LineRow, PeriodRow, ReplayRow
from medshare.vault.sql import SqlRows
from tests.unit.actors.world import LedgerDouble


@dataclass(kw_only=True)
class Ward:
    """One hospital with one patient, whose own questions are what its gateway logs: quick to make anew."""

    sandbox: Sandbox
    city: Institution
    anna: Patient

    @property
    def gateway(self) -> Gateway:
        return self.city.gateway

    @property
    def ledger(self) -> Any:
        return self.sandbox.ledger

    def wait(self, seconds: int) -> None:
        self.sandbox.clock.advance(seconds)
        self.ledger.mine()

    def look(self) -> None:
        """Let Anna ask for her list, which is logged."""
        self.gateway.counter.listing(self.anna.own_request(self.gateway))


@pytest.fixture
def ward() -> Ward:
    sandbox = Sandbox.in_memory()
    made = Ward(sandbox=sandbox, city=sandbox.institution("City Hospital"), anna=sandbox.patient())
    sandbox.enrol(made.anna, made.city)
    made.look()
    made.look()
    return made


def line_of(world: Any) -> list[ReceiptRow]:
    return world.gateway.office.vault.find(ReceiptRow, patient=world.anna.address)


def events(world: Any) -> list[ReceiptsAnchored]:
    logs = world.ledger.events(kinds=(ReceiptsAnchored,))
    return [log.event for log in logs if log.event.gateway == world.gateway.address]


def test_an_anchor_proves_what_was_logged_about_a_patient(ward):
    """[B-001, B-002] The end of her line, and each receipt in its period."""
    gateway = ward.gateway
    (period,) = gateway.anchoring.keep_up()
    assert ward.ledger.head_of(gateway.address) == period.head
    tag = gateway.audit.tag(ward.anna.address).check(
        ward.anna.domains, gateway=gateway.address, patient=ward.anna.address
    )
    head = check_line_proof(gateway.audit.prove(ward.anna.address, period.head), root=period.heads, tag=tag)
    line = line_of(ward)
    assert head is not None
    assert (head.number, head.receipt) == (len(line), line[-1].digest)
    assert period.count == gateway.office.vault.count(ReceiptRow)
    for row in line:
        shown = gateway.audit.receipt(ward.anna.address, row.seq)
        assert shown.head == period.head
        check_receipt(root=period.receipts, digest=row.digest, proof=shown.proof)


def test_an_anchor_proves_that_nothing_was_logged(ward):
    """[B-003] Bea is registered and nobody ever looked: the hospital can show it."""
    bea = ward.sandbox.patient()
    ward.sandbox.enrol(bea, ward.city)
    (period,) = ward.gateway.anchoring.keep_up()
    shown = ward.gateway.audit.prove(bea.address, period.head)
    assert isinstance(shown, Absence)
    tag = ward.gateway.audit.tag(bea.address).signed.message.tag
    assert check_line_proof(shown, root=period.heads, tag=tag) is None
    bea.sync()
    ward.wait(900)
    (later,) = ward.gateway.anchoring.keep_up()
    assert isinstance(ward.gateway.audit.prove(bea.address, later.head), Presence)
    # The older anchor still says the same.
    assert ward.gateway.audit.prove(bea.address, period.head) == shown


def test_a_tag_is_handed_out_once_and_stays(ward):
    """[B-006] It is signed, made from its key, and the same after a restart."""
    handed = ward.gateway.audit.tag(ward.anna.address)
    assert ward.gateway.audit.tag(ward.anna.address) == handed
    ward.wait(100)
    ward.anna.sync()
    assert ward.gateway.audit.tag(ward.anna.address) == handed
    assert ward.gateway.office.vault.count(TagRow, patient=ward.anna.address) == 1
    assert repr(handed.key) not in repr(handed)


def test_only_a_patient_has_a_tag(ward):
    """[B-006]"""
    with pytest.raises(NotAPatient):
        ward.gateway.audit.tag(ward.city.address)
    with pytest.raises(NotAPatient):
        ward.gateway.audit.prove(AccountKey.generate().address, ward.gateway.anchoring.keep_up()[0].head)


def test_a_period_ends_after_so_many_seconds_or_so_many_receipts(ward):
    """[B-007]"""
    anchoring = Anchoring(ward.gateway.office, AnchorRule(seconds=300, receipts=3))
    assert len(anchoring.keep_up()) == 1
    assert anchoring.keep_up() == []
    ward.wait(299)
    assert anchoring.keep_up() == []
    ward.wait(1)
    (empty,) = anchoring.keep_up()
    assert (empty.count, empty.receipts) == (0, ZERO_32)
    for _ in range(2):
        ward.look()
    assert anchoring.keep_up() == []
    ward.look()
    (full,) = anchoring.keep_up()
    assert full.count == 3
    periods = ward.gateway.audit.periods()
    assert [one.number for one in periods] == [1, 2, 3]
    assert check_periods(periods, gateway=ward.gateway.address) == ward.ledger.head_of(ward.gateway.address)
    assert ward.gateway.audit.periods(after=2) == (full,)


def test_with_many_lines_a_period_takes_more_receipts(ward):
    """[B-007] The tree over all lines is made anew for each period: a receipt costs the same however many there are."""
    rule = AnchorRule(receipts=3, lines=2)
    assert [rule.enough(lines) for lines in (0, 6, 7, 8, 2_000)] == [3, 3, 3, 4, 1_000]
    anchoring = Anchoring(ward.gateway.office, rule)
    anchoring.keep_up()
    for _ in range(10):
        ward.sandbox.enrol(bea := ward.sandbox.patient(), ward.city)
        ward.gateway.counter.listing(bea.own_request(ward.gateway))
    assert [period.count for period in anchoring.keep_up()] == [10]
    assert anchoring.enough() == 5
    for _ in range(4):
        ward.look()
    assert anchoring.keep_up() == []
    ward.look()
    assert [period.count for period in anchoring.keep_up()] == [5]


def test_a_receipt_that_comes_while_a_period_is_closed_is_in_the_next_one(ward, monkeypatch):
    """[B-001] It is neither lost nor anchored twice."""
    office = ward.gateway.office

    def root_of(digests):
        monkeypatch.undo()
        ward.look()
        return receipts_root(digests)

    monkeypatch.setattr("medshare.gateway.anchoring.receipts_root", root_of)
    first = ward.gateway.anchoring.close()
    assert office.vault.require(FreshRow, gateway=office.address, patient=ward.anna.address).seq == first.count
    second = ward.gateway.anchoring.close()
    assert (first.count, second.count) == (2, 1)
    assert office.vault.count(FreshRow) == 0
    assert ward.gateway.anchoring.close().count == 0


class Killed(BaseException):
    """What a process that was killed does not survive."""


@pytest.mark.parametrize("point", [steps.QUOTED, steps.SAVED, steps.HANDED_OVER, steps.MINED])
def test_killed_while_anchoring_the_next_start_completes_it(ward, monkeypatch, point):
    """[B-008] R01: the period was kept before it was sent; the chain says whether it was."""
    office = ward.gateway.office

    def kill(step: str) -> None:
        if step == point:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(office.outbox, "step", kill)
        with pytest.raises(Killed):
            Anchoring(office).keep_up()
    kept = office.vault.find(PeriodRow)
    assert len(kept) == 1
    before = ward.ledger.head_of(office.address) != kept[0].head
    ward.look()  # what comes meanwhile is in no period yet
    fresh = Anchoring(office)  # a new process
    sent = fresh.keep_up()
    assert [one.head for one in sent] == ([kept[0].head] if before else [])
    assert ward.ledger.head_of(office.address) == kept[0].head
    assert len(events(ward)) == 1
    ward.wait(900)
    (following,) = fresh.keep_up()
    assert following.previous == kept[0].head
    assert following.count == 1


def test_killed_while_a_period_is_kept_nothing_of_it_remains(ward, monkeypatch):
    """[B-008] The rows of a period are one transaction."""
    office = ward.gateway.office
    real = SqlRows.put

    def put(self: Any, row: Any) -> None:
        if isinstance(row, LineRow):
            raise Killed
        real(self, row)

    with monkeypatch.context() as patch:
        patch.setattr("medshare.vault.sql.SqlRows.put", put)
        with pytest.raises(Killed):
            Anchoring(office).keep_up()
    assert office.vault.count(PeriodRow) == 0
    (period,) = Anchoring(office).keep_up()
    assert period.count == office.vault.count(ReceiptRow)


def test_the_same_anchor_sent_again_changes_nothing(ward):
    """[B-008, A-002]"""
    (period,) = ward.gateway.anchoring.keep_up()
    call = {
        "previous": period.previous,
        "receipts": period.receipts,
        "heads": period.heads,
        "count": period.count,
        "sender": ward.gateway.office.key,
    }
    ward.ledger.anchor_receipts(**call)
    assert len(events(ward)) == 1
    assert ward.ledger.head_of(ward.gateway.address) == period.head


def test_when_the_node_is_down_periods_wait_and_go_in_order(ward, monkeypatch):
    """[B-008] R15: nothing is lost; what was released meanwhile has its receipt."""
    office, node = ward.gateway.office, ward.ledger

    def down(**call: Any) -> None:
        raise NodeUnreachable(node="here")

    with monkeypatch.context() as patch:
        patch.setattr(office.outbox, "anchor_receipts", down)
        for _ in range(2):
            with pytest.raises(UnreachableError):
                ward.gateway.anchoring.keep_up()
            ward.wait(900)
    assert office.vault.count(PeriodRow) == 1
    ward.look()
    sent = ward.gateway.anchoring.keep_up()
    assert [one.number for one in sent] == [1, 2]
    assert node.head_of(office.address) == sent[-1].head


def test_after_a_reorganisation_the_lost_anchors_are_sent_again(ward, monkeypatch):
    """[B-008] R07: the chain's head is an older one of ours."""
    office = ward.gateway.office
    for _ in range(3):
        ward.gateway.anchoring.keep_up()
        ward.wait(900)
    rows = office.vault.find(PeriodRow)
    sent: list[bytes] = []

    def resend(**call: Any) -> None:
        sent.append(call["previous"])

    monkeypatch.setattr(office, "ledger", LedgerDouble(ward.ledger, head_of=lambda *_: rows[0].head))
    monkeypatch.setattr(office.outbox, "anchor_receipts", resend)
    Anchoring(office, AnchorRule(seconds=10**9)).keep_up()
    assert sent == [rows[0].head, rows[1].head]


def test_two_processes_anchor_at_once_and_each_period_stands_once(ward, monkeypatch):
    """[B-008] Both saw the same receipts; the vault lets one of them keep the period, and both send it."""
    office = ward.gateway.office
    first, second = Anchoring(office), Anchoring(office)
    racing = []

    def close() -> Any:
        if not racing:
            racing.append(second.keep_up())
        return Anchoring.close(first)

    monkeypatch.setattr(first, "close", close)
    assert [len(one) for one in racing] == []
    first.keep_up()
    assert len(racing[0]) == 1
    assert office.vault.count(PeriodRow) in {1, 2}  # the later one may have closed an empty period
    periods = ward.gateway.audit.periods()
    assert check_periods(periods, gateway=office.address) == ward.ledger.head_of(office.address)
    assert sum(one.count for one in periods) == office.vault.count(ReceiptRow)


def test_a_vault_that_is_older_than_the_chain_is_noticed(ward, monkeypatch):
    """[B-008] An old backup: its receipts would be numbered a second time."""
    ward.gateway.anchoring.keep_up()
    office = ward.gateway.office
    monkeypatch.setattr(office, "ledger", LedgerDouble(ward.ledger, head_of=lambda *_: b"\x07" * 32))
    with pytest.raises(AnchorsForked):
        ward.gateway.anchoring.keep_up()


def test_only_what_the_chain_has_is_proven(ward, monkeypatch):
    """[B-002] A period that is kept and not yet mined proves nothing."""
    office = ward.gateway.office
    period = ward.gateway.anchoring.close()
    assert period is not None
    assert ward.gateway.audit.periods() == ()
    with pytest.raises(NoSuchPeriod):
        ward.gateway.audit.prove(ward.anna.address, period.head)
    with pytest.raises(NoSuchPeriod):
        ward.gateway.audit.hand_over(1)
    with pytest.raises(ReceiptNotAnchored):
        ward.gateway.audit.receipt(ward.anna.address, 1)
    ward.gateway.anchoring.keep_up()
    assert ward.gateway.audit.periods() == (period,)
    with pytest.raises(ReceiptNotAnchored):
        ward.gateway.audit.receipt(ward.anna.address, len(line_of(ward)) + 1)
    assert office.vault.count(PeriodRow) == 1


def test_a_flood_of_one_replayed_request_adds_one_line(world, leaves):
    """[B-009, R-020] E01: each gets the refusal; the first one's receipt says it for all."""
    consent = world.grant(Category.PROBLEMS)
    request = world.ask(consent, leaves[0])
    world.read(request)
    before = len(line_of(world))
    receipts = []
    for seconds in (0, 1, 60, 600, NONCE_LIFE):  # within its life and long after
        world.wait(seconds)
        world.gateway.anchoring.keep_up()
        with pytest.raises(Refused) as caught:
            world.read(request)
        receipts.append(caught.value.receipt)
        assert caught.value.ground in {Ground.NONCE_USED, Ground.REQUEST_TIME}
    assert len(line_of(world)) == before + 1
    assert len(set(receipts)) == 1
    assert receipts[0].message.decision == 0


def test_another_request_under_a_used_nonce_has_its_own_line(world, leaves):
    """[B-009, R-003] Somebody signed it anew: that is another question."""
    consent = world.grant(Category.PROBLEMS)
    request = world.ask(consent, leaves[0])
    world.read(request)
    before = len(line_of(world))
    for slot in (3, 4):
        with pytest.raises(Refused):
            world.read(world.ask(consent, leaves[0], nonce=request.message.nonce, slot=slot))
    assert len(line_of(world)) == before + 2


def test_nonces_are_forgotten_when_no_request_with_them_is_young_enough(world, leaves):
    """[B-010] And not before: what is old enough to be forgotten is refused for its age."""
    request = world.ask_own(leaves[0])
    world.read(request)
    vault = world.gateway.office.vault
    key = {"signer": request.signer, "nonce": request.message.nonce}
    world.wait(NONCE_LIFE)
    world.gateway.anchoring.keep_up()
    assert vault.get(NonceRow, **key) is not None
    world.wait(1)
    world.gateway.anchoring.keep_up()
    assert vault.get(NonceRow, **key) is None
    with pytest.raises(Refused) as caught:
        world.read(request)
    assert caught.value.ground is Ground.REQUEST_TIME
    assert vault.count(ReplayRow) > 0


def objection(ward: Any, **changes: Any) -> Objection:
    line = line_of(ward)
    message = Objection(
        gateway=ward.gateway.address,
        patient=ward.anna.address,
        seq=line[0].seq,
        receipt=line[0].digest,
        reason=1,
        at=ward.sandbox.clock.now(),
    )
    return replace(message, **changes)


def test_a_patient_may_object_to_a_receipt_of_her_line(ward):
    """[B-018] The institution and the regulator get it, with the period."""
    signed = Signed.by(ward.anna.account, objection(ward), ward.anna.domains)
    ward.gateway.audit.object(signed)
    ward.gateway.audit.object(signed)
    assert ward.gateway.audit.objections() == (signed,)
    ward.gateway.anchoring.keep_up()
    assert ward.gateway.audit.hand_over(1).objections == (signed,)


def test_of_her_words_the_newest_stands_and_an_older_one_sent_again_changes_nothing(ward):
    """[B-030] So that nobody brings back what she took back."""
    first, back = (
        Signed.by(
            ward.anna.account, objection(ward, reason=reason, at=ward.sandbox.clock.now() + later), ward.anna.domains
        )
        for reason, later in ((1, 0), (0, 1))
    )
    for signed, stands in ((first, first), (back, back), (first, back)):
        ward.gateway.audit.object(signed)
        assert ward.gateway.audit.objections() == (stands,)


def test_nobody_else_may_object_for_her_and_no_other_receipt_is_objected_to(ward):
    """[B-018]"""
    for key in (ward.city.account, ward.gateway.office.key):
        with pytest.raises(NotEmpoweredHere):
            ward.gateway.audit.object(Signed.by(key, objection(ward), ward.anna.domains))
    for changes in ({"seq": 99}, {"receipt": b"\x01" * 32}, {"gateway": ward.city.address}):
        with pytest.raises(ObjectionForeign):
            ward.gateway.audit.object(Signed.by(ward.anna.account, objection(ward, **changes), ward.anna.domains))
    forged = replace(Signed.by(ward.city.account, objection(ward), ward.anna.domains), signer=ward.anna.address)
    with pytest.raises(MedShareError):
        ward.gateway.audit.object(forged)
    assert ward.gateway.audit.objections() == ()


def test_a_handed_period_has_every_receipt_and_no_category(world, leaves):
    """[B-019] The regulator gets slots, purposes, decisions; a category is nowhere in it."""
    consent = world.grant(Category.MENTAL_HEALTH)
    world.read(world.ask(consent, leaves[2]))
    period = world.gateway.anchoring.close()
    assert period is not None
    world.gateway.anchoring.keep_up()
    handed = world.gateway.audit.hand_over(period.number)
    assert handed.period == period
    assert period.count == len(handed.receipts) > 0
    names = {name for one in handed.receipts for name in type(one.asked.message).__annotations__}
    assert not names & {"category", "compartment", "categories"}
    assert {step.number for step in handed.steps} == {len(line_of(world))}
    assert len(
        [
            one
            for period in world.gateway.audit.periods()
            for one in world.gateway.audit.hand_over(period.number).receipts
        ]
    ) == len(line_of(world))


def test_who_has_to_answer_an_erasure_is_known_after_the_document_is_gone(world):
    """[B-019] Provider, validators and readers; and the signed words of those that answered."""
    (leaf,) = world.write(Category.PROBLEMS)
    world.anna.sync()
    world.read(world.ask(world.grant(Category.PROBLEMS), leaf))
    world.sandbox.network.leave(world.hill.address)
    world.anna.erase(leaf)
    world.sandbox.network.join(world.hill)
    (handed,) = [one for one in world.gateway.audit.erasures() if one.leaf == leaf]
    answered = {one.check(world.anna.domains, signer=one.signer).holder for one in handed.erased}
    assert set(handed.holders) == {world.city.address, world.hill.address, *(one.address for one in world.clinics)}
    assert set(handed.holders) - answered == {world.hill.address}
