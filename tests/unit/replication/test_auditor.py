"""The pin auditor on twins: who holds a body proves it, what is lost comes back, and what cannot is an alarm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.gateway.values import Possession
from medshare.keys.directory import Place
from medshare.ledger import Role
from medshare.replication.auditor import PATIENCE
from medshare.replication.standing import standing
from medshare.typed_data import Erase
from medshare.vault import DeficitRow, PinTurnRow, ProofRow, ReplicaRow, ReplicaState
from tests.simulation.copies import unkept
from tests.unit.replication.conftest import Ward


def alarm(ward: Ward) -> DeficitRow | None:
    return ward.rows_of(ward.world.city).get(DeficitRow, leaf=ward.leaf)


def everybody(ward: Ward):
    return [one.gateway.office for one in ward.holders]


def test_every_holder_of_a_confirmed_body_proves_that_it_has_it(ward):
    """[ST-001] The provider and the three that confirmed: one more than the rule asks for."""
    looked = ward.look()
    assert looked.confirmed
    assert not looked.below
    assert (looked.found, looked.needed) == (4, 3)
    assert looked.holders == {clinic.address: ReplicaState.PROVEN for clinic in ward.world.clinics}
    assert alarm(ward) is None
    row = ward.rows_of(ward.world.city).require(ReplicaRow, leaf=ward.leaf, holder=ward.world.clinics[0].address)
    assert row.proven == ward.world.sandbox.clock.now()
    assert unkept(everybody(ward)) == ()


def test_a_validator_counts_the_copies_too_and_hears_of_the_others_from_the_provider(ward):
    """[ST-005] The alarm does not depend on the provider's own gateway alone."""
    looked = ward.look(ward.world.clinics[0])
    assert looked.found == 4
    assert set(looked.holders) == {ward.world.city.address, *(one.address for one in ward.world.clinics[1:])}


def test_whom_another_holder_names_is_not_believed(ward, monkeypatch):
    """[ST-005] One holder could otherwise name doors of its own as if they were many."""
    valley = ward.world.clinics[1].gateway
    right = valley.replicas.prove

    def naming(leaf, nonce):
        return Possession(
            answer=right(leaf, nonce).answer, places=(Place(account=ward.world.hill.address, url=ward.world.hill.url),)
        )

    monkeypatch.setattr(valley.replicas, "prove", naming)
    assert ward.world.hill.address not in ward.look().holders
    assert ward.world.hill.address not in ward.look(ward.world.clinics[0]).holders


def test_a_wrong_answer_a_missing_body_and_silence_are_no_copies(ward, monkeypatch):
    """[ST-001, ST-003] An answer to an earlier nonce, another holder's answer, none at all."""
    harbour, valley, meadow = ward.world.clinics
    old = harbour.gateway.replicas.prove(ward.leaf, bytes(32))
    monkeypatch.setattr(harbour.gateway.replicas, "prove", lambda *_: old)
    ward.lose(valley)
    ward.down(meadow)
    looked = ward.look()
    assert looked.holders == {
        harbour.address: ReplicaState.WRONG,
        valley.address: ReplicaState.MISSING,
        meadow.address: ReplicaState.SILENT,
    }
    assert looked.found == 1
    assert looked.below
    raised = alarm(ward)
    assert (raised.found, raised.needed, raised.cid) == (1, 3, ward.cid)


def test_another_holders_answer_does_not_count(ward, monkeypatch):
    """[ST-001] A holder without the bytes passes the question on to one that has them."""
    harbour, valley, _ = ward.world.clinics
    ward.lose(harbour)
    monkeypatch.setattr(harbour.gateway.replicas, "prove", valley.gateway.replicas.prove)
    assert ward.look().holders[harbour.address] is ReplicaState.WRONG


def test_an_answer_at_a_door_of_somebody_else_does_not_count(ward):
    """[ST-001] Another institution answers at the holder's URL."""
    harbour = ward.world.clinics[0]
    ward.world.sandbox.network.open(harbour.url, ward.world.hill.gateway)
    assert ward.look().holders[harbour.address] is ReplicaState.SILENT


def test_a_holder_that_lost_its_copy_fetches_it_in_its_next_round(ward):
    """[U-018, ST-004] R03: the challenge itself puts the body first; the alarm ends when it is back."""
    harbour, valley, _ = ward.world.clinics
    ward.lose(harbour)
    ward.lose(valley)
    assert ward.look().below
    for clinic in (harbour, valley):
        (looked,) = ward.auditor(clinic).round()
        assert looked.restored
        assert ward.store_of(clinic).has(ward.cid)
        assert ward.cid in tuple(ward.store_of(clinic).list())
    assert ward.look().found == 4
    assert alarm(ward) is None


@pytest.mark.parametrize("fault", ["lose", "rot"])
def test_the_own_copy_comes_back_from_a_holder_when_it_is_lost_or_damaged(ward, fault):
    """[U-018] R03, R13: nobody reads it, and the next round notices all the same."""
    getattr(ward, fault)(ward.world.city)
    (looked,) = ward.auditor(ward.world.city).round()
    assert looked.restored
    assert looked.found == 4
    with ward.store_of(ward.world.city).get(ward.cid) as body:
        assert body.read()


def test_a_copy_that_is_not_the_very_bytes_takes_no_place(ward, monkeypatch):
    """[U-018] R13: every other holder lies about the body."""
    ward.rot(ward.world.city)
    for clinic in ward.world.clinics:
        monkeypatch.setattr(clinic.gateway, "body", lambda _: b"something else")
    looked = ward.look()
    assert not looked.restored
    assert (looked.found, looked.below) == (0, True)


def test_a_body_whose_every_copy_is_lost_is_an_alarm_and_never_well(ward):
    """[ST-003] R03: all pins lost."""
    for holder in ward.holders:
        ward.lose(holder)
    for holder in ward.holders:
        looked = ward.look(holder)
        assert (looked.found, looked.below) == (0, True)
    assert alarm(ward).found == 0
    found = standing(ward.world.gateway.office)
    assert (found.kept, found.below, found.lost, found.unanswered) == (1, 1, 1, 0)
    assert found.since == ward.world.sandbox.clock.now()
    assert unkept(everybody(ward)) == ()


def test_a_loss_that_no_alarm_tells_of_is_what_the_invariant_finds(ward):
    """I2 can fail: two of four copies gone, and no auditor has looked."""
    ward.lose(ward.world.clinics[0])
    ward.lose(ward.world.clinics[1])
    (broken,) = unkept(everybody(ward))
    assert (broken.leaf, broken.found, broken.needed) == (ward.leaf, 2, 3)


def test_a_body_that_another_tenant_let_go_of_is_pinned_again(ward):
    """[U-018] R11: the collector has not come yet."""
    ward.store_of(ward.world.city).unpin(ward.cid)
    ward.look()
    assert ward.cid in tuple(ward.store_of(ward.world.city).list())


def test_one_more_holder_is_sought_after_a_while_and_not_before(ward):
    """[ST-002] Two clinics stay away for good: a third institution takes their place."""
    harbour, valley, _ = ward.world.clinics
    for clinic in (harbour, valley):
        ward.down(clinic)
    auditor = ward.auditor(ward.world.city, neighbours=(ward.world.hill.url,))
    assert auditor.examine(ward.leaf).added == ()
    ward.world.wait(PATIENCE)
    assert auditor.examine(ward.leaf).added == (ward.world.hill.address,)
    (taken,) = ward.auditor(ward.world.hill).round()
    assert taken.restored
    looked = auditor.examine(ward.leaf)
    assert looked.holders[ward.world.hill.address] is ReplicaState.PROVEN
    assert (looked.found, looked.below) == (3, False)
    assert alarm(ward) is None


def test_an_institution_that_checks_nothing_is_not_asked_for_a_copy(ward):
    """[ST-002] The Old Pharmacy is an institution and no validator."""
    for clinic in ward.world.clinics[:2]:
        ward.down(clinic)
    pharmacy = ward.world.sandbox.institution("Old Pharmacy", roles=Role.INSTITUTION | Role.CUSTODIAN)
    auditor = ward.auditor(ward.world.city, neighbours=(pharmacy.url,))
    auditor.examine(ward.leaf)
    ward.world.wait(PATIENCE)
    assert auditor.examine(ward.leaf).added == ()


def test_what_is_not_confirmed_yet_is_under_no_rule(ward):
    """[ST-003] Nor is there an alarm."""
    (leaf,) = ward.world.write(Category.LABORATORY, confirmed=False)
    looked = ward.auditor(ward.world.city).examine(leaf)
    assert not looked.confirmed
    assert not looked.below
    assert ward.rows_of(ward.world.city).get(DeficitRow, leaf=leaf) is None


def test_a_document_that_is_not_kept_here_is_not_looked_at(ward):
    assert ward.auditor(ward.world.hill).examine(ward.leaf) is None
    assert ward.world.hill.gateway.replicas.prove(ward.leaf, bytes(32)) == Possession(answer=None)


def test_an_erased_document_ends_its_alarm_and_its_turns(ward):
    """[ST-004] It is to be destroyed and not to be kept."""
    for clinic in ward.world.clinics:
        ward.down(clinic)
    city = ward.world.city
    assert ward.look().below
    for clinic in ward.world.clinics:
        ward.up(clinic)
    ward.world.anna.erase(ward.leaf)
    assert alarm(ward) is None
    assert ward.auditor(city).round() == ()
    assert ward.rows_of(city).count(PinTurnRow) == 0
    assert ward.rows_of(city).get(ProofRow, leaf=ward.leaf) is None
    assert unkept(everybody(ward)) == ()


def test_a_round_looks_at_a_sample_and_every_body_has_its_turn_once_in_a_cycle(ward):
    """[ST-006] Seven bodies, three in a round: all seven within three rounds, in an order that nobody knows."""
    ward.world.write(*[Category.LABORATORY] * 6)
    auditor = ward.auditor(ward.world.city, sample=3)
    seen = [one.leaf for _ in range(3) for one in auditor.round()]
    assert len(seen) == 9
    assert len(set(seen[:7])) == 7
    assert ward.rows_of(ward.world.city).count(PinTurnRow) == 7


def test_a_round_asks_a_door_that_is_down_once(ward, monkeypatch):
    """[ST-006] Many bodies at one dead node do not stall a round."""
    ward.world.write(*[Category.LABORATORY] * 4)
    harbour = ward.world.clinics[0]
    ward.down(harbour)
    asked = []
    at = ward.world.sandbox.network.at

    def counting(url):
        asked.append(url)
        return at(url)

    monkeypatch.setattr(ward.world.sandbox.network, "at", counting)
    ward.auditor(ward.world.city).round()
    assert asked.count(harbour.url) == 1


def test_a_gateway_that_is_asked_to_keep_checks_what_it_is_told(ward):
    """[ST-002] Unconfirmed, made up, erased: nothing of it is kept."""
    hill, city = ward.world.hill.gateway, ward.world.city
    source = Place(account=city.address, url=city.url)
    (young,) = ward.world.write(Category.LABORATORY, confirmed=False)
    unconfirmed = ward.rows_of(city).require(ProofRow, leaf=young)
    for row, code in (
        (unconfirmed, "gateway.replica-refused"),
        (replace(ward.row, body_digest=keccak(b"another")), "gateway.not-what-was-signed"),
        (replace(ward.row, proof=(bytes(32),)), "tree.proof-mismatch"),
        (replace(ward.row, provider=ward.world.hill.address), "gateway.replica-refused"),
    ):
        with pytest.raises(MedShareError) as caught:
            hill.replicas.keep(row, source)
        assert caught.value.code == code
    with pytest.raises(MedShareError) as caught:
        hill.replicas.keep(ward.row, Place(account="0x" + "77" * 20, url=city.url))
    assert caught.value.code == "gateway.not-empowered"
    assert hill.office.vault.get(ProofRow, leaf=ward.leaf) is None
    row = ward.row
    copy = ward.world.anna.copies()[ward.leaf]
    message = ward.world.anna.sign(Erase(patient=copy.patient, inner=copy.inner))
    hill.shelf.erase(message)
    with pytest.raises(MedShareError) as caught:
        hill.replicas.keep(row, source)
    assert caught.value.code == "gateway.replica-refused"
