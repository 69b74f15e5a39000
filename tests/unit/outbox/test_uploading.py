"""Uploads and periods of an institution that dies between any two steps: the next start completes them, once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from medshare.actors.writer import NothingToAnchor, NotWritten
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.gateway.errors import ErasedHere
from medshare.ledger import NodeUnreachable, NotMined, RecordStatus, events
from medshare.outbox import Policy, steps
from medshare.outbox.documents import Draft
from medshare.outbox.errors import PeriodAnchored, PeriodTaken, UploadElsewhere, UploadUnfinished
from medshare.outbox.periods import PERIOD, period_id
from medshare.outbox.report import Resumed
from medshare.outbox.tending import tend
from medshare.signed import Signed, domains_of
from medshare.store.errors import StoreFull
from medshare.typed_data import Erase, EraseAll
from medshare.vault import (
    CapsuleRow,
    ChainTransactionRow,
    OutboxRow,
    ProofRow,
    Stage,
    SubmissionRow,
    VaultUnreachable,
)
from tests.unit.actors.world import make_world, papers
from tests.unit.outbox.stopping import Stopper, moments, reborn, stopped_at

PROBLEMS, LABORATORY, NOTES = Category.PROBLEMS, Category.LABORATORY, Category.NOTES
WORDS = "a very private sentence"

UPLOAD_STEPS = [steps.DRAFTED, steps.SEALED, steps.BODIES_STORED, steps.DEPOSITED]
ANCHOR_STEPS = [steps.QUOTED, steps.SAVED, steps.HANDED_OVER, steps.MINED, steps.PLACED]


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(autouse=True)
def _emptied(world):
    """Every test begins with nothing under way."""
    reborn(world.city).resume()
    if world.city._writer.waiting:
        world.city.anchor()
    yield
    world.ledger.automatic = True


def vault_of(world):
    return world.gateway.office.vault


def upload(world, step, *categories) -> None:
    reborn(world.city, step).upload(world.anna.address, papers(*(categories or (PROBLEMS, LABORATORY)), text=WORDS))


def anchor(world, step) -> None:
    reborn(world.city, step).anchor()


def anchored(world) -> int:
    return sum(1 for _ in world.ledger.events(kinds=(events.Anchored,)))


def plaintexts(world) -> int:
    return sum(row.secret is not None and WORDS.encode() in row.secret for row in vault_of(world).find(OutboxRow))


def test_these_are_the_steps_of_an_upload_and_of_a_period(world):
    assert moments(partial(upload, world)) == UPLOAD_STEPS
    assert moments(partial(anchor, world)) == ANCHOR_STEPS


@pytest.mark.parametrize("number", range(len(UPLOAD_STEPS)), ids=UPLOAD_STEPS)
def test_an_upload_that_was_stopped_is_completed_and_no_plaintext_stays(world, number):
    """[U-011, U-013] R01: after every step; every document is there once."""
    before, bodies = vault_of(world).count(CapsuleRow), len(list(world.gateway.office.store.list()))
    stopped_at(number, partial(upload, world))
    assert plaintexts(world) == (0 if UPLOAD_STEPS[number] == steps.DEPOSITED else 2)
    uploads, _ = reborn(world.city).resume()
    assert uploads == Resumed(completed=0 if UPLOAD_STEPS[number] == steps.DEPOSITED else 2)
    assert plaintexts(world) == 0
    assert vault_of(world).count(OutboxRow, act="draft") == 0
    assert vault_of(world).count(OutboxRow, state=Stage.SEALED) == 0
    assert vault_of(world).count(CapsuleRow) == before + 2
    assert len(list(world.gateway.office.store.list())) == bodies + 2
    assert len(reborn(world.city).anchor().leaves) == 2
    world.anna.sync()


@pytest.mark.parametrize("number", range(len(ANCHOR_STEPS)), ids=ANCHOR_STEPS)
def test_a_period_that_was_stopped_is_anchored_once_and_its_proofs_are_placed(world, number):
    """[U-014] R01: also between saving and sending, and between sending and the answer."""
    upload(world, Stopper())
    before = anchored(world)
    stopped_at(number, partial(anchor, world))
    city = reborn(world.city)
    _, periods = city.resume()
    name = ANCHOR_STEPS[number]
    assert periods == Resumed(completed=0 if name in {steps.QUOTED, steps.PLACED} else 1)
    if name == steps.QUOTED:
        city.anchor()
    with pytest.raises(NothingToAnchor):
        city.anchor()
    assert anchored(world) == before + 1
    (period,) = [one for one in city.unconfirmed() if len(one.leaves) == 2 and one.root == last_root(world)]
    for leaf in period.leaves:
        assert vault_of(world).require(ProofRow, leaf=leaf).root == period.root
    city.seek_confirmation(period, world.clinics)
    assert world.ledger.anchor_of(city.address, period.root).confirmations == 3


def last_root(world) -> bytes:
    return [log.event.root for log in world.ledger.events(kinds=(events.Anchored,))][-1]


def test_a_stopped_amendment_replaces_the_old_version_once(world):
    """[U-011]."""
    (leaf,) = world.write(NOTES)
    stopped_at(1, lambda step: reborn(world.city, step).amend(leaf, b'{"new":"text"}'))
    city = reborn(world.city)
    assert city.resume()[0] == Resumed(completed=1)
    anchoring = city.anchor()
    assert anchoring.superseded == (leaf,)
    city.seek_confirmation(anchoring, world.clinics)
    old = vault_of(world).require(ProofRow, leaf=leaf)
    release = world.read(world.ask_own(leaf))
    assert world.ledger.record_status(release.sealed.placement.query).status is RecordStatus.SUPERSEDED
    assert old.leaf == leaf
    assert city._writer.written(anchoring.leaves[0]).version == 2


def test_a_process_that_may_be_alive_is_left_alone(world):
    """[U-011]."""
    stopped_at(0, partial(upload, world))
    assert reborn(world.city).resume(older_than=600)[0] == Resumed()
    world.wait(601)
    assert reborn(world.city).resume(older_than=600)[0] == Resumed(completed=2)


def test_two_processes_that_complete_one_upload_do_it_once(world, monkeypatch):
    """[U-011, U-013] The later one hears that nothing is missing."""
    before = vault_of(world).count(CapsuleRow)
    city = reborn(world.city)
    store = city._writer._uploading._store

    def overtaken(batch) -> None:
        assert reborn(world.city).resume()[0] == Resumed(completed=2)
        store(batch)

    monkeypatch.setattr(city._writer._uploading, "_store", overtaken)
    with pytest.raises(UploadElsewhere):
        city.upload(world.anna.address, papers(PROBLEMS, LABORATORY))
    assert vault_of(world).count(CapsuleRow) == before + 2
    assert len(city.anchor().leaves) == 2


def test_a_resumed_upload_that_another_process_completed_counts_as_completed(world, monkeypatch):
    stopped_at(1, partial(upload, world))
    city = reborn(world.city)
    store = city._writer._uploading._store

    def overtaken(batch) -> None:
        reborn(world.city).resume()
        store(batch)

    monkeypatch.setattr(city._writer._uploading, "_store", overtaken)
    assert city.resume()[0] == Resumed(completed=2)
    assert len(city.anchor().leaves) == 2


# What may not be written any more


def nothing_of(world) -> bool:
    """Whether nothing of an upload is left in the vault or the store."""
    vault, store = world.gateway.office.vault, world.gateway.office.store
    rows = [row for row in vault.find(OutboxRow) if row.act in {"draft", "document", PERIOD}]
    return (rows, vault.count(CapsuleRow), list(store.list())) == ([], 0, [])


def test_drafts_of_a_patient_who_ended_her_consent_are_destroyed(world):
    """[U-012] W-001: nothing is sealed against her will, and nothing of it stays."""
    other = make_world()
    stopped_at(1, partial(upload, other))
    (consent,) = [
        one for one in other.anna.consents() if one.grantee == other.city.address and one.word.actions == Action.WRITE
    ]
    other.anna.revoke(consent)
    assert reborn(other.city).resume()[0] == Resumed(refused=2)
    assert nothing_of(other)


def test_an_upload_for_a_patient_who_erases_everything_meanwhile_leaves_nothing():
    """[U-012]."""
    other = make_world()

    def erase(name: str) -> None:
        if name == steps.SEALED:
            whole = Signed.by(other.anna.account, EraseAll(patient=other.anna.address), other.anna.domains)
            other.gateway.erase(whole)

    with pytest.raises(ErasedHere):
        upload(other, erase)
    assert nothing_of(other)


def test_what_was_sealed_to_an_old_epoch_is_sealed_anew(world):
    """[U-011] The patient changed the locks while the process was down."""
    other = make_world()
    consent = other.grant(PROBLEMS)
    stopped_at(2, partial(upload, other))
    (first, second) = other.gateway.office.vault.find(OutboxRow, act="document")
    other.anna.revoke(consent)
    assert other.anna.sync().rotated
    city = reborn(other.city)
    assert city.resume()[0] == Resumed(completed=2)
    leaves = city.anchor().leaves
    assert not {first.id, second.id} & set(leaves)
    assert len(list(other.gateway.office.store.list())) == 2
    assert len(other.anna.sync().new) == 2


# A disk that is full


def test_an_upload_that_fails_is_withdrawn_as_a_whole(world, monkeypatch):
    """[U-012] R17: a full store, at every write."""
    store, put = world.gateway.office.store, world.gateway.office.store.put
    rows, bodies = vault_of(world).count(OutboxRow), sorted(store.list())
    for failing in range(3):
        calls = []

        def full(body, calls=calls, failing=failing):
            calls.append(1)
            if len(calls) == failing + 1:
                raise StoreFull
            return put(body)

        monkeypatch.setattr(store, "put", full)
        with pytest.raises(StoreFull):
            upload(world, Stopper(), PROBLEMS, LABORATORY, NOTES)
        assert (vault_of(world).count(OutboxRow), sorted(store.list())) == (rows, bodies)
    monkeypatch.undo()
    upload(world, Stopper(), PROBLEMS, LABORATORY, NOTES)


def test_an_upload_that_cannot_even_be_withdrawn_is_completed_when_there_is_room(world, monkeypatch):
    """[U-012] R17: the vault is full too."""
    city = reborn(world.city)

    def full(*_) -> None:
        raise VaultUnreachable(place="here")

    monkeypatch.setattr(city._writer._uploading, "_store", full)
    monkeypatch.setattr(city._writer._uploading, "withdraw", full)
    with pytest.raises(UploadUnfinished):
        city.upload(world.anna.address, papers(PROBLEMS))
    assert reborn(world.city).resume()[0] == Resumed(completed=1)


def test_a_store_that_is_away_makes_an_upload_wait(world, monkeypatch):
    stopped_at(0, partial(upload, world))
    city = reborn(world.city)

    def away(*_) -> None:
        raise StoreFull

    monkeypatch.setattr(city.gateway.office.store, "put", away)
    assert city.resume()[0] == Resumed(waiting=2)
    monkeypatch.undo()
    assert reborn(world.city).resume()[0] == Resumed(completed=2)


# Periods


def test_an_erasure_between_signing_and_placing_leaves_the_others_provable(world):
    """[U-014]."""
    upload(world, Stopper())
    stopped_at(3, partial(anchor, world))
    row = next(row for row in vault_of(world).find(OutboxRow, act="document", state=Stage.SIGNED) if plain(world, row))
    document = world.city._writer.written(row.id)
    erasure = Signed.by(world.anna.account, Erase(patient=document.patient, inner=document.inner), world.anna.domains)
    world.gateway.erase(erasure)
    assert reborn(world.city).resume()[1] == Resumed(completed=1)
    placed = vault_of(world).find(ProofRow, root=last_root(world))
    assert len(placed) == 1
    assert placed[0].leaf != row.id
    with pytest.raises(NotWritten):
        world.city._writer.written(row.id)


def plain(world, row) -> bool:
    return vault_of(world).get(ProofRow, leaf=row.id) is None


def test_two_processes_that_close_the_same_period_anchor_it_once(world, monkeypatch):
    """[U-014] R05."""
    upload(world, Stopper())
    before = anchored(world)
    city = reborn(world.city)
    office = city.gateway.office
    quote = office.ledger.quote

    def overtaken(call, sender):
        monkeypatch.undo()
        reborn(world.city).anchor()
        return quote(call, sender)

    monkeypatch.setattr(office.ledger, "quote", overtaken)
    with pytest.raises(NothingToAnchor):
        city.anchor()
    assert anchored(world) == before + 1


def test_documents_that_are_taken_again_and_again_end_the_attempt(world, monkeypatch):
    upload(world, Stopper())
    monkeypatch.setattr("medshare.outbox.periods._claim", lambda *_: (_ for _ in ()).throw(PeriodTaken))
    with pytest.raises(PeriodTaken):
        reborn(world.city).anchor()
    monkeypatch.undo()
    assert len(reborn(world.city).anchor().leaves) == 2


def test_the_rest_of_a_rejected_period_is_anchored_once_though_it_was_stopped(world):
    """[V-008, U-014]."""
    upload(world, Stopper())
    first = reborn(world.city).anchor()
    before = anchored(world)
    for number in range(len(ANCHOR_STEPS)):
        stopped_at(
            number,
            lambda step: reborn(world.city, step)._writer.anchor_rest(first, without=[first.leaves[0]]),
        ) if number < 2 else None
        reborn(world.city).resume()
    rest = reborn(world.city)._writer.anchor_rest(first, without=[first.leaves[0]])
    assert anchored(world) == before + 1
    assert rest.leaves == first.leaves[1:]
    assert rest.submission.check(domains_of(world.ledger.deployment), signer=world.city.address).root == rest.root
    assert vault_of(world).require(ProofRow, leaf=rest.leaves[0]).root == rest.root


def test_a_period_that_was_refused_when_mined_waits_and_is_signed_anew(world):
    """R02: the institution was suspended for a moment."""
    upload(world, Stopper())
    stopped_at(1, partial(anchor, world))
    world.sandbox.regulator.suspend(world.city.address)
    city = reborn(world.city)
    assert city.resume()[1] == Resumed(refused=1)
    assert vault_of(world).require(OutboxRow, id=open_period(world).id).state is Stage.STORED
    assert city.resume()[1] == Resumed(refused=1)
    world.sandbox.regulator.reinstate(world.city.address)
    assert city.resume()[1] == Resumed(completed=1)
    assert city.resume()[1] == Resumed()


def open_period(world) -> OutboxRow:
    (row,) = [row for row in vault_of(world).find(OutboxRow, act=PERIOD) if row.work]
    return row


def test_a_period_is_final_when_its_block_is(world):
    """[U-007]."""
    upload(world, Stopper())
    root = reborn(world.city).anchor().root
    assert vault_of(world).require(OutboxRow, id=period_id(root)).state is Stage.MINED
    tend(world.gateway.office.outbox, [world.city.account])
    assert vault_of(world).require(OutboxRow, id=period_id(root)).state is Stage.FINAL


# Giving up


def test_a_period_that_is_never_mined_is_abandoned_with_bodies_and_keys(world):
    """[U-015] R02: dropped or underpriced; another transaction makes sure that it never comes."""
    upload(world, Stopper())
    stopped_at(1, partial(anchor, world))
    before, row = anchored(world), open_period(world)
    leaves = [one.id for one in vault_of(world).find(OutboxRow, period=row.period) if one.act == "document"]
    cids = [vault_of(world).require(CapsuleRow, leaf=leaf).cid for leaf in leaves]
    assert reborn(world.city)._writer.abandon(row.period) == tuple(leaves)
    assert anchored(world) == before
    for leaf, cid in zip(leaves, cids, strict=True):
        assert vault_of(world).get(CapsuleRow, leaf=leaf) is None
        assert vault_of(world).get(OutboxRow, id=leaf) is None
        assert not world.gateway.office.store.has(cid)
    assert vault_of(world).require(OutboxRow, id=row.id).state is Stage.ABANDONED
    assert reborn(world.city).resume()[1] == Resumed()
    with pytest.raises(PeriodAnchored):
        reborn(world.city)._writer.abandon(row.period)


def test_a_period_on_the_chain_is_not_abandoned(world):
    """[U-015]."""
    upload(world, Stopper())
    anchoring = reborn(world.city).anchor()
    with pytest.raises(PeriodAnchored):
        reborn(world.city)._writer.abandon(anchoring.root)
    with pytest.raises(NothingToAnchor):
        reborn(world.city)._writer.abandon(b"n" * 32)
    upload(world, Stopper())
    stopped_at(2, partial(anchor, world))
    row = open_period(world)
    with pytest.raises(PeriodAnchored):
        reborn(world.city)._writer.abandon(row.period)
    assert vault_of(world).count(ProofRow, root=row.period) == 2


def test_an_abandonment_that_is_not_certain_yet_goes_on_at_the_next_start(world):
    """[U-015] R02: the empty transaction is not in a final block."""
    upload(world, Stopper())
    stopped_at(1, partial(anchor, world))
    row = open_period(world)
    world.ledger.automatic = False
    city = reborn(world.city)
    city.gateway.office.outbox.policy = Policy(patience=0)
    with pytest.raises(NotMined):
        city._writer.abandon(row.period)
    assert vault_of(world).count(CapsuleRow) > 0
    assert city.resume()[1] == Resumed(waiting=1)
    world.ledger.automatic = True
    world.ledger.mine()
    assert reborn(world.city).resume()[1] == Resumed(completed=1)
    assert vault_of(world).require(OutboxRow, id=row.id).state is Stage.ABANDONED
    kept = vault_of(world).require(ChainTransactionRow, account=row.account, nonce=row.nonce)
    assert kept.state is Stage.ABANDONED


def test_a_node_that_is_down_makes_a_period_wait(world, monkeypatch):
    """R04."""
    upload(world, Stopper())
    stopped_at(1, partial(anchor, world))
    city = reborn(world.city)
    city.gateway.office.outbox.policy = Policy(patience=0)
    monkeypatch.setattr(world.ledger, "send", lambda _: (_ for _ in ()).throw(NodeUnreachable(node="test")))
    assert city.resume()[1] == Resumed(waiting=1)
    monkeypatch.undo()
    assert reborn(world.city).resume()[1] == Resumed(completed=1)
    assert vault_of(world).count(SubmissionRow, root=last_root(world)) == 1


def test_a_draft_comes_back_as_it_was_put(world):
    stopped_at(0, partial(upload, world))
    rows = vault_of(world).find(OutboxRow, act="draft")
    office = world.gateway.office
    for row in rows:
        draft = Draft.of(row, domains=office.domains, provider=office.institution)
        assert draft.row() == row
        assert replace(row, secret=None) != row
        assert WORDS not in repr(draft)
