"""What a block proves about itself: its header's hash, its bloom of logs, and the root of its receipts.

A header's hash is Keccak-256 of its fields in RLP, and each header names the hash of the one before.
So a hash that is known to be right proves every block below it, and `receiptsRoot` in each header
proves which logs the block has and which it has not.

Sources: Yellow Paper, appendices B (RLP) and D (trie) and section 4.3.1 (bloom); EIP-1559, EIP-2718,
EIP-4788, EIP-4844, EIP-4895, EIP-7685 for newer fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from medshare.digest import keccak
from medshare.hexadecimal import Bytes32

HEADER: Final = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
)
"""The fields of every header as JSON-RPC names them, in their order; true for a quantity."""

NEWER: Final = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""What upgrades up to Prague put behind them, one after another: the first that is missing ends the header."""

BLOOM_BITS: Final = 2048


def rlp(item: bytes | list[Any]) -> bytes:
    """Return `item`, bytes or a list of items, in RLP."""
    if not isinstance(item, bytes):
        return rlp_list([rlp(part) for part in item])
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _prefixed(0x80, item)


def rlp_list(encoded: Sequence[bytes]) -> bytes:
    """Return the list of items that are in RLP already."""
    return _prefixed(0xC0, b"".join(encoded))


def _prefixed(base: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 56:
        return bytes((base + length,)) + payload
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((base + 55 + len(size),)) + size + payload


def quantity(number: int) -> bytes:
    """Return a number as RLP wants it: no zero in front."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def header_hash(header: Mapping[str, Any]) -> Bytes32:
    """Return the hash of a header in the form of JSON-RPC.

    Raises:
        KeyError, TypeError, ValueError: It is not of the form.
    """
    parts = [_field(header[name], number=number) for name, number in HEADER]
    for name, number in NEWER:
        value = header.get(name)
        if value is None:
            break
        parts.append(_field(value, number=number))
    return keccak(rlp_list(parts))


def _field(value: str, *, number: bool) -> bytes:
    return rlp(quantity(int(value, 16)) if number else bytes.fromhex(value[2:]))


def bloom_bits(value: bytes) -> int:
    """Return the three bits that `value`, an address or a topic, sets in a bloom."""
    number = int.from_bytes(keccak(value)[:6], "big")
    return 1 << (number >> 32) % BLOOM_BITS | 1 << (number >> 16) % BLOOM_BITS | 1 << number % BLOOM_BITS


def receipts_root(receipts: Sequence[Mapping[str, Any]]) -> Bytes32:
    """Return the root of the receipts of one block, in the form of `eth_getBlockReceipts`.

    Raises:
        KeyError, TypeError, ValueError: One is not of the form.
    """
    return trie_root({rlp(quantity(at)): _receipt(receipt) for at, receipt in enumerate(receipts)})


def _receipt(receipt: Mapping[str, Any]) -> bytes:
    data = bytes.fromhex
    logs = [
        [data(log["address"][2:]), [data(topic[2:]) for topic in log["topics"]], data(log["data"][2:])]
        for log in receipt["logs"]
    ]
    body = rlp(
        [
            quantity(int(receipt["status"], 16)),
            quantity(int(receipt["cumulativeGasUsed"], 16)),
            data(receipt["logsBloom"][2:]),
            logs,
        ]
    )
    return quantity(int(receipt["type"], 16)) + body


def trie_root(items: Mapping[bytes, bytes]) -> Bytes32:
    """Return the root of the Merkle-Patricia trie that holds `items`."""
    if not items:
        return keccak(rlp(b""))
    return keccak(_node(sorted((_nibbles(key), value) for key, value in items.items())))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _path(nibbles: bytes, *, ends: bool) -> bytes:
    """Return a path in the hex-prefix form, in RLP."""
    flag = 2 if ends else 0
    odd = len(nibbles) % 2
    padded = bytes((flag + 1,)) + nibbles if odd else bytes((flag, 0)) + nibbles
    return rlp(bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True)))


def _node(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the node, in RLP, under which `pairs` of path and value stand, sorted by their paths."""
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return rlp_list([_path(first, ends=True), rlp(pairs[0][1])])
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    if shared:
        child = _node([(path[shared:], value) for path, value in pairs])
        return rlp_list([_path(first[:shared], ends=False), _reference(child)])
    branches = []
    for nibble in range(16):
        below = [(path[1:], value) for path, value in pairs if path and path[0] == nibble]
        branches.append(_reference(_node(below)) if below else rlp(b""))
    own = [value for path, value in pairs if not path]
    return rlp_list([*branches, rlp(own[0] if own else b"")])


def _reference(node: bytes) -> bytes:
    """Return how a node stands in the one above it: itself if it is short, else its hash."""
    return node if len(node) < 32 else rlp(keccak(node))
