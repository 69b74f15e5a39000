"""The first line of a plaintext has one form; its fields have ranges."""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
from dataclasses import replace
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.digest import sha256
from medshare.record import Manifest, RecordFacts
from medshare.record.errors import FactsInvalid, ManifestMalformed
from medshare.record.manifest import plaintext_length
from tests.vectors.forging import facts, manifest_of

CASES = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "record" / "plaintexts.json").read_text())["cases"]
WORDS = st.binary(min_size=32, max_size=32)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_layout_of_a_plaintext_is_pinned(case):
    manifest = replace(manifest_of(), length=case["length"])
    line = manifest.to_bytes()
    assert line.decode() == case["line"]
    assert plaintext_length(len(line), case["length"]) == case["size"]
    document = base64.b64decode(case["document"]) if case["length"] < 5000 else b"0123456789" * 10_000
    plaintext = (line + b"\n" + document).ljust(case["size"], b"\n")
    assert hashlib.sha256(plaintext).hexdigest() == case["sha256"]


@given(
    st.builds(
        RecordFacts,
        chain_id=st.integers(1, 2**53 - 1),
        registry=ADDRESSES,
        patient=ADDRESSES,
        provider=ADDRESSES,
        category=st.integers(0, 23),
        record_id=WORDS,
        version=st.just(1),
        media_type=st.sampled_from(["text/plain", "application/fhir+json", "text/plain; charset=utf-8"]),
    ),
    WORDS,
    st.integers(0, 2**53 - 1),
)
def test_a_manifest_comes_back_as_it_was_written(said: RecordFacts, salt: bytes, length: int):
    manifest = Manifest.of(said, salt=salt, length=length)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert b"\n" not in manifest.to_bytes()


def test_a_later_version_comes_back_as_it_was_written():
    manifest = manifest_of(version=2**32 - 1, previous_leaf=sha256(b"before"))
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_a_category_may_be_named_by_an_enumeration():
    class Category(IntEnum):
        LABORATORY = 7

    assert manifest_of(category=Category.LABORATORY).to_bytes() == manifest_of(category=7).to_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"chain_id": 2**53},
        {"chain_id": "1"},
        {"registry": "0x" + "AB" * 20},
        {"patient": "0x"},
        {"provider": None},
        {"category": 24},
        {"category": -1},
        {"category": True},
        {"record_id": bytes(31)},
        {"record_id": "0x" + "11" * 32},
        {"version": 0},
        {"version": 2**32, "previous_leaf": bytes([7]) * 32},
        {"version": 2},
        {"previous_leaf": bytes([7]) * 32},
        {"previous_leaf": b""},
        {"media_type": "TEXT/plain"},
        {"media_type": "text/plain\n"},
        {"media_type": b"text/plain"},
        {"media_type": "text/plain;charset=utf-8"},
    ],
    ids=str,
)
def test_facts_out_of_range_are_refused_before_anything_is_sealed(change):
    with pytest.raises(FactsInvalid):
        facts(**change)


@pytest.mark.parametrize("change", [{"salt": bytes(16)}, {"length": -1}, {"length": 2**53}, {"length": 1.0}], ids=str)
def test_a_manifest_out_of_range_is_refused(change):
    with pytest.raises(FactsInvalid):
        replace(manifest_of(), **change)


def test_a_manifest_longer_than_four_kilobytes_is_refused():
    with pytest.raises(ManifestMalformed):
        Manifest.from_bytes(b'"' + b"a" * 5000 + b'"')


def test_neither_category_nor_salt_is_printed():
    manifest = manifest_of()
    assert "category" not in repr(manifest)
    assert manifest.salt.hex() not in repr(manifest)
    assert repr(manifest.salt) not in repr(manifest)
