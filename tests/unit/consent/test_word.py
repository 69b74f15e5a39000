"""The packed word: exact bits, and each rule on its form."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.consent import errors
from medshare.consent.word import BITS, DAY, LONGEST, UNSENT, ConsentWord, Status, check_form, check_fresh, unpack
from medshare.errors import MedShareError
from tests.unit.consent.steady import STEADY
from tests.vectors.generate_consent import NOW, good_word

words = st.builds(ConsentWord, **{name: st.integers(0, 2**bits - 1) for name, bits in BITS.items()})


def test_the_fields_stand_from_the_top_bit_in_the_order_of_the_design():
    assert list(BITS.items()) == [
        ("scope", 64),
        ("purposes", 64),
        ("not_before", 40),
        ("not_after", 40),
        ("issued_at", 32),
        ("actions", 8),
        ("status", 8),
    ]
    word = ConsentWord(scope=1, purposes=2, not_before=3, not_after=4, issued_at=5, actions=6, status=7)
    assert word.pack() == 1 << 192 | 2 << 128 | 3 << 88 | 4 << 48 | 5 << 16 | 6 << 8 | 7


@given(words)
@STEADY
def test_unpacking_gives_the_fields_back(word):
    assert unpack(word.pack()) == word


@given(st.integers(0, 2**256 - 1))
@STEADY
def test_packing_gives_the_number_back(number):
    assert unpack(number).pack() == number


@pytest.mark.parametrize("number", [-1, 1 << 256])
def test_a_number_beyond_256_bits_is_no_word(number):
    with pytest.raises(errors.WordRange):
        unpack(number)


@pytest.mark.parametrize("field", list(BITS))
def test_a_field_beyond_its_bits_is_refused(field):
    largest = (1 << BITS[field]) - 1
    assert asdict(good_word(**{field: largest}))[field] == largest
    for value in (largest + 1, -1):
        with pytest.raises(errors.WordRange):
            good_word(**{field: value})


def test_a_good_word_passes():
    check_form(good_word())
    check_fresh(good_word(), at=NOW)


FAULTS = [
    ({"status": 1}, errors.StatusSet),
    ({"actions": 0}, errors.BadActions),
    ({"actions": 33}, errors.BadActions),
    ({"purposes": 0}, errors.BadPurposes),
    ({"purposes": 1 << 62}, errors.BadPurposes),
    ({"scope": (1 << 31) - 1}, errors.BadScope),
    ({"scope": (1 << 33) - 1}, errors.BadScope),
    ({"not_before": 0}, errors.BadPeriod),
    ({"not_after": NOW}, errors.BadPeriod),
    ({"not_before": NOW + 2, "not_after": NOW + 1}, errors.BadPeriod),
    ({"not_after": NOW + 1827 * DAY + 1}, errors.TooLong),
]


@pytest.mark.parametrize(("changes", "error"), FAULTS)
def test_each_broken_rule_has_its_own_error(changes, error):
    """E04: no zero times, no end for ever. [C-006, C-007, C-008, C-009]"""
    with pytest.raises(error):
        check_form(good_word(**changes))


def test_the_longest_consent_ends_1827_days_after_its_signing():
    """[C-009]"""
    assert LONGEST == 1827 * DAY
    check_form(good_word(not_after=NOW + LONGEST))


def test_a_consent_may_be_granted_from_its_signing_for_seven_days():
    """E04: the edges are exact. [C-010]"""
    word = good_word()
    assert UNSENT == 7 * DAY
    check_fresh(word, at=NOW + UNSENT - 1)
    with pytest.raises(errors.IssuedInFuture):
        check_fresh(word, at=NOW - 1)
    with pytest.raises(errors.Stale):
        check_fresh(word, at=NOW + UNSENT)


@given(words)
@STEADY
def test_no_word_at_all_breaks_the_check(word):
    try:
        check_form(word)
    except MedShareError:
        return
    assert word.status == Status.NEVER
    assert word.scope.bit_count() == 32
    assert 0 < word.not_before < word.not_after <= word.issued_at + LONGEST


def test_a_status_is_no_part_of_a_good_form():
    with pytest.raises(errors.StatusSet):
        check_form(replace(good_word(), status=2))
