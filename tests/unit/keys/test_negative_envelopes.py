"""Every envelope of the negative corpus gets the error that it names. Cases K01, K03, K04, K08, E08, E09, E10."""

from __future__ import annotations

import pathlib

import pytest

from tests.vectors.generate_negative_envelope import TARGET, Case, decode, outcome

FILES = sorted(TARGET.glob("*.json"))


def test_the_corpus_has_at_least_sixty_faults():
    assert len(FILES) >= 60


def test_without_a_fault_the_envelope_opens():
    assert outcome(Case()) == "none"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_envelope_with_one_fault_gets_its_own_error(file: pathlib.Path):
    code, case = decode(file.read_text())
    assert outcome(case) == code
