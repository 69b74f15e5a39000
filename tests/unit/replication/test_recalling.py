"""Erasures and copies: every holder is told until it gave its word, and listed until then."""

from __future__ import annotations

from dataclasses import replace

from medshare.replication.auditor import PATIENCE
from medshare.replication.recalling import recall, unanswered
from medshare.replication.standing import standing
from medshare.signed import Signed
from medshare.store import MemoryStore
from medshare.typed_data import Erase
from medshare.vault import ErasedRow, ProofRow, ReplicaRow
from tests.simulation.copies import DAY, stray_pins
from tests.unit.replication.conftest import Ward


def tell(ward: Ward):
    """City Hospital asks every holder."""
    return recall(ward.world.gateway, ward.world.sandbox.network.at)


def erasure(ward: Ward) -> Signed[Erase]:
    copy = ward.world.anna.copies()[ward.leaf]
    return ward.world.anna.sign(Erase(patient=copy.patient, inner=copy.inner))


def has(ward: Ward, institution) -> bool:
    return ward.store_of(institution).has(ward.cid_before)


def erase_at_city(ward: Ward) -> None:
    """The patient's message comes to City Hospital alone."""
    ward.cid_before = ward.cid
    ward.world.gateway.shelf.erase(erasure(ward))


def test_an_erasure_goes_to_every_holder_and_each_signs_that_its_copy_is_destroyed(ward):
    """[ST-007] D09: unpinned and deleted at the next round, whoever was told first."""
    erase_at_city(ward)
    assert all(has(ward, clinic) for clinic in ward.world.clinics)
    assert len(unanswered(ward.world.gateway)) == 3
    assert tell(ward) == ()
    for clinic in ward.world.clinics:
        assert not has(ward, clinic)
        assert ward.cid_before not in tuple(ward.store_of(clinic).list())
        assert ward.rows_of(clinic).get(ProofRow, leaf=ward.leaf) is None
        word = ward.rows_of(ward.world.city).get(ErasedRow, leaf=ward.leaf, holder=clinic.address)
        assert word.signed.signer == clinic.gateway.address
    assert unanswered(ward.world.gateway) == ()
    assert ward.rows_of(ward.world.city).find(ReplicaRow, leaf=ward.leaf) == []


def test_a_holder_that_is_away_is_listed_until_it_comes_back_and_answers(ward):
    """[ST-007] D09: ten days later it destroys its copy and says so."""
    harbour = ward.world.clinics[0]
    ward.down(harbour)
    erase_at_city(ward)
    (left,) = tell(ward)
    assert (left.leaf, left.holder) == (ward.leaf, harbour.address)
    assert standing(ward.world.gateway.office).unanswered == 1
    ward.world.wait(10 * DAY)
    assert tell(ward) == (left,)
    ward.up(harbour)
    assert tell(ward) == ()
    assert not has(ward, harbour)
    assert standing(ward.world.gateway.office).unanswered == 0


def test_an_erasure_that_only_the_chain_told_is_answered_too(ward):
    """[ST-007, W-009] Nobody has the patient's message; each gateway sees the chain itself."""
    ward.cid_before, copy = ward.cid, ward.world.anna.copies()[ward.leaf]
    message = erasure(ward)
    ward.world.ledger.erase_by_sig(
        patient=copy.patient,
        path=(),
        inner=copy.inner,
        signature=message.signature,
        sender=ward.world.sandbox.account(),
    )
    ward.world.gateway.shelf.sweep()
    assert tell(ward) == ()
    assert not any(has(ward, clinic) for clinic in ward.world.clinics)


def test_a_word_that_is_not_the_holders_ends_nothing(ward, monkeypatch):
    """[ST-007] Another's signature, another document, no word at all."""
    erase_at_city(ward)
    harbour, valley, meadow = (clinic.gateway for clinic in ward.world.clinics)
    word = valley.shelf.erase(erasure(ward))
    monkeypatch.setattr(harbour.replicas, "destroyed", lambda *_: word)
    forged = replace(word, message=replace(word.message, holder=meadow.institution))
    monkeypatch.setattr(meadow.replicas, "destroyed", lambda *_: forged)
    assert {one.holder for one in tell(ward)} == {harbour.institution, meadow.institution}
    assert ward.rows_of(ward.world.city).get(ErasedRow, leaf=ward.leaf, holder=meadow.institution) is None


def test_a_holder_that_has_seen_no_erasure_gives_no_word_and_keeps_its_copy(ward):
    """[ST-007] Whoever asks for the word destroys nothing by asking."""
    harbour = ward.world.clinics[0]
    assert harbour.gateway.replicas.destroyed(ward.leaf, ward.world.anna.address) is None
    assert ward.store_of(harbour).has(ward.cid)


def test_a_holder_that_never_had_the_bytes_says_that_nothing_is_there(ward):
    """[ST-007] It was asked to keep one and had not fetched it."""
    for clinic in ward.world.clinics[:2]:
        ward.down(clinic)
    auditor = ward.auditor(ward.world.city, neighbours=(ward.world.hill.url,))
    auditor.examine(ward.leaf)
    ward.world.wait(PATIENCE)
    assert auditor.examine(ward.leaf).added == (ward.world.hill.address,)
    for clinic in ward.world.clinics[:2]:
        ward.up(clinic)
    erase_at_city(ward)
    assert tell(ward) == ()
    assert ward.rows_of(ward.world.hill).get(ProofRow, leaf=ward.leaf) is None
    assert ward.auditor(ward.world.hill).round() == ()


def test_the_patient_sees_a_holder_that_was_added_later_among_those_who_may_have_copies(ward):
    """[ST-007] Its word is missing until it is given."""
    for clinic in ward.world.clinics[:2]:
        ward.down(clinic)
    auditor = ward.auditor(ward.world.city, neighbours=(ward.world.hill.url,))
    auditor.examine(ward.leaf)
    ward.world.wait(PATIENCE)
    auditor.examine(ward.leaf)
    assert ward.world.hill.address in ward.world.gateway.shelf.holders(ward.leaf)


def test_a_pin_without_a_record_is_stray_after_a_day_and_one_with_a_record_never(ward):
    """I3, and that its check can fail."""
    office, since = ward.world.gateway.office, dict[str, int]()
    assert stray_pins(office, since=since) == ()
    cid = office.store.put(b"nobody's")
    assert stray_pins(office, since=since) == ()
    ward.world.wait(DAY + 1)
    assert stray_pins(office, since=since) == (cid,)
    office.store.unpin(cid)
    office.store.delete(cid)
    assert stray_pins(office, since=since) == ()
    assert since == {}
    assert isinstance(office.store, MemoryStore)
