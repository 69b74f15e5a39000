"""Addresses and bytes as text have one accepted form: lower-case hex with 0x."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, NotAnAddress, NotHex, address, from_hex, to_hex

GOOD = "0x" + "a1" * 20


def test_an_address_in_the_one_form_is_returned():
    assert address(GOOD) == GOOD
    assert address(ZERO_ADDRESS) == "0x" + "0" * 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD[2:],
        "0X" + GOOD[2:],
        GOOD.upper(),
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x" + "g1" * 20,
        "0x" + "١" * 40,
        "0x" + "ａ" * 40,
        None,
        7,
        bytes(20),
        GOOD.encode(),
    ],
    ids=repr,
)
def test_anything_else_is_no_address(text: object):
    with pytest.raises(NotAnAddress):
        address(text)


def test_a_key_that_was_given_for_an_address_is_not_repeated():
    """Case K15: the mistake of pasting a private key ends up in no log."""
    key = "0x" + "5e" * 32
    with pytest.raises(NotAnAddress) as caught:
        address(key)
    assert "5e5e" not in f"{caught.value} {caught.value.facts}"
    with pytest.raises(NotHex) as refusal:
        from_hex(key + "zz")
    assert "5e5e" not in f"{refusal.value} {refusal.value.facts}"


@given(st.binary(max_size=100))
def test_bytes_come_back_from_their_hex(data: bytes):
    text = to_hex(data)
    assert text == text.lower()
    assert from_hex(text) == from_hex(text, len(data)) == data


@pytest.mark.parametrize(
    "text", ["", "0", "0x1", "ab", "0xAB", "0X00", "0x 0", "0xzz", "0x00\n", None, 0, b"0x00"], ids=repr
)
def test_anything_else_is_no_hex(text: object):
    with pytest.raises(NotHex, match="any number of"):
        from_hex(text)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_another_length_is_refused_and_named(length: int):
    assert from_hex(to_hex(ZERO_32), 32) == ZERO_32
    with pytest.raises(NotHex, match=f"{length} bytes"):
        from_hex(to_hex(ZERO_32), length)


def test_no_bytes_are_bytes_too():
    assert from_hex("0x", 0) == from_hex("0x") == b""
