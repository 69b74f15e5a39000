"""Writes the vectors of signed messages, good ones and bad ones.

Run `python -m tests.vectors.generate_typed_data`. The same files are read by the tests in Python,
Solidity and JavaScript; numbers above 2^53 are decimal text.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from medshare.digest import keccak
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.typed_data import MESSAGES, Confirm, Domains, Message, digest, sign, struct_hash
from medshare.typed_data.signing import CURVE_ORDER

FOLDER = Path(__file__).parent / "typed_data"
DOMAINS = Domains(
    chain_id=31_337,
    participants="0x" + "01" * 20,
    consents="0x" + "02" * 20,
    requests="0x" + "03" * 20,
    records="0x" + "04" * 20,
    audit="0x" + "05" * 20,
)
SIGNER = AccountKey(keccak(b"the signer of the vectors"))
TEXTS = ("", "S1-en I let the clinic read.\n" + "0" * 64, "S1-zh-Hant 我同意。\n" + "f" * 64, "é" * 100)
BITS = {"uint8": 8, "uint16": 16, "uint32": 32, "uint40": 40, "uint64": 64}


def value_of(kind: str, source: random.Random, edge: int | None = None) -> object:
    """Return a value of a Solidity type: random, or its smallest (0) or greatest (1)."""
    if kind in BITS:
        top = (1 << BITS[kind]) - 1
        return source.randint(0, top) if edge is None else edge * top
    if kind == "bool":
        return bool(source.getrandbits(1) if edge is None else edge)
    if kind == "address":
        return to_hex(source.randbytes(20) if edge is None else bytes([255 * edge]) * 20)
    if kind == "bytes32":
        return source.randbytes(32) if edge is None else bytes([255 * edge]) * 32
    return source.choice(TEXTS) if edge is None else TEXTS[edge]


def message_of(cls: type[Message], source: random.Random, edge: int | None = None) -> Message:
    """Return a message with random values, or with the smallest or greatest of each type."""
    return cls(**{member.attribute: value_of(member.kind.name, source, edge) for member in cls.members})


def message_vectors() -> list[dict[str, Any]]:
    source = random.Random("typed data vectors")
    rows = []
    for name, cls in MESSAGES.items():
        for edge in (0, 1, None, None):
            message = message_of(cls, source, edge)
            rows.append(
                {
                    "name": name,
                    "contract": cls.checked_by.value,
                    "verifyingContract": DOMAINS.of(cls).verifying_contract,
                    "message": message.to_json(),
                    "structHash": to_hex(struct_hash(message)),
                    "domainSeparator": to_hex(DOMAINS.of(cls).separator),
                    "digest": to_hex(digest(message, DOMAINS)),
                    "signature": to_hex(sign(message, DOMAINS, SIGNER)),
                }
            )
    return rows


def bad_signatures(good: bytes) -> dict[str, tuple[bytes, str]]:
    """Return the name, the bytes and the error of every malformed twin of a good signature."""
    r, s, v = good[:32], int.from_bytes(good[32:64], "big"), good[64]
    low, order, zero = s.to_bytes(32, "big"), CURVE_ORDER.to_bytes(32, "big"), bytes(32)
    high = (CURVE_ORDER - s).to_bytes(32, "big")
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    rows = {
        "high-s twin": (r + high + bytes([55 - v]), "typed-data.signature-high-s"),
        "high-s with the same v": (r + high + bytes([v]), "typed-data.signature-high-s"),
        "compact form of EIP-2098": (compact, "typed-data.signature-length"),
        "r is zero": (zero + low + bytes([v]), "typed-data.signature-scalar"),
        "s is zero": (r + zero + bytes([v]), "typed-data.signature-scalar"),
        "r is the order": (order + low + bytes([v]), "typed-data.signature-scalar"),
        "s is the order": (r + order + bytes([v]), "typed-data.signature-scalar"),
        "r is greater than the order": (b"\xff" * 32 + low + bytes([v]), "typed-data.signature-scalar"),
        "r is on no point of the curve": (_no_point() + low + bytes([v]), "typed-data.signature-nobody"),
    }
    for wrong in (0, 1, 2, 26, 29, 35, 36, 255):
        rows[f"v is {wrong}"] = (good[:64] + bytes([wrong]), "typed-data.signature-recovery-byte")
    for length in (0, 1, 63, 66, 67, 130):
        rows[f"{length} bytes"] = ((good * 2)[:length], "typed-data.signature-length")
    rows["v is 62711"] = (good[:64] + (62_711).to_bytes(2, "big"), "typed-data.signature-length")
    return rows


def _no_point() -> bytes:
    """Return the smallest x for which x³ + 7 is no square, so that no point of the curve has it."""
    field = 2**256 - 2**32 - 977
    x = next(x for x in range(1, 100) if pow(x**3 + 7, (field - 1) // 2, field) != 1)
    return x.to_bytes(32, "big")


def signature_vectors() -> dict[str, Any]:
    message = Confirm(provider="0x" + "aa" * 20, root=keccak(b"root"))
    good = sign(message, DOMAINS, SIGNER)
    return {
        "message": message.to_json(),
        "digest": to_hex(digest(message, DOMAINS)),
        "good": to_hex(good),
        "bad": [
            {"name": name, "signature": to_hex(signature), "error": error}
            for name, (signature, error) in bad_signatures(good).items()
        ],
    }


def vectors() -> dict[str, Any]:
    head = {"chainId": DOMAINS.chain_id, "signer": SIGNER.address, "privateKey": to_hex(SIGNER.secret_bytes())}
    return {
        "messages.json": {**head, "messages": message_vectors()},
        "signatures.json": {**head, "verifyingContract": DOMAINS.records, **signature_vectors()},
    }


def text_of(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, value in vectors().items():
        (FOLDER / name).write_text(text_of(value), encoding="utf-8")
