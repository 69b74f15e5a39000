"""JSON in and out without changing a value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.intake import Limits, Numeral
from medshare.intake.json_text import dumps, parse, to_plain
from tests.unit.intake.samples import exact


@pytest.mark.parametrize(
    "number", ["1.10", "1e-7", "1E+2", "0.00", "-0", "-0.0", "100", "12345678901234567890", "1.30E+00", "-1"]
)
def test_a_number_comes_back_as_it_was_written(number: str) -> None:
    assert dumps(parse(number.encode(), limits=Limits())) == number.encode()


def test_a_small_integer_is_an_integer_and_all_others_are_numerals() -> None:
    value = parse(b"[1, -5, 1.0, 1e0, -0, 1234567890123456]", limits=Limits())
    assert value == [1, -5, Numeral("1.0"), Numeral("1e0"), Numeral("-0"), Numeral("1234567890123456")]


def test_a_numeral_is_not_a_text() -> None:
    assert parse(b'"1.10"', limits=Limits()) != parse(b"1.10", limits=Limits())


def test_a_numeral_has_its_value_with_its_precision() -> None:
    assert str(Numeral("1.10").to_decimal()) == "1.10"
    assert to_plain({"a": [Numeral("1e-7"), 1, None, "x"]}) == {"a": [Decimal("1e-7"), 1, None, "x"]}


def test_keys_keep_their_order() -> None:
    text = b'{"b":1,"a":{"d":[],"c":{}},"":null}'
    assert dumps(parse(text, limits=Limits())) == text


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@given(TREES, st.booleans(), st.sampled_from([None, 1]))
def test_any_json_comes_back(tree: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()
    assert exact(dumps(parse(text, limits=Limits(exponent=400)))) == exact(text)
