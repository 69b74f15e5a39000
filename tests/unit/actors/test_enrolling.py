"""Enrolment at the desk, and whom an institution writes for afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors import enrolment
from medshare.actors.agent import Agent, NoDoor
from medshare.actors.enrolment import IdentityNotChecked, NotWriteOnly, OfferExpired, OfferForeign, OfferUnknown
from medshare.actors.network import NoSuchDoor
from medshare.actors.writer import NoConsentToWrite, NotEnrolledHere, StaleHead
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.gateway.errors import DirectoryUnknown, NotWhatWasSigned
from medshare.keys.errors import DigestDiffers
from medshare.ledger import Role
from medshare.public_records import NoKeyPublished, NotAccredited, accreditation_of, key_document_of
from medshare.signed import Signed
from medshare.statement.errors import GranteeIsCustodian
from medshare.typed_data import Register
from medshare.typed_data.errors import SignatureForeign
from medshare.vault import ConsentRow, DirectoryRow, EnrolmentRow
from tests.unit.actors.world import DAY, LedgerDouble, aged, make_world, papers


@pytest.fixture(scope="module")
def world():
    return make_world(anna=False)


@pytest.fixture
def ben(world):
    return world.sandbox.patient()


def nothing_kept(world, person) -> bool:
    vault = world.gateway.office.vault
    rows = (vault.count(EnrolmentRow, patient=person.address), vault.count(ConsentRow, patient=person.address))
    return rows == (0, 0) and vault.count(DirectoryRow, owner=person.address) == 0


def test_a_person_is_enrolled_and_pays_nothing(world, ben):
    """[W-001] Positive: after the desk the hospital seals for her."""
    world.sandbox.enrol(ben, world.city)
    assert world.ledger.account(ben.address).has(Role.PATIENT)
    assert world.gateway.postbox.enrolled(ben.address)
    assert len(world.city.upload(ben.address, papers(Category.PROBLEMS)).written) == 1
    assert [row.institution for row in ben.state.enrolments] == [world.city.address]


def test_nothing_is_sealed_for_somebody_who_was_not_enrolled(world, ben):
    """[W-001]"""
    with pytest.raises(NotEnrolledHere):
        world.city.upload(ben.address, papers(Category.PROBLEMS))
    world.sandbox.enrol(ben, world.city)
    with pytest.raises(NotEnrolledHere):
        world.hill.upload(ben.address, papers(Category.PROBLEMS))


def test_nothing_is_sealed_on_a_stale_head(world, ben, monkeypatch):
    """[W-001] R09: an old block may name an old directory."""
    world.sandbox.enrol(ben, world.city)
    head, most = world.ledger.head(), world.ledger.deployment.head_max_age
    monkeypatch.setattr(world.city._writer, "_ledger", LedgerDouble(world.ledger, head=lambda: aged(head, most + 1)))
    with pytest.raises(StaleHead):
        world.city.upload(ben.address, papers(Category.PROBLEMS))
    double = LedgerDouble(world.ledger, head=lambda: aged(head, most), holds=lambda **_: True)
    monkeypatch.setattr(world.city._writer, "_ledger", double)
    assert world.city.upload(ben.address, papers(Category.PROBLEMS)).written


def test_nothing_is_sealed_without_the_directory_on_the_chain(world, ben):
    """[W-001] The digest on the chain is new and its bytes are not here."""
    world.sandbox.enrol(ben, world.city)
    world.gateway.office.vault.destroy(DirectoryRow, owner=ben.address)
    with pytest.raises(DirectoryUnknown):
        world.city.upload(ben.address, papers(Category.PROBLEMS))


def test_nothing_is_sealed_without_a_consent_to_write(world, ben):
    """[V-005]"""
    world.sandbox.enrol(ben, world.city)
    world.wait(1)
    ben.revoke(ben.consents()[0])
    with pytest.raises(NoConsentToWrite):
        world.city.upload(ben.address, papers(Category.PROBLEMS))


def test_a_second_institution_enrols_her_without_a_second_registration(world, ben):
    world.sandbox.enrol(ben, world.city)
    answer = ben.answer(world.hill.offer_enrolment())
    assert answer.register is None
    world.hill.enrol(answer, identity_checked=True)
    ben.sync()
    assert {place.account for place in ben.directory().postboxes} == {world.city.address, world.hill.address}
    assert world.ledger.digest_of(ben.address) == ben.directory().digest


def test_the_right_to_read_from_the_desk_comes_with_its_keys(world, ben):
    """The envelope is left at the first sync, though the directory did not change."""
    world.sandbox.enrol(ben, world.city, reading_days=30)
    (leaf,) = world.write(Category.PROBLEMS, patient=ben)
    ben.sync()
    (reading,) = [one for one in world.city.consents_at(world.gateway) if one.word.actions == Action.READ]
    rows = world.city.list_documents(world.gateway, reading, purpose="TREAT")
    assert [row.leaf for row in rows] == [leaf]
    assert world.city.read(world.gateway, reading, rows[0], purpose="TREAT").category is Category.PROBLEMS


def test_a_door_that_came_later_gets_the_consents_and_envelopes_too(world, ben):
    """An envelope cannot be left where nobody has heard of the consent."""
    world.sandbox.enrol(ben, world.city, reading_days=30)
    ben.sync()
    world.sandbox.enrol(ben, world.hill)
    ben.sync()
    (reading,) = [one for one in ben.consents() if one.word.actions == Action.READ]
    assert world.hill.gateway.postbox.envelope(reading.consent_id)


@pytest.mark.parametrize("late", [0, 1])
def test_an_offer_expires(world, ben, late):
    """E04."""
    offer = world.city.offer_enrolment()
    answer = ben.answer(offer)
    world.wait(enrolment.OFFER_LIFE + late)
    with pytest.raises(OfferExpired):
        world.city.enrol(answer, identity_checked=True)
    with pytest.raises(OfferExpired):
        ben.answer(offer)
    assert nothing_kept(world, ben)


def test_an_answer_is_taken_once_and_only_at_its_desk(world, ben):
    """E01."""
    answer = ben.answer(world.city.offer_enrolment())
    with pytest.raises(OfferUnknown):
        world.hill.enrol(answer, identity_checked=True)
    world.city.enrol(answer, identity_checked=True)
    with pytest.raises(OfferUnknown):
        world.city.enrol(answer, identity_checked=True)


def test_nobody_is_enrolled_whose_identity_was_not_checked(world, ben):
    with pytest.raises(IdentityNotChecked):
        world.city.enrol(ben.answer(world.city.offer_enrolment()), identity_checked=False)
    assert nothing_kept(world, ben)


@pytest.mark.parametrize("changes", [{"chain_id": 1}, {"registry": "0x" + "99" * 20}])
def test_an_offer_for_another_deployment_is_not_answered(world, ben, changes):
    """E02."""
    with pytest.raises(OfferForeign):
        ben.answer(replace(world.city.offer_enrolment(), **changes))


def test_the_first_consent_is_to_write_only(world, ben):
    """[S-005]"""
    answer = ben.answer(world.city.offer_enrolment(), reading_days=30)
    for consents in ((), answer.consents[::-1]):
        with pytest.raises(NotWriteOnly):
            world.city.enrol(replace(answer, consents=consents), identity_checked=True)
    assert nothing_kept(world, ben)


def spoiled(world, person, stranger) -> list:
    """Answers of which one part is not this person's, or not for this hospital."""
    answer = person.answer(world.city.offer_enrolment())
    foreign = stranger.answer(world.city.offer_enrolment())
    elsewhere = person.answer(world.hill.offer_enrolment())
    unsigned = replace(answer.consents[0], signature=foreign.consents[0].signature)
    other = Signed.by(
        person.account, Register(patient=person.address, directory=foreign.enrol.message.directory), person.domains
    )
    key = replace(answer.enrol.message, institution_key=b"\x01" * 32)
    return [
        (replace(answer, register=foreign.register), SignatureForeign),
        (replace(answer, register=other), NotWhatWasSigned),
        (replace(answer, register=None), NotWhatWasSigned),
        (replace(answer, consents=foreign.consents), NotWhatWasSigned),
        (replace(answer, consents=elsewhere.consents), NotWhatWasSigned),
        (replace(answer, consents=(unsigned,)), SignatureForeign),
        (replace(answer, enrol=Signed.by(person.account, key, person.domains)), NotWhatWasSigned),
        (replace(answer, enrol=Signed.by(stranger.account, answer.enrol.message, person.domains)), SignatureForeign),
    ]


def test_an_answer_with_a_foreign_part_is_refused_and_nothing_of_it_is_kept(world, ben):
    """A07: no part of another person slips in beside a true identity."""
    for answer, error in spoiled(world, ben, world.sandbox.patient()):
        with pytest.raises(error):
            world.city.enrol(answer, identity_checked=True)
        assert nothing_kept(world, ben)


def test_a_directory_that_is_not_the_signed_one_is_refused(world, ben):
    """K06."""
    answer = ben.answer(world.city.offer_enrolment())
    foreign = world.sandbox.patient().answer(world.city.offer_enrolment())
    with pytest.raises(DigestDiffers):
        world.city.enrol(replace(answer, directory=foreign.directory), identity_checked=True)
    assert nothing_kept(world, ben)


def test_a_custodian_that_she_chose_is_not_her_grantee(world, ben):
    """[S-006]"""
    world.sandbox.enrol(ben, world.city)
    ben.note(f"custodian:{world.hill.address}", world.hill.url)
    with pytest.raises(GranteeIsCustodian):
        ben.grant(world.hill.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=3)


def test_an_agent_without_a_door_says_so(world, ben):
    with pytest.raises(NoDoor):
        _ = ben.door
    with pytest.raises(NoSuchDoor):
        world.sandbox.network.at("https://nobody.example")


def test_a_person_who_is_registered_and_knows_no_door_with_her_directory_must_wait(world, ben):
    """[K-005] The second desk cannot seal to a directory that nobody hands it."""
    world.sandbox.enrol(ben, world.city)
    again = Agent(
        account=ben.account,
        root=ben.secret_root(),
        network=world.sandbox.network,
        ledger=world.ledger,
        clock=world.sandbox.clock,
    )
    with pytest.raises(DirectoryUnknown):
        type(ben).answer(again, world.hill.offer_enrolment())


def test_who_is_not_accredited_or_has_no_key_is_named(world):
    stranger = world.sandbox.account().address
    with pytest.raises(NotAccredited):
        accreditation_of(world.ledger, stranger)
    world.sandbox.regulator.accredit(stranger, roles=Role.RESEARCHER, names={"en": "A New Institute"})
    assert accreditation_of(world.ledger, stranger).name_in("en") == "A New Institute"
    with pytest.raises(NoKeyPublished):
        key_document_of(world.ledger, stranger)


def test_an_old_consent_is_read_with_the_name_of_its_day(world, ben):
    """[S-002] The accreditation record changed since; the statement names the older version."""
    world.sandbox.enrol(ben, world.city)
    consent = ben.grant(world.researcher.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=3)
    world.sandbox.regulator.accredit(
        world.researcher.address, roles=Role.RESEARCHER, names={"en": "Institute of Heart and Lung Research"}
    )
    world.researcher.check_consent(consent, world.gateway)
    assert DAY == 86_400
