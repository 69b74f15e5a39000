"""The slot map, the scope with its decoys, and what a holder of the nonce gets back."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.consent.categories import CATEGORIES, FOLDERS, SENSITIVE, Category
from medshare.consent.errors import BadScope, CategoriesNone, CategoryTwice, NonceLength, ScopeWithoutCategory
from medshare.consent.slots import categories_of, category_at, check_scope, scope, slot_map, slot_of
from tests.unit.consent.steady import STEADY
from tests.vectors.generate_consent import stream

NONCE = bytes(range(32))
nonces = st.binary(min_size=32, max_size=32)
sets = st.sets(st.sampled_from(Category), min_size=1, max_size=32)


def test_there_are_24_categories_and_8_folders_and_six_are_sensitive():
    assert [int(c) for c in CATEGORIES] == list(range(24))
    assert [int(c) for c in FOLDERS] == list(range(24, 32))
    assert [int(c) for c in sorted(SENSITIVE)] == [18, 19, 20, 21, 22, 23]
    assert Category.FOLDER_24.is_folder
    assert not Category.VIOLENCE.is_folder


@given(nonces)
@STEADY
def test_the_map_is_the_shuffle_of_the_design_step_by_step(nonce):
    """An independent, literal reading of design section 11. [S-009]"""
    s = hashlib.shake_256(b"medshare/v1/slots" + bytes([0]) + nonce).digest(4096)
    p, at = list(range(64)), 0
    for i in range(63, 0, -1):
        while not s[at] < 256 - 256 % (i + 1):
            at += 1
        j = s[at] % (i + 1)
        at += 1
        p[i], p[j] = p[j], p[i]
    assert slot_map(nonce) == tuple(p)


def test_a_run_of_refused_bytes_reads_on_in_the_stream(monkeypatch):
    """The stream has no end: 300 refused bytes come first, and the rest decides."""

    class Fake:
        def __init__(self, seed):
            assert seed == b"medshare/v1/slots\x00" + bytes(31) + b"\x09"

        def digest(self, length):
            return (b"\xff" * 300 + bytes(800))[:length]

    monkeypatch.setattr(hashlib, "shake_256", Fake)
    # 256 is a multiple of 64: the very first byte is taken even if it is 255, and swaps 63 with itself.
    assert slot_map(bytes(31) + b"\x09")[63] == 63


@given(nonces)
@STEADY
def test_the_map_holds_every_slot_once(nonce):
    assert sorted(slot_map(nonce)) == list(range(64))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_nonce_of_another_length_is_refused(length):
    with pytest.raises(NonceLength):
        slot_map(bytes(length))


@given(nonces, sets)
@STEADY
def test_every_scope_has_32_bits_and_gives_its_categories_back(nonce, categories):
    """[S-009]"""
    mask = scope(nonce, categories)
    assert mask.bit_count() == 32
    assert mask < 1 << 64
    assert categories_of(nonce, mask) == tuple(sorted(categories))
    for category in categories:
        assert mask >> slot_of(nonce, category) & 1


@given(nonces, sets)
@STEADY
def test_decoys_never_come_from_a_category_that_was_not_granted(nonce, categories):
    mask = scope(nonce, categories)
    for category in set(Category) - categories:
        assert not mask >> slot_of(nonce, category) & 1


@given(nonces, st.integers(min_value=0, max_value=63))
@STEADY
def test_a_slot_belongs_to_one_category_or_is_a_decoy(nonce, slot):
    category = category_at(nonce, slot)
    assert (category is None) == (slot in slot_map(nonce)[32:])
    assert category is None or slot_of(nonce, category) == slot


def test_all_32_categories_leave_no_decoy():
    assert categories_of(NONCE, scope(NONCE, list(Category))) == tuple(Category)


def test_decoys_are_chosen_evenly():
    """P03: each of 32 decoys is in half of the scopes that need 16 of them."""
    entropy, seen = stream("even"), Counter()
    for _ in range(2000):
        mask = scope(NONCE, list(Category)[:16], entropy=entropy)
        seen.update(slot for slot in slot_map(NONCE)[32:] if mask >> slot & 1)
    assert len(seen) == 32
    assert all(850 < count < 1150 for count in seen.values())


def test_decoys_come_from_the_given_entropy():
    assert scope(NONCE, [Category.HIV], entropy=stream("a")) == scope(NONCE, [Category.HIV], entropy=stream("a"))
    assert scope(NONCE, [Category.HIV], entropy=stream("a")) != scope(NONCE, [Category.HIV], entropy=stream("b"))


def test_two_nonces_hide_one_category_in_different_slots():
    assert len({slot_of(secrets.token_bytes(32), Category.HIV) for _ in range(64)}) > 16


def test_a_scope_without_or_with_doubled_categories_is_refused():
    with pytest.raises(CategoriesNone):
        scope(NONCE, [])
    with pytest.raises(CategoryTwice):
        scope(NONCE, [Category.HIV, Category.HIV])


@pytest.mark.parametrize("mask", [0, (1 << 31) - 1, (1 << 33) - 1, 1 << 64, ((1 << 31) - 1) | 1 << 64, -1])
def test_a_scope_without_32_of_64_bits_is_refused(mask):
    with pytest.raises(BadScope):
        check_scope(mask)
    with pytest.raises(BadScope):
        categories_of(NONCE, mask)


def test_a_scope_of_decoys_only_is_refused():
    with pytest.raises(ScopeWithoutCategory):
        categories_of(NONCE, sum(1 << slot for slot in slot_map(NONCE)[32:]))
