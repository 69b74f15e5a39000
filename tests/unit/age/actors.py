"""Named actors and small sources for the tests of the age format."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, cast

from medshare.age import FileKey, HybridIdentity, ScryptIdentity, ScryptRecipient, X25519Identity

PATIENT = HybridIdentity.from_seed(bytes(range(32)))
CLINIC = HybridIdentity.from_seed(bytes(range(1, 33)))
STRANGER = HybridIdentity.from_seed(bytes(range(2, 34)))
ELDER = X25519Identity(bytes(range(32)))
OTHER_ELDER = X25519Identity(bytes(range(3, 35)))
PASSPHRASE = ScryptRecipient.from_secret_text("correct horse battery staple", work_factor=4)
RIGHT = ScryptIdentity.from_secret_text("correct horse battery staple")
WRONG = ScryptIdentity.from_secret_text("correct horse battery stable")


def repeatable(seed: bytes = b""):
    """Return a source of randomness that gives the same bytes for the same `seed`."""
    state = [seed]

    def entropy(length: int) -> bytes:
        state[0] = hashlib.sha256(state[0]).digest()
        return hashlib.shake_256(state[0]).digest(length)

    return entropy


def fresh(seed: bytes = b"") -> FileKey:
    """Return an unused file key, the same for the same `seed`."""
    return FileKey.generate(repeatable(b"key" + seed))


class Dripping(io.RawIOBase):
    """A source that gives one byte, then two, then three ... of each read."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data
        self._step = 0

    def read(self, size: int = -1) -> bytes:
        self._step = self._step % 9_973 + 1
        piece, self._data = self._data[: min(size, self._step)], self._data[min(size, self._step) :]
        return piece


def dripping(data: bytes) -> BinaryIO:
    return cast("BinaryIO", Dripping(data))
