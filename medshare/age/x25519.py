"""Classical X25519 keys (C2SP age, "The X25519 recipient type"); kept for exchange with other age programs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from medshare.age import bech32
from medshare.age.entropy import Entropy, draw
from medshare.age.errors import LowOrderShare, NotAKeyText, WeakKey, WrongKeyLength
from medshare.age.file_key import FileKey, derive
from medshare.age.stanza import Stanza, encode_base64
from medshare.keys.secret import Secret

KIND = "X25519"
_INFO = b"age-encryption.org/v1/X25519"
_NONCE = bytes(12)  # fixed by the format: each wrapping key is used once
_PRIME = 2**255 - 19
# Any private key multiplies a low-order point to zero, since the format clears the cofactor.
_PROBE = X25519PrivateKey.from_private_bytes(b"\x01" * 32)


def check_point(data: bytes, kind: str) -> X25519PublicKey:
    """Return the public key of 32 bytes that an honest program could have made.

    Raises:
        WeakKey: The coordinate is not the smallest form of itself, or the point is of low order.
    """
    if int.from_bytes(data, "little") >= _PRIME:
        raise WeakKey(kind=kind)
    point = X25519PublicKey.from_public_bytes(data)
    if is_low_order(_PROBE, point):
        raise WeakKey(kind=kind)
    return point


def is_low_order(private: X25519PrivateKey, point: X25519PublicKey) -> bool:
    """Tell whether the shared secret with `point` is all zero."""
    try:
        private.exchange(point)
    except ValueError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class X25519Recipient:
    """A public key of 32 bytes, `age1...` as text.

    Raises:
        WrongKeyLength: Not 32 bytes.
        WeakKey: A point that no honest program makes.
    """

    key: bytes
    _point: X25519PublicKey = field(init=False, repr=False, compare=False)

    group: ClassVar[str] = "classical"

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise WrongKeyLength(kind=KIND, expected=32, given=len(self.key))
        object.__setattr__(self, "_point", check_point(self.key, KIND))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the key of `age1...`.

        Raises:
            NotAKeyText, WrongKeyLength, WeakKey.
        """
        return cls(bech32.decode(text, prefix="age", kind=KIND))

    @property
    def text(self) -> str:
        """The key as `age1...`."""
        return bech32.encode("age", self.key)

    def wrap(self, file_key: FileKey, entropy: Entropy = secrets.token_bytes) -> Stanza:
        """Return a stanza of the kind X25519 under a fresh share."""
        ephemeral = X25519PrivateKey.from_private_bytes(draw(entropy, 32))
        share = ephemeral.public_key().public_bytes_raw()
        key = derive(ephemeral.exchange(self._point), salt=share + self.key, info=_INFO)
        body = ChaCha20Poly1305(key).encrypt(_NONCE, file_key.secret_bytes(), None)
        return Stanza((KIND, encode_base64(share)), body)


class X25519Identity(Secret):
    """A private key of 32 bytes, `AGE-SECRET-KEY-1...` as text."""

    __slots__ = ("_private", "_recipient")

    LENGTH = 32

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        private = X25519PrivateKey.from_private_bytes(data)
        object.__setattr__(self, "_private", private)
        object.__setattr__(self, "_recipient", X25519Recipient(private.public_key().public_bytes_raw()))

    @classmethod
    def generate(cls, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a fresh identity."""
        return cls(draw(entropy, 32))

    @classmethod
    def from_secret_text(cls, text: str) -> Self:
        """Return the identity of `AGE-SECRET-KEY-1...`.

        Raises:
            NotAKeyText: Anything else.
        """
        data = bech32.decode(text, prefix="age-secret-key-", kind="X25519 identity", upper=True)
        if len(data) != cls.LENGTH:
            raise NotAKeyText(kind="X25519 identity")
        return cls(data)

    def secret_text(self) -> str:
        """Return the identity as `AGE-SECRET-KEY-1...`."""
        return bech32.encode("age-secret-key-", self.secret_bytes()).upper()

    @property
    def recipient(self) -> X25519Recipient:
        """The public half."""
        recipient: X25519Recipient = object.__getattribute__(self, "_recipient")
        return recipient

    def unwrap(self, stanzas: Sequence[Stanza]) -> FileKey | None:
        """Return the file key of the first stanza that opens, or None.

        Raises:
            HeaderError: A stanza of this kind is malformed, or its share is of low order.
        """
        private: X25519PrivateKey = object.__getattribute__(self, "_private")
        for stanza in stanzas:
            if stanza.kind != KIND:
                continue
            share = stanza.value(1, arguments=2, length=32)
            try:
                shared = private.exchange(X25519PublicKey.from_public_bytes(share))
            except ValueError as error:
                raise LowOrderShare(kind=KIND) from error
            key = derive(shared, salt=share + self.recipient.key, info=_INFO)
            try:
                return FileKey(ChaCha20Poly1305(key).decrypt(_NONCE, stanza.body, None), spent=True)
            except InvalidTag:
                continue
        return None
