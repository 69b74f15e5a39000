"""The demo's claims: each once, with its evidence, told as it is made."""

from __future__ import annotations

import pytest

from medshare.demo.checks import Checks, Claim
from medshare.errors import InputError, NotFoundError, RefusedError


class Shut(RefusedError):
    code = "door.shut"
    cause = "The door is shut."
    remedy = "Ask the patient."


def refuse():
    raise Shut


def made():
    told: list[Claim] = []
    return Checks(told.append), told


def test_a_claim_is_kept_and_told_with_its_evidence():
    checks, told = made()
    checks.claim("door-open", True, 7)
    assert checks.claims == told == [Claim("door-open", True, "7")]
    assert checks.all_hold


def test_one_claim_that_does_not_hold_is_enough():
    checks, told = made()
    checks.claim("one", True, "")
    checks.claim("two", 0, "nothing")
    checks.claim("three", True, "")
    assert [claim.passed for claim in told] == [True, False, True]
    assert not checks.all_hold


def test_without_a_claim_nothing_is_broken():
    assert made()[0].all_hold


def test_a_refusal_that_was_expected_is_a_claim_that_holds():
    checks, told = made()
    error = checks.fails("door-shut", refuse, NotFoundError, RefusedError)
    assert isinstance(error, Shut)
    assert told == [Claim("door-shut", True, "Shut: The door is shut. Ask the patient.")]


def test_what_was_not_refused_is_a_claim_that_does_not_hold():
    checks, told = made()
    assert checks.fails("door-shut", lambda: "came in", RefusedError) is None
    assert told == [Claim("door-shut", False, "nothing was refused")]


def test_a_refusal_for_another_cause_is_not_taken_for_the_expected_one():
    checks, told = made()
    with pytest.raises(Shut):
        checks.fails("door-shut", refuse, InputError)
    assert told == []


def test_a_claim_cannot_be_changed_afterwards():
    claim = Claim("a", False, "")
    with pytest.raises(AttributeError):
        claim.passed = True
