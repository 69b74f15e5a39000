"""Proving that somebody holds a body: a challenge, and the one right answer to it.

The answer is SHA-256 over a domain tag, the holder's address, the nonce and then the body. The nonce stands before
the body, so that no state of the hash that was computed earlier helps; the holder's address stands in it, so that
one holder cannot pass another's answer on. A holder that fetches the body from elsewhere when it is asked, and
throws it away again, answers rightly: what is proven is that the bytes can be had there, now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medshare.hexadecimal import Address, Bytes32
from medshare.store.dag import CHUNK, Readable

DOMAIN: Final = b"medshare/v1/possession\x00"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to one holder; `nonce` is fresh and random, and used once."""

    holder: Address
    nonce: Bytes32


@dataclass(frozen=True, slots=True)
class Measured:
    """What a body says: its SHA-256, and the right answer to each challenge, in their order."""

    digest: Bytes32
    answers: tuple[Bytes32, ...]


def measure(body: Readable, challenges: Sequence[Challenge] = ()) -> Measured:
    """Return what `body` says, read once and a part at a time."""
    plain = hashlib.sha256()
    answers = [hashlib.sha256(DOMAIN + bytes.fromhex(one.holder[2:]) + one.nonce) for one in challenges]
    while part := body.read(CHUNK):
        for each in (plain, *answers):  # [ST-001]
            each.update(part)
    return Measured(plain.digest(), tuple(one.digest() for one in answers))
