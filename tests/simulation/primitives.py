"""Quick stand-ins for the curve and the key encapsulation, in the very place where the package imports the real ones.

The package takes no cryptography as a parameter, and shall not: whoever could hand it a weak one would. So the seam is
the names that three modules import from `coincurve` and `cryptography`. Inside `quick()` they are stand-ins of the same
form and size: a signature is good if it was made with the key, a wrapped key opens with the right identity alone, and
a changed byte is refused. Everything above them, every check of the package itself, is the real one. The payload
(ChaCha20-Poly1305, HKDF) stays real as well. One seed in a hundred runs without the stand-ins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from cryptography.exceptions import InvalidTag

from medshare.age import hybrid
from medshare.keys import account
from medshare.typed_data import signing

_LATTICE: Final = 1184
_SHARE: Final = 1120
_TAG: Final = 16

signatures: dict[tuple[bytes, bytes], bytes] = {}
"""Every signature that was made: (digest, r and s) to the public key. What is not here nobody signed."""


class QuickPublicKey:
    """Stands for `coincurve.PublicKey`."""

    def __init__(self, point: bytes) -> None:
        self._point = point

    @classmethod
    def from_signature_and_message(cls, signature: bytes, message: bytes, hasher: None) -> QuickPublicKey:  # noqa: ARG003 - the real one's form
        """Return who signed; of a signature that nobody made some stranger, as on the curve."""
        known = signatures.get((message, signature[:64]))
        return cls(known or b"\x04" + hashlib.blake2b(message + signature).digest())

    def format(self, *, compressed: bool) -> bytes:  # noqa: ARG002 - the real one's form
        """Return 65 bytes."""
        return self._point


class QuickPrivateKey:
    """Stands for `coincurve.PrivateKey`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._point = b"\x04" + hashlib.blake2b(data).digest()
        self.public_key = QuickPublicKey(self._point)

    def sign_recoverable(self, digest: bytes, hasher: None) -> bytes:  # noqa: ARG002 - the real one's form
        """Return 65 bytes in the one accepted form: the same digest, the same bytes."""
        made = bytearray(hashlib.blake2b(digest, key=self._data).digest())
        made[0], made[32] = 1, 1  # both scalars in range, the second in the lower half
        signatures[digest, bytes(made)] = self._point
        return bytes(made) + b"\0"


class _Raw:
    """A public half: its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def public_bytes_raw(self) -> bytes:
        return self.data


class _Private:
    """A private half, whose public one has `length` bytes."""

    def __init__(self, seed: bytes, length: int) -> None:
        self._public = _Raw(hashlib.shake_128(seed).digest(length))

    def public_key(self) -> _Raw:
        return self._public


class QuickSuite:
    """Stands for the HPKE suite: whoever has the private key gets the text, a changed byte is refused."""

    def __init__(self) -> None:
        self.made = 0

    def encrypt(self, plaintext: bytes, public: bytes, *, info: bytes) -> bytes:
        """Return encapsulation, ciphertext and tag."""
        self.made += 1
        share = hashlib.shake_128(b"share" + self.made.to_bytes(8, "big") + public[:64]).digest(_SHARE)
        pad = hashlib.blake2b(share[:64] + info, key=public[:64], digest_size=len(plaintext)).digest()
        sealed = bytes(a ^ b for a, b in zip(plaintext, pad, strict=True))
        return share + sealed + _tag(public, info, share + sealed)

    @staticmethod
    def decrypt(sealed: bytes, private: bytes, *, info: bytes) -> bytes:
        """Return the plaintext; raises `InvalidTag` for another key or a changed byte."""
        body, tag = sealed[:-_TAG], sealed[-_TAG:]
        if _tag(private, info, body) != tag:
            raise InvalidTag
        length = len(body) - _SHARE
        pad = hashlib.blake2b(body[:64] + info, key=private[:64], digest_size=length).digest()
        return bytes(a ^ b for a, b in zip(body[_SHARE:], pad, strict=True))


def _tag(public: bytes, info: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(info + body, key=public[-64:], digest_size=_TAG).digest()


SUITE: Final = QuickSuite()


def _joined_public(lattice: bytes, point: bytes) -> bytes:
    return lattice + point


def _joined_private(lattice: _Private, classical: _Private) -> bytes:
    return lattice.public_key().data + classical.public_key().data


_HYBRID: Final[dict[str, Any]] = {
    "hpke": SimpleNamespace(MLKEM768X25519PublicKey=_joined_public, MLKEM768X25519PrivateKey=_joined_private),
    "MLKEM768PublicKey": SimpleNamespace(from_public_bytes=bytes),
    "MLKEM768PrivateKey": SimpleNamespace(from_seed_bytes=lambda seed: _Private(seed, _LATTICE)),
    "X25519PrivateKey": SimpleNamespace(from_private_bytes=lambda seed: _Private(seed, 32)),
    "X25519PublicKey": SimpleNamespace(from_public_bytes=bytes),
    "check_point": lambda data, kind: bytes(data),
    "is_low_order": lambda private, point: False,
    "_SUITE": SUITE,
}

_PLACES: Final[tuple[tuple[Any, str, Any], ...]] = (
    (account, "PrivateKey", QuickPrivateKey),
    (signing, "PublicKey", QuickPublicKey),
    *((hybrid, name, stand_in) for name, stand_in in _HYBRID.items()),
)


Mark = tuple[int, int]


def mark() -> Mark:
    """Return where the stand-ins are: how many signatures and encapsulations were made."""
    return len(signatures), SUITE.made


def take_back(to: Mark) -> None:
    """Forget what was made since a mark: no run knows another's."""
    while len(signatures) > to[0]:
        signatures.popitem()
    SUITE.made = to[1]


@contextmanager
def quick() -> Iterator[None]:
    """Put the stand-ins in the place of the real ones until the block ends; keys do not go from one to the other."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in _PLACES]
    for module, name, stand_in in _PLACES:
        setattr(module, name, stand_in)
    try:
        yield
    finally:
        for module, name, real in kept:
            setattr(module, name, real)
