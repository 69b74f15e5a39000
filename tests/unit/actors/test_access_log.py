"""The access log: what a person reads, what her agent finds, and how she objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta, timezone
from typing import Any

import pytest

from medshare.actors.access_log import Asker, NoSuchLogEntry, Question
from medshare.audit.findings import Fault
from medshare.audit.values import NOT_AGREED, RECOGNISED
from medshare.consent.categories import Category
from medshare.errors import MedShareError
from medshare.gateway import Refused
from medshare.gateway.audit_desk import NoSuchPeriod
from medshare.ledger import Power, Role
from medshare.ledger.errors import NodeUnreachable
from medshare.release.rule import REQUEST_LIFE, Ground
from medshare.signed import Signed
from medshare.vault import ReceiptRow
from tests.unit.actors.world import DAY


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(Category.PROBLEMS)


def entries(log: Any) -> list[Any]:
    return [entry for day in log.days for entry in day.entries]


def faults(world: Any, *, gateway: str | None = None) -> set[Fault]:
    report = world.anna.sync()
    wanted = gateway or world.gateway.address
    return {finding.fault for finding in report.findings if finding.gateway == wanted}


def test_an_entry_says_who_in_which_role_what_why_and_under_which_consent(world, leaves, consent):
    """[B-020]"""
    world.read(world.ask(consent, leaves[0]))
    found = entries(world.anna.access_log())[:-1]
    entry = next(one for one in reversed(found) if one.consent == consent)
    assert (entry.gateway, entry.gateway_name) == (world.gateway.address, "City Hospital")
    assert (entry.institution, entry.name) == (world.hill.address, "Hill Hospital")
    assert Role.INSTITUTION in entry.role
    assert (entry.asker, entry.question) == (Asker.CONSENT, Question.DOCUMENT)
    assert (entry.category, entry.purpose, entry.why, entry.allowed) == (
        Category.PROBLEMS,
        "TREAT",
        Ground.RELEASED,
        True,
    )


def test_a_refusal_says_why_and_a_name_comes_in_the_language_asked_for(world, leaves, consent):
    """[B-020]"""
    with pytest.raises(Refused):
        world.read(world.ask(consent, leaves[0], purpose=0))
    entry = [one for one in entries(world.anna.access_log(language="zh-Hant")) if one.consent == consent][-1]
    assert (entry.allowed, entry.why, entry.purpose) == (False, Ground.PURPOSE, "BIORCH")
    assert (entry.gateway_name, entry.name) == ("市立醫院", "Hill Hospital")


def test_entries_stand_under_the_day_of_the_persons_own_clock(world, leaves, consent):
    """[B-020] The sandbox begins on 15 January 2027, 08:00 UTC."""
    world.read(world.ask(consent, leaves[0]))
    first = world.anna.access_log().days[0]
    assert first.day == date(2027, 1, 15)
    far = timezone(timedelta(hours=-12))
    assert world.anna.access_log(timezone=far).days[0].day == date(2027, 1, 14)
    assert all(one.at <= other.at for one, other in zip(first.entries, first.entries[1:], strict=False))


def test_the_patient_and_a_delegate_are_told_apart(world, leaves):
    """[B-020]"""
    daughter = world.sandbox.patient()
    world.anna.delegate(daughter.address, Power.READ, days=2)
    world.wait(1)
    world.read(world.ask_own(leaves[0], key=daughter.account))
    found = [one for one in entries(world.anna.access_log()) if one.accessor == daughter.address]
    assert [one.asker for one in found] == [Asker.DELEGATE]
    own = [one for one in entries(world.anna.access_log()) if one.accessor == world.anna.address]
    assert {one.asker for one in own} == {Asker.PATIENT}
    assert {one.category for one in own} == {None}


def test_staff_that_left_are_named_by_the_institution_that_the_consent_names(world, leaves, consent):
    """[B-020]"""
    nurse = world.sandbox.account()
    world.hill.add_staff(nurse)
    world.wait(1)
    world.read(world.ask(consent, leaves[0], key=nurse))
    world.hill.remove_staff(nurse.address)
    entry = next(one for one in entries(world.anna.access_log()) if one.accessor == nurse.address)
    assert (entry.institution, entry.name) == (world.hill.address, "Hill Hospital")


def test_a_sync_tells_what_others_asked_since_the_last_one(world, leaves, consent):
    """[B-020] Once, and without the patient's own questions."""
    world.anna.sync()
    world.read(world.ask(consent, leaves[0]))
    report = world.anna.sync()
    assert [(one.accessor, one.category) for one in report.looked] == [(world.hill.address, Category.PROBLEMS)]
    assert world.anna.sync().looked == ()


def test_she_says_that_she_does_not_recognise_an_entry(world, leaves, consent):
    """[B-018, B-020] Her signed objection lies at the gateway, and she has it too."""
    world.read(world.ask(consent, leaves[0]))
    entry = [one for one in entries(world.anna.access_log()) if one.consent == consent][-1]
    signed = world.anna.object_to(entry)
    assert signed in world.gateway.audit.objections()
    message = signed.check(world.anna.domains, signer=world.anna.address)
    assert (message.seq, message.receipt, message.reason) == (entry.number, entry.receipt, 1)
    with pytest.raises(NoSuchLogEntry):
        world.anna.object_to(replace(entry, gateway=world.clinics[0].gateway.address))


def test_what_she_said_is_marked_in_her_log_until_she_takes_it_back(world, leaves, consent):
    """[B-030] In one second, too; and on a new device, since her state has it."""
    world.read(world.ask(consent, leaves[0]))

    def marked() -> list[int]:
        return [one.number for one in entries(world.anna.access_log()) if one.objection]

    before = marked()
    entry = [one for one in entries(world.anna.access_log()) if one.consent == consent][-1]
    world.anna.object_to(entry, reason=NOT_AGREED)
    assert marked() == [*before, entry.number]
    assert type(world.anna.state).from_secret_json(world.anna.state.to_secret_json()).notes == world.anna.state.notes
    world.anna.object_to(entry, reason=RECOGNISED)
    assert marked() == before
    assert world.gateway.audit.objections()[-1].message.reason == RECOGNISED


def test_her_word_is_in_her_log_although_the_gateway_does_not_take_it(world, leaves, consent, monkeypatch):
    """[B-030]"""
    world.read(world.ask(consent, leaves[0]))
    entry = [one for one in entries(world.anna.access_log()) if one.consent == consent][-1]

    def down(_: object) -> None:
        raise NodeUnreachable(node="http://127.0.0.1:1")

    with monkeypatch.context() as broken:
        broken.setattr(world.gateway.audit, "object", down)
        with pytest.raises(NodeUnreachable):
            world.anna.object_to(entry)
        assert [one.objection for one in entries(world.anna.access_log()) if one.receipt == entry.receipt] == [1]
        with pytest.raises(NodeUnreachable):
            world.anna.object_to(entry, reason=RECOGNISED)
        assert [one.objection for one in entries(world.anna.access_log()) if one.receipt == entry.receipt] == [1]
    world.anna.object_to(entry, reason=RECOGNISED)


# What the agent finds


def test_an_anchored_log_has_no_finding(world, leaves, consent):
    """[B-013, B-014] Read, anchored, looked at: nothing to say."""
    world.read(world.ask(consent, leaves[0]))
    for place in (world.gateway, world.hill.gateway):
        place.anchoring.keep_up()
    assert world.anna.sync().findings == ()
    assert {(row.gateway, row.patient) for row in world.anna.state.tags} == {
        (place.address, world.anna.address) for place in (world.gateway, world.hill.gateway)
    }


def test_a_gateway_that_does_not_anchor_is_late_and_its_old_receipts_are_named(world, leaves, consent):
    """[B-014] And it is neither once it anchors again."""
    for place in (world.gateway, world.hill.gateway):
        place.anchoring.keep_up()
    world.read(world.ask(consent, leaves[0]))
    world.wait(DAY)
    tardy = {Fault.LATE, Fault.UNANCHORED}
    assert faults(world) >= tardy
    world.gateway.anchoring.keep_up()
    assert not faults(world) & tardy


def test_a_gateway_that_cuts_off_what_it_anchored_is_named(world, leaves, consent, monkeypatch):
    """[B-013] A new device remembers no number: the anchor does."""
    world.read(world.ask(consent, leaves[0]))
    world.gateway.anchoring.close()
    world.gateway.anchoring.keep_up()
    last = world.gateway.office.vault.last(ReceiptRow, patient=world.anna.address).seq
    log = world.gateway.counter.log

    def cut(request: Any) -> Any:
        # The question just asked gets the number of the one that is hidden.
        whole = log(request)
        kept = whole[: last - 1]
        message = replace(whole[-1].receipt.message, seq=last, previous=kept[-1].receipt.digest(world.anna.domains))
        return (*kept, replace(whole[-1], receipt=Signed.by(world.gateway.office.key, message, world.anna.domains)))

    monkeypatch.setattr(world.gateway.counter, "log", cut)
    world.anna.state = replace(world.anna.state, receipts=())
    found = [one for one in world.anna.sync().findings if one.gateway == world.gateway.address]
    assert [(one.fault, one.number) for one in found if one.fault.grave] == [(Fault.ALTERED, last)]
    with pytest.raises(MedShareError) as caught:
        world.anna.who_looked()
    assert caught.value.exit_code == 6


def test_a_gateway_without_a_proof_is_named(world, leaves, monkeypatch):
    """[B-016]"""
    world.gateway.anchoring.keep_up()

    def none(*_: object) -> None:
        raise NoSuchPeriod(head="0x")

    monkeypatch.setattr(world.gateway.audit, "prove", none)
    assert Fault.WITHHELD in faults(world)


def test_a_gateway_that_hands_out_a_second_tag_is_named(world, leaves, monkeypatch):
    """[B-012] The agent's backup holds the first one with its signature."""
    world.anna.sync()
    tag = world.gateway.audit.tag(world.anna.address)
    message = replace(tag.signed.message, tag=b"\x07" * 32)
    other = replace(tag, signed=Signed.by(world.gateway.office.key, message, world.anna.domains))
    monkeypatch.setattr(world.gateway.audit, "tag", lambda _: other)
    assert Fault.TAG_FORGED in faults(world)


def test_a_question_that_got_no_receipt_is_named_after_its_life(world, leaves):
    """[B-015] Not before: it may still be on its way."""
    request = world.anna.own_request(world.gateway)  # signed, and never answered

    def named() -> bool:
        return any(finding.evidence == (request,) for finding in world.anna.sync().findings)

    assert not named()
    world.wait(REQUEST_LIFE)
    assert named()
