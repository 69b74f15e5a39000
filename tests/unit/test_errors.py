"""One exception tree, one class for each cause, each with a remedy; the family is the exit code."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from medshare import errors
from medshare.errors import (
    CancelledError,
    InputError,
    IntegrityError,
    MedShareError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from tests.unit.error_classes import FAMILIES, causes, facts_of, modules

CAUSES = causes()
EXIT_CODES = {
    InputError: 2,
    RefusedError: 3,
    NotFoundError: 4,
    UnreachableError: 5,
    IntegrityError: 6,
    CancelledError: 7,
}
# A fact of one of these names would hold what nobody may see, or what an attacker chose to plant in a log.
SECRET_FACTS = {
    *("secret", "secrets", "seed", "seeds", "root_secret", "key", "keys", "private_key", "file_key", "words", "word"),
    *("passphrase", "password", "mnemonic", "plaintext", "document", "text_of_document", "body", "salt", "nonce_text"),
    *("category", "categories", "diagnosis", "name_of_patient", "patient_name", "birth_date", "statement", "content"),
}


class Anything:
    """Stands for any fact, in any format."""

    def __format__(self, form: str) -> str:
        return "fact"

    def __repr__(self) -> str:
        return "fact"


def say(error: type[MedShareError]) -> str:
    """Return the error's sentences with a word for each fact."""
    facts = {name: Anything() for name in facts_of(error)}
    return f"{error.cause.format(**facts)}\n{error.remedy.format(**facts)}"


# The tree


def test_there_are_six_families_and_no_error_beside_them():
    assert set(FAMILIES) == set(EXIT_CODES)
    for error in CAUSES:
        assert sum(issubclass(error, family) for family in FAMILIES) == 1, error


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_the_family_decides_the_exit_code(family: type[MedShareError]):
    assert family.exit_code == EXIT_CODES[family]
    for error in CAUSES:
        if issubclass(error, family):
            assert error.exit_code == family.exit_code, error


def test_the_page_of_the_tree_draws_every_family():
    for family, number in EXIT_CODES.items():
        assert re.search(rf"── {family.__name__} +{number} ", errors.__doc__ or ""), family


def test_no_module_raises_a_family_itself():
    """A family says nothing of the cause and has no remedy of its own."""
    assert all(family.cause == MedShareError.cause for family in FAMILIES)
    assert len(list(modules())) > 100


# Codes


def test_every_cause_has_a_code_of_its_own():
    twice = [code for code, count in Counter(error.code for error in CAUSES).items() if count > 1]
    assert twice == []
    assert len(CAUSES) > 250


@pytest.mark.parametrize("error", CAUSES, ids=lambda error: error.__qualname__)
def test_a_cause_says_what_is_wrong_and_what_to_do(error: type[MedShareError]):
    assert {"code", "cause", "remedy"} <= set(vars(error))
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+", error.code)
    for sentence in (error.cause, error.remedy):
        assert re.fullmatch(r"[A-Z{][^\n]{6,}[.!?]", sentence), sentence
    assert "{" not in say(error)
    assert error.cause != error.remedy
    assert error.__doc__
    assert error.__doc__.strip().endswith((".", ")"))


@pytest.mark.parametrize("error", CAUSES, ids=lambda error: error.__qualname__)
def test_no_fact_is_a_secret_a_plaintext_or_a_category(error: type[MedShareError]):
    """Case K15, for messages."""
    assert facts_of(error) & SECRET_FACTS == set()


# What a caller sees


class PotEmpty(NotFoundError):
    """Raised when a pot is empty."""

    code = "pot.empty"
    cause = "The pot {name!r} holds {count:#x} leaves."
    remedy = "Fill {name}."


def test_facts_are_in_the_message_and_kept_beside_it():
    error = PotEmpty(name="tea", count=10)
    assert str(error) == "The pot 'tea' holds 0xa leaves. Fill tea."
    assert error.facts == {"name": "tea", "count": 10}
    assert (error.code, error.exit_code) == ("pot.empty", 4)


def test_a_fact_too_many_is_kept_and_a_missing_one_is_an_error_of_ours():
    assert PotEmpty(name="tea", count=0, colour="green").facts["colour"] == "green"
    with pytest.raises(KeyError, match="count"):
        PotEmpty(name="tea")


def test_the_base_has_words_too():
    assert str(MedShareError()) == "Something went wrong. Report this."
    assert (MedShareError.exit_code, MedShareError.code) == (1, "medshare")


def test_whoever_catches_a_family_catches_its_causes_and_no_others():
    with pytest.raises(NotFoundError):
        raise PotEmpty(name="tea", count=0)
    assert not issubclass(PotEmpty, tuple(set(FAMILIES) - {NotFoundError}))
