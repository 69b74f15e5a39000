"""The three nested hashes, pinned by vectors that ethers made."""

from __future__ import annotations

import json
import pathlib

import pytest

from medshare.digest import digest_of, keccak
from medshare.record import inner_hash, leaf_hash, text_hash

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "merkle" / "leaves.json").read_text())


@pytest.mark.parametrize("case", VECTORS["cases"])
def test_text_inner_and_leaf_are_those_of_the_javascript_reference(case):
    def data(name: str) -> bytes:
        return bytes.fromhex(case[name][2:])

    text = text_hash(
        category=case["category"],
        record_id=data("recordId"),
        version=case["version"],
        text_digest=data("textDigest"),
        salt=data("salt"),
    )
    inner = inner_hash(body_digest=data("bodyDigest"), previous_leaf=data("previousLeaf"), text=text)
    assert text == data("text")
    assert inner == data("inner")
    assert leaf_hash(patient=case["patient"], inner=inner) == data("leaf")


def test_a_leaf_is_hashed_twice():
    patient, inner = "0x" + "a1" * 20, b"\x07" * 32
    once = digest_of(["address", "bytes32"], patient, inner)
    assert leaf_hash(patient=patient, inner=inner) == keccak(once) != once
