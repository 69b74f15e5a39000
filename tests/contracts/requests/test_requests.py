"""Requests: a salted digest that names nobody, answered by a consent that is equal or narrower.

given an open request and a consent that answers it
├── when the consent is equal or narrower and everyone is in place: granted, and the request closed, at once
└── when it is wider, for others, late, withdrawn or answered: refused, and nothing changed
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.terms import request_digest
from medshare.digest import keccak
from tests.contracts.chainclock import DAY, mine_at, next_block_at, now
from tests.contracts.people import low
from tests.contracts.refusals import refused, refused_as
from tests.contracts.world import EXPORT, GRANT, READ, RESEARCH, TREAT, WRITE, as_tuple

LONGEST = 90 * DAY
DIGEST = keccak(b"a request")


@pytest.fixture
def asked(world, patient, researcher):
    """What the researcher asks of the patient: reading and exporting, for treatment and research."""
    return world.opening(patient, researcher, researcher, actions=READ | EXPORT, purposes=1 << TREAT | 1 << RESEARCH)


@pytest.fixture
def opened(requests, asked, researcher):
    """The same, open for a day."""
    requests.open(request_digest(asked), now() + DAY, {"from": researcher})
    return asked


def approved(world, opening, answer, sender, signer=None):
    """Carry the answer, signed by the patient."""
    signature = world.sign(signer or opening.patient, answer.message)
    arguments = (as_tuple(opening), answer.word.pack(), answer.statement_hash, signature)
    return world.requests.approve(*arguments, {"from": sender})


@pytest.mark.parametrize("name", ["hospital", "researcher", "clinician", "insurer"])
def test_a_participant_or_its_staff_opens_a_request(requests, people, name):
    """[Q-001]"""
    deadline = now() + DAY
    event = requests.open(DIGEST, deadline, {"from": people[name]}).events["Opened"]
    assert dict(event) == {"requester": people[name], "digest": "0x" + DIGEST.hex(), "deadline": deadline}
    assert requests.deadlineOf(people[name], DIGEST) == deadline


@pytest.mark.parametrize("name", ["stranger", "patient", "other_patient"])
def test_the_request_of_a_stranger_or_a_patient_is_never_approved(
    requests, world, people, other_patient, relayer, name
):
    """[Q-001] The digest names nobody, so that whoever is behind it shows at the approval."""
    asker, asked = people[name], people["next_patient"]
    opening = world.opening(asked, asker, people["hospital"])
    requests.open(request_digest(opening), now() + DAY, {"from": asker})
    with refused("AccessRequests_RequesterNotActive", asker):
        approved(world, opening, world.answer(opening), relayer)


def test_a_suspended_requesters_request_is_not_approved(world, opened, researcher, relayer):
    """[Q-001]"""
    world.suspend(researcher)
    with refused("AccessRequests_RequesterNotActive", researcher):
        approved(world, opened, world.answer(opened), relayer)


def test_a_request_of_dismissed_staff_is_not_approved(requests, world, patient, hospital, clinician, relayer):
    """[Q-001]"""
    opening = world.opening(patient, clinician, hospital)
    requests.open(request_digest(opening), now() + DAY, {"from": clinician})
    world.participants.removeStaff(clinician, {"from": hospital})
    with refused("AccessRequests_RequesterNotActive", clinician):
        approved(world, opening, world.answer(opening), relayer)


def test_a_request_of_staff_is_approved(requests, world, patient, hospital, clinician, relayer):
    """[Q-001]"""
    opening = world.opening(patient, clinician, hospital)
    requests.open(request_digest(opening), now() + DAY, {"from": clinician})
    answer = world.answer(opening)
    approved(world, opening, answer, relayer)
    assert world.why_not(answer) == 0


@pytest.mark.parametrize("later", [1, LONGEST])
def test_a_deadline_lies_within_ninety_days(requests, researcher, later):
    """[Q-002] E04."""
    second = now() + 100
    next_block_at(second)
    requests.open(DIGEST, second + later, {"from": researcher})
    assert requests.deadlineOf(researcher, DIGEST) == second + later


@pytest.mark.parametrize("later", [0, -1, LONGEST + 1])
def test_a_deadline_now_before_or_beyond_is_refused(requests, researcher, later):
    """[Q-002] E04."""
    second = now() + 100
    next_block_at(second)
    with refused("AccessRequests_BadDeadline", second + later, second):
        requests.open(DIGEST, second + later, {"from": researcher})


@pytest.mark.parametrize("deadline", [0, 2**40 - 1])
def test_a_request_is_neither_endless_nor_without_deadline(requests, researcher, deadline):
    """[Q-002] E04."""
    second = now() + 100
    next_block_at(second)
    with refused("AccessRequests_BadDeadline", deadline, second):
        requests.open(DIGEST, deadline, {"from": researcher})


def test_opening_the_same_again_changes_nothing(requests, researcher):
    """[Q-002]"""
    deadline = now() + DAY
    requests.open(DIGEST, deadline, {"from": researcher})
    assert not requests.open(DIGEST, deadline, {"from": researcher}).events


def test_an_open_request_keeps_its_deadline(requests, researcher):
    """[Q-002]"""
    deadline = now() + DAY
    requests.open(DIGEST, deadline, {"from": researcher})
    with refused("AccessRequests_AlreadyOpen", DIGEST, deadline):
        requests.open(DIGEST, deadline + 1, {"from": researcher})


def test_a_lapsed_request_may_be_opened_again(requests, researcher):
    """[Q-002]"""
    deadline = now() + DAY
    requests.open(DIGEST, deadline, {"from": researcher})
    mine_at(deadline)
    requests.open(DIGEST, deadline + DAY, {"from": researcher})
    assert requests.deadlineOf(researcher, DIGEST) == deadline + DAY


def test_two_requesters_may_use_one_digest(requests, researcher, insurer):
    """[Q-003] C03: each has a request of its own."""
    deadline = now() + DAY
    requests.open(DIGEST, deadline, {"from": researcher})
    requests.open(DIGEST, deadline + 5, {"from": insurer})
    assert requests.deadlineOf(researcher, DIGEST) == deadline


def test_the_requester_withdraws(requests, opened, researcher):
    """[Q-003]"""
    digest = request_digest(opened)
    event = requests.withdraw(digest, {"from": researcher}).events["Withdrawn"]
    assert dict(event) == {"requester": researcher, "digest": "0x" + digest.hex()}
    assert requests.deadlineOf(researcher, digest) == 0


@pytest.mark.parametrize("name", ["patient", "insurer", "regulator", "stranger"])
def test_nobody_else_withdraws(requests, people, opened, name):
    """[Q-003] C03."""
    with refused("AccessRequests_NotOpen", people[name], request_digest(opened)):
        requests.withdraw(request_digest(opened), {"from": people[name]})


def test_a_lapsed_request_may_be_withdrawn(requests, opened, researcher):
    """[Q-003] It frees its slot."""
    mine_at(now() + 2 * DAY)
    requests.withdraw(request_digest(opened), {"from": researcher})
    assert requests.deadlineOf(researcher, request_digest(opened)) == 0


def test_a_request_is_withdrawn_once(requests, opened, researcher):
    """[Q-003]"""
    requests.withdraw(request_digest(opened), {"from": researcher})
    with refused("AccessRequests_NotOpen", researcher, request_digest(opened)):
        requests.withdraw(request_digest(opened), {"from": researcher})


def test_approving_grants_and_closes_in_one_transaction(requests, world, opened, researcher, relayer):
    """[Q-005]"""
    answer = world.answer(opened)
    tx = approved(world, opened, answer, relayer)
    assert dict(tx.events["Approved"]) == {
        "requester": researcher,
        "digest": "0x" + request_digest(opened).hex(),
        "consentId": "0x" + answer.id.hex(),
    }
    assert world.why_not(answer) == 0
    assert requests.deadlineOf(researcher, request_digest(opened)) == 0


def test_a_refused_consent_leaves_the_request_open(requests, world, opened, researcher, stranger, relayer):
    """[Q-005]"""
    with refused_as("Signatures_WrongSigner"):
        approved(world, opened, world.answer(opened), relayer, signer=stranger)
    assert requests.deadlineOf(researcher, request_digest(opened)) > 0


def test_a_narrower_consent_answers(world, opened, relayer):
    """[Q-004]"""
    answer = world.answer(
        opened, purposes=1 << TREAT, actions=READ, not_before=opened.not_before + 5, not_after=opened.not_after - 5
    )
    approved(world, opened, answer, relayer)
    assert world.status_of(answer) == 1


@pytest.mark.parametrize("purposes", [1 << 3, 1 << TREAT | 1 << 3])
def test_a_purpose_that_was_not_asked_for_is_refused(world, opened, relayer, purposes):
    """[Q-004]"""
    with refused("AccessRequests_WiderPurposes", opened.purposes, purposes):
        approved(world, opened, world.answer(opened, purposes=purposes), relayer)


@pytest.mark.parametrize("actions", [WRITE, READ | WRITE])
def test_an_action_that_was_not_asked_for_is_refused(world, opened, relayer, actions):
    """[Q-004]"""
    with refused("AccessRequests_WiderActions", opened.actions, actions):
        approved(world, opened, world.answer(opened, actions=actions), relayer)


@pytest.mark.parametrize(("earlier", "later"), [(1, 0), (0, 1), (1, 1)])
def test_a_longer_period_is_refused(world, opened, relayer, earlier, later):
    """[Q-004]"""
    not_before, not_after = opened.not_before - earlier, opened.not_after + later
    with refused("AccessRequests_WiderPeriod", not_before, not_after):
        approved(world, opened, world.answer(opened, not_before=not_before, not_after=not_after), relayer)


@pytest.mark.parametrize(
    "change",
    [
        {"patient": "other_patient"},
        {"grantee": "hospital"},
        {"requester": "insurer"},
        {"purposes": (1 << 62) - 1},
        {"actions": 31},
        {"not_before": 1},
        {"not_after": 2**40 - 1},
        {"document_digest": bytes(32)},
        {"salt": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nobody_shows_another_opening(world, people, opened, relayer, change):
    """[Q-004] C03: the digest covers every field."""
    name, value = next(iter(change.items()))
    other = replace(opened, **{name: low(people[value]) if isinstance(value, str) else value})
    with refused("AccessRequests_NotOpen", other.requester, request_digest(other)):
        approved(world, other, world.answer(other), relayer)


def test_a_consent_for_another_request_does_not_answer(world, opened, relayer):
    """[Q-004] C03: the signature covers the request's id."""
    answer = replace(world.answer(opened), request=keccak(b"another request"))
    with refused_as("Signatures_WrongSigner"):
        approved(world, opened, answer, relayer)


def test_a_lapsed_request_is_approved_no_more(world, opened, relayer):
    """[Q-006] [Q-002] At its deadline it is over."""
    deadline = world.requests.deadlineOf(opened.requester, request_digest(opened))
    answer = world.answer(opened)
    next_block_at(deadline)
    with refused("AccessRequests_Lapsed", deadline, deadline):
        approved(world, opened, answer, relayer)


def test_a_request_is_approved_a_second_before_its_deadline(world, opened, relayer):
    """[Q-002]"""
    deadline = world.requests.deadlineOf(opened.requester, request_digest(opened))
    answer = world.answer(opened)
    next_block_at(deadline - 1)
    approved(world, opened, answer, relayer)
    assert world.status_of(answer) == 1


def test_a_withdrawn_request_is_approved_no_more(requests, world, opened, researcher, relayer):
    """[Q-006]"""
    requests.withdraw(request_digest(opened), {"from": researcher})
    with refused("AccessRequests_NotOpen", researcher, request_digest(opened)):
        approved(world, opened, world.answer(opened), relayer)


def test_an_answered_request_is_approved_no_more(world, opened, researcher, relayer):
    """[Q-006] Not with another consent."""
    approved(world, opened, world.answer(opened), relayer)
    with refused("AccessRequests_NotOpen", researcher, request_digest(opened)):
        approved(world, opened, world.answer(opened, actions=READ), relayer)


def test_a_revoked_answer_does_not_count_as_in_place(consents, world, opened, researcher, patient, relayer):
    """[Q-006] [C-012]"""
    answer = world.answer(opened)
    approved(world, opened, answer, relayer)
    consents.revoke(researcher, answer.terms, {"from": patient})
    with refused("AccessRequests_NotOpen", researcher, request_digest(opened)):
        approved(world, opened, answer, relayer)


def test_a_consent_granted_already_just_closes_the_request(consents, requests, world, opened, researcher, relayer):
    """[Q-005]"""
    answer = world.answer(opened)
    consents.grantBySig(*answer.by(), {"from": relayer})
    tx = approved(world, opened, answer, relayer)
    assert "Granted" not in tx.events
    assert requests.deadlineOf(researcher, request_digest(opened)) == 0


def test_the_consent_rules_hold_for_an_answer_too(world, opened, relayer):
    """[Q-005] [C-008]"""
    with refused("ConsentRegistry_BadScope", 1):
        approved(world, opened, world.answer(opened, scope=1), relayer)


def test_a_delegate_with_the_power_approves(requests, world, opened, patient, delegate, relayer):
    """[Q-005] [C-003]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    answer = world.answer(opened)
    signature = world.sign(delegate, answer.message)
    arguments = (as_tuple(opened), answer.word.pack(), answer.statement_hash, signature)
    tx = requests.approveBy(delegate, *arguments, {"from": relayer})
    assert tx.return_value == "0x" + answer.id.hex()
    again = requests.approveBy(delegate, *arguments, {"from": relayer})
    assert not again.events


def test_a_delegate_without_the_power_does_not(requests, world, opened, patient, delegate, relayer):
    """[C-003]"""
    world.delegate(patient, delegate, 62, now() + 400 * DAY)
    answer = world.answer(opened)
    signature = world.sign(delegate, answer.message)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        requests.approveBy(
            delegate, as_tuple(opened), answer.word.pack(), answer.statement_hash, signature, {"from": relayer}
        )


def test_a_delegates_answer_is_narrower_too(requests, world, opened, patient, delegate, relayer):
    """[Q-004]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    answer = world.answer(opened, actions=READ | WRITE)
    signature = world.sign(delegate, answer.message)
    with refused("AccessRequests_WiderActions", opened.actions, READ | WRITE):
        requests.approveBy(
            delegate, as_tuple(opened), answer.word.pack(), answer.statement_hash, signature, {"from": relayer}
        )


def test_a_request_names_nobody_in_public(requests, asked, researcher):
    """[N-001] Its transaction holds the digest and the deadline alone."""
    tx = requests.open(request_digest(asked), now() + DAY, {"from": researcher})
    assert asked.patient[2:] not in tx.input
    assert all(asked.patient[2:] not in str(log).lower() for log in tx.logs)
