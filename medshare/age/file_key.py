"""The file key: 16 random bytes, one for each payload that was ever encrypted."""

from __future__ import annotations

import secrets
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from medshare.age.entropy import Entropy, draw
from medshare.age.errors import FileKeySpent
from medshare.keys.secret import Secret


class FileKey(Secret):
    """The symmetric key of one age file (C2SP age, "File key").

    It encrypts one payload. A key that came out of a header has a payload already, so it decrypts
    and can be wrapped again, but never encrypts.
    """

    __slots__ = ("_spent",)

    LENGTH = 16

    def __init__(self, data: bytes, *, spent: bool = False) -> None:
        super().__init__(data)
        object.__setattr__(self, "_spent", spent)

    @classmethod
    def generate(cls, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a fresh key of 16 bytes of `entropy`."""
        return cls(draw(entropy, 16))

    @property
    def spent(self) -> bool:
        """Whether a payload was encrypted under this key."""
        spent: bool = object.__getattribute__(self, "_spent")
        return spent

    def spend(self) -> None:
        """Mark the key as used for its one payload.

        Raises:
            FileKeySpent: It was used before, or came out of a header.
        """
        if self.spent:
            raise FileKeySpent
        object.__setattr__(self, "_spent", True)

    def secret_subkey(self, *, salt: bytes, info: bytes) -> bytes:
        """Return the 32 bytes that HKDF-SHA-256 derives from this key for `info` under `salt`."""
        return derive(self.secret_bytes(), salt=salt, info=info)


def derive(material: bytes, *, salt: bytes, info: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA-256 (RFC 5869), the only key derivation of age besides scrypt and HPKE."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(material)
