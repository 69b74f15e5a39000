"""Sync: new capsules, disputes, one epoch for all ends together, and the order in which keys change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.synchronising import DOES_NOT_OPEN, WRONG_PATIENT
from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.gateway.errors import EpochClosed
from medshare.keys.errors import StateOvertaken
from medshare.ledger import RecordStatus
from medshare.record.errors import OtherPatient
from medshare.signed import Signed, kept
from medshare.store.errors import StoreUnreadable
from medshare.typed_data import Deposit
from medshare.vault import CapsuleRow, DisputeRow, EnvelopeRow
from tests.unit.actors.world import DAY, make_world, papers

PROBLEMS, LABORATORY, MENTAL = Category.PROBLEMS, Category.LABORATORY, Category.MENTAL_HEALTH


@pytest.fixture
def fresh():
    return make_world()


def spoil(world, leaf, capsule: bytes, *, signed: bool) -> None:
    """Put another capsule in the place of a deposited one: the provider's word, or a bad custodian's swap."""
    vault = world.gateway.office.vault
    row = vault.require(CapsuleRow, leaf=leaf)
    deposit = row.deposit
    if signed:
        message = replace(kept(Deposit, deposit).message, capsule=keccak(capsule))
        deposit = Signed.by(world.city.account, message, world.anna.domains).keep()
    vault.destroy(CapsuleRow, leaf=leaf)
    vault.put(replace(row, capsule=capsule, deposit=deposit))


def test_new_documents_are_copied_once(world, leaves):
    """[W-004] Positive."""
    (leaf,) = world.write(PROBLEMS)
    assert world.anna.sync().new == (leaf,)
    assert world.anna.sync().new == ()
    copy = world.anna.copies()[leaf]
    assert (copy.category, copy.provider, copy.gateway) == (PROBLEMS, world.city.address, world.gateway.address)


def test_a_capsule_that_does_not_open_is_disputed_once(world):
    """[W-004] K05: it was sealed for another key."""
    good, bad = world.write(PROBLEMS, LABORATORY)
    vault = world.gateway.office.vault
    spoil(world, bad, vault.require(CapsuleRow, leaf=good).capsule, signed=True)
    report = world.anna.sync()
    assert (report.new, report.disputed) == ((good,), (bad,))
    assert world.anna.sync().disputed == ()
    (dispute,) = vault.find(DisputeRow, leaf=bad)
    assert (dispute.patient, dispute.provider) == (world.anna.address, world.city.address)
    (signed,) = [
        one.signed for one in world.gateway.postbox.disputes(world.city.address) if one.signed.message.leaf == bad
    ]
    assert signed.message.reason == DOES_NOT_OPEN


def test_a_capsule_that_a_custodian_swapped_provokes_no_dispute(world):
    """[W-004] Negative: the provider signed for another capsule, and would take an honest document back."""
    good, bad = world.write(PROBLEMS, LABORATORY)
    vault = world.gateway.office.vault
    spoil(world, bad, vault.require(CapsuleRow, leaf=good).capsule, signed=False)
    report = world.anna.sync()
    assert (report.new, report.disputed) == ((good,), ())
    assert vault.find(DisputeRow, leaf=bad) == []


def test_a_document_of_another_patient_is_disputed_as_such(world, monkeypatch):
    """[W-004] Filed under the wrong person: retracted by the provider, and its readers hear of it."""
    (leaf,) = world.write(PROBLEMS)

    def wrong(*_, **__):
        raise OtherPatient

    monkeypatch.setattr("medshare.actors.synchronising.open_document", wrong)
    assert world.anna.sync().disputed == (leaf,)
    (signed,) = [
        one.signed for one in world.gateway.postbox.disputes(world.city.address) if one.signed.message.leaf == leaf
    ]
    assert signed.message.reason == WRONG_PATIENT
    assert leaf in world.city.settle_disputes()
    assert world.city.settle_disputes() == ()


def test_a_body_that_is_gone_is_disputed_and_one_that_is_out_of_reach_waits(world, monkeypatch):
    """[W-004] R03, R14: a lost body keeps nobody from the rest of the sync."""
    gone, away = world.write(PROBLEMS, LABORATORY)
    store = world.gateway.office.store
    cids = {leaf: world.gateway.office.vault.require(CapsuleRow, leaf=leaf).cid for leaf in (gone, away)}
    store.unpin(cids[gone])
    store.delete(cids[gone])
    body = world.gateway.body

    def far(cid):
        if cid == cids[away]:
            raise StoreUnreadable(place="x", why="y")
        return body(cid)

    monkeypatch.setattr(world.gateway, "body", far)
    report = world.anna.sync()
    assert (report.new, report.disputed) == ((), (gone,))
    monkeypatch.undo()
    assert world.anna.sync().new == (away,)


def test_a_foreign_leaf_in_the_list_is_not_taken(world, monkeypatch):
    """A07: a gateway cannot slip another's document into the patient's memory."""
    (leaf,) = world.write(PROBLEMS)
    listing = world.gateway.counter.listing

    def lying(request):
        answer = listing(request)
        rows = tuple(
            replace(
                row,
                sealed=replace(row.sealed, placement=replace(row.sealed.placement, patient=world.hill.address)),
            )
            if row.leaf == leaf
            else row
            for row in answer.rows
        )
        return replace(answer, rows=rows)

    monkeypatch.setattr(world.gateway.counter, "listing", lying)
    assert leaf not in world.anna.sync().new
    monkeypatch.undo()
    assert leaf in world.anna.sync().new


def test_a_document_that_is_on_no_chain_is_not_taken(world):
    """[O-003] Deposited and placed under a root that nobody anchored."""
    upload = world.city.upload(world.anna.address, papers(PROBLEMS))
    assert upload.written[0].leaf not in world.anna.sync().new
    world.city.anchor()
    assert upload.written[0].leaf in world.anna.sync().new


def test_several_ends_begin_one_new_epoch(fresh):
    """[W-003] Revoked, expired and suspended together: one epoch, and not another at the next sync."""
    fresh.write(PROBLEMS)
    revoked = fresh.grant(PROBLEMS)
    expired = fresh.grant(LABORATORY, days=1)
    suspended = fresh.grant(PROBLEMS, grantee=fresh.researcher)
    fresh.anna.sync()
    assert fresh.anna.state.epoch == 1
    fresh.wait(DAY)
    fresh.anna.revoke(revoked)
    fresh.sandbox.regulator.suspend(fresh.researcher.address)
    report = fresh.anna.sync()
    assert report.rotated
    assert report.epoch == 2
    assert set(report.ended) == {one.consent_id for one in (revoked, expired, suspended)}
    again = fresh.anna.sync()
    assert (again.rotated, again.epoch, again.ended) == (False, 2, ())


def test_envelopes_go_first_then_the_bytes_to_every_door_then_the_digest(fresh, monkeypatch):
    """[W-003] R12: whoever remains can read at every moment, and no writer sees a digest without its bytes."""
    stays = fresh.grant(PROBLEMS, grantee=fresh.researcher)
    ends = fresh.grant(LABORATORY)
    fresh.anna.sync()
    fresh.anna.revoke(ends)
    order = []
    for door in fresh.anna.doors:
        for name in ("take_envelope", "take_directory"):
            real = getattr(door.postbox, name)

            def spy(*arguments, _name=name, _real=real, **named):
                order.append(_name)
                return _real(*arguments, **named)

            monkeypatch.setattr(door.postbox, name, spy)
    first, carry = fresh.anna.door, fresh.anna.door.carry

    def mined(signed, **named):
        order.append(type(signed.message).__name__)
        return carry(signed, **named)

    monkeypatch.setattr(first, "carry", mined)
    fresh.anna.sync()
    doors = len(fresh.anna.doors)
    assert order == ["take_envelope"] * doors + ["take_directory"] * doors + ["Directory"]
    row = fresh.gateway.office.vault.require(EnvelopeRow, consent_id=stays.consent_id)
    assert row.seq == 2


def test_a_revoked_reader_gets_no_new_key_and_who_remains_does(fresh):
    """[W-003, K-001]"""
    stays = fresh.grant(PROBLEMS, grantee=fresh.researcher)
    ends = fresh.grant(PROBLEMS)
    fresh.anna.revoke(ends)
    fresh.anna.sync()
    (leaf,) = fresh.write(PROBLEMS)
    fresh.wait(1)
    (row,) = [row for row in fresh.researcher.list_documents(fresh.gateway, stays, purpose="TREAT") if row.leaf == leaf]
    assert fresh.researcher.read(fresh.gateway, stays, row, purpose="TREAT").document.leaf == leaf
    assert fresh.gateway.office.vault.require(EnvelopeRow, consent_id=ends.consent_id).seq == 1


def test_a_sensitive_capsule_of_the_old_epoch_is_wrapped_anew(fresh):
    """[W-006] And an everyday one is not: headers only, bodies and CIDs stay."""
    everyday, sensitive = fresh.write(PROBLEMS, MENTAL)
    ends = fresh.grant(PROBLEMS)
    fresh.anna.sync()
    vault = fresh.gateway.office.vault
    before = {leaf: vault.require(CapsuleRow, leaf=leaf) for leaf in (everyday, sensitive)}
    fresh.anna.revoke(ends)
    fresh.anna.sync()
    after = {leaf: vault.require(CapsuleRow, leaf=leaf) for leaf in (everyday, sensitive)}
    assert after[everyday] == before[everyday]
    assert after[sensitive].capsule != before[sensitive].capsule
    assert (after[sensitive].cid, after[sensitive].epoch) == (before[sensitive].cid, 2)
    consent = fresh.grant(MENTAL)
    (row,) = fresh.hill.list_documents(fresh.gateway, consent, purpose="TREAT")
    assert fresh.hill.read(fresh.gateway, consent, row, purpose="TREAT").category is MENTAL


def test_a_document_of_the_epoch_before_is_taken_for_seven_days(fresh, monkeypatch):
    """[W-001] Seven days from the epoch's beginning, whatever else changed in the directory since."""
    old = fresh.gateway.postbox.directory(fresh.anna.address)
    ends = fresh.grant(PROBLEMS)
    fresh.anna.revoke(ends)
    fresh.anna.sync()
    real = fresh.gateway.postbox.directory

    def sealed_to_the_old_one() -> None:
        calls = []

        def stale(patient):
            calls.append(1)
            return old if len(calls) == 1 else real(patient)

        monkeypatch.setattr(fresh.gateway.postbox, "directory", stale)
        try:
            fresh.city.upload(fresh.anna.address, papers(PROBLEMS))
        finally:
            monkeypatch.undo()

    fresh.wait(7 * DAY - 2)
    sealed_to_the_old_one()
    lab = fresh.sandbox.institution("North Laboratory")
    fresh.sandbox.enrol(fresh.anna, lab)
    fresh.anna.sync()
    fresh.wait(2)
    with pytest.raises(EpochClosed):
        sealed_to_the_old_one()


def test_an_epoch_that_has_not_begun_is_refused(fresh, monkeypatch):
    """[W-001]"""
    future = fresh.anna.directory()
    directory = fresh.gateway.postbox.directory(fresh.anna.address)
    assert future.digest == directory.digest
    real = fresh.gateway.postbox.directory
    calls = []

    def ahead(patient):
        calls.append(1)
        return replace(directory, epoch=2) if len(calls) == 1 else real(patient)

    monkeypatch.setattr(fresh.gateway.postbox, "directory", ahead)
    with pytest.raises(EpochClosed):
        fresh.city.upload(fresh.anna.address, papers(PROBLEMS))


def test_of_two_devices_the_slower_one_says_so_and_turns_no_key_back(fresh):
    """[K-007] R07: the old device must not publish the old directory again."""
    from medshare.actors.moving import restore

    fresh.anna.sync()
    other = restore(
        account=fresh.anna.account,
        root=fresh.anna.secret_root(),
        urls=[fresh.city.url],
        network=fresh.sandbox.network,
        ledger=fresh.ledger,
        clock=fresh.sandbox.clock,
    )
    ends = fresh.grant(PROBLEMS)
    fresh.anna.revoke(ends)
    fresh.anna.sync()
    digest = fresh.ledger.digest_of(fresh.anna.address)
    with pytest.raises(StateOvertaken):
        other.sync()
    assert fresh.ledger.digest_of(fresh.anna.address) == digest
    fresh.anna.sync()


def test_the_provider_settles_disputes_and_tells_the_readers(fresh):
    """[D-003, W-004] Wrong-patient filing: disputed, retracted, and a notice under the reader's receipt."""
    leaf, other = fresh.write(PROBLEMS, LABORATORY)
    consent = fresh.grant(PROBLEMS)
    fresh.anna.sync()
    (row,) = fresh.hill.list_documents(fresh.gateway, consent, purpose="TREAT")
    fresh.hill.read(fresh.gateway, consent, row, purpose="TREAT")
    fresh.anna.dispute(leaf, reason=WRONG_PATIENT)
    fresh.anna.dispute(leaf, reason=WRONG_PATIENT)
    assert fresh.city.settle_disputes() == (leaf,)
    assert {copy.leaf for copy in fresh.hill.retracted()} == {leaf}
    release = fresh.read(fresh.ask_own(leaf))
    assert fresh.ledger.record_status(release.sealed.placement.query).status is RecordStatus.RETRACTED
    release = fresh.read(fresh.ask_own(other))
    assert fresh.ledger.record_status(release.sealed.placement.query).status is RecordStatus.CONFIRMED
