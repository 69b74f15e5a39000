"""Headers, blooms and receipts are hashed as every Ethereum client hashes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.hexadecimal import to_hex
from medshare.index.evidence import bloom_bits, header_hash, receipts_root, rlp, trie_root

GENESIS = {
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}
"""The first block of the public main network: a header before any upgrade."""

VECTOR = Path(__file__).resolve().parents[2] / "vectors" / "index" / "anvil_block.json"


@pytest.fixture(scope="module")
def block() -> dict[str, Any]:
    """One block of Anvil 1.7.1 under Prague's rules with transactions of several types; see tests/vectors/generate_index.py."""
    return json.loads(VECTOR.read_text())


def test_the_first_block_of_the_main_network_has_its_famous_hash() -> None:
    """[X-004]."""
    assert to_hex(header_hash(GENESIS)) == "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"


def test_a_header_of_todays_rules_has_the_hash_that_the_client_says(block: dict[str, Any]) -> None:
    """[X-004]."""
    assert to_hex(header_hash(block["header"])) == block["header"]["hash"]


@pytest.mark.parametrize(
    "name", ["parentHash", "logsBloom", "receiptsRoot", "timestamp", "number", "requestsHash", "excessBlobGas"]
)
def test_a_header_with_one_field_changed_has_another_hash(block: dict[str, Any], name: str) -> None:
    """[X-004]."""
    value = block["header"][name]
    changed = hex(int(value, 16) + 1) if len(value) < 66 else value[:-1] + ("0" if value[-1] != "0" else "1")
    assert header_hash({**block["header"], name: changed}) != header_hash(block["header"])


def test_receipts_have_the_root_that_the_client_says(block: dict[str, Any]) -> None:
    """[X-003]."""
    assert len(block["receipts"]) > 128, "an index of two bytes in the trie"
    assert len({receipt["type"] for receipt in block["receipts"]}) == 3
    assert to_hex(receipts_root(block["receipts"])) == block["header"]["receiptsRoot"]


def test_one_receipt_less_or_in_another_place_is_another_root(block: dict[str, Any]) -> None:
    """[X-003]."""
    receipts = block["receipts"]
    for others in (receipts[:-1], receipts[1:], [receipts[1], receipts[0], *receipts[2:]]):
        assert to_hex(receipts_root(others)) != block["header"]["receiptsRoot"]


def test_no_receipts_have_the_root_of_the_empty_trie() -> None:
    assert to_hex(receipts_root([])) == GENESIS["receiptsRoot"]


def test_a_bloom_holds_what_the_receipts_logged(block: dict[str, Any]) -> None:
    whole = 0
    for receipt in block["receipts"]:
        own = 0
        for log in receipt["logs"]:
            for value in (log["address"], *log["topics"]):
                own |= bloom_bits(bytes.fromhex(value[2:]))
        assert own == int(receipt["logsBloom"], 16)
        whole |= own
    assert whole == int(block["header"]["logsBloom"], 16)


class TestPublishedVectors:
    """From the Ethereum Foundation's tests (RLPTests, TrieTests) and the Yellow Paper's appendices."""

    @pytest.mark.parametrize(
        ("item", "encoded"),
        [
            (b"", "80"),
            (b"\0", "00"),
            (b"\x7f", "7f"),
            (b"\x80", "8180"),
            (b"dog", "83646f67"),
            ([], "c0"),
            ([b"cat", b"dog"], "c88363617483646f67"),
            ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
            (
                b"Lorem ipsum dolor sit amet, consectetur adipisicing eli",
                "b74c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c69",
            ),
            (
                b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
                "b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c6974",
            ),
        ],
    )
    def test_rlp(self, item: Any, encoded: str) -> None:
        assert rlp(item).hex() == encoded

    def test_rlp_of_what_needs_two_bytes_of_length(self) -> None:
        assert rlp(bytes(1024))[:3].hex() == "b90400"
        assert rlp([b"x" * 600])[:3].hex() == "f9025b"

    @pytest.mark.parametrize(
        ("items", "root"),
        [
            (
                {b"do": b"verb", b"horse": b"stallion", b"doge": b"coin", b"dog": b"puppy"},
                "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84",
            ),
            ({b"A": b"a" * 50}, "d23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab"),
            ({b"foo": b"bar", b"food": b"bass"}, "17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3"),
            (
                {b"be": b"e", b"dog": b"puppy", b"bed": b"d"},
                "3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b",
            ),
        ],
    )
    def test_tries(self, items: dict[bytes, bytes], root: str) -> None:
        assert trie_root(items).hex() == root


@given(st.recursive(st.binary(max_size=80), lambda parts: st.lists(parts, max_size=6), max_leaves=20))
def test_rlp_equals_that_of_the_reference_library(item: Any) -> None:
    library = pytest.importorskip("rlp")
    assert rlp(item) == library.encode(item)
