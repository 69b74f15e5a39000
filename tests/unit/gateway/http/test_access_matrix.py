"""Cases A05, A06, A07 and A12: every path with a session, for every role, in every state of a consent.

What is not the caller's must look exactly like what is not there: each question is asked a second time about
something that does not exist, and the two answers are compared.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from medshare.gateway.wire import copies, letters, routes
from medshare.gateway.wire.routes import Access
from medshare.hexadecimal import to_hex
from medshare.vault import ProofRow
from tests.unit.actors.world import LedgerDouble, aged
from tests.unit.gateway.http.door import code_of
from tests.unit.gateway.http.town import ROLES, STATES, Town, make_town

NOBODY = "0x" + "5e" * 20
NOTHING = bytes([0x5E]) * 32
OUT = frozenset(("nobody", "suspended", "grantee's former staff"))
"""Who has no session: never had one, or was shut out by the chain."""

EVERYBODY = frozenset(ROLES) - OUT
PATIENT = frozenset(("patient", "delegate who reads"))
DECIDERS = PATIENT | {"delegate who refuses"}
GRANTEE = frozenset(("grantee", "grantee's staff"))
PROVIDER = frozenset(("provider", "provider's staff"))
INSTITUTIONS = GRANTEE | PROVIDER | {"validator"}
OVERSEERS = PROVIDER | {"regulator"}
"""The regulator, and who works at the house whose door it is."""

PARTICIPANTS = GRANTEE | PROVIDER | {"validator", "researcher", "regulator"}


@dataclass(frozen=True)
class Case:
    """One path: how it is asked about what is there and what is not, and who gets an answer."""

    route: routes.Route
    real: Callable[[Town, str], dict]
    unreal: Callable[[Town, str], dict]
    yes: frozenset[str]
    got: Callable[[Town, object], bool]
    by_state: frozenset[str] = frozenset()
    """Who gets an answer only while the consent is in force."""


def query(**values):
    return {"query": values}


def proof(town, role):
    row = town.world.gateway.office.vault.require(ProofRow, leaf=town.leaves["granted"])
    return {"letter": letters.PlaceLetter.of(row)}


def strange_proof(town, role):
    form = proof(town, role)["letter"]
    return {"letter": form.model_copy(update={"leaf": NOTHING})}


def request_letter(town, patient):
    grantee = town.world.hill.address
    return {
        "letter": letters.RequestLetter(patient=patient, requester=grantee, digest=town.request, sealed=town.letter)
    }


def listed(name):
    return lambda town, answer: answer.status_code == 200 and bool(answer.json()[name])


def ok(town, answer):
    return answer.status_code in {200, 202, 204}


CASES = [
    Case(routes.SESSION, lambda t, s: {}, lambda t, s: {}, EVERYBODY, ok),
    Case(
        routes.ENROLLED,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        PATIENT | PROVIDER,
        listed("answer"),
    ),
    Case(
        routes.KNOWS,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        PATIENT | PROVIDER,
        listed("answer"),
    ),
    Case(
        routes.DIRECTORY,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        DECIDERS | PARTICIPANTS,
        ok,
    ),
    Case(
        routes.CONSENTS_FOR,
        lambda t, s: query(grantee=t.world.hill.address),
        lambda t, s: query(grantee=NOBODY),
        GRANTEE,
        listed("consents"),
    ),
    Case(
        routes.CONSENTS_FOR,
        lambda t, s: query(grantee=t.world.hill.address, patient=t.world.anna.address),
        lambda t, s: query(grantee=t.world.hill.address, patient=NOBODY),
        GRANTEE | PATIENT,
        listed("consents"),
    ),
    Case(
        routes.ENVELOPE,
        lambda t, s: {"consent_id": to_hex(t.consents[s].consent_id) if s != "never" else to_hex(NOTHING)},
        lambda t, s: {"consent_id": to_hex(NOTHING)},
        PATIENT,
        ok,
        by_state=GRANTEE,
    ),
    Case(
        routes.LEAVE_REQUEST,
        lambda t, s: request_letter(t, t.world.anna.address),
        lambda t, s: request_letter(t, NOBODY),
        GRANTEE,
        ok,
    ),
    Case(
        routes.REQUESTS,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        DECIDERS,
        listed("requests"),
    ),
    Case(
        routes.REFUSAL,
        lambda t, s: {"request": to_hex(t.refused)},
        lambda t, s: {"request": to_hex(NOTHING)},
        DECIDERS | GRANTEE,
        ok,
    ),
    Case(
        routes.STATE,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        PATIENT,
        ok,
    ),
    Case(
        routes.CATALOGUE,
        lambda t, s: {"patient": t.world.anna.address, "category": str(int(STATES[s]))},
        lambda t, s: {"patient": NOBODY, "category": str(int(STATES[s]))},
        PATIENT,
        ok,
        by_state=GRANTEE,
    ),
    Case(
        routes.DISPUTES,
        lambda t, s: query(party=t.world.city.address),
        lambda t, s: query(party=NOBODY),
        PROVIDER,
        listed("disputes"),
    ),
    Case(
        routes.DISPUTES,
        lambda t, s: query(party=t.world.anna.address),
        lambda t, s: query(party=NOBODY),
        PATIENT,
        listed("disputes"),
    ),
    Case(
        routes.VERDICT,
        lambda t, s: {"provider": t.world.hill.address, "root": to_hex(t.root)},
        lambda t, s: {"provider": t.world.hill.address, "root": to_hex(NOTHING)},
        GRANTEE,
        ok,
    ),
    Case(routes.PLACE, proof, strange_proof, PROVIDER, ok),
    Case(
        routes.ERASURES_FOR,
        lambda t, s: query(holder=t.world.hill.address),
        lambda t, s: query(holder=NOBODY),
        GRANTEE,
        listed("erasures"),
    ),
    Case(
        routes.HOLDERS,
        lambda t, s: {"leaf": to_hex(t.leaves["granted"])},
        lambda t, s: {"leaf": to_hex(NOTHING)},
        PATIENT,
        listed("accounts"),
    ),
    Case(
        routes.HOLDERS,
        lambda t, s: {"leaf": to_hex(t.erased)},
        lambda t, s: {"leaf": to_hex(NOTHING)},
        PATIENT,
        listed("accounts"),
    ),
    Case(
        routes.ACKNOWLEDGED,
        lambda t, s: {"leaf": to_hex(t.erased)},
        lambda t, s: {"leaf": to_hex(NOTHING)},
        PATIENT,
        listed("accounts"),
    ),
    Case(
        routes.PROVE_COPY,
        lambda t, s: {"leaf": to_hex(t.leaves["granted"]), "letter": copies.ChallengeLetter(nonce=NOTHING)},
        lambda t, s: {"leaf": to_hex(NOTHING), "letter": copies.ChallengeLetter(nonce=NOTHING)},
        INSTITUTIONS,
        listed("answer"),
    ),
    Case(
        routes.DESTROYED_COPY,
        lambda t, s: {"leaf": to_hex(t.erased), **query(patient=t.world.anna.address)},
        lambda t, s: {"leaf": to_hex(NOTHING), **query(patient=NOBODY)},
        INSTITUTIONS,
        listed("erased"),
    ),
    Case(
        routes.TAG,
        lambda t, s: {"patient": t.world.anna.address},
        lambda t, s: {"patient": NOBODY},
        PATIENT,
        ok,
    ),
    Case(
        routes.PROVE,
        lambda t, s: {"patient": t.world.anna.address, "head": to_hex(t.period.head)},
        lambda t, s: {"patient": NOBODY, "head": to_hex(NOTHING)},
        PATIENT,
        listed("presence"),
    ),
    Case(
        routes.RECEIPT_PROOF,
        lambda t, s: {"patient": t.world.anna.address, "number": "1"},
        lambda t, s: {"patient": NOBODY, "number": "999999"},
        PATIENT,
        ok,
    ),
    Case(
        routes.LOG_PAGE,
        lambda t, s: {"patient": t.world.anna.address, **query(until="1")},
        lambda t, s: {"patient": NOBODY, **query(until="1")},
        PATIENT,
        listed("lines"),
    ),
    Case(
        routes.HAND_OVER,
        lambda t, s: {"number": str(t.period.number)},
        lambda t, s: {"number": "999999"},
        OVERSEERS,
        listed("receipts"),
    ),
    Case(routes.HANDED_ERASURES, lambda t, s: {}, lambda t, s: {}, OVERSEERS, listed("erasures")),
]

APART = {"sign_out", "leave_submission", "keep_copy"}
"""Paths with a session that have tests of their own: signing out, leaving a period or a copy at a validator's."""


@pytest.fixture(scope="module")
def town():
    town = make_town()
    yield town
    town.door.close()


def ask(town, case, role, state, *, real=True):
    parts = (case.real if real else case.unreal)(town, state)
    return town.door.call(case.route, parts.pop("letter", None), token=town.tokens[role], **parts)


def allowed(case, role, state):
    if case.route is routes.ENVELOPE and state == "never":
        return False
    return role in case.yes or (state == "granted" and role in case.by_state)


def cells():
    for number, case in enumerate(CASES):
        states = STATES if case.by_state else ("granted",)
        yield from (
            (f"{number} {case.route.name}", case, role, state) for role, state in itertools.product(ROLES, states)
        )


CELLS = list(cells())


@pytest.mark.parametrize(("name", "case", "role", "state"), CELLS, ids=[f"{c[0]}-{c[2]}-{c[3]}" for c in CELLS])
def test_each_role_gets_what_is_its_own_and_nothing_else(town, name, case, role, state):
    """A05, A06, A07. [H-006] [H-007] And whoever has no session gets 401, whatever is asked."""
    answer = ask(town, case, role, state)
    if role in OUT:
        assert (answer.status_code, code_of(answer)) == (401, "http.not-signed-in")
        return
    assert case.got(town, answer) == allowed(case, role, state), answer.text[:300]
    if allowed(case, role, state):
        return
    other = ask(town, case, role, state, real=False)
    real, unreal = case.real(town, state), case.unreal(town, state)
    # The answer may repeat what was asked; nothing else may differ.
    text = answer.text
    for part in ("patient", "consent_id", "leaf", "request", "root", "provider"):
        if part in real:
            text = text.replace(str(real[part]), str(unreal[part]))
    assert (answer.status_code, text) == (other.status_code, other.text)
    assert sorted(answer.headers) == sorted(other.headers)
    assert answer.status_code in {200, 404}


def test_the_matrix_has_every_path_with_a_session():
    with_session = {route.name for route in routes.ROUTES.values() if route.access is Access.SESSION}
    assert {case.route.name for case in CASES} | APART == with_session
    assert {role for _, _, role, _ in CELLS} == set(ROLES)
    assert {state for _, _, _, state in CELLS} == set(STATES)


def test_a_lockdown_that_was_only_said_closes_the_envelope_too(town):
    """A06. [H-007]"""
    for role in GRANTEE:
        answer = town.door.call(routes.ENVELOPE, token=town.tokens[role], consent_id=to_hex(town.locked.consent_id))
        assert (answer.status_code, code_of(answer)) == (404, "vault.row-missing")


def test_a_period_is_left_by_its_provider_alone(town):
    """[H-006] The message does not cover where the bodies are."""
    world = town.world
    world.hill.upload(world.anna.address, _papers())
    anchoring = world.hill.anchor()
    letter = letters.SubmissionLetter(
        signed=anchoring.submission,
        items=[letters.ItemForm.of(item) for item in anchoring.items],
        superseded=list(anchoring.superseded),
        source="https://hill.example",
    )
    for role in ROLES:
        answer = town.door.call(routes.LEAVE_SUBMISSION, letter, token=town.tokens[role])
        expected = 401 if role in OUT else 202 if role in GRANTEE else 403
        assert answer.status_code == expected, role
    assert [one.source for one in world.gateway.submissions.pending()] == ["https://hill.example"]
    bad = letter.model_copy(update={"source": "https://someone@elsewhere.example"})
    assert town.door.call(routes.LEAVE_SUBMISSION, bad, token=town.tokens["grantee"]).status_code == 422


def _papers():
    from medshare.consent.categories import Category
    from tests.unit.actors.world import papers

    return papers(Category.ENCOUNTERS)


def test_not_yours_and_not_there_take_the_same_time(town):
    """A12. Within noise: the medians of many differ by less than the spread of one."""

    def times(real):
        case = next(case for case in CASES if case.route is routes.STATE)
        found = []
        for _ in range(60):
            begin = time.perf_counter()
            ask(town, case, "stranger", "granted", real=real)
            found.append(time.perf_counter() - begin)
        return found

    times(True)
    pairs = [(times(True), times(False)) for _ in range(3)]
    spread = max(statistics.quantiles(one, n=10)[8] - statistics.quantiles(one, n=10)[0] for one, _ in pairs)
    differences = [abs(statistics.median(one) - statistics.median(other)) for one, other in pairs]
    assert min(differences) < spread


def test_an_account_that_is_suspended_or_dismissed_is_out_with_the_next_block(town):
    """A05. [H-004] And nothing opens for it again: one answer, one inner reason each."""
    world, door = town.world, town.door
    staff = world.sandbox.account()
    world.city.add_staff(staff)
    token = door.sign_in(staff)
    assert door.call(routes.SESSION, token=token).json()["actsFor"] == world.city.address
    assert door.call(routes.DISPUTES, token=token, query={"party": world.city.address}).json()["disputes"]
    world.city.remove_staff(staff.address)
    assert door.call(routes.DISPUTES, token=token, query={"party": world.city.address}).status_code == 401
    assert door.call(routes.SESSION, token=token).status_code == 401
    assert door.try_sign_in(staff).status_code == 401
    assert '"reason": "standing-changed"' in door.lines()
    assert '"reason": "shut-out"' in door.lines()


def test_staff_of_an_institution_that_is_suspended_are_out_too_and_come_back_with_it(town):
    """A05. [H-004]"""
    world, door = town.world, town.door
    staff, clinic = world.sandbox.account(), world.clinics[1]
    clinic.add_staff(staff)
    token = door.sign_in(staff)
    world.sandbox.regulator.suspend(clinic.address)
    assert door.call(routes.SESSION, token=token).status_code == 401
    assert door.try_sign_in(staff).json().get("actsFor") == "0x" + "00" * 20, "it acts for nobody now"
    world.sandbox.regulator.reinstate(clinic.address)
    token = door.sign_in(staff)
    assert door.call(routes.SESSION, token=token).json()["actsFor"] == clinic.address


def test_a_door_that_does_not_see_the_present_block_lets_nobody_in(town, monkeypatch):
    """A05. [H-004] Who was dismissed in a block that it cannot see must not come in."""
    office, ledger = town.world.gateway.office, town.world.ledger
    town.world.wait(60)
    token = town.door.sign_in(town.keys["grantee"])
    head = ledger.head()
    monkeypatch.setattr(office, "ledger", LedgerDouble(ledger, head=lambda: aged(head, 37)))
    answer = town.door.call(routes.SESSION, token=token)
    assert (answer.status_code, code_of(answer)) == (503, "http.unavailable")
    assert answer.headers["retry-after"] == "30"
    assert town.door.try_sign_in(town.keys["grantee"]).status_code == 503
    monkeypatch.setattr(office, "ledger", LedgerDouble(ledger, head=lambda: aged(head, 36)))
    assert town.door.call(routes.SESSION, token=token).status_code == 200


def test_a_copy_is_left_by_a_holder_alone_and_in_its_own_name(town):
    """[H-006, ST-002] Who is no institution, or names another as the source, sees nothing here."""
    world = town.world
    hill_row = next(
        row
        for row in world.hill.gateway.office.vault.find(ProofRow, provider=world.hill.address)
        if world.ledger.anchor_of(row.provider, row.root).confirmations
    )
    world.gateway.office.vault.destroy(ProofRow, leaf=hill_row.leaf)

    def leave(role, source):
        letter = copies.KeepLetter(
            placement=letters.PlaceLetter.of(hill_row), source=copies.HolderForm(account=source, url=world.hill.url)
        )
        return town.door.call(routes.KEEP_COPY, letter, token=town.tokens[role])

    for role, source in (("researcher", world.hill.address), ("validator", world.hill.address), ("grantee", NOBODY)):
        answer = leave(role, source)
        assert (answer.status_code, code_of(answer)) == (404, "http.nothing-here")
    assert world.gateway.office.vault.get(ProofRow, leaf=hill_row.leaf) is None
    assert leave("grantee", world.hill.address).status_code == 202
    assert world.gateway.office.vault.get(ProofRow, leaf=hill_row.leaf) is not None
