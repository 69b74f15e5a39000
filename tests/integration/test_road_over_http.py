"""The whole road over real sockets: a chain, every gateway behind its own server, actors only through `RemoteNetwork`."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from medshare.actors.network import NoSuchDoor
from medshare.consent.categories import Category
from medshare.errors import RefusedError
from medshare.gateway import Refused
from medshare.keys.directory import Place
from medshare.ledger import RecordStatus
from medshare.release.rule import Ground
from medshare.replication.auditor import PinAuditor
from medshare.vault import ProofRow, ReplicaState
from tests.integration.town import town
from tests.unit.actors.world import papers

PROBLEMS, LABORATORY, SENSITIVE = Category.PROBLEMS, Category.LABORATORY, Category.MENTAL_HEALTH


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A town: everybody's gateway behind a server of its own."""
    with town(tmp_path_factory.mktemp("town")) as built:
        yield built


@pytest.fixture(scope="module")
def road(place):
    """Walk the road once; afterwards every test looks at one stretch of it."""
    city, hill = place.institution("City Hospital"), place.institution("Hill Hospital")
    clinics = [place.institution(f"{name} Clinic") for name in ("Harbour", "Valley", "Meadow")]
    researcher, anna = place.researcher("Institute of Heart Research"), place.patient()
    for hospital in (city, hill):
        hospital.enrol(anna.answer(hospital.offer_enrolment()), identity_checked=True)
    anna.sync()
    upload = city.upload(anna.address, papers(PROBLEMS, LABORATORY, SENSITIVE))
    anchoring = city.anchor()
    left = city.submit(anchoring, [Place(account=one.address, url=one.url) for one in clinics])
    checked = [clinic.check_submissions() for clinic in clinics]
    confirmation = city.collect_verdicts(anchoring)
    known = anna.sync()
    door = place.network(hill.account).at(city.url)
    hill.request(
        anna.address, door, categories=[PROBLEMS, LABORATORY], purposes=["TREAT"], days=30, why="A second opinion"
    )
    (asked,) = anna.inbox()
    consent = anna.approve(asked, categories=[PROBLEMS])
    rows = hill.list_documents(door, consent, purpose="TREAT")
    reading = hill.read(door, consent, rows[0], purpose="TREAT")
    return SimpleNamespace(
        place=place,
        city=city,
        hill=hill,
        clinics=clinics,
        researcher=researcher,
        anna=anna,
        leaves=[one.leaf for one in upload.written],
        left=left,
        checked=checked,
        confirmation=confirmation,
        known=known,
        door=door,
        consent=consent,
        rows=rows,
        reading=reading,
    )


def test_a_person_enrols_and_a_period_is_confirmed_by_validators_whom_nobody_calls(road):
    """[V-009, V-010, V-011, W-001] Left at doors, worked off, collected, anchored."""
    assert road.place.ledger.account(road.anna.address).active
    assert set(road.left.waiting) == {clinic.url for clinic in road.clinics}
    assert all(not one.waiting and len(one.answers) == 1 for one in road.checked)
    assert road.confirmation.transaction is not None
    assert set(road.known.new) == set(road.leaves)
    assert road.known.disputed == ()


def test_a_reader_gets_exactly_what_was_granted(road):
    """[R-008, R-015, O-001]"""
    assert [row.leaf for row in road.rows] == [road.leaves[0]]
    assert b'"of":"PROBLEMS"' in road.reading.document.content
    assert road.reading.receipt.message.gateway == road.door.address


def test_holders_prove_their_copies_and_a_lost_one_comes_back_over_the_doors(road):
    """[ST-001, ST-005] R03: the provider and a clinic challenge the others, each in its own name."""
    leaf, harbour = road.leaves[2], road.clinics[0]
    row = road.city.gateway.office.vault.require(ProofRow, leaf=leaf)
    auditor, clinics = (
        PinAuditor(one.gateway, road.place.network(one.account).at, sample=100) for one in (road.city, harbour)
    )
    assert (auditor.examine(leaf).found, clinics.examine(leaf).found) == (4, 4)
    store = harbour.gateway.office.store
    store.unpin(row.cid)
    store.delete(row.cid)
    looked = auditor.examine(leaf)
    assert looked.holders[harbour.address] is ReplicaState.MISSING
    assert looked.found == 3
    assert [one.leaf for one in clinics.round() if one.restored] == [leaf]
    assert auditor.examine(leaf).found == 4


def test_the_rest_is_refused_with_the_same_error_as_in_process(road):
    """[R-008, R-015, R-006] Another category, another reader, a consent to write."""
    slot = road.consent.category_slot(PROBLEMS)
    with pytest.raises(Refused) as caught:
        road.hill._reader.read(
            road.door, road.consent, road.leaves[1], slot, accessor=road.hill.account, purpose="TREAT"
        )
    assert caught.value.ground is Ground.SLOT_NOT_OF_CATEGORY
    assert caught.value.receipt.message.gateway == road.door.address
    with pytest.raises(Refused) as caught:
        road.hill._reader.read(
            road.door, road.consent, road.leaves[0], slot, accessor=road.researcher.account, purpose="TREAT"
        )
    assert caught.value.ground is Ground.NOT_ACCESSOR
    with pytest.raises(RefusedError):
        road.hill.list_documents(road.door, road.consent, purpose="HMARKT")


def test_the_patient_sees_who_looked_and_who_was_refused(road):
    """[L-001, R-020]"""
    lines = [line for line in road.anna.who_looked() if line.accessor == road.hill.address]
    assert Ground.RELEASED in {line.ground for line in lines}
    assert PROBLEMS in {line.category for line in lines}
    assert {line.gateway for line in lines} == {road.door.address}


def test_a_researcher_waits_for_a_final_block(road):
    """[R-010]"""
    researcher, anna = road.researcher, road.anna
    door = road.place.network(researcher.account).at(road.city.url)
    request = researcher.request(
        anna.address, door, categories=[LABORATORY], purposes=["BIORCH"], days=30, why="A study"
    )
    assert researcher.answer_to(request, door) is None
    anna.approve(next(one for one in anna.inbox() if one.request == request.request))
    answer = researcher.answer_to(request, door)
    road.place.final()
    (reading,) = researcher.fetch(answer, door, purpose="BIORCH")
    assert b'"of":"LABORATORY"' in reading.document.content


def test_a_no_comes_back_receipted(road):
    """[W-008] And the chain never hears of it."""
    request = road.hill.request(
        road.anna.address, road.door, categories=[SENSITIVE], purposes=["TREAT"], days=3, why="Curiosity"
    )
    wanted = next(one for one in road.anna.inbox() if one.request == request.request)
    receipt = road.anna.refuse(wanted)
    assert receipt.message.reason == Ground.REFUSED_BY_PATIENT
    refusal = road.door.postbox.refusal(request.request)
    assert refusal is not None
    assert refusal.signer == road.anna.address


def test_an_amendment_goes_the_same_way(road):
    """[D-004, V-007]"""
    old = road.leaves[2]
    road.city.amend(old, b'{"text":"amended"}')
    anchoring = road.city.anchor()
    road.city.submit(anchoring, [Place(account=one.address, url=one.url) for one in road.clinics])
    for clinic in road.clinics:
        clinic.check_submissions()
    assert road.city.collect_verdicts(anchoring).transaction is not None
    home = road.anna.network.at(road.city.url)
    listed = {row.leaf: row for row in home.counter.listing(road.anna.own_request(home)).rows}
    assert road.place.ledger.record_status(listed[old].sealed.placement.query).status is RecordStatus.SUPERSEDED


def test_after_a_revocation_the_door_is_shut(road):
    """[R-007, A06]"""
    done = road.anna.revoke(road.consent)
    assert road.place.ledger.mined(done.hash) == done
    with pytest.raises(Refused) as caught:
        road.hill.read(road.door, road.consent, road.rows[0], purpose="TREAT")
    assert caught.value.ground in {Ground.REVOCATION_SEEN, Ground.REVOKED}
    assert road.anna.sync().rotated


def test_an_erasure_reaches_holders_that_nobody_can_call(road):
    """[W-007, W-010, W-009] D10: they come, destroy, and leave their signed word; the agent hears of it."""
    leaf, anna = road.leaves[0], road.anna
    copy = anna.copies()[leaf]
    report = anna.erase(leaf)
    assert report.acknowledged == (road.city.address,)
    assert set(report.unanswered) == {road.hill.address, *(clinic.address for clinic in road.clinics)}
    for holder in (road.hill, *road.clinics):
        assert leaf in holder.honour_erasures().erased
    anna.sync()
    assert anna.chase() == ()
    assert not any(one.gateway.office.store.has(copy.cid) for one in (road.city, *road.clinics))
    assert road.hill.copies.get(leaf) is None
    with pytest.raises(Refused) as caught:
        road.door.counter.read(anna.own_request(road.door, leaf=leaf))
    assert caught.value.ground in {Ground.ERASURE_SEEN, Ground.ERASED}


def test_nobody_answers_where_nobody_is(road):
    with pytest.raises(NoSuchDoor):
        road.anna.network.at("http://127.0.0.1:9")
