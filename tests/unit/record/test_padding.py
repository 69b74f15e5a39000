"""Sizes tell little: Padmé of at least 2048 bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.record import padded_length


@pytest.mark.parametrize("length", [0, 1, 700, 2047, 2048])
def test_everything_up_to_2048_bytes_looks_alike(length: int):
    assert padded_length(length) == 2048


@pytest.mark.parametrize(
    ("length", "padded"),
    # By hand from the paper: E = floor(log2 L), S = floor(log2 E) + 1, the low E - S bits are zero.
    [(2049, 2176), (2176, 2176), (2177, 2304), (4095, 4096), (4097, 4352), (65_537, 67_584), (10**6, 1_015_808)],
)
def test_larger_lengths_go_up_to_the_next_padme_size(length: int, padded: int):
    assert padded_length(length) == padded


@given(st.integers(0, 2**60))
def test_padding_never_shrinks_and_never_costs_more_than_an_eighth(length: int):
    padded = padded_length(length)
    assert max(length, 2048) <= padded
    assert padded - max(length, 2048) <= max(length, 2048) / 8


@given(st.integers(0, 2**60))
def test_a_padded_length_is_its_own_padded_length(length: int):
    assert padded_length(padded_length(length)) == padded_length(length)


@given(st.integers(0, 2**50), st.integers(0, 2**20))
def test_a_longer_document_never_looks_shorter(length: int, more: int):
    assert padded_length(length) <= padded_length(length + more)
