"""Reading: what a gateway released is opened only by the right institution, for the right document, in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.key_service import RECEIPT_LIFE, KeyService, NoReceipt
from medshare.actors.reader import NotLive, NotWhatWasAsked
from medshare.age import HybridIdentity
from medshare.consent.categories import Category
from medshare.errors import IntegrityError, MedShareError
from medshare.gateway import Refused
from medshare.keys.envelope import SealedEnvelope
from medshare.keys.errors import DocumentForeign, DocumentStale
from medshare.ledger import RecordState, RecordStatus, Role
from medshare.signed import Signed
from tests.unit.actors.world import LedgerDouble

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(PROBLEMS)


def asked_and_released(world, consent, leaf, **how):
    request = world.ask(consent, leaf, **how)
    return request, world.read(request)


def open_it(world, consent, request, release):
    return world.hill._reader.open(world.gateway, consent, request, release)


def test_a_grantee_reads_what_was_granted_and_proves_it(world, leaves, consent):
    """[W-002] Positive, with the document's very bytes."""
    (row,) = world.hill.list_documents(world.gateway, consent, purpose="TREAT")
    reading = world.hill.read(world.gateway, consent, row, purpose="TREAT")
    assert reading.category is PROBLEMS
    assert reading.document.content == b'{"text":"a synthetic document","of":"PROBLEMS","number":0}'
    assert reading.document.manifest.patient == world.anna.address
    assert world.hill.copies.document(leaves[0]) == reading.document


def test_staff_reads_while_it_is_active(world, leaves, consent):
    """[W-002] A05: dismissed between the release and the key service, it gets nothing."""
    nurse = world.sandbox.account()
    world.hill.add_staff(nurse, roles=Role.NONE)
    request, release = asked_and_released(world, consent, leaves[0], key=nurse)
    assert open_it(world, consent, request, release).category is PROBLEMS
    world.hill.remove_staff(nurse.address)
    with pytest.raises(NoReceipt, match="does not act"):
        open_it(world, consent, request, release)


def test_the_key_service_opens_nothing_on_an_old_receipt(world, leaves, consent):
    """[W-002] A06: ten minutes, to the second."""
    request, release = asked_and_released(world, consent, leaves[0])
    world.wait(RECEIPT_LIFE - 1)
    assert open_it(world, consent, request, release).category is PROBLEMS
    world.wait(1)
    with pytest.raises(NoReceipt, match="ten minutes"):
        open_it(world, consent, request, release)


def test_the_key_service_opens_nothing_on_a_refusal(world, leaves, consent):
    """[W-002]"""
    request, release = asked_and_released(world, consent, leaves[0])
    with pytest.raises(Refused) as caught:
        world.read(request)
    forged = replace(release, receipt=caught.value.receipt)
    with pytest.raises(MedShareError):
        open_it(world, consent, request, forged)
    with pytest.raises(NoReceipt, match="does not release"):
        service_open(world, consent, request, caught.value.receipt)


def service_open(world, consent, request, receipt, *, service=None):
    signed, data = world.gateway.postbox.envelope(consent.consent_id)
    return (service or world.hill._key_service).open(
        SealedEnvelope(data=data, signed=signed),
        consent,
        asked=request,
        receipt=receipt,
        agent=world.anna.directory().agent,
    )


def test_the_key_service_opens_nothing_for_another_request_or_consent(world, leaves, consent):
    """[W-002] C03, K04: a receipt of one consent is not a key to another."""
    request, release = asked_and_released(world, consent, leaves[0])
    with pytest.raises(NoReceipt, match="does not release"):
        service_open(world, consent, world.ask(consent, leaves[0]), release.receipt)
    other = world.grant(LABORATORY)
    with pytest.raises(NoReceipt, match="for another consent"):
        service_open(world, other, request, release.receipt)


def test_a_receipt_counts_only_from_the_gateway_that_was_asked(world, leaves, consent):
    """[W-002] E16: neither a stranger nor another active gateway writes it."""
    request, release = asked_and_released(world, consent, leaves[0])
    domains = world.anna.domains
    stranger = world.sandbox.account()
    receipt = Signed.by(stranger, replace(release.receipt.message, gateway=stranger.address), domains)
    with pytest.raises(NoReceipt, match="active gateway"):
        service_open(world, consent, request, receipt)
    own = world.hill.gateway.office.key
    receipt = Signed.by(own, replace(release.receipt.message, gateway=own.address), domains)
    with pytest.raises(NoReceipt, match="another gateway"):
        service_open(world, consent, request, receipt)


def test_an_accessor_of_another_institution_opens_nothing_here(world, leaves, consent):
    """[W-002] K04."""
    study = world.grant(LABORATORY, grantee=world.researcher)
    request, release = asked_and_released(world, study, leaves[1], key=world.researcher.account)
    with pytest.raises(NoReceipt, match="does not act"):
        service_open(world, study, request, release.receipt)


def test_an_envelope_for_another_key_is_refused(world, leaves, consent):
    """K04: the institution's key was exchanged."""
    request, release = asked_and_released(world, consent, leaves[0])
    service = KeyService(world.hill.address, [HybridIdentity.generate()], world.ledger, world.sandbox.clock)
    with pytest.raises(DocumentForeign):
        service_open(world, consent, request, release.receipt, service=service)


def test_an_older_envelope_is_refused_once_a_newer_one_was_opened(world, leaves):
    """[K-004] K07: a custodian puts an old envelope back."""
    consent = world.grant(PROBLEMS)
    old = world.gateway.postbox.envelope(consent.consent_id)
    world.anna.leave_envelope(consent)
    world.anna.leave_envelope(consent)
    request, release = asked_and_released(world, consent, leaves[0])
    assert open_it(world, consent, request, release)
    with pytest.raises(DocumentStale):
        world.hill._key_service.open(
            SealedEnvelope(data=old[1], signed=old[0]),
            consent,
            asked=request,
            receipt=release.receipt,
            agent=world.anna.directory().agent,
        )


def test_an_envelope_of_another_consent_is_refused(world, leaves, consent, monkeypatch):
    """[K-004] K04: swapped by the gateway."""
    other = world.grant(LABORATORY)
    request, release = asked_and_released(world, consent, leaves[0])
    swapped = world.gateway.postbox.envelope(other.consent_id)
    monkeypatch.setattr(world.gateway.postbox, "envelope", lambda consent_id: swapped)
    with pytest.raises(MedShareError):
        open_it(world, consent, request, release)


def test_another_document_than_the_one_asked_for_is_not_opened(world, leaves, consent):
    """[O-002] S07: the gateway hands out another leaf of the same category."""
    (second,) = world.write(PROBLEMS)
    request, release = asked_and_released(world, consent, leaves[0])
    _, other = asked_and_released(world, consent, second)
    for forged in (other, replace(release, leaf=second), replace(other, receipt=release.receipt)):
        with pytest.raises(NotWhatWasAsked):
            open_it(world, consent, request, forged)


def test_another_patients_document_is_not_opened(world, leaves, consent):
    """[R-014] A07: whatever the gateway says, the chain knows whose leaf it is."""
    request, release = asked_and_released(world, consent, leaves[0])
    placement = replace(release.sealed.placement, patient=world.hill.address)
    forged = replace(release, sealed=replace(release.sealed, placement=placement))
    with pytest.raises(NotWhatWasAsked):
        open_it(world, consent, request, forged)


def test_a_swapped_capsule_or_body_is_not_opened(world, leaves, consent):
    """[O-002] S03, K05."""
    (second,) = world.write(PROBLEMS)
    request, release = asked_and_released(world, consent, leaves[0])
    _, other = asked_and_released(world, consent, second)
    for sealed in (
        replace(release.sealed, capsule=other.sealed.capsule),
        replace(release.sealed, cid=other.sealed.cid),
        replace(release.sealed, capsule=other.sealed.capsule, cid=other.sealed.cid),
    ):
        with pytest.raises(IntegrityError):
            open_it(world, consent, request, replace(release, sealed=sealed))


@pytest.mark.parametrize("status", [RecordStatus.UNKNOWN, RecordStatus.ANCHORED, RecordStatus.SUPERSEDED])
def test_the_reader_asks_the_chain_itself(world, leaves, consent, monkeypatch, status):
    """R09: a gateway that released too much is found out."""
    request, release = asked_and_released(world, consent, leaves[0])
    double = LedgerDouble(world.ledger, record_status=lambda query: RecordState(status=status))
    monkeypatch.setattr(world.hill._reader, "_ledger", double)
    with pytest.raises(NotLive):
        open_it(world, consent, request, release)


def test_history_is_read_only_where_it_was_asked_for(world):
    """[R-018]"""
    consent = world.grant(PROBLEMS)
    (old,) = world.write(PROBLEMS)
    world.city.amend(old, b'{"text":"amended"}')
    world.city.seek_confirmation(world.city.anchor(), world.clinics)
    rows = {row.leaf: row for row in world.hill.list_documents(world.gateway, consent, purpose="TREAT", history=True)}
    reading = world.hill.read(world.gateway, consent, rows[old], purpose="TREAT", history=True)
    assert reading.document.leaf == old
    with pytest.raises(Refused):
        world.hill.read(world.gateway, consent, rows[old], purpose="TREAT")


def test_a_researcher_waits_for_the_answer_and_fetches_what_it_covers(world, leaves):
    """[Q-005]"""
    request = world.researcher.request(
        world.anna.address, world.gateway, categories=(LABORATORY,), purposes=["BIORCH"], days=30, why="A study"
    )
    assert world.researcher.answer_to(request, world.gateway) is None
    (found,) = [one for one in world.anna.inbox() if one.request == request.request]
    world.anna.approve(found, days=10)
    world.wait(1)
    answer = world.researcher.answer_to(request, world.gateway)
    assert answer is not None
    assert answer.word.not_after <= request.not_after
    readings = world.researcher.fetch(answer, world.gateway, purpose="BIORCH")
    assert leaves[1] in [reading.document.leaf for reading in readings]


def test_a_consent_for_a_processor_names_the_researcher(world):
    """[S-001] And the processor reads it again with both records."""
    processor = world.sandbox.researcher("Trusted Computing Centre", roles=Role.PROCESSOR)
    from medshare.consent.actions import Action

    consent = world.anna.grant(
        processor.address,
        categories=[LABORATORY],
        purposes=["BIORCH"],
        days=30,
        actions=Action.AGGREGATE,
        researcher=world.researcher.address,
    )
    processor.check_consent(consent, world.gateway)
    assert consent in processor.consents_at(world.gateway)
    with pytest.raises(MedShareError):
        world.gateway.postbox.envelope(consent.consent_id)


def test_a_consent_whose_words_differ_is_passed_over_and_named_when_asked(world, consent):
    """[S-002]"""
    forged = replace(consent, word=replace(consent.word, not_after=consent.word.not_after + 1))
    with pytest.raises(MedShareError):
        world.hill.check_consent(forged, world.gateway)
    assert consent in world.hill.consents_at(world.gateway)
