"""The reconciler: every way in which chain, vault and store can disagree is planted once, found, and mended or named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.hexadecimal import to_hex
from medshare.outbox.differences import DAY, STOPPED_SECONDS, WAITING_BLOCKS, differences
from medshare.outbox.findings import Finding, Outcome, Trouble
from medshare.outbox.periods import period_id
from medshare.outbox.reconciler import no_replica, reconcile
from medshare.outbox.snapshots import ORPHAN, Held, Written, look
from medshare.signed import Signed
from medshare.typed_data import Erase
from medshare.vault import CapsuleRow, ErasedRow, OutboxRow, ProofRow, Stage
from tests.unit.actors.world import make_world, papers

PROBLEMS = Category.PROBLEMS


@pytest.fixture
def world():
    """City Hospital with two confirmed documents of Anna's."""
    made = make_world()
    made.write(PROBLEMS, Category.LABORATORY)
    return made


@pytest.fixture(scope="module")
def agreed():
    """The three snapshots of a house in which everything agrees, to plant one difference in."""
    made = make_world()
    made.write(PROBLEMS, Category.LABORATORY)
    return look(made.gateway.office)


def found(world, **how) -> dict[Trouble, list[tuple[str, Outcome]]]:
    """What a run finds, by trouble."""
    by_trouble: dict[Trouble, list[tuple[str, Outcome]]] = {}
    for one in reconcile(world.gateway, **how):
        by_trouble.setdefault(one.trouble, []).append((one.subject, one.outcome))
    return by_trouble


def a_capsule(world) -> CapsuleRow:
    return world.gateway.office.vault.find(CapsuleRow)[0]


# A house that agrees


def test_where_chain_vault_and_store_agree_nothing_is_found(world):
    """[U-017, U-018, U-019] Nor is anything changed."""
    for institution in (world.city, world.hill, *world.clinics):
        before = look(institution.gateway.office)
        assert reconcile(institution.gateway) == ()
        after = look(institution.gateway.office)
        assert (after[1], after[2]) == (before[1], before[2])


def test_what_is_on_its_way_is_no_difference(world):
    """Sealed and deposited, not anchored yet: nobody was slow so far."""
    world.city.upload(world.anna.address, papers(PROBLEMS))
    assert reconcile(world.gateway) == ()


def test_erased_documents_that_are_gone_are_no_difference(world):
    leaf = a_capsule(world).leaf
    proof = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    world.anna.sync()
    signed = Signed.by(world.anna.account, Erase(patient=proof.patient, inner=proof.inner), world.anna.domains)
    world.gateway.carry(signed)
    world.ledger.mine()
    assert reconcile(world.gateway) == ()


# What is mended


def test_what_the_chain_erased_and_is_still_here_is_destroyed_and_signed_for(world):
    """[U-017] An old backup of the vault brings a capsule back; no message tells of the erasure any more."""
    office, capsule = world.gateway.office, a_capsule(world)
    proof = office.vault.require(ProofRow, leaf=capsule.leaf)
    with office.store.get(capsule.cid) as reader:
        body = reader.read()
    signed = Signed.by(world.anna.account, Erase(patient=proof.patient, inner=proof.inner), world.anna.domains)
    world.gateway.carry(signed)
    world.ledger.mine()
    office.vault.put(capsule)
    office.vault.put(proof)
    office.store.put(body)
    assert found(world, repair=False) == {Trouble.ERASED_HERE: [(to_hex(capsule.leaf), Outcome.REPAIRABLE)]}
    assert office.vault.get(CapsuleRow, leaf=capsule.leaf) == capsule
    assert found(world) == {Trouble.ERASED_HERE: [(to_hex(capsule.leaf), Outcome.REPAIRED)]}
    assert office.vault.get(CapsuleRow, leaf=capsule.leaf) is None
    assert office.vault.get(ProofRow, leaf=capsule.leaf) is None
    assert not office.store.has(capsule.cid)
    assert office.vault.get(ErasedRow, leaf=capsule.leaf, holder=office.institution) is not None
    assert reconcile(world.gateway) == ()


def test_an_erasure_that_is_not_final_destroys_nothing(agreed):
    """[U-017] May not: on a branch that may still go, nothing is certain; the snapshot holds final ones alone."""
    chain, vault, store = agreed
    leaf = next(iter(vault.capsules))
    assert differences(chain, vault, store, now=0) == ()
    told = differences(replace(chain, erased=frozenset({leaf})), vault, store, now=0)
    assert [one.trouble for one in told] == [Trouble.ERASED_HERE]


def test_all_documents_of_an_erased_address_are_found(agreed):
    """[U-017]"""
    chain, vault, store = agreed
    (patient,) = {one.patient for one in vault.capsules.values()}
    told = differences(replace(chain, erased_all=frozenset({patient})), vault, store, now=0)
    assert [(one.trouble, one.subject) for one in told] == [
        (Trouble.ERASED_HERE, to_hex(leaf)) for leaf in sorted(vault.capsules)
    ]


def test_a_lost_body_comes_back_from_a_validator_and_only_the_very_bytes_do(world):
    """[U-018] R03: whatever else a replica gives is not stored in its place."""
    office, capsule = world.gateway.office, a_capsule(world)
    bodies = set(office.store.list())
    office.store.unpin(capsule.cid)
    office.store.delete(capsule.cid)
    lost = {Trouble.BODY_LOST: [(capsule.cid, Outcome.REPORTED)]}
    assert found(world, replica=no_replica) == lost
    assert found(world, replica=lambda _: b"something else") == lost
    assert not office.store.has(capsule.cid)
    assert set(office.store.list()) == bodies - {capsule.cid}
    clinic = next(one.gateway for one in world.clinics if one.gateway.office.vault.count(ProofRow, cid=capsule.cid))
    assert found(world, replica=clinic.body) == {Trouble.BODY_LOST: [(capsule.cid, Outcome.REPAIRED)]}
    assert set(office.store.list()) == bodies
    assert reconcile(world.gateway) == ()


def test_a_validator_that_lost_a_body_is_told_too(world):
    """[U-018]"""
    clinic = next(one.gateway for one in world.clinics if one.gateway.office.vault.count(ProofRow))
    cid = clinic.office.vault.find(ProofRow)[0].cid
    clinic.office.store.unpin(cid)
    clinic.office.store.delete(cid)
    told = reconcile(clinic, replica=world.gateway.body)
    assert told == (Finding(trouble=Trouble.BODY_LOST, subject=cid, outcome=Outcome.REPAIRED),)
    assert clinic.office.store.has(cid)


def test_a_body_without_a_row_is_destroyed_after_a_day(world):
    """[U-019] A process that is alive names its body long before."""
    office = world.gateway.office
    cid = office.store.put(b"a body that nobody wrote down")
    for _ in range(2):
        assert found(world) == {Trouble.ORPHAN: [(cid, Outcome.WAITING)]}
    world.wait(DAY - 60)
    assert found(world) == {Trouble.ORPHAN: [(cid, Outcome.WAITING)]}
    world.wait(60)
    assert found(world, repair=False) == {Trouble.ORPHAN: [(cid, Outcome.REPAIRABLE)]}
    assert office.store.has(cid)
    assert found(world) == {Trouble.ORPHAN: [(cid, Outcome.REPAIRED)]}
    assert not office.store.has(cid)
    assert office.vault.count(OutboxRow, act=ORPHAN) == 0
    assert reconcile(world.gateway) == ()


def test_where_others_use_the_store_too_no_body_is_destroyed(world):
    """[U-019] May not: however old it is."""
    cid = world.gateway.office.store.put(b"somebody else's")
    for _ in range(2):
        assert found(world, grace=None) == {Trouble.ORPHAN: [(cid, Outcome.REPORTED)]}
        world.wait(2 * DAY)
    assert world.gateway.office.store.has(cid)


def test_a_body_that_a_row_names_again_begins_a_new_day(world):
    """[U-019]"""
    office, capsule = world.gateway.office, a_capsule(world)
    proof = office.vault.require(ProofRow, leaf=capsule.leaf)
    document = office.vault.require(OutboxRow, id=capsule.leaf)
    for row in (capsule, proof):
        office.vault.destroy(type(row), leaf=capsule.leaf)
    office.vault.destroy(OutboxRow, id=capsule.leaf)
    assert found(world)[Trouble.ORPHAN] == [(capsule.cid, Outcome.WAITING)]
    for row in (capsule, proof, document):
        office.vault.put(row)
    assert reconcile(world.gateway) == ()
    assert office.vault.count(OutboxRow, act=ORPHAN) == 0


def test_a_body_that_was_named_since_it_was_looked_at_stays(world, monkeypatch):
    """[U-019] May not: another process deposits while this one compares."""
    office = world.gateway.office
    cid = office.store.put(b"a body whose row comes late")
    found(world)
    world.wait(DAY)
    clock = office.clock

    class Meanwhile:
        def now(self) -> int:
            office.vault.put(replace(a_capsule(world), leaf=LEAF, cid=cid))
            return clock.now()

    monkeypatch.setattr(office, "clock", Meanwhile())
    assert found(world) == {Trouble.ORPHAN: [(cid, Outcome.WAITING)]}
    assert office.store.has(cid)


def test_a_dry_run_remembers_nothing(world):
    """[U-019]"""
    world.gateway.office.store.put(b"a body that nobody wrote down")
    found(world, repair=False)
    assert world.gateway.office.vault.count(OutboxRow, act=ORPHAN) == 0


# What only a person can mend: the rule alone, one difference planted at a time


ROOT, LEAF = keccak(b"root"), keccak(b"leaf")
NOW, HEAD = 1_000_000, 1_000
CID = "bafkreia"


def planted(agreed, **changes) -> list[tuple[Trouble, str, Outcome]]:
    """What the rule finds once `changes` are made: fields of the chain's, the vault's and the store's snapshot."""
    parts = [
        replace(one, **{name: value for name, value in changes.items() if name in one.__dataclass_fields__})
        for one in (replace(agreed[0], head=HEAD), *agreed[1:])
    ]
    return [(one.trouble, one.subject, one.outcome) for one in differences(*parts, now=NOW)]


def reported(trouble: Trouble, subject: str) -> list[tuple[Trouble, str, Outcome]]:
    return [(trouble, subject, Outcome.REPORTED)]


def test_the_rule_finds_nothing_where_nothing_was_planted(agreed):
    assert planted(agreed) == []


def test_a_capsule_that_is_gone_is_named(agreed):
    """[U-018] R03: only the patient's copy is left; never that all is well."""
    leaf, *others = agreed[1].capsules
    kept = {one: agreed[1].capsules[one] for one in others}
    assert planted(agreed, capsules=kept) == reported(Trouble.CAPSULE_LOST, to_hex(leaf))


def test_a_capsule_with_nothing_behind_it_is_named(agreed):
    vault, store = agreed[1:]
    held = Held(patient=vault.institution, provider=vault.institution, cid=CID)
    capsules = {**vault.capsules, LEAF: held}
    told = planted(agreed, capsules=capsules, bodies=store.bodies | {CID})
    assert told == reported(Trouble.NOT_PLACED, to_hex(LEAF))


def test_a_capsule_of_another_provider_is_its_own_matter(agreed):
    """May not: a custodian keeps capsules of documents whose bodies lie elsewhere."""
    held = Held(patient=agreed[1].institution, provider="0x" + "ee" * 20, cid=CID)
    assert planted(agreed, capsules={**agreed[1].capsules, LEAF: held}) == []


def test_an_anchor_that_the_vault_does_not_know_is_named(agreed):
    """An old backup, or a stranger with the key."""
    anchors = {**agreed[0].anchors, ROOT: 3}
    assert planted(agreed, anchors=anchors) == reported(Trouble.UNKNOWN_ANCHOR, to_hex(ROOT))


def test_an_anchor_of_a_period_that_was_signed_here_is_known_though_none_of_it_is_left(agreed):
    """May not: all of it was erased since, or it was anchored again without a document that was rejected."""
    closed = agreed[1].closed | {period_id(ROOT)}
    assert planted(agreed, anchors={**agreed[0].anchors, ROOT: 0}, closed=closed) == []


def test_an_anchor_that_the_chain_does_not_know_is_named(agreed):
    """A fresh chain, or another one."""
    (root,) = agreed[0].anchors
    assert planted(agreed, anchors={}) == reported(Trouble.ANCHOR_LOST, to_hex(root))


def test_a_period_with_too_few_confirmations_waits(agreed):
    (root,) = agreed[0].anchors
    few = {root: agreed[0].quorum - 1}
    assert planted(agreed, anchors=few) == [(Trouble.NOT_CONFIRMED, to_hex(root), Outcome.WAITING)]


def test_a_confirmed_period_without_its_verdicts_is_named(agreed):
    (root,) = agreed[0].anchors
    assert planted(agreed, verdicts=frozenset()) == reported(Trouble.VERDICTS_LOST, to_hex(root))


@pytest.mark.parametrize(("age", "told"), [(STOPPED_SECONDS - 1, False), (STOPPED_SECONDS, True)])
def test_an_upload_that_was_stopped_is_named_once_its_process_must_be_gone(agreed, age, told):
    """[U-011] The plaintext of a draft lies in the vault: somebody has to hear of it."""
    expected = reported(Trouble.UPLOAD_STOPPED, to_hex(LEAF)) if told else []
    assert planted(agreed, drafts={LEAF: NOW - age}) == expected


@pytest.mark.parametrize(("age", "told"), [(STOPPED_SECONDS - 1, False), (STOPPED_SECONDS, True)])
def test_a_document_that_no_period_was_closed_over_is_named(agreed, age, told):
    vault, store = agreed[1:]
    documents = {**vault.documents, LEAF: Written(state=Stage.STORED, cid=CID, at=NOW - age)}
    expected = reported(Trouble.NOT_ANCHORED, to_hex(LEAF)) if told else []
    assert planted(agreed, documents=documents, bodies=store.bodies | {CID}) == expected


@pytest.mark.parametrize(
    ("signed", "told"), [(HEAD - WAITING_BLOCKS, False), (HEAD - WAITING_BLOCKS - 1, True), (None, True)]
)
def test_a_period_that_does_not_go_on_is_named(agreed, signed, told):
    """[U-014] None: its transaction was refused, and it is signed anew by the next command of the institution."""
    expected = reported(Trouble.PERIOD_STOPPED, to_hex(LEAF)) if told else []
    assert planted(agreed, periods={LEAF: signed}) == expected


@pytest.mark.parametrize(("signed", "told"), [(HEAD - WAITING_BLOCKS, False), (HEAD - WAITING_BLOCKS - 1, True)])
def test_a_transaction_that_waits_too_long_is_named(agreed, signed, told):
    account = agreed[1].institution
    expected = reported(Trouble.TRANSACTION_WAITS, f"{account} 7") if told else []
    assert planted(agreed, waiting=((account, 7, signed),)) == expected


def test_an_upload_that_was_stopped_stands_in_the_snapshot(world):
    """The rows of an upload that dies while its documents are sealed, and those of one that was deposited."""
    world.city.upload(world.anna.address, papers(PROBLEMS))
    world.wait(STOPPED_SECONDS)
    (told,) = reconcile(world.gateway)
    assert (told.trouble, told.outcome) == (Trouble.NOT_ANCHORED, Outcome.REPORTED)
    world.city.anchor()
    assert [one.trouble for one in reconcile(world.gateway)] == [Trouble.NOT_CONFIRMED]
