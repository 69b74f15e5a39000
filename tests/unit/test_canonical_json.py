"""One value, one run of bytes (RFC 8785), for MedShare's own documents; everything else is refused."""

from __future__ import annotations

import contextlib
import json
import unicodedata
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from medshare.canonical_json import DEEPEST, LARGEST_DOCUMENT, LARGEST_INTEGER, NotCanonical, dumps, loads

VECTORS = Path(__file__).parents[1] / "vectors" / "rfc8785"
NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]

texts = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def published(name: str) -> tuple[object, bytes]:
    value = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    return value, (VECTORS / "output" / f"{name}.json").read_bytes()


def refused(data: bytes, why: str, **options: int) -> None:
    with pytest.raises(NotCanonical, match=why):
        loads(data, **options)


# The published vectors


@pytest.mark.parametrize("name", NAMES)
def test_the_library_under_us_gives_every_published_output(name: str):
    value, output = published(name)
    assert rfc8785.dumps(value) == output


@pytest.mark.parametrize("name", ["arrays", "french"])
def test_a_published_value_has_its_published_form_and_comes_back(name: str):
    value, output = published(name)
    assert dumps(value) == output
    assert loads(output) == value


def test_a_whole_number_that_was_written_with_a_point_is_given_without():
    value, output = published("structures")
    with pytest.raises(NotCanonical, match="float"):
        dumps(value)
    value["1"]["\n"] = 56
    assert dumps(value) == output
    assert loads(output) == value


def test_published_floats_are_refused_both_ways():
    value, output = published("values")
    with pytest.raises(NotCanonical, match="float"):
        dumps(value)
    refused(output, "not an integer")


def test_published_text_that_is_not_normal_is_refused_both_ways():
    for name in ("unicode", "weird"):
        value, output = published(name)
        with pytest.raises(NotCanonical, match="NFC"):
            dumps(value)
        refused(output, "NFC")


def test_keys_are_sorted_by_their_utf_16_units():
    value, output = published("weird")
    hebrew = next(key for key in value if not unicodedata.is_normalized("NFC", key))
    left = f',"{hebrew}":"{value.pop(hebrew)}"'.encode()
    assert left in output
    assert dumps(value) == output.replace(left, b"")


# Round trips


@given(values)
def test_every_value_is_written_as_the_library_writes_it(value: object):
    assert dumps(value) == rfc8785.dumps(value)


@given(values)
def test_a_value_comes_back_from_its_bytes_and_the_bytes_are_the_same(value: object):
    data = dumps(value)
    assert loads(data) == value
    assert dumps(loads(data)) == data == rfc8785.dumps(value)


@given(values, st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_bytes_put_in_anywhere_are_refused_or_stand_for_another_value(value: object, place: int, more: bytes):
    data = dumps(value)
    place %= len(data) + 1
    changed = data[:place] + more + data[place:]
    with contextlib.suppress(NotCanonical):
        assert loads(changed) != value


def test_tuples_are_written_as_lists():
    assert dumps((1, (2,))) == b"[1,[2]]"


# Numbers


@pytest.mark.parametrize("number", [LARGEST_INTEGER, -LARGEST_INTEGER, 0])
def test_an_integer_that_javascript_holds_exactly_is_written(number: int):
    assert LARGEST_INTEGER == 2**53 - 1
    assert loads(dumps({"n": number})) == {"n": number}


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**64, 10**100])
def test_a_larger_integer_is_refused_both_ways(number: int):
    with pytest.raises(NotCanonical, match="2\\^53"):
        dumps([number])
    refused(b"[%d]" % number, "2\\^53")


@pytest.mark.parametrize("data", [b"1.0", b"1.10", b"1e3", b"-0.0", b"NaN", b"Infinity", b"-Infinity"])
def test_a_number_that_is_not_an_integer_is_refused(data: bytes):
    refused(data, "not an integer")


@pytest.mark.parametrize("data", [b"-0", b"[-0]"])
def test_minus_zero_is_refused(data: bytes):
    refused(data, "RFC 8785")


@pytest.mark.parametrize("data", [b"01", b"+1", b"0x10", b"1_000"])
def test_a_number_in_another_notation_is_refused(data: bytes):
    refused(data, "not JSON")


def test_a_number_of_ten_thousand_digits_is_refused_without_being_computed():
    refused(b"1" * 10_000, "too long")


# Other forms of the same value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"\\u0061":1}',
        b'"\\/"',
        b'"\\u0001\\u000A"',
        b'"\\ud83d\\ude02"',
        '"\u20ac"'.encode().replace(b"\xe2\x82\xac", b"\\u20ac"),
    ],
)
def test_another_notation_of_the_same_value_is_refused(data: bytes):
    refused(data, "RFC 8785")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b"{'a':1}", b'{"a":1}{}', b"\xef\xbb\xbf{}", b'"\xff"', b'"\xed\xa0\x80"', b"nul", b'"a\nb"'],
)
def test_what_is_not_json_in_utf_8_is_refused(data: bytes):
    refused(data, "not JSON in UTF-8")


def test_a_key_that_stands_twice_is_refused():
    refused(b'{"a":1,"a":1}', "twice")
    refused(b'[{"a":{"b":1,"b":2}}]', "twice")


def test_half_a_character_is_refused_both_ways():
    with pytest.raises(NotCanonical, match="half a character"):
        dumps("\ud800")
    with pytest.raises(NotCanonical, match="half a character"):
        dumps({"\udfff": 1})
    refused(b'"\\ud800"', "half a character")


@pytest.mark.parametrize("value", ["e\u0301", {"e\u0301": 1}, ["\u212b"]])
def test_text_that_is_not_normal_is_refused(value: object):
    with pytest.raises(NotCanonical, match="NFC"):
        dumps(value)


@pytest.mark.parametrize(
    "value", [1.0, b"bytes", {1, 2}, object(), 1j, float("nan")], ids=lambda value: type(value).__name__
)
def test_a_value_of_another_type_is_refused(value: object):
    with pytest.raises(NotCanonical, match=type(value).__name__):
        dumps({"a": [value]})


@pytest.mark.parametrize("key", [1, None, True, b"a"])
def test_a_key_that_is_not_text_is_refused(key: object):
    with pytest.raises(NotCanonical, match="key that is not text"):
        dumps({key: 1})


# Limits


@pytest.mark.parametrize("kind", ["list", "object"])
@pytest.mark.parametrize("inside", [None, 1, [], {}], ids=str)
def test_what_is_written_can_be_read_at_every_depth(kind: str, inside: object):
    value, depth = inside, 1 if isinstance(inside, list | dict) else 0
    while depth < DEEPEST:
        value, depth = [value] if kind == "list" else {"a": value}, depth + 1
    assert loads(dumps(value)) == value
    with pytest.raises(NotCanonical, match=f"deeper than {DEEPEST}"):
        dumps([value])


def test_a_million_brackets_are_refused_before_they_are_parsed():
    refused(b"[" * 10**6, f"deeper than {DEEPEST}")
    refused(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), f"deeper than {DEEPEST}")


def test_brackets_in_text_are_no_depth():
    text = '["\\' * 100
    assert loads(dumps({"a": text})) == {"a": text}


def test_a_document_above_the_limit_is_refused_unread():
    data = dumps("a" * 10)
    assert loads(data, limit=len(data)) == "a" * 10
    refused(data, f"more than {len(data) - 1} bytes", limit=len(data) - 1)
    assert LARGEST_DOCUMENT == 64 * 2**20


def test_the_error_never_repeats_the_document():
    for data in (b'{"secret words": 1}', b'{"secret words":1,"secret words":1}', b'["secret words",1.5]'):
        with pytest.raises(NotCanonical) as caught:
            loads(data)
        assert "secret" not in f"{caught.value} {caught.value.facts}"
