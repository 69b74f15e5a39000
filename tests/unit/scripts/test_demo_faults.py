"""A planted fault makes exactly its own assertion fail; anything else is said."""

from __future__ import annotations

import json

import pytest

from scripts.demo_faults import assertions, faults_of_planted, faults_of_sound


def listed(*failing, count=30):
    return [{"name": f"a{number}", "passed": f"a{number}" not in failing, "evidence": "0x1"} for number in range(count)]


def test_thirty_assertions_that_hold_with_evidence_are_right():
    assert faults_of_sound(0, listed()) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (1, listed()),
        (0, listed("a3")),
        (0, listed(count=29)),
        (0, [*listed(), listed()[0]]),
        (0, [*listed()[1:], {"name": "x", "passed": True, "evidence": ""}]),
    ],
)
def test_a_demo_that_fails_repeats_or_proves_nothing_is_wrong(code, found):
    assert faults_of_sound(code, found)


def test_a_fault_that_fails_its_own_assertion_is_right():
    assert faults_of_planted("flip", "a3", 1, listed("a3")) == []


@pytest.mark.parametrize(("code", "failing"), [(1, []), (1, ["a4"]), (1, ["a3", "a4"]), (0, ["a3"])])
def test_a_fault_that_fails_nothing_another_or_more_is_wrong(code, failing):
    assert faults_of_planted("flip", "a3", code, listed(*failing))


def test_only_a_list_of_assertions_is_read():
    assert assertions(json.dumps({"assertions": listed()})) == listed()
    with pytest.raises(ValueError, match="Traceback"):
        assertions("Traceback (most recent call last)")
