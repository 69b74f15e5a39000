"""Writing and confirming: periods, amendments, what validators reject, and what is anchored again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.submitting import PeriodRejected
from medshare.actors.writer import NothingToAnchor, NotWritten
from medshare.confirm import RejectReason, submission
from medshare.consent.categories import Category
from medshare.consent.errors import NotEmpowered
from medshare.errors import MedShareError
from medshare.gateway.errors import NotEmpoweredHere
from medshare.hexadecimal import ZERO_32
from medshare.ledger import RecordStatus
from medshare.signed import Signed
from medshare.store.errors import BodyTooLarge, CidMalformed
from medshare.typed_data import Confirm, Reject
from medshare.vault import ChainTransactionRow, OutboxRow, ProofRow, Stage, VerdictRow
from tests.unit.actors.world import papers

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


class Stopped(BaseException):
    """The process was stopped here."""


@pytest.fixture
def clinic(world):
    return world.clinics[0]


def anchored(world, *categories):
    world.city.upload(world.anna.address, papers(*(categories or (PROBLEMS, LABORATORY))))
    return world.city.anchor()


def status(world, leaf) -> RecordStatus:
    row = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    release = world.read(world.ask_own(leaf)) if row else None
    return world.ledger.record_status(release.sealed.placement.query).status


def has_body(institution, item) -> bool:
    return institution.gateway.office.store.has(item.cid)


def resigned(world, anchoring, *, items=None, superseded=None):
    """The same anchor with other items, signed by the provider all the same."""
    items = tuple(items or anchoring.items)
    superseded = anchoring.superseded if superseded is None else superseded
    message = submission(provider=world.city.address, items=items, superseded=superseded, at=7)
    message = replace(message, root=anchoring.root, count=len(anchoring.items))
    return replace(
        anchoring,
        items=items,
        superseded=superseded,
        submission=Signed.by(world.city.account, message, world.anna.domains),
    )


def test_three_validators_confirm_a_period_and_keep_every_body(world):
    """[V-001, V-002, V-004, V-005] Positive."""
    anchoring = anchored(world)
    world.city.seek_confirmation(anchoring, world.clinics)
    for item in anchoring.items:
        assert status(world, item.leaf) is RecordStatus.CONFIRMED
        assert all(has_body(clinic, item) for clinic in world.clinics)


def test_too_few_validators_confirm_nothing(world):
    """[D-006]"""
    anchoring = anchored(world)
    with pytest.raises(MedShareError):
        world.city.seek_confirmation(anchoring, world.clinics[:2])
    assert status(world, anchoring.leaves[0]) is RecordStatus.ANCHORED


def test_a_validator_signs_a_confirmation_that_the_chain_takes(world, clinic):
    anchoring = anchored(world)
    answer = clinic.validate(anchoring, source=world.gateway)
    assert isinstance(answer.message, Confirm)
    answer.check(world.anna.domains, signer=clinic.address)


def test_asked_twice_a_validator_answers_twice_and_keeps_the_first_verdict(world, clinic):
    """R01: a submission sent again is no fault."""
    anchoring = anchored(world)
    assert clinic.validate(anchoring, source=world.gateway) == clinic.validate(anchoring, source=world.gateway)
    assert clinic.gateway.office.vault.count(VerdictRow, root=anchoring.root) == 1


def test_a_submission_that_somebody_else_signed_is_not_answered(world, clinic):
    """E10."""
    anchoring = anchored(world)
    stolen = Signed.by(world.hill.account, anchoring.submission.message, world.anna.domains)
    with pytest.raises(NotEmpoweredHere):
        clinic.validate(replace(anchoring, submission=stolen), source=world.gateway)


def rejection(clinic, world, anchoring) -> Reject:
    answer = clinic.validate(anchoring, source=world.gateway)
    answer.check(world.anna.domains, signer=clinic.address)
    assert isinstance(answer.message, Reject)
    return answer.message


def test_a_period_that_was_never_anchored_is_rejected_as_a_whole(world, clinic):
    """[V-001]"""
    anchoring = anchored(world)
    other = submission(provider=world.city.address, items=anchoring.items[:1], superseded=(), at=7)
    forged = replace(
        anchoring, items=anchoring.items[:1], submission=Signed.by(world.city.account, other, world.anna.domains)
    )
    message = rejection(clinic, world, forged)
    assert (message.reason, message.leaf) == (RejectReason.TREE, ZERO_32)


def test_a_body_that_is_not_there_is_rejected_at_its_leaf(world, clinic):
    """[V-004] R03."""
    anchoring = anchored(world)
    store = world.gateway.office.store
    store.unpin(anchoring.items[1].cid)
    store.delete(anchoring.items[1].cid)
    message = rejection(clinic, world, anchoring)
    assert (message.reason, message.leaf) == (RejectReason.BODY_MISSING, anchoring.items[1].leaf)


@pytest.mark.parametrize("error", [BodyTooLarge(size=10**10, limit=10**9, cid="x"), CidMalformed(cid="?", why="?")])
def test_a_body_that_is_too_large_or_badly_named_is_rejected_at_its_leaf(world, clinic, monkeypatch, error):
    """[V-004] A10: the validator answers and does not fall over."""
    anchoring = anchored(world)

    def fail(cid):
        raise error

    monkeypatch.setattr(world.gateway, "body", fail)
    message = rejection(clinic, world, anchoring)
    assert (message.reason, message.leaf) == (RejectReason.BODY_MISSING, anchoring.items[0].leaf)


def test_a_body_of_another_digest_is_rejected_and_not_kept(world, clinic, monkeypatch):
    """[V-004] S10."""
    anchoring = anchored(world)
    monkeypatch.setattr(world.gateway, "body", lambda cid: b"another body altogether")
    message = rejection(clinic, world, anchoring)
    assert (message.reason, message.leaf) == (RejectReason.BODY_DIFFERS, anchoring.items[0].leaf)
    assert not any(has_body(clinic, item) for item in anchoring.items)


@pytest.mark.parametrize(
    "changes", [{"size": 1}, {"cid": "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu"}]
)
def test_a_wrong_size_or_cid_is_rejected_though_the_digest_fits(world, clinic, monkeypatch, changes):
    """[V-004] A body that is kept under another name could not be destroyed."""
    anchoring = anchored(world)
    true = world.gateway.body(anchoring.items[0].cid)
    items = (replace(anchoring.items[0], **changes), *anchoring.items[1:])
    monkeypatch.setattr(world.gateway, "body", lambda cid: true)
    message = rejection(clinic, world, resigned(world, anchoring, items=items))
    assert (message.reason, message.leaf) == (RejectReason.BODY_DIFFERS, anchoring.items[0].leaf)


def test_a_document_without_consent_to_write_is_rejected(world, clinic):
    """[V-005] The item names a consent that was never granted."""
    anchoring = anchored(world)
    items = (replace(anchoring.items[0], terms=b"\x01" * 32), *anchoring.items[1:])
    assert rejection(clinic, world, resigned(world, anchoring, items=items)).reason == RejectReason.NO_CONSENT


def test_what_counts_is_the_consent_at_the_anchors_block(world, clinic):
    """[V-005] A consent that ended later does not hold the document up."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    world.city.upload(ben.address, papers(PROBLEMS))
    anchoring = world.city.anchor()
    world.wait(1)
    ben.revoke(ben.consents()[0])
    assert isinstance(clinic.validate(anchoring, source=world.gateway).message, Confirm)


def test_a_retracted_or_erased_leaf_is_rejected(world, clinic):
    """[V-006]"""
    anchoring = anchored(world)
    world.city.retract(anchoring.leaves[0], reason=1)
    assert rejection(clinic, world, anchoring).reason == RejectReason.LEAF_CLOSED
    anchoring = anchored(world)
    world.anna.sync()
    world.anna.erase(anchoring.leaves[1])
    message = rejection(clinic, world, anchoring)
    assert (message.reason, message.leaf) == (RejectReason.LEAF_CLOSED, anchoring.leaves[1])


def test_one_bad_leaf_does_not_hold_up_the_others(world):
    """[V-008] The third validator rejects; the rest is anchored again, in the very same second, and confirmed."""
    anchoring = anchored(world, PROBLEMS, LABORATORY, Category.ALLERGIES)
    bad = anchoring.items[1]
    source = world.gateway.body
    calls = []

    def body(cid):
        calls.append(cid)
        return b"spoiled" if cid == bad.cid and calls.count(cid) > 2 else source(cid)

    world.gateway.body = body
    try:
        world.city.seek_confirmation(anchoring, world.clinics)
    finally:
        del world.gateway.body
    good = [leaf for leaf in anchoring.leaves if leaf != bad.leaf]
    assert [status(world, leaf) for leaf in good] == [RecordStatus.CONFIRMED] * 2
    assert status(world, bad.leaf) is RecordStatus.ANCHORED


def test_a_period_of_one_bad_leaf_leaves_nothing_to_anchor(world):
    """[V-008]"""
    anchoring = anchored(world, PROBLEMS)
    world.city.retract(anchoring.leaves[0], reason=1)
    with pytest.raises(NothingToAnchor):
        world.city.seek_confirmation(anchoring, world.clinics)


def test_a_rejection_of_the_whole_period_is_told_and_does_not_go_round_for_ever(world):
    """[V-003] A provider that supersedes what nothing replaces hears why."""
    anchoring = anchored(world)
    forged = resigned(world, anchoring, superseded=(b"\x01" * 32,))
    with pytest.raises(PeriodRejected):
        world.city.seek_confirmation(forged, world.clinics)


def test_a_kept_body_of_a_rejected_period_is_found_again(world, clinic):
    """[W-007] It must be destroyed when the patient erases it."""
    anchoring = anchored(world)
    world.city.retract(anchoring.leaves[1], reason=1)
    rejection(clinic, world, anchoring)
    kept = [item for item in anchoring.items if has_body(clinic, item)]
    assert all(clinic.gateway.office.vault.get(ProofRow, leaf=item.leaf) for item in kept)


def test_an_amendment_counts_once_it_is_confirmed(world):
    """[V-003, V-007, D-004] Positive: the old one is superseded, the new one is live."""
    (old,) = world.write(PROBLEMS)
    upload = world.city.amend(old, b'{"text":"amended"}')
    anchoring = world.city.anchor()
    assert anchoring.superseded == (old,)
    assert status(world, old) is RecordStatus.CONFIRMED
    world.city.seek_confirmation(anchoring, world.clinics)
    assert status(world, old) is RecordStatus.SUPERSEDED
    assert status(world, upload.written[0].leaf) is RecordStatus.CONFIRMED
    assert upload.written[0].version == 2


@pytest.mark.parametrize("by", ["a retraction", "another amendment"])
def test_an_amendment_that_was_overtaken_holds_nothing_else_up(world, by):
    """[V-008] What it replaces was closed since: the others are anchored without it, and it stays deposited."""
    (old,) = world.write(PROBLEMS)
    late = world.city.amend(old, b'{"text":"too late"}').written[0].leaf
    if by == "a retraction":
        world.city.retract(old, reason=1)
    else:
        vault = world.gateway.office.vault
        kept = vault.require(OutboxRow, id=late)
        vault.destroy(OutboxRow, id=late)
        world.city.amend(old, b'{"text":"in time"}')
        world.city.seek_confirmation(world.city.anchor(), world.clinics)
        vault.put(kept)
    good = world.city.upload(world.anna.address, papers(PROBLEMS)).written[0].leaf
    anchoring = world.city.anchor()
    assert good in anchoring.leaves
    assert late not in anchoring.leaves
    assert world.city.waiting == (late,)
    world.gateway.office.vault.destroy(OutboxRow, id=late)


def test_a_period_that_was_saved_before_its_predecessor_was_retracted_frees_the_others(world):
    """[V-008] [U-014] Stopped between two steps, refused for good, and then anchored without the one at fault."""
    (old,) = world.write(PROBLEMS)
    late = world.city.amend(old, b'{"text":"too late"}').written[0].leaf
    good = world.city.upload(world.anna.address, papers(PROBLEMS)).written[0].leaf
    outbox, ledger = world.gateway.office.outbox, world.ledger

    def stop(name):
        if name == "saved":
            raise Stopped

    outbox.step = stop
    with pytest.raises(Stopped):
        world.city.anchor()
    outbox.step = lambda name: None
    row = next(row for row in outbox.vault.find(ChainTransactionRow) if row.state is Stage.SIGNED)
    ledger.retract(leaf=old, reason=1, sender=world.city.account)  # takes the nonce as well
    assert row.state is Stage.SIGNED
    for _ in range(3):
        world.city.resume()
    anchoring = world.city.anchor()
    assert anchoring.leaves == (good,)
    assert world.city.waiting == (late,)
    outbox.vault.destroy(OutboxRow, id=late)


def test_nobody_amends_or_retracts_what_another_wrote(world):
    """[D-003] C04."""
    (leaf,) = world.write(PROBLEMS)
    for act in (lambda: world.hill.amend(leaf, b"{}"), lambda: world.hill.retract(leaf, reason=1)):
        with pytest.raises(NotWritten):
            act()


def test_an_empty_period_is_not_anchored(world):
    with pytest.raises(NothingToAnchor):
        world.city.anchor()


def test_an_upload_that_fails_half_way_leaves_nothing_in_the_period(world, monkeypatch):
    """R17: the disk fills up after the first document."""
    store, before = world.gateway.office.store, world.city._writer.waiting
    put, calls = store.put, []

    def full(body):
        calls.append(1)
        if len(calls) > 1:
            message = "no space left"
            raise OSError(message)
        return put(body)

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(OSError, match="no space"):
        world.city.upload(world.anna.address, papers(PROBLEMS, LABORATORY))
    assert world.city._writer.waiting == before


def test_an_anchor_that_fails_can_be_tried_again(world, monkeypatch):
    """R02: nothing of the period is lost."""
    world.city.upload(world.anna.address, papers(PROBLEMS))
    ledger = world.city._writer._ledger

    def refuse(*_):
        raise NotEmpowered(patient="0x", signer="0x", power=1)

    monkeypatch.setattr(ledger, "quote", refuse)
    with pytest.raises(NotEmpowered):
        world.city.anchor()
    monkeypatch.undo()
    assert len(world.city.anchor().leaves) == 1


def test_the_outbox_keeps_neither_text_nor_key_nor_salt(world):
    """K15."""
    world.city.upload(world.anna.address, papers(PROBLEMS, text="a very private sentence"))
    anchoring = world.city.anchor()
    row = world.gateway.office.vault.require(OutboxRow, id=anchoring.leaves[0])
    assert b"very private" not in row.work
    assert row.secret is None


def test_progress_is_told_for_each_document(world):
    told = []
    world.city.upload(world.anna.address, papers(PROBLEMS, LABORATORY), lambda: told.append(1))
    world.city.anchor()
    assert len(told) == 2
