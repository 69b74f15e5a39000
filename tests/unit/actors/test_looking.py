"""Who looked: every line of every gateway, checked; a gateway that hides or frames is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.looking import look, whole_log
from medshare.audit.errors import ReceiptMissing
from medshare.audit.findings import Fault, Finding
from medshare.consent.categories import Category
from medshare.errors import MedShareError
from medshare.gateway import Refused, counter
from medshare.gateway.wire.errors import NothingHere
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.ledger.errors import NodeUnreachable
from medshare.ledger.events import Granted
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.vault import ReceiptRow


@pytest.fixture
def consent(world, leaves):
    return world.grant(Category.PROBLEMS)


@pytest.fixture
def lying(world, monkeypatch):
    """Let City Hospital's gateway change its log by a function before the patient sees it."""

    def lie(change):
        log = world.gateway.counter.log
        monkeypatch.setattr(world.gateway.counter, "log", lambda request: change(log(request)))

    return lie


def test_the_patient_sees_who_looked_at_what_and_why(world, leaves, consent):
    """[L-001, L-002, R-020] H12: category by category, refusals too."""
    world.read(world.ask(consent, leaves[0]))
    with pytest.raises(Refused):
        world.read(world.ask(consent, leaves[0], purpose=0))
    lines = [line for line in world.anna.who_looked() if line.consent_id == consent.consent_id]
    first, second = lines
    assert (first.accessor, first.grantee) == (world.hill.address, world.hill.address)
    assert (first.category, first.purpose, first.ground, first.count) == (
        Category.PROBLEMS,
        "TREAT",
        Ground.RELEASED,
        1,
    )
    assert (second.ground, second.count) == (Ground.PURPOSE, 0)


def test_a_dropped_or_reordered_line_is_seen(world, leaves, consent, lying):
    """[L-001]"""
    world.read(world.ask(consent, leaves[0]))
    lying(lambda log: (*log[:1], *log[2:]))
    with pytest.raises(ReceiptMissing):
        world.anna.who_looked()


def test_a_line_that_leaves_out_the_newest_is_seen(world, leaves, consent, lying):
    """[L-001] It has to end with the question that was just asked: else it hides who looked since."""
    world.anna.who_looked()
    seen = len(world.gateway.office.vault.find(ReceiptRow, patient=world.anna.address))
    world.read(world.ask(consent, leaves[0]))
    lying(lambda log: log[:seen])
    with pytest.raises(ReceiptMissing):
        world.anna.who_looked()


def test_a_line_shorter_than_what_was_seen_is_seen(world, leaves, lying):
    """[L-001]"""
    world.anna.who_looked()
    lying(lambda log: ())
    with pytest.raises(ReceiptMissing):
        world.anna.who_looked()


def test_a_line_that_was_written_anew_is_seen_even_if_it_fits_together(world, leaves, consent, lying):
    """[L-002] The gateway signs a whole new past; the agent remembers a digest of the old one."""
    world.anna.who_looked()

    def rewrite(log):
        new, previous = [], bytes(32)
        for logged in log:
            message = replace(logged.receipt.message, previous=previous, at=logged.receipt.message.at + 1)
            receipt = Signed.by(world.gateway.office.key, message, world.anna.domains)
            previous = receipt.digest(world.anna.domains)
            new.append(replace(logged, receipt=receipt))
        return tuple(new)

    lying(rewrite)
    with pytest.raises(MedShareError) as caught:
        world.anna.who_looked()
    assert caught.value.code == "receipt.altered"


def test_a_line_of_another_gateway_is_seen(world, leaves, lying):
    """[L-003]"""
    log = world.hill.gateway.counter.log(world.anna.own_request(world.hill.gateway))
    lying(lambda _: log)
    with pytest.raises(MedShareError):
        world.anna.who_looked()


def test_a_request_that_was_put_in_somebodys_mouth_is_seen(world, leaves, consent, lying):
    """E10: the receipt is true, the question behind it is not."""
    world.read(world.ask(consent, leaves[0]))

    def frame(log):
        at = next(i for i, one in enumerate(log) if one.asked.signer == world.hill.address)
        asked = replace(log[at].asked, message=replace(log[at].asked.message, purpose=0))
        return (*log[:at], replace(log[at], asked=asked), *log[at + 1 :])

    lying(frame)
    with pytest.raises(MedShareError):
        world.anna.who_looked()


def test_a_refusal_by_the_patient_stands_in_the_line_and_not_on_the_chain(world, leaves):
    """[W-008] Signed, receipted, and the chain hears nothing."""
    request = world.researcher.request(
        world.anna.address,
        world.gateway,
        categories=(Category.LABORATORY,),
        purposes=["BIORCH"],
        days=3,
        why="A study",
    )
    (found,) = [one for one in world.anna.inbox() if one.request == request.request]
    height = len(list(world.ledger.events()))
    receipt = world.anna.refuse(found, reason=2)
    assert len(list(world.ledger.events())) == height
    message = receipt.check(world.anna.domains, signer=world.gateway.address)
    assert (message.decision, message.reason) == (0, int(Ground.REFUSED_BY_PATIENT))
    refusal = world.gateway.postbox.refusal(found.request)
    assert refusal is not None
    assert refusal.check(world.anna.domains, signer=world.anna.address).reason == 2
    world.anna.who_looked()


@pytest.mark.parametrize("error", [NodeUnreachable(node="http://127.0.0.1:1"), NothingHere()])
def test_one_door_that_answers_with_an_error_hides_no_other(world, leaves, consent, monkeypatch, error):
    """[B-035] Her log, her export, her sync: the others are there, and that one is named with her question."""
    world.read(world.ask(consent, leaves[0]))
    hill = world.hill.gateway

    def no(*_: object) -> None:
        raise error

    monkeypatch.setattr(hill.counter, "log", no)
    assert {one.gateway for one in world.anna.who_looked() if one.consent_id == consent.consent_id}
    log = world.anna.access_log()
    assert log.days
    (finding,) = [one for one in log.findings if one.gateway == hill.address]
    assert (finding.fault, finding.why, finding.fault.grave) == (Fault.UNANSWERED, error.code, False)
    assert finding.evidence[0].signer == world.anna.address
    assert world.anna.faults[world.hill.url] == error.code
    exported = {line.line.gateway for line in world.anna.export_log().lines}
    assert world.gateway.address in exported
    assert hill.address not in exported
    assert hill.address in {one.gateway for one in world.anna.sync().findings}


def test_a_door_that_is_gone_in_the_midst_breaks_no_log(world, leaves, monkeypatch):
    """[B-035] It is asked for its tag after its log: what it cannot say now it has not withheld."""

    def down(*_: object) -> None:
        raise NodeUnreachable(node="http://127.0.0.1:1")

    with monkeypatch.context() as broken:
        broken.setattr(world.hill.gateway.audit, "tag", down)
        found = {one.fault for one in world.anna.access_log().findings if one.gateway == world.hill.gateway.address}
        assert found == {Fault.UNANSWERED}
        assert world.hill.gateway.address not in {line.line.gateway for line in world.anna.export_log().lines}


@pytest.mark.parametrize(("lines", "leaves_"), [(2, 50_000), (500, 1)])
def test_a_long_line_comes_in_pages_and_is_judged_whole(world, leaves, consent, monkeypatch, lines, leaves_):
    """[B-037] refused requests of strangers cannot hide it."""
    stranger = AccountKey.generate()
    for _ in range(3):
        with pytest.raises(Refused):
            world.read(world.ask(consent, leaves[0], key=stranger))
    world.read(world.ask(consent, leaves[0]))
    monkeypatch.setattr(counter, "PAGE_LINES", lines)
    monkeypatch.setattr(counter, "PAGE_LEAVES", leaves_)
    pages = []
    older = world.gateway.counter.lines

    def counted(patient, *, until):
        pages.append(until)
        return older(patient, until=until)

    monkeypatch.setattr(world.gateway.counter, "lines", counted)
    numbers = [one.receipt.message.seq for one in whole_log(world.gateway, world.anna.own_request(world.gateway))]
    world.anna.who_looked()
    assert len(numbers) > 4
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(pages) > 2


def test_a_page_that_is_held_back_is_a_gap(world, leaves, consent, monkeypatch):
    """[B-037, L-001]"""
    for _ in range(3):
        world.read(world.ask(consent, leaves[0]))
    monkeypatch.setattr(counter, "PAGE_LINES", 2)
    monkeypatch.setattr(world.gateway.counter, "lines", lambda patient, *, until: ())
    with pytest.raises(ReceiptMissing):
        world.anna.who_looked()
    log = world.gateway.counter.log(world.anna.own_request(world.gateway))
    monkeypatch.setattr(world.gateway.counter, "lines", lambda patient, *, until: log)  # the same for ever
    with pytest.raises(ReceiptMissing):
        world.anna.who_looked()


def test_a_release_under_a_grant_that_the_chain_took_back_is_named_until_it_is_there_again(world, leaves):
    """[B-038] R07: what was read stays read; the patient hears of it."""
    consent = world.grant(Category.PROBLEMS)
    world.read(world.ask(consent, leaves[0]))
    assert vanished(world) == []
    granted = max(log.block_number for log in world.ledger.events(kinds=(Granted,)))
    world.ledger.take_back(world.ledger.head().number - granted + 1)
    world.sandbox.clock.advance(1)
    (finding,) = vanished(world)
    assert (finding.gateway, finding.patient, finding.fault.grave) == (
        world.gateway.address,
        world.anna.address,
        False,
    )
    assert finding.why == to_hex(consent.consent_id)
    with pytest.raises(Refused) as caught:
        world.read(world.ask(consent, leaves[0]))
    assert caught.value.ground is Ground.NEVER_GRANTED
    world.ledger.mine()
    assert vanished(world) == []


def vanished(world) -> list[Finding]:
    return [one for checked in look(world.anna) for one in checked.findings if one.fault is Fault.VANISHED]
