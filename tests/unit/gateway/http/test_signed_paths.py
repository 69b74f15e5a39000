"""Cases A06 and A07: every path that takes a signed message, signed by every role."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from medshare.digest import keccak
from medshare.gateway.wire import audit, letters, routes
from medshare.gateway.wire.routes import Access
from medshare.signed import Signed
from medshare.typed_data import (
    Catalogue,
    Deposit,
    Directory,
    Dispute,
    Envelope,
    Erase,
    Erased,
    Lockdown,
    Objection,
    Refuse,
    Replace,
    Revoke,
    Settle,
    State,
)
from medshare.vault import CapsuleRow, ProofRow, ReceiptRow
from tests.unit.gateway.http.door import code_of
from tests.unit.gateway.http.town import ROLES, STATES, make_town

SIGNERS = tuple(role for role in ROLES if role != "nobody")
NOTHING = bytes([0x5E]) * 32
NOBODY = "0x" + "5e" * 20
SOME = b"sealed to somebody"


@pytest.fixture(scope="module")
def town():
    town = make_town()
    yield town
    town.door.close()


def sign(town, role, message):
    return Signed.by(town.keys[role], message, town.world.anna.domains)


def at(town):
    return town.world.sandbox.clock.now()


def directory(town, role, real):
    anna = town.world.anna
    data = anna.directory().to_bytes()
    message = Directory(patient=anna.address if real else NOBODY, digest=keccak(data), seq=99)
    return letters.DirectoryLetter(signed=sign(town, role, message), directory=data)


def envelope(town, role, real):
    consent = town.consents["granted"].consent_id if real else NOTHING
    message = Envelope(consent_id=consent, grantee_key=NOTHING, seq=99, digest=keccak(SOME), at=at(town))
    return letters.EnvelopeForm(signed=sign(town, role, message), envelope=SOME)


def refuse(town, role, real):
    rows = town.world.gateway.postbox.requests(town.world.anna.address)
    request = next(row.request for row in rows if row.request != town.refused) if real else NOTHING
    return letters.RefuseLetter(signed=sign(town, role, Refuse(request=request, reason=1, at=at(town))))


def state(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    message = State(patient=patient, seq=99, digest=keccak(SOME), at=at(town))
    return letters.StateForm(signed=sign(town, role, message), sealed=SOME)


def catalogue(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    message = Catalogue(patient=patient, category=3, seq=99, digest=keccak(SOME), at=at(town))
    return letters.CatalogueForm(signed=sign(town, role, message), sealed=SOME)


def dispute(town, role, real):
    leaf = town.leaves["granted"] if real else NOTHING
    return letters.DisputeLetter(signed=sign(town, role, Dispute(leaf=leaf, reason=3, text_digest=bytes(32))))


def settle(town, role, real):
    world = town.world
    found = next(one.signed for one in world.gateway.postbox.disputes(world.city.address))
    digest = found.digest(world.gateway.office.domains)
    leaf = found.message.leaf if real else NOTHING
    return letters.SettleLetter(signed=sign(town, role, Settle(leaf=leaf, dispute=digest, outcome=1, at=at(town))))


def deposit(town, role, real):
    row = town.world.gateway.office.vault.require(CapsuleRow, leaf=town.leaves["granted"])
    message = Deposit(
        provider=town.world.city.address if real else NOBODY,
        patient=row.patient,
        leaf=row.leaf,
        compartment=row.compartment,
        epoch=row.epoch,
        capsule=keccak(row.capsule),
        cid=keccak(row.cid.encode()),
        at=at(town),
    )
    return letters.DepositLetter(signed=sign(town, role, message), capsule=row.capsule, cid=row.cid)


def replacement(town, role, real):
    row = town.world.gateway.office.vault.require(CapsuleRow, leaf=town.leaves["granted"])
    message = Replace(
        leaf=row.leaf if real else NOTHING,
        seq=9,
        old_capsule=keccak(row.capsule),
        new_capsule=keccak(SOME),
    )
    return letters.ReplaceLetter(signed=sign(town, role, message), capsule=SOME, epoch=1)


def revoke(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    message = Revoke(patient=patient, grantee=NOBODY, terms=NOTHING)
    return letters.RevokeLetter(signed=sign(town, role, message))


def lockdown(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    return letters.LockdownLetter(signed=sign(town, role, Lockdown(patient=patient, time=1)))


def erase(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    message = Erase(patient=patient, inner=NOTHING)
    return letters.EraseLetter(signed=sign(town, role, message))


def acknowledge(town, role, real):
    holder = town.world.hill.address if real else NOBODY
    return letters.ErasedLetter(signed=sign(town, role, Erased(leaf=town.erased, holder=holder, at=at(town))))


def objection(town, role, real):
    door = town.world.gateway.address
    row = town.world.gateway.office.vault.require(ReceiptRow, gateway=door, patient=town.world.anna.address, seq=1)
    message = Objection(
        gateway=door,
        patient=row.patient if real else NOBODY,
        seq=row.seq,
        receipt=row.digest if real else NOTHING,
        reason=1,
        at=at(town),
    )
    return audit.ObjectionLetter(signed=sign(town, role, message))


def carry(town, role, real):
    patient = town.world.anna.address if real else NOBODY
    return letters.CarryLetter(signed=sign(town, role, Revoke(patient=patient, grantee=NOBODY, terms=NOTHING)))


PATIENT = frozenset(("patient",))
CASES = {
    routes.TAKE_DIRECTORY: (directory, PATIENT, 409),
    routes.TAKE_ENVELOPE: (envelope, frozenset(), 404),
    routes.REFUSE: (refuse, PATIENT | {"delegate who refuses"}, 422),
    routes.TAKE_STATE: (state, frozenset(), 403),
    routes.TAKE_CATALOGUE: (catalogue, frozenset(), 403),
    routes.TAKE_DISPUTE: (dispute, PATIENT, 404),
    routes.SETTLE_DISPUTE: (settle, frozenset(("provider",)), 404),
    routes.DEPOSIT: (deposit, frozenset(("provider", "provider's staff")), 403),
    routes.REPLACE: (replacement, frozenset(), 404),
    routes.SAW_REVOKE: (revoke, PATIENT, 403),
    routes.SAW_LOCKDOWN: (lockdown, PATIENT, 403),
    routes.ERASE: (erase, PATIENT, 403),
    routes.ACKNOWLEDGE: (acknowledge, frozenset(("grantee", "grantee's staff")), 403),
    routes.OBJECT: (objection, PATIENT | {"delegate who reads"}, 403),
    routes.CARRY: (carry, PATIENT, 403),
}
"""What is sent, whose signature counts, and the status for the others. What the agent key signs, no account may."""

QUESTIONS = {routes.READ, routes.LISTING, routes.LOG}
WITHOUT_SIGNER = {routes.TAKE_CONSENT, routes.GRANT, routes.APPROVE}
"""Whoever carries these, the signature inside decides, or the chain."""

CELLS = [(route, role) for route in CASES for role in SIGNERS]


@pytest.mark.parametrize(("route", "role"), CELLS, ids=[f"{route.name}-{role}" for route, role in CELLS])
def test_a_signed_message_counts_only_from_who_may_sign_it(town, route, role):
    """A07. [H-006] [H-008] And who may not learns nothing: a thing that does not exist gets the same answer."""
    make, may, status = CASES[route]
    answer = town.door.call(route, make(town, role, True))
    if role in may:
        assert answer.status_code in {200, 204, 403, 409}
        assert not (answer.status_code == 403 and code_of(answer) == "gateway.not-empowered"), answer.text
        return
    assert answer.status_code == status, answer.text
    other = town.door.call(route, make(town, role, False))
    anna, city, hill = town.world.anna.address, town.world.city.address, town.world.hill.address
    text = answer.text.replace(anna, NOBODY).replace(city, NOBODY).replace(hill, NOBODY)
    same = other.text.replace(anna, NOBODY).replace(city, NOBODY).replace(hill, NOBODY)
    if route in {routes.CARRY, routes.TAKE_DIRECTORY}:
        return  # what they say about an address, the chain says to anybody
    assert (answer.status_code, text) == (other.status_code, same)


@pytest.mark.parametrize("route", CASES, ids=lambda route: route.name)
def test_a_signature_that_is_not_the_signers_tells_nothing_of_what_is_there(town, route):
    """A07. [H-008] Whether the thing exists or not, the same 409 comes first."""
    make = CASES[route][0]
    answers = []
    for real in (True, False):
        letter = make(town, "patient", real)
        forged = replace(letter.signed, signature=make(town, "stranger", real).signed.signature)
        answers.append(town.door.call(route, letter.model_copy(update={"signed": forged})))
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].text == answers[1].text


def question(town, role, state, **changes):
    consent = town.consents[state]
    asked = town.world.ask(consent, town.leaves[state], key=town.keys[role])
    message = replace(asked.message, **changes)
    return letters.ReadLetter(signed=Signed.by(town.keys[role], message, town.world.anna.domains))


READS = list(itertools.product(SIGNERS, STATES))


@pytest.mark.parametrize(("role", "state"), READS, ids=[f"{role}-{state}" for role, state in READS])
def test_a_document_is_released_to_who_may_read_while_the_consent_is_in_force(town, role, state):
    """A06. Without a session: the signature is the proof, and the release rule decides."""
    answer = town.door.call(routes.READ, question(town, role, state))
    if state == "granted" and role in {"grantee", "grantee's staff"}:
        assert answer.status_code == 200
        form = routes.READ.answer.read(answer.content)
        assert form.value().leaf == town.leaves["granted"]
        return
    assert (answer.status_code, code_of(answer)) == (403, "gateway.refused")
    assert answer.json()["receipt"]["message"]["reason"] == answer.json()["ground"] > 0


@pytest.mark.parametrize("role", SIGNERS)
@pytest.mark.parametrize("route", [routes.LISTING, routes.LOG], ids=lambda route: route.name)
def test_everything_of_a_patient_is_listed_to_her_and_who_may_read_for_her(town, route, role):
    asked = town.world.ask_own(key=town.keys[role])
    answer = town.door.call(route, letters.ReadLetter(signed=asked))
    mine = role in {"patient", "delegate who reads"}
    assert answer.status_code == (200 if mine else 403), answer.text
    if mine:
        form = route.answer.read(answer.content)
        lines = form.rows if route is routes.LISTING else form.lines
        assert len(lines) >= 6


def test_a_question_is_answered_once(town):
    letter = question(town, "grantee", "granted")
    assert town.door.call(routes.READ, letter).status_code == 200
    again = town.door.call(routes.READ, letter)
    assert (again.status_code, code_of(again)) == (403, "gateway.refused")


def test_a_question_for_another_door_is_refused_here(town):
    letter = question(town, "grantee", "granted", gateway=NOBODY)
    assert code_of(town.door.call(routes.READ, letter)) == "gateway.refused"


def test_a_question_in_anothers_name_is_no_question(town):
    """[H-008]"""
    asked = town.world.ask(town.consents["granted"], town.leaves["granted"])
    forged = replace(asked, signer=town.keys["stranger"].address)
    stolen = Signed.by(town.keys["stranger"], asked.message, town.world.anna.domains)
    for signed in (forged, stolen):
        assert town.door.call(routes.READ, letters.ReadLetter(signed=signed)).status_code == 409


def test_a_consent_of_another_registry_or_with_other_words_is_not_taken(town):
    consent = letters.ConsentForm.of(town.consents["granted"])
    for form in (
        consent.model_copy(update={"registry": NOBODY}),
        consent.model_copy(update={"statement": consent.statement.replace("Hill", "Hall")}),
    ):
        for route in (routes.TAKE_CONSENT, routes.GRANT):
            answer = town.door.call(route, letters.ConsentLetter(consent=form))
            assert answer.status_code in {403, 404, 409, 422}, answer.text
    assert town.door.call(routes.TAKE_CONSENT, letters.ConsentLetter(consent=consent)).status_code == 204


def test_a_body_is_given_to_anybody_and_only_if_it_is_kept_here(town):
    row = town.world.gateway.office.vault.require(ProofRow, leaf=town.leaves["granted"])
    answer = town.door.call(routes.BODY, cid=row.cid)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert len(answer.content) == row.size
    other = row.cid[:-4] + ("aaaa" if not row.cid.endswith("aaaa") else "bbbb")
    assert town.door.call(routes.BODY, cid=other).status_code in {404, 422}


def test_the_matrix_has_every_path_that_takes_a_signed_message():
    signed = {route.name for route in routes.ROUTES.values() if route.access is Access.SIGNED}
    assert {route.name for route in (*CASES, *QUESTIONS, *WITHOUT_SIGNER)} == signed
