"""Entries are cut out of a stream as the bytes that came.

given the bytes of a Bundle in pieces of any length
    each entry should be found, whole, with its own blanks
    another reader of JSON should find the same entries
    what is wrong inside an entry should not touch the next
    where the JSON itself goes wrong, what came before should have been given, and the break last
    no more than was to be kept should be held
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import pairwise

import ijson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion.fhir.slicing import Slice, slices

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def cut(text: bytes, *, piece: int = 7, keep: int = 10_000, keep_entries: bool = True) -> list[Slice]:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(text), piece):
            yield text[start : start + piece]
            yield b""

    return list(slices(pieces(), keep=keep, keep_entries=keep_entries))


def entries(found: list[Slice]) -> list[bytes]:
    return [piece.content for piece in found if piece.kind == "entry"]


@settings(max_examples=50, deadline=None)
@given(st.lists(json_values, max_size=5), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_each_entry_is_found_and_another_reader_finds_the_same(
    values: list[object], piece: int, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps({"a": values, "entry": values, "é": "}"}, ensure_ascii=ascii_only, indent=indent).encode(
        "utf-8", "surrogatepass"
    )
    found = cut(text, piece=piece)
    assert [json.loads(content) for content in entries(found)] == values
    assert b"".join(text.partition(content)[1] for content in entries(found)) == b"".join(entries(found))
    assert {part.name: json.loads(part.content) for part in found if part.kind == "member"} == {"a": values, "é": "}"}
    assert list(ijson.items(io.BytesIO(text), "entry.item")) == values


def test_bytes_are_kept_as_they_came() -> None:
    odd = rb'{ "a" : 1.10 , "b":"\ud800", "b": -0, "c": 1e2 }'
    assert entries(cut(b'\xef\xbb\xbf {"entry" : [ ' + odd + b" ,{}] } \n", piece=1)) == [odd, b"{}"]


@pytest.mark.parametrize("wrong", [b'{"a":}', b'{"a" 1}', b"[}", b"{]", b"nul", b"{'a':1}", b'{"\\u12"}', b"\xff"])
def test_what_is_wrong_inside_an_entry_does_not_touch_the_next(wrong: bytes) -> None:
    assert entries(cut(b'{"entry":[{"x":1},' + wrong + b',{"y":2}]}')) == [b'{"x":1}', wrong, b'{"y":2}']


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (b'{"entry":[{},{},{"a":"', 2),
        (b'{"entry":[{},{},', 2),
        (b'{"entry":[{},{}', 2),
        (b'{"entry":[{} {}]}', 1),
        (b'{"entry":[,{}]}', 0),
        (b'{"entry":[{},{}]', 2),
        (b'{"entry":[{}]}{"resourceType":"Patient"}', 1),
        (b'{"entry":[{}],"entry":[{}]}', 1),
        (b'{"entry":[{}],"type" "x"}', 1),
        (b'{"entry":[{}],type:1}', 1),
        (b'{"entry":[{}],"\\u12":1}', 1),
        (b'{"entry":[{}],"x":}', 1),
        (b'{"entry":[{}],"x":"a\\', 1),
        (b'{"entry":[{}],"x":"a', 1),
        (b'[{"entry":[]}]', 0),
        (b"\xef\xbb", 0),
        (b"", 0),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_a_break_is_the_last_slice_and_no_reader_takes_it_for_whole(text: bytes, before: int, piece: int) -> None:
    found = cut(text, piece=piece)
    assert [part.kind for part in found].count("break") == 1
    assert found[-1].kind == "break"
    assert found[-1].number == before == len(entries(found))
    if found[-1].content not in {b'"type"', text}:
        with pytest.raises(ValueError, match=r"."):
            json.loads(found[-1].content)
    assert text.replace(b" ", b"").endswith(found[-1].content.replace(b" ", b""))


def test_no_more_is_held_than_was_to_be_kept() -> None:
    text = b'{"entry":[{"a":"' + b"x" * 5000 + b'"},' + b"9" * 5000 + b',"' + b"y" * 5000 + b'",{"b":1}'
    found = cut(text, keep=100, piece=64)
    assert [len(part.content) for part in found[:-1]] == [101, 101, 101, 7]
    assert len(cut(b'{"entry":["' + b"z" * 5000, keep=100)[-1].content) == 101
    assert [len(part.content) for part in cut(text, keep=100, keep_entries=False)[:-1]] == [1, 1, 1, 1]


def test_entry_may_be_another_thing_than_a_list() -> None:
    assert [(part.kind, part.name) for part in cut(b'{"entry":{"a":[]},"b":1}')] == [
        ("member", "entry"),
        ("member", "b"),
    ]


def test_a_long_run_of_brackets_is_counted_not_stacked() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert entries(cut(b'{"entry":[' + deep + b",{}]}", keep=10, piece=9999)) == [deep[:11], b"{}"]
    assert all(len(after.content) <= 11 for _, after in pairwise(cut(b'{"entry":[' + deep[:100_000], keep=10)))
