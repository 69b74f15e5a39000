"""What a regulator finds: nothing where every gateway keeps the rule, and each breach by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from medshare.actors.oversight import Oversight, oversee
from medshare.audit.findings import Fault
from medshare.audit.overseeing import WHY_TEXTS, Disclosure
from medshare.audit.standing import KINDS, Standing
from medshare.consent.categories import Category
from medshare.consent.rules import Query
from medshare.gateway import Gateway, Refused
from medshare.gateway.audit_desk import NoSuchPeriod
from medshare.gateway.receipt_book import Decision, ReceiptBook
from medshare.gateway.wire.errors import NothingHere
from medshare.hexadecimal import ZERO_32
from medshare.ledger import Power
from medshare.ledger.errors import NodeUnreachable
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import ReadRequest
from medshare.vault import HolderRow
from tests.unit.actors.world import DAY, World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def leaves(world: World) -> tuple[bytes, ...]:
    found = world.write(Category.PROBLEMS, Category.LABORATORY)
    world.anna.sync()
    return found


@pytest.fixture(scope="module")
def consent(world: World, leaves: tuple[bytes, ...]) -> Any:
    return world.grant(Category.PROBLEMS)


def gateways(world: World) -> tuple[Gateway, ...]:
    return tuple(one.gateway for one in (world.city, world.hill, *world.clinics))


def overseen(world: World, doors: Sequence[Any] | None = None) -> Oversight:
    """Let every gateway anchor what it has, and look."""
    for gateway in gateways(world):
        gateway.anchoring.keep_up()
        gateway.anchoring.close()
        gateway.anchoring.keep_up()
    return oversee(world.ledger, gateways(world) if doors is None else doors)


def released(world: World, asked: Signed[ReadRequest], leaf: bytes, **changes: Any) -> None:
    """Let City's gateway write that it released, whatever the rule says: what a dishonest one does."""
    decision = Decision(
        asked=asked,
        patient=asked.message.patient,
        grantee=world.hill.address,
        ground=Ground.RELEASED,
        leaves=(leaf,),
        block=world.ledger.head().hash,
        at=world.sandbox.clock.now(),
        nonce=None,
    )
    ReceiptBook(world.gateway.office).write(lambda _: replace(decision, **changes))


def last(found: Oversight) -> Disclosure:
    return max((one for one in found.disclosures), key=lambda one: (one.at, one.number))


# Honest gateways


def test_what_was_released_is_listed_with_whom_why_and_under_which_consent(world, leaves, consent):
    """[B-025]"""
    world.read(world.ask(consent, leaves[0]))
    found = overseen(world)
    one = last(found)
    assert (one.gateway, one.patient, one.accessor) == (world.gateway.address, world.anna.address, world.hill.address)
    assert (one.institution, one.purpose, one.consent) == (world.hill.address, "TREAT", consent.consent_id)
    assert (one.documents, one.why_not, found.without_consent) == (1, Ground.RELEASED, ())
    assert (found.broken, found.silent) == ((), ())
    assert set(found.asked) == {one.address for one in gateways(world)}


def test_a_patients_own_look_is_no_disclosure_and_a_delegates_is_one(world, leaves):
    """[B-025]"""
    before = len(overseen(world).disclosures)
    world.read(world.ask_own(leaves[0]))
    assert len(overseen(world).disclosures) == before
    daughter = world.sandbox.patient()
    world.anna.delegate(daughter.address, Power.READ, days=2)
    world.wait(1)
    world.read(world.ask_own(leaves[0], key=daughter.account))
    found = overseen(world)
    assert len(found.disclosures) == before + 1
    one = last(found)
    assert (one.accessor, one.institution, one.purpose) == (daughter.address, daughter.address, "")
    assert (one.consent, one.allowed) == (ZERO_32, True)


def test_a_read_stays_allowed_when_its_consent_is_revoked_or_ends_later(world, leaves):
    """[B-025] What is asked is what stood when it was released."""
    for end in (world.anna.revoke, lambda _: world.wait(2 * DAY)):
        consent = world.grant(Category.PROBLEMS, days=1)
        world.read(world.ask(consent, leaves[0]))
        end(consent)
        world.wait(1)
        with pytest.raises(Refused):
            world.read(world.ask(consent, leaves[0]))
        found = overseen(world)
        assert found.without_consent == ()
        assert last(found).consent == consent.consent_id


def test_refusals_are_counted_by_reason(world, leaves, consent):
    before = overseen(world).refusals
    for changes in ({"purpose": 0}, {"purpose": 0}, {"action": 4}):
        with pytest.raises(Refused):
            world.read(world.ask(consent, leaves[0], **changes))
    after = overseen(world).refusals
    assert after[Ground.PURPOSE] - before.get(Ground.PURPOSE, 0) == 2
    assert after[Ground.ACTION] - before.get(Ground.ACTION, 0) == 1


# A gateway that releases without a consent


def breaches(world: World, leaf: bytes) -> dict[str, tuple[Signed[ReadRequest], dict[str, Any], Ground]]:
    consent = world.grant(Category.PROBLEMS)
    revoked, ended = world.grant(Category.PROBLEMS), world.grant(Category.PROBLEMS, days=1)
    world.anna.revoke(revoked)
    other = world.sandbox.patient()
    world.sandbox.enrol(other, world.city)
    others = other.grant(world.hill.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=30)
    old = world.ledger.head().hash
    world.wait(2 * DAY)
    slot = next(slot for slot in range(64) if not consent.word.scope >> slot & 1)
    stranger = world.sandbox.account()
    now = {"at": world.sandbox.clock.now()}
    return {
        "never": (world.ask(consent, leaf, consent_id=b"\x01" * 32), {}, Ground.NEVER_GRANTED),
        "another patient's": (world.ask(consent, leaf, consent_id=others.consent_id), {}, Ground.NEVER_GRANTED),
        "revoked": (world.ask(revoked, leaf), {}, Ground.REVOKED),
        "ended": (world.ask(ended, leaf), {}, Ground.ENDED),
        "slot": (world.ask(consent, leaf, slot=slot), {}, Ground.SLOT),
        "purpose": (world.ask(consent, leaf, purpose=0), {}, Ground.PURPOSE),
        "action": (world.ask(consent, leaf, action=16), {}, Ground.ACTION),
        "not staff": (world.ask(consent, leaf, key=stranger), {}, Ground.NOT_ACCESSOR),
        "no delegate": (world.ask_own(leaf, key=stranger), {}, Ground.NOT_THE_PATIENT),
        "an old block": (world.ask(consent, leaf), {"block": old, **now}, Ground.STALE_HEAD),
        "ended since the block": (world.ask(ended, leaf), {"block": old, **now}, Ground.ENDED),
        "a block that never was": (world.ask(revoked, leaf), {"block": b"\x07" * 32}, Ground.REVOKED),
    }


def test_a_read_without_a_consent_is_found_and_says_why(world, leaves):
    """[B-025] Each by itself: the gateway wrote, signed and anchored that it released."""
    for name, (asked, changes, ground) in breaches(world, leaves[0]).items():
        known = set(overseen(world).without_consent)
        released(world, asked, leaves[0], **changes)
        new = [one for one in overseen(world).without_consent if one not in known]
        assert [one.why_not for one in new] == [ground], name


def test_the_standing_from_events_answers_as_the_contract_does(world, consent):
    """[B-025] Every field of the query wrong by itself, staff and strangers, before and after ends."""
    nurse, gone = world.sandbox.account(), world.sandbox.account()
    for one in (nurse, gone):
        world.hill.add_staff(one)
    world.hill.remove_staff(gone.address)
    revoked = world.grant(Category.LABORATORY)
    world.anna.revoke(revoked)
    other = world.sandbox.patient()
    world.sandbox.enrol(other, world.city)
    locked = other.grant(world.hill.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=30)
    other.lock_down()
    world.sandbox.regulator.suspend(world.researcher.address)
    held = world.anna.grant(world.researcher.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=30)
    block = world.ledger.head()
    standing = Standing()
    for log in world.ledger.events(kinds=KINDS):
        standing.take(log.event)
    good = world.ask(consent).message
    bad_slot = next(slot for slot in range(64) if not consent.word.scope >> slot & 1)
    asked = [
        replace(good, accessor=who, consent_id=one.consent_id, patient=one.patient, **changes)
        for one in (consent, revoked, locked, held)
        for who in (world.hill.address, nurse.address, gone.address, world.city.address, world.researcher.address)
        for changes in ({}, {"slot": bad_slot}, {"slot": 64}, {"purpose": 0}, {"purpose": 63}, {"action": 0})
    ]
    by_id = {one.consent_id: one for one in (consent, revoked, locked, held)}
    grounds = set()
    for message in asked:
        document = by_id[message.consent_id]
        query = Query(
            patient=message.patient,
            grantee=document.grantee,
            terms=document.terms,
            accessor=message.accessor,
            slot=message.slot,
            purpose=message.purpose,
            action=message.action,
        )
        truth = world.ledger.why_not(query, block=block)
        assert standing.why_not(message, at=block.time) == Ground(truth)
        grounds.add(truth)
    assert len(grounds) >= 7
    world.sandbox.regulator.reinstate(world.researcher.address)


# A gateway that hands over something else


def changed(world: World, change: Any) -> Any:
    """City's gateway, whose audit desk hands over what `change` makes of each period."""
    gateway = world.gateway

    class Desk:
        erasures = staticmethod(gateway.audit.erasures)

        @staticmethod
        def hand_over(number: int) -> Any:
            return change(gateway.audit.hand_over(number))

    class Door:
        address = gateway.address
        audit = Desk()

    return Door()


def without_last(handed: Any) -> Any:
    return replace(handed, receipts=handed.receipts[:-1])


def with_another_decision(handed: Any) -> Any:
    rows = [
        replace(one, receipt=replace(one.receipt, message=replace(one.receipt.message, decision=0)))
        for one in handed.receipts
    ]
    return replace(handed, receipts=tuple(rows))


def with_anothers_question(handed: Any) -> Any:
    asked = [one.asked for one in handed.receipts]
    rows = [replace(one, asked=other) for one, other in zip(handed.receipts, asked[1:] + asked[:1], strict=True)]
    return replace(handed, receipts=tuple(rows))


def with_another_root(handed: Any) -> Any:
    return replace(handed, period=replace(handed.period, heads=b"\x01" * 32))


def without_a_step(handed: Any) -> Any:
    return replace(handed, steps=handed.steps[:-1])


@pytest.mark.parametrize(
    "change", [without_last, with_another_decision, with_anothers_question, with_another_root, without_a_step]
)
def test_a_period_that_is_not_the_anchored_one_is_named(world, leaves, consent, change):
    """[B-026]"""
    for _ in range(2):
        world.read(world.ask(consent, leaves[0]))
    assert overseen(world).broken == ()
    found = overseen(world, [changed(world, change)])
    assert found.broken
    assert {one.gateway for one in found.broken} == {world.gateway.address}


def test_a_period_that_is_not_handed_over_is_named_and_a_silent_gateway_too(world):
    """[B-026] Nothing is said of what nobody saw."""

    def none(_: Any) -> Any:
        raise NoSuchPeriod(head="0x")

    found = overseen(world, [changed(world, none)])
    assert {one.why for one in found.broken} == {"gateway.no-such-period"}
    assert (found.receipts, found.periods) == (0, 0)

    def down(_: Any) -> Any:
        raise NodeUnreachable(node="http://127.0.0.1:1")

    found = overseen(world, [changed(world, down)])
    assert world.gateway.address in found.silent
    assert found.asked == ()


@pytest.mark.parametrize("desk", ["hand_over", "erasures"])
def test_a_gateway_that_answers_with_an_error_is_broken_and_hides_no_other(world, leaves, consent, desk, monkeypatch):
    """[B-034] Whatever error it is."""
    world.read(world.ask(consent, leaves[0]))

    def nothing(*_: Any) -> Any:
        raise NothingHere

    with monkeypatch.context() as broken:
        broken.setattr(world.hill.gateway.audit, desk, nothing)
        found = overseen(world)
    assert set(found.asked) == {one.address for one in gateways(world)}
    assert {(one.gateway, one.why) for one in found.broken} == {(world.hill.gateway.address, "http.nothing-here")}
    assert last(found).consent == consent.consent_id


def test_a_reason_that_there_is_none_of_silences_neither_the_regulator_nor_the_patient():
    """[B-034] A gateway signs and anchors a number of its own."""
    world = make_world()
    (leaf,) = world.write(Category.PROBLEMS)
    world.anna.sync()
    released(world, world.ask_own(leaf), leaf, ground=200, leaves=())
    found = overseen(world)
    assert {(one.gateway, one.why) for one in found.broken} == {(world.gateway.address, WHY_TEXTS["decision"])}
    log = world.anna.access_log()
    assert log.days
    assert {one.fault for one in log.findings if one.fault.grave} == {Fault.ALTERED}
    world.anna.sync()


# Late, unanswered, questioned


def test_a_gateway_that_anchors_late_or_not_at_all_is_named():
    """[B-027] And a receipt that had to wait."""
    world = make_world()
    (leaf,) = world.write(Category.PROBLEMS)
    world.anna.sync()
    for gateway in gateways(world):
        gateway.anchoring.keep_up()
    consent = world.grant(Category.PROBLEMS)
    assert oversee(world.ledger, gateways(world)).late == ()
    world.read(world.ask(consent, leaf))
    world.wait(DAY)
    late = oversee(world.ledger, gateways(world)).late
    assert {(one.gateway, one.number) for one in late} == {(one.address, 0) for one in gateways(world)}
    world.gateway.anchoring.keep_up()
    late = [one for one in oversee(world.ledger, gateways(world)).late if one.gateway == world.gateway.address]
    assert {one.number for one in late} == {2}
    assert all(one.seconds >= DAY for one in late)


def test_a_holder_that_does_not_answer_an_erasure_is_named_until_it_does(world):
    """[B-028] Another's word is no answer."""
    (leaf,) = world.write(Category.PROBLEMS)
    world.anna.sync()
    consent = world.grant(Category.PROBLEMS)
    world.read(world.ask(consent, leaf))
    world.anna.erase(leaf)
    holders = {row.holder for row in world.gateway.office.vault.find(HolderRow, leaf=leaf)}
    assert len(holders) == 5

    def waiting(change: Any) -> set[str]:
        door = changed(world, lambda handed: handed)
        door.audit.erasures = lambda: [change(one) for one in world.gateway.audit.erasures() if one.leaf == leaf]
        return {one.holder for one in overseen(world, [door]).unanswered}

    assert waiting(lambda one: one) == set()
    assert waiting(lambda one: replace(one, erased=())) == holders
    for changes in ({"signature": bytes(65)}, {"signer": world.city.gateway.address}):
        words = waiting(lambda one, c=changes: replace(one, erased=tuple(replace(word, **c) for word in one.erased)))
        assert words >= holders - {world.city.address}
    silent = world.hill.address
    assert waiting(
        lambda one: replace(one, erased=tuple(word for word in one.erased if word.message.holder != silent))
    ) == {silent}


def test_what_a_patient_questions_reaches_the_regulator(world, leaves, consent):
    """[B-018]"""
    world.read(world.ask(consent, leaves[0]))
    entry = [one for day in world.anna.access_log().days for one in day.entries if one.consent == consent][-1]
    world.anna.object_to(entry)
    found = [one for one in overseen(world).questioned if one.number == entry.number]
    assert [(one.gateway, one.patient, one.reason) for one in found] == [(entry.gateway, entry.patient, 1)]
