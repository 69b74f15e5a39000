"""The release rule, clause by clause: what is released, and beside it what is not.

decide
├── the request: another gateway, too old, from the future, nonce used, stale head    → its own ground
├── slot 255: the patient or her delegate                                             → released, else refused
├── a consent: unknown, seen shut, not permitted, no reading, over, not final, decoy  → its own ground
└── a document: unknown, erased, another's, other slot, not live                      → its own ground
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from medshare.consent.actions import Action
from medshare.consent.purposes import CARE, PURPOSES, bit
from medshare.consent.rules import Reason
from medshare.ledger import Block, RecordStatus
from medshare.release.rule import OWN_SLOT, REQUEST_LIFE, Asked, Consented, Facts, Ground, Kept, decide

ME, PATIENT, READER = "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "33" * 20
NOW = 1_800_000_000
SLOT = 17

ASKED = Asked(
    gateway=ME,
    patient=PATIENT,
    accessor=READER,
    slot=SLOT,
    purpose=bit("TREAT"),
    action=int(Action.READ),
    history=False,
    at=NOW,
    names_leaf=True,
)
CONSENTED = Consented(
    terms_match=True,
    reason_at_head=Reason.PERMITTED,
    reason_at_final=None,
    not_after=NOW + 1,
    revocation_seen=False,
    slot_granted=True,
)
KEPT = Kept(slot=SLOT, covered=True, status=RecordStatus.CONFIRMED, erasure_seen=False)
READING = Facts(
    me=ME,
    asked=ASKED,
    now=NOW,
    head=Block(number=9, hash=b"\x09" * 32, time=NOW - 36),
    head_max_age=36,
    nonce_used=False,
    speaks_for_patient=False,
    consented=CONSENTED,
    kept=KEPT,
)
OWN = replace(READING, asked=replace(ASKED, accessor=PATIENT, slot=OWN_SLOT), speaks_for_patient=True, consented=None)
LISTING = replace(READING, asked=replace(ASKED, names_leaf=False), kept=None)


def asking(facts: Facts = READING, **changes) -> Facts:
    return replace(facts, asked=replace(facts.asked, **changes))


def consented(facts: Facts = READING, **changes) -> Facts:
    return replace(facts, consented=replace(CONSENTED, **changes))


def kept(facts: Facts = READING, **changes) -> Facts:
    return replace(facts, kept=replace(KEPT, **changes))


@pytest.mark.parametrize("facts", [READING, OWN, LISTING, replace(OWN, asked=replace(OWN.asked, names_leaf=False))])
def test_what_fulfils_every_clause_is_released(facts):
    assert decide(facts) is Ground.RELEASED


@pytest.mark.parametrize("facts", [READING, OWN, LISTING])
def test_a_gateway_answers_only_requests_that_name_it(facts):
    """[R-001] E02: a request for another gateway is worth nothing here."""
    assert decide(replace(facts, me=PATIENT)) is Ground.OTHER_GATEWAY


@pytest.mark.parametrize(
    ("age", "ground"),
    [
        (0, Ground.RELEASED),
        (REQUEST_LIFE - 1, Ground.RELEASED),
        (REQUEST_LIFE, Ground.REQUEST_TIME),
        (-1, Ground.REQUEST_TIME),
        (10**9, Ground.REQUEST_TIME),
    ],
)
def test_a_request_older_than_ten_minutes_or_from_the_future_is_refused(age, ground):
    """[R-002] E04: the edges are exact."""
    assert decide(asking(at=NOW - age)) is ground


@pytest.mark.parametrize("facts", [READING, OWN, LISTING])
def test_a_nonce_is_used_once(facts):
    """[R-003] E05."""
    assert decide(replace(facts, nonce_used=True)) is Ground.NONCE_USED


@pytest.mark.parametrize(("age", "ground"), [(36, Ground.RELEASED), (37, Ground.STALE_HEAD)])
def test_nothing_is_released_on_a_stale_head(age, ground):
    """[R-004] R09: a node that shows an old block opens no door."""
    assert decide(replace(READING, head=Block(9, b"\x09" * 32, NOW - age))) is ground


@pytest.mark.parametrize(("ahead", "ground"), [(36, Ground.RELEASED), (37, Ground.STALE_HEAD)])
def test_nothing_is_released_on_a_head_from_the_future(ahead, ground):
    """[R-026] R09, R14: a node that makes up a young head, or a clock that is wrong by an hour, opens no door."""
    assert decide(replace(READING, head=Block(9, b"\x09" * 32, NOW + ahead))) is ground


def test_without_a_consent_only_the_patient_or_her_delegate_reads():
    """[R-005]"""
    assert decide(replace(OWN, speaks_for_patient=False)) is Ground.NOT_THE_PATIENT


def test_speaking_for_the_patient_does_not_replace_a_consent_that_was_named():
    """[R-006]"""
    assert decide(replace(READING, speaks_for_patient=True, consented=None)) is Ground.CONSENT_UNKNOWN


@pytest.mark.parametrize("facts", [replace(READING, consented=None), consented(terms_match=False)])
def test_a_consent_that_is_not_held_or_hashes_to_other_terms_opens_nothing(facts):
    """[R-006] C03: authority of one consent does not act on another."""
    assert decide(facts) is Ground.CONSENT_UNKNOWN


def test_a_revocation_seen_anywhere_shuts_though_the_head_permits():
    """[R-007] E03."""
    assert decide(consented(revocation_seen=True)) is Ground.REVOCATION_SEEN


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.PERMITTED])
def test_what_the_contract_does_not_permit_is_refused_with_its_own_reason(reason):
    """[R-008]"""
    ground = decide(consented(reason_at_head=reason))
    assert ground is not Ground.RELEASED
    assert int(ground) == int(reason)


@pytest.mark.parametrize(
    ("action", "ground"),
    [
        (Action.READ, Ground.RELEASED),
        (Action.READ | Action.EXPORT, Ground.RELEASED),
        (Action.WRITE, Ground.ACTION),
        (Action.EXPORT, Ground.ACTION),
        (Action.AGGREGATE, Ground.ACTION),
    ],
)
@pytest.mark.parametrize("facts", [READING, LISTING])
def test_a_request_that_does_not_ask_to_read_is_refused(facts, action, ground):
    """[R-021] A consent to write only permits the action write, and releases nothing."""
    assert decide(asking(facts, action=int(action))) is ground


@pytest.mark.parametrize(("left", "ground"), [(1, Ground.RELEASED), (0, Ground.ENDED), (-1, Ground.ENDED)])
def test_a_consent_ends_by_the_gateways_own_clock(left, ground):
    """[R-009] C11: half-open; a head that lags does not lengthen it."""
    assert decide(consented(not_after=NOW + left)) is ground


@pytest.mark.parametrize("code", PURPOSES)
def test_anything_but_care_waits_for_a_final_block(code):
    """[R-010]"""
    for final, ground in (
        (Reason.PERMITTED, Ground.RELEASED),
        (Reason.NEVER, Ground.RELEASED if code in CARE else Ground.NOT_FINAL),
        (None, Ground.RELEASED if code in CARE else Ground.NOT_FINAL),
    ):
        facts = consented(asking(purpose=bit(code)), reason_at_final=final)
        assert decide(facts) is ground


@pytest.mark.parametrize("facts", [READING, OWN])
@pytest.mark.parametrize("unknown", [None, replace(KEPT, status=RecordStatus.UNKNOWN)])
def test_a_leaf_that_nobody_knows_is_refused(facts, unknown):
    """[R-011]"""
    assert decide(replace(facts, kept=unknown)) is Ground.LEAF_UNKNOWN


@pytest.mark.parametrize("facts", [READING, OWN])
def test_an_erasure_that_was_seen_refuses_everybody(facts):
    """[R-012] E03: also before the tombstone is mined."""
    assert decide(kept(facts, erasure_seen=True)) is Ground.ERASURE_SEEN


@pytest.mark.parametrize("facts", [READING, OWN])
def test_an_erased_document_is_refused_to_everybody(facts):
    """[R-013]"""
    assert decide(kept(facts, status=RecordStatus.ERASED)) is Ground.ERASED


@pytest.mark.parametrize("facts", [READING, OWN])
def test_another_patients_leaf_is_refused(facts):
    """[R-014] A07: neither a consent nor the patient's own signature reaches it."""
    assert decide(kept(facts, covered=False)) is Ground.OTHER_PATIENT


@pytest.mark.parametrize("slot", [None, SLOT + 1])
def test_a_slot_opens_only_the_category_that_the_map_gives_it(slot):
    """[R-015] A decoy is a slot that no category has."""
    assert decide(kept(slot=slot)) is Ground.SLOT_NOT_OF_CATEGORY


def test_a_decoy_opens_no_list_either():
    """[R-015]"""
    assert decide(replace(LISTING, consented=replace(CONSENTED, slot_granted=False))) is Ground.SLOT_NOT_OF_CATEGORY


@pytest.mark.parametrize(
    ("status", "ground"),
    [
        (RecordStatus.ANCHORED, Ground.NOT_CONFIRMED),
        (RecordStatus.RETRACTED, Ground.RETRACTED),
        (RecordStatus.SUPERSEDED, Ground.SUPERSEDED),
        (RecordStatus.CONFIRMED, Ground.RELEASED),
    ],
)
def test_a_reader_gets_confirmed_and_live_documents_only(status, ground):
    """[R-016] not confirmed; [R-017] retracted; [R-018] superseded."""
    assert decide(kept(status=status)) is ground
    assert decide(kept(OWN, status=status)) is Ground.RELEASED


@pytest.mark.parametrize(
    ("status", "ground"),
    [
        (RecordStatus.SUPERSEDED, Ground.RELEASED),
        (RecordStatus.RETRACTED, Ground.RETRACTED),
        (RecordStatus.ANCHORED, Ground.NOT_CONFIRMED),
    ],
)
def test_history_opens_what_was_replaced_and_nothing_else(status, ground):
    """[R-018]"""
    assert decide(kept(asking(history=True), status=status)) is ground


def test_the_first_clause_that_does_not_hold_is_the_one_that_is_told():
    facts = kept(consented(asking(gateway=READER, at=0), revocation_seen=True), covered=False)
    assert decide(facts) is Ground.OTHER_GATEWAY
    assert decide(asking(facts, gateway=ME)) is Ground.REQUEST_TIME
    assert decide(asking(facts, gateway=ME, at=NOW)) is Ground.REVOCATION_SEEN
    assert decide(kept(covered=False, slot=None)) is Ground.OTHER_PATIENT


def test_grounds_have_the_contracts_numbers_below_32_and_their_own_from_there():
    assert {int(ground) for ground in Ground if ground < 32} == {int(reason) for reason in Reason}


def test_the_numbers_of_the_grounds_never_change():
    """[R-020] They stand in receipts for ever: what one said yesterday it says in ten years."""
    assert {ground.name: int(ground) for ground in Ground} == {
        "RELEASED": 0,
        "NEVER_GRANTED": 1,
        "REVOKED": 2,
        "LOCKED": 3,
        "EARLY": 4,
        "ENDED": 5,
        "SLOT": 6,
        "PURPOSE": 7,
        "ACTION": 8,
        "GRANTEE_SUSPENDED": 9,
        "NOT_ACCESSOR": 10,
        "ACCESSOR_SUSPENDED": 11,
        "OTHER_GATEWAY": 32,
        "REQUEST_TIME": 33,
        "NONCE_USED": 34,
        "STALE_HEAD": 35,
        "NOT_THE_PATIENT": 36,
        "CONSENT_UNKNOWN": 37,
        "REVOCATION_SEEN": 38,
        "ERASURE_SEEN": 39,
        "OTHER_PATIENT": 40,
        "SLOT_NOT_OF_CATEGORY": 41,
        "NOT_FINAL": 42,
        "LEAF_UNKNOWN": 43,
        "NOT_CONFIRMED": 44,
        "SUPERSEDED": 45,
        "RETRACTED": 46,
        "ERASED": 47,
        "REFUSED_BY_PATIENT": 48,
    }


def test_a_request_lives_ten_minutes_and_the_own_slot_is_the_last_one():
    """[R-002, R-005] Whoever signs a request must know both numbers, whatever the version."""
    assert (REQUEST_LIFE, OWN_SLOT) == (600, 255)


@pytest.mark.parametrize("value", [ASKED, CONSENTED, KEPT, READING])
def test_a_fact_has_a_name_and_cannot_be_changed_or_added(value):
    """What was gathered is what is decided on: nothing is mistaken for its neighbour, nothing altered after."""
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    with pytest.raises(TypeError):
        type(value)(*given.values())
    name = next(iter(given))
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, given[name])
    assert not hasattr(value, "__dict__")
