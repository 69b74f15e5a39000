"""Submissions by post: left at doors, worked off by the validators' own command, collected by the provider."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.submitting import NotTheValidator, PeriodRejected, TooFewVerdicts
from medshare.actors.validator import AnchorUnseen
from medshare.actors.writer import NothingToAnchor
from medshare.confirm import NotASubmission, RejectReason, SubmissionItem, submission
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.gateway.errors import NotEmpoweredHere, PlacementForeign
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.keys.directory import Place
from medshare.keys.errors import DocumentMalformed
from medshare.ledger import Role
from medshare.record.merkle import MerkleTree
from medshare.signed import Signed
from medshare.store.errors import NodeUnreachable
from medshare.typed_data import Confirm, Reject
from medshare.vault import CapsuleRow, ProofRow, SubmissionRow, SubmittedRow
from tests.unit.actors.world import LedgerDouble, papers

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


def anchored(world, *categories):
    world.city.upload(world.anna.address, papers(*(categories or (PROBLEMS, LABORATORY))))
    return world.city.anchor()


def places(*institutions) -> list[Place]:
    return [Place(account=one.address, url=one.url) for one in institutions]


def confirmations(world, root) -> int:
    return world.ledger.anchor_of(world.city.address, root).confirmations


def test_a_period_goes_round_by_post_and_is_confirmed(world):
    """[V-009, V-011, D-006] Left, checked when it suits each validator, collected; nobody calls anybody."""
    anchoring = anchored(world)
    left = world.city.submit(anchoring, places(*world.clinics))
    assert set(left.waiting) == {clinic.url for clinic in world.clinics}
    assert left.unanswered == {}
    for clinic in world.clinics[:2]:
        (answer,) = clinic.check_submissions().answers
        assert isinstance(answer.message, Confirm)
    found = world.city.collect_verdicts(anchoring)
    assert found.transaction is None
    assert set(found.confirmed) == {clinic.address for clinic in world.clinics[:2]}
    assert found.waiting == (world.clinics[2].url,)
    world.clinics[2].check_submissions()
    assert world.clinics[2].check_submissions().answers == ()
    assert world.city.collect_verdicts(anchoring).transaction is not None
    assert confirmations(world, anchoring.root) == 3


def test_another_process_of_the_provider_goes_on_with_the_period(world):
    """[V-008] R01: what was submitted is in the vault, and gone from there once it is confirmed."""
    anchoring = anchored(world)
    world.city.submit(anchoring, places(*world.clinics))
    (period,) = [one for one in world.city.unconfirmed() if one.root == anchoring.root]
    assert (period.leaves, period.items) == (anchoring.leaves, anchoring.items)
    for clinic in world.clinics:
        clinic.check_submissions()
    assert world.city.collect_verdicts(period).transaction is not None
    assert anchoring.root not in [one.root for one in world.city.unconfirmed()]


def test_a_door_that_was_down_gets_the_period_the_next_time(world):
    """[V-010] R14: it is remembered who was to be asked."""
    anchoring = anchored(world)
    late = world.clinics[1]
    gateway = world.sandbox.network._gateways.pop(late.url)
    found = world.city.submit(anchoring, places(*world.clinics))
    assert list(found.unanswered) == [late.url]
    world.sandbox.network.open(late.url, gateway)
    assert late.url in world.city.collect_verdicts(anchoring).waiting
    for clinic in world.clinics:
        clinic.check_submissions()
    assert world.city.collect_verdicts(anchoring).transaction is not None


def test_bodies_that_cannot_be_fetched_now_are_no_reason_to_reject(world, monkeypatch):
    """[V-010, W-007] R14: and what was kept before the door went down is found when it must be destroyed."""
    anchoring = anchored(world)
    clinic, source = world.clinics[0], world.gateway.body
    world.city.submit(anchoring, places(clinic))

    def body(cid):
        if cid == anchoring.items[1].cid:
            raise NodeUnreachable(node="the store")
        return source(cid)

    monkeypatch.setattr(world.gateway, "body", body)
    found = clinic.check_submissions()
    assert found.answers == ()
    assert found.waiting == {anchoring.root: NodeUnreachable.code}
    kept = clinic.gateway.office.vault.get(ProofRow, leaf=anchoring.items[0].leaf)
    assert kept is not None
    monkeypatch.undo()
    (answer,) = clinic.check_submissions().answers
    assert isinstance(answer.message, Confirm)


def test_an_anchor_that_the_validators_node_has_not_seen_yet_waits(world, monkeypatch):
    """[V-010] R08."""
    anchoring = anchored(world)
    clinic = world.clinics[0]
    world.city.submit(anchoring, places(clinic))
    unknown = world.ledger.anchor_of(world.city.address, b"\x01" * 32)
    behind = LedgerDouble(world.ledger, anchor_of=lambda *_, **__: unknown)
    monkeypatch.setattr(clinic._validator, "_ledger", behind)
    assert clinic.check_submissions().waiting == {anchoring.root: AnchorUnseen.code}
    monkeypatch.undo()
    assert len(clinic.check_submissions().answers) == 1


def test_what_its_provider_did_not_sign_is_not_taken_in(world):
    """[V-009] E10, A07."""
    anchoring = anchored(world)
    leave = world.clinics[0].gateway.submissions.leave
    stolen = Signed.by(world.hill.account, anchoring.submission.message, world.anna.domains)
    with pytest.raises(NotEmpoweredHere):
        leave(stolen, anchoring.items, anchoring.superseded, source=world.city.url)
    with pytest.raises(NotASubmission):
        leave(anchoring.submission, anchoring.items[:1], anchoring.superseded, source=world.city.url)
    with pytest.raises(NotASubmission):
        leave(anchoring.submission, (), anchoring.superseded, source=world.city.url)
    with pytest.raises(NotASubmission):
        leave(anchoring.submission, anchoring.items, (b"\x01" * 32,), source=world.city.url)
    for url in ("file:///etc/passwd", "https://user@city.example", "https://city.example?x", "city"):
        with pytest.raises(DocumentMalformed):
            leave(anchoring.submission, anchoring.items, anchoring.superseded, source=url)
    with pytest.raises(NotEmpoweredHere):
        world.gateway.submissions.leave(
            anchoring.submission, anchoring.items, anchoring.superseded, source=world.city.url
        )
    assert anchoring.root not in [one.signed.message.root for one in world.clinics[0].gateway.submissions.pending()]


def test_a_period_that_was_never_anchored_is_not_taken_in(world):
    """[V-009]"""
    anchoring = anchored(world)
    message = replace(anchoring.submission.message, root=b"\x05" * 32)
    signed = Signed.by(world.city.account, message, world.anna.domains)
    with pytest.raises(PlacementForeign):
        world.clinics[0].gateway.submissions.leave(signed, anchoring.items, anchoring.superseded, source=world.city.url)


def test_a_provider_that_moved_its_door_leaves_the_period_again(world):
    """[V-009] Until there is a verdict; after it the first submission stands as evidence."""
    anchoring = anchored(world)
    clinic = world.clinics[0]
    leave, vault = clinic.gateway.submissions.leave, clinic.gateway.office.vault
    for source in ("https://old.example", world.city.url):
        leave(anchoring.submission, anchoring.items, anchoring.superseded, source=source)
        row = vault.require(SubmissionRow, provider=world.city.address, root=anchoring.root)
        assert row.source == source
    clinic.check_submissions()
    leave(anchoring.submission, anchoring.items, anchoring.superseded, source="https://later.example")
    row = vault.require(SubmissionRow, provider=world.city.address, root=anchoring.root)
    assert row.source == world.city.url


def test_one_bad_leaf_is_left_out_by_post_too(world):
    """[V-008] The rest is anchored again and left at the same doors, and the bad leaf's keepers stay known."""
    anchoring = anchored(world, PROBLEMS, LABORATORY, Category.ALLERGIES)
    bad = anchoring.items[1]
    store = world.gateway.office.store
    store.unpin(bad.cid)
    store.delete(bad.cid)
    world.city.submit(anchoring, places(*world.clinics))
    for clinic in world.clinics:
        (answer,) = clinic.check_submissions().answers
        assert isinstance(answer.message, Reject)
        assert answer.message.reason == RejectReason.BODY_MISSING
    found = world.city.collect_verdicts(anchoring)
    assert found.rejected == (bad.leaf,)
    assert set(found.waiting) == {clinic.url for clinic in world.clinics}
    assert bad.leaf not in found.period.leaves
    for clinic in world.clinics:
        clinic.check_submissions()
    done = world.city.collect_verdicts(found.period)
    assert done.transaction is not None
    assert confirmations(world, found.period.root) == 3
    keepers = {clinic.address for clinic in world.clinics}
    assert keepers <= set(world.gateway.shelf.holders(bad.leaf))
    assert keepers <= set(world.gateway.shelf.holders(anchoring.leaves[0]))


def test_one_validator_that_rejects_holds_nothing_up_when_enough_others_sign(world, monkeypatch):
    """[V-008, D-006] A single liar drops no document."""
    anchoring = anchored(world)
    liar = world.hill
    monkeypatch.setattr(world.gateway, "body", lambda cid: b"spoiled")
    world.city.submit(anchoring, places(liar, *world.clinics))
    liar.check_submissions()
    monkeypatch.undo()
    for clinic in world.clinics:
        clinic.check_submissions()
    found = world.city.collect_verdicts(anchoring)
    assert found.transaction is not None
    assert found.period.root == anchoring.root


def test_a_period_rejected_as_a_whole_is_told(world, monkeypatch):
    """[V-003]"""
    anchoring = anchored(world)
    clinic = world.clinics[0]
    world.city.submit(anchoring, places(clinic))
    reject = Reject(provider=world.city.address, root=anchoring.root, leaf=bytes(32), reason=1, at=7)
    answer = Signed.by(clinic.account, reject, world.anna.domains)
    monkeypatch.setattr(clinic.gateway.submissions, "verdict", lambda provider, root: answer)
    with pytest.raises(PeriodRejected):
        world.city.collect_verdicts(anchoring)


def test_a_period_of_bad_leaves_only_leaves_nothing(world):
    """[V-008]"""
    anchoring = anchored(world, PROBLEMS)
    world.city.retract(anchoring.leaves[0], reason=1)
    world.city.submit(anchoring, places(world.clinics[0]))
    world.clinics[0].check_submissions()
    with pytest.raises(NothingToAnchor):
        world.city.collect_verdicts(anchoring)


def test_a_period_of_bad_leaves_only_is_told_once_and_not_asked_for_any_more(world):
    """[V-008] What was rejected as a whole ends there; another period does not wait behind it."""
    anchoring = anchored(world, PROBLEMS)
    world.city.retract(anchoring.leaves[0], reason=1)
    world.city.submit(anchoring, places(world.clinics[0]))
    world.clinics[0].check_submissions()
    with pytest.raises(NothingToAnchor):
        world.city.collect_verdicts(anchoring)
    assert anchoring.root not in {period.root for period in world.city.unconfirmed()}


@pytest.mark.parametrize("lie", ["another signer", "another root", "another provider", "another door"])
def test_a_verdict_that_is_not_the_validators_does_not_count(world, monkeypatch, lie):
    """[V-011] E10: nobody signs in a validator's name, and no signature is carried over from another period."""
    anchoring = anchored(world)
    clinic = world.clinics[0]
    world.city.submit(anchoring, places(clinic))
    key = AccountKey.generate() if lie == "another signer" else clinic.account
    message = Confirm(
        provider=world.hill.address if lie == "another provider" else world.city.address,
        root=b"\x01" * 32 if lie == "another root" else anchoring.root,
    )
    answer = Signed.by(key, message, world.anna.domains)
    monkeypatch.setattr(clinic.gateway.submissions, "verdict", lambda provider, root: answer)
    if lie == "another door":
        monkeypatch.setattr(clinic.gateway.office, "institution", world.hill.address)
    found = world.city.collect_verdicts(anchoring)
    assert found.confirmed == ()
    assert list(found.unanswered) == [clinic.url]
    if lie != "another signer":
        assert found.unanswered[clinic.url] == NotTheValidator.code


def test_a_signature_of_somebody_who_is_no_validator_any_more_is_not_sent(world):
    """[D-006] The whole confirmation would be refused."""
    anchoring = anchored(world)
    former = world.sandbox.institution("Former Clinic")
    world.city.submit(anchoring, places(former, *world.clinics))
    former.check_submissions()
    world.sandbox.regulator.suspend(former.address)
    for clinic in world.clinics[:2]:
        clinic.check_submissions()
    assert world.city.collect_verdicts(anchoring).transaction is None
    world.clinics[2].check_submissions()
    done = world.city.collect_verdicts(anchoring)
    assert former.address not in done.confirmed
    assert done.transaction is not None


def test_who_was_asked_may_keep_bodies_though_no_verdict_came(world):
    """[W-007] The patient asks them too when she erases."""
    anchoring = anchored(world, PROBLEMS)
    outsider = world.sandbox.institution("Slow Clinic", roles=Role.INSTITUTION | Role.VALIDATOR)
    world.city.submit(anchoring, places(outsider))
    vault = world.gateway.office.vault
    assert vault.get(
        SubmittedRow, provider=world.city.address, root=anchoring.root, validator=outsider.address
    ) == SubmittedRow(provider=world.city.address, root=anchoring.root, validator=outsider.address, url=outsider.url)
    assert outsider.address in world.gateway.shelf.holders(anchoring.leaves[0])


def test_too_few_validators_in_one_process_are_named(world):
    """[D-006]"""
    anchoring = anchored(world)
    with pytest.raises(TooFewVerdicts):
        world.city.seek_confirmation(anchoring, world.clinics[:2])


def anchored_again(world, leaf, *, by):
    """A period of `by` alone, with a leaf that City Hospital wrote, and its signed submission."""
    row = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    (consent,) = (
        one
        for one in by.gateway.postbox.consents_for(by.address)
        if one.word.actions & Action.WRITE and one.patient == row.patient
    )
    item = SubmissionItem(
        patient=row.patient,
        body_digest=row.body_digest,
        previous_leaf=row.previous_leaf,
        previous_inner=ZERO_32,
        text=row.text,
        cid=row.cid,
        size=row.size,
        grantee=consent.grantee,
        terms=consent.terms,
    )
    world.wait(1)
    world.ledger.anchor(root=MerkleTree.of([leaf]).root, count=1, superseded=(), sender=by.account)
    message = submission(provider=by.address, items=[item], superseded=(), at=world.sandbox.clock.now())
    return Signed.by(by.account, message, world.anna.domains), [item]


def test_another_institution_that_anchors_the_same_leaf_moves_no_document(world):
    """[V-012] Neither where its capsule is, nor where only its body is kept; it stays readable."""
    leaf, _ = world.write(LABORATORY, PROBLEMS)
    consent = world.grant(LABORATORY)
    signed, items = anchored_again(world, leaf, by=world.hill)
    for institution in (world.city, world.clinics[0]):
        before = institution.gateway.office.vault.require(ProofRow, leaf=leaf)
        answer = institution._validator.validate(signed, items, (), source=world.gateway)
        assert isinstance(answer.message, Confirm)
        assert institution.gateway.office.vault.require(ProofRow, leaf=leaf) == before
    assert world.read(world.ask(consent, leaf)).leaf == leaf


def test_a_capsule_whose_place_is_not_known_yet_gets_none_from_another_institution(world):
    """[V-012] Its provider's own period gives it one."""
    leaf, _ = world.write(LABORATORY, PROBLEMS)
    signed, items = anchored_again(world, leaf, by=world.hill)
    vault = world.gateway.office.vault
    place = vault.require(ProofRow, leaf=leaf)
    vault.destroy(ProofRow, leaf=leaf)
    world.city._validator.validate(signed, items, (), source=world.gateway)
    assert vault.get(ProofRow, leaf=leaf) is None
    world.gateway.shelf.place(place)
    assert vault.require(ProofRow, leaf=leaf).root == place.root


def test_a_place_that_another_institution_had_first_gives_way_to_the_providers(world):
    """[V-012] A body that was kept for another period before the document was left here."""
    leaf, _ = world.write(LABORATORY, PROBLEMS, confirmed=False)
    signed, items = anchored_again(world, leaf, by=world.hill)
    place, capsule = (world.gateway.office.vault.require(kind, leaf=leaf) for kind in (ProofRow, CapsuleRow))
    clinic = world.clinics[0]
    clinic._validator.validate(signed, items, (), source=world.gateway)
    vault = clinic.gateway.office.vault
    assert vault.require(ProofRow, leaf=leaf).provider == world.hill.address
    vault.put(capsule)
    clinic.gateway.shelf.place(place)
    assert vault.require(ProofRow, leaf=leaf).provider == world.city.address
