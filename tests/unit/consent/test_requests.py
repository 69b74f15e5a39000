"""Access requests: open, withdraw, and the answer that is equal or narrower."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent import errors, rules
from medshare.consent.participants import AccountRow
from medshare.consent.reasons import Reason
from medshare.consent.requests import LONGEST_OPEN, RequestState, approve, open_request, withdraw
from medshare.consent.rules import ConsentState, Query
from medshare.consent.terms import Opening, request_digest, request_id, terms
from medshare.consent.word import DAY
from medshare.digest import keccak
from tests.unit.consent.world import DELEGATE, HOSPITAL, NURSE, OTHER, PATIENT, STRANGER
from tests.vectors.generate_consent import NOW, good_word

DIGEST = keccak(b"digest")
STATEMENT = keccak(b"statement")
OPENING = Opening(
    patient=PATIENT,
    requester=OTHER,
    grantee=HOSPITAL,
    purposes=good_word().purposes,
    actions=5,
    not_before=NOW,
    not_after=NOW + 365 * DAY,
    document_digest=keccak(b"document"),
    salt=keccak(b"salt"),
)
ID = request_id(requester=OTHER, digest=request_digest(OPENING))


def opened(opening=OPENING, deadline=NOW + DAY):
    digest = request_digest(opening)
    return open_request(RequestState(), requester=opening.requester, digest=digest, deadline=deadline, at=NOW)


def answer(world, requests, consents=None, *, opening=OPENING, word=None, at=NOW, **more):
    return approve(
        requests,
        consents or ConsentState(),
        opening=opening,
        word=word or good_word(),
        statement=STATEMENT,
        at=at,
        participants=world.people,
        **more,
    )


def granted(world, consents, word):
    own = terms(patient=PATIENT, grantee=HOSPITAL, word=word, request=ID, statement=STATEMENT)
    query = Query(patient=PATIENT, grantee=HOSPITAL, terms=own, accessor=HOSPITAL, slot=0, purpose=60, action=1)
    return rules.why_not(consents, query, participants=world.people, at=NOW) is Reason.PERMITTED


def test_anyone_may_open_a_request_until_a_deadline():
    state = open_request(RequestState(), requester=STRANGER, digest=DIGEST, deadline=NOW + 1, at=NOW)
    assert state.deadlines == {request_id(requester=STRANGER, digest=DIGEST): NOW + 1}


@pytest.mark.parametrize("deadline", [0, NOW - 1, NOW, NOW + LONGEST_OPEN + 1])
def test_a_deadline_is_after_now_and_within_90_days(deadline):
    """[Q-002]"""
    assert opened(deadline=NOW + LONGEST_OPEN).deadlines
    with pytest.raises(errors.BadDeadline):
        opened(deadline=deadline)


def test_opening_the_same_again_changes_nothing_and_another_deadline_is_refused():
    state = open_request(RequestState(), requester=OTHER, digest=DIGEST, deadline=NOW + 9, at=NOW)
    again = {"requester": OTHER, "digest": DIGEST, "at": NOW}
    assert open_request(state, deadline=NOW + 9, **again) is state
    with pytest.raises(errors.AlreadyOpen):
        open_request(state, deadline=NOW + 10, **again)


def test_a_lapsed_request_may_be_opened_again():
    state = open_request(RequestState(), requester=OTHER, digest=DIGEST, deadline=NOW + 9, at=NOW)
    later = open_request(state, requester=OTHER, digest=DIGEST, deadline=NOW + 20, at=NOW + 9)
    assert list(later.deadlines.values()) == [NOW + 20]


def test_only_the_requester_may_withdraw():
    """[Q-003]"""
    state = open_request(RequestState(), requester=OTHER, digest=DIGEST, deadline=NOW + 9, at=NOW)
    assert not withdraw(state, requester=OTHER, digest=DIGEST).deadlines
    with pytest.raises(errors.NotOpen):
        withdraw(state, requester=STRANGER, digest=DIGEST)


def test_a_consent_that_answers_closes_the_request_and_is_in_force(world):
    """[Q-005]"""
    requests, consents = answer(world, opened())
    assert not requests.deadlines
    assert granted(world, consents, good_word())


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": 1},
        {"purposes": 1 << 60},
        {"not_before": NOW + 5},
        {"not_after": NOW + 5},
    ],
    ids=str,
)
def test_a_narrower_consent_answers_too(world, changes):
    """[Q-004]"""
    requests, _ = answer(world, opened(), word=good_word(**changes))
    assert not requests.deadlines


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"purposes": good_word().purposes | 2}, errors.WiderPurposes),
        ({"actions": 3}, errors.WiderActions),
        ({"not_before": NOW - 1}, errors.WiderPeriod),
        ({"not_after": NOW + 365 * DAY + 1}, errors.WiderPeriod),
    ],
)
def test_a_wider_consent_is_refused(world, changes, error):
    """[Q-004]"""
    with pytest.raises(error):
        answer(world, opened(), word=good_word(**changes))


@pytest.mark.parametrize("field", ["patient", "grantee", "purposes", "actions", "not_after", "salt", "document_digest"])
def test_an_opening_that_was_not_asked_is_refused(world, field):
    """C03: a request for one patient and grantee cannot be answered for another."""
    other = {"patient": STRANGER, "grantee": OTHER, "salt": bytes(32), "document_digest": bytes(32)}
    changed = replace(OPENING, **{field: other.get(field, 1)})
    with pytest.raises(errors.NotOpen):
        answer(world, opened(), opening=changed)


def test_a_request_may_be_answered_until_its_deadline(world):
    """[Q-002, Q-006]"""
    assert not answer(world, opened(), at=NOW + DAY - 1)[0].deadlines
    with pytest.raises(errors.Lapsed):
        answer(world, opened(), at=NOW + DAY)


@pytest.mark.parametrize("requester", [STRANGER, PATIENT])
def test_a_requester_that_is_not_accredited_gets_no_answer(world, requester):
    opening = replace(OPENING, requester=requester)
    with pytest.raises(errors.RequesterNotActive):
        answer(world, opened(opening), opening=opening)


def test_staff_may_ask_for_their_institution(world):
    opening = replace(OPENING, requester=NURSE)
    assert not answer(world, opened(opening), opening=opening)[0].deadlines


def test_a_suspended_requester_gets_no_answer(world):
    people = replace(world.people, accounts={**world.people.accounts, OTHER: AccountRow(roles=2, status=2)})
    with pytest.raises(errors.RequesterNotActive):
        answer(replace(world, people=people), opened())


def test_answering_again_with_the_same_consent_changes_nothing(world):
    """E07. [Q-006]"""
    requests, consents = answer(world, opened())
    assert answer(world, requests, consents) == (requests, consents)
    with pytest.raises(errors.NotOpen):
        answer(world, requests, consents, word=good_word(actions=4))


def test_a_consent_already_granted_just_closes_the_request(world):
    _, consents = answer(world, opened())
    requests, after = answer(world, opened(), consents)
    assert not requests.deadlines
    assert after is consents


def test_a_refused_consent_leaves_the_request_open(world):
    requests = opened()
    with pytest.raises(errors.NotEmpowered):
        answer(world, requests, signer=STRANGER)
    assert requests.deadlines


def test_a_delegate_may_answer(world):
    short = good_word(not_after=NOW + 1000)
    requests, consents = answer(world, opened(), word=short, signer=DELEGATE)
    assert not requests.deadlines
    assert granted(world, consents, short)
