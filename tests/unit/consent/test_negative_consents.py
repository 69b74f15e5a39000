"""Every consent document of the negative corpus gets the error that it names. Cases E02, E08, E09, E10, E15, K03, K04.

A holder (agent, gateway, grantee) reads the bytes, compares the terms with the chain's, renders the words
again and recovers the signer.
"""

from __future__ import annotations

import pathlib

import pytest

from tests.vectors.bending_consents import GOOD, Case, decode, outcome
from tests.vectors.generate_negative_consent import TARGET, encode, faults

FILES = sorted(TARGET.glob("*.json"))


def test_the_corpus_has_at_least_a_hundred_and_seventy_faults():
    assert len(FILES) >= 170


def test_without_a_fault_the_consent_is_accepted():
    assert outcome(Case(data=GOOD.to_bytes())) == "none"
    assert outcome(Case(data=GOOD.to_bytes(), terms=GOOD.terms)) == "none"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_consent_with_one_fault_gets_its_own_error(file: pathlib.Path):
    """[S-002, S-003, S-004, S-005, S-006, S-007, S-008, T-001, T-002, T-003, T-004, T-007]."""
    code, case = decode(file.read_text(encoding="utf-8"))
    assert outcome(case) == code


def test_the_files_are_what_the_generator_writes_today():
    written = {file.stem: file.read_text(encoding="utf-8") for file in FILES}
    assert written == {name: encode(name, code, case) + "\n" for name, code, case in faults()}
