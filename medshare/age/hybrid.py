"""Post-quantum hybrid keys: X-Wing, that is ML-KEM-768 with X25519 (C2SP age, "MLKEM768-X25519").

The stanza is HPKE base mode (RFC 9180) with the KEM MLKEM768-X25519, HKDF-SHA-256 and ChaCha20-Poly1305,
with the fixed info below and no additional data. The encapsulation draws its randomness inside the
cryptographic library, which offers no other way: `entropy` does not make a hybrid stanza repeatable.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from medshare.age import bech32
from medshare.age.entropy import Entropy, draw
from medshare.age.errors import LowOrderShare, NotAKeyText, WeakKey, WrongKeyLength
from medshare.age.file_key import FileKey
from medshare.age.stanza import Stanza, encode_base64
from medshare.age.x25519 import check_point, is_low_order
from medshare.keys.secret import Secret

KIND = "mlkem768x25519"
RECIPIENT_LENGTH = 1216
"""Bytes of a public key: 1184 of ML-KEM-768, then 32 of X25519."""

_ENC = 1120  # 1088 bytes of ML-KEM ciphertext, then 32 of the X25519 share
_MLKEM_KEY = 1184
_MLKEM_ENC = 1088
_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True, slots=True)
class HybridRecipient:
    """A public key of 1216 bytes, `age1pq1...` as text.

    Raises:
        WrongKeyLength: Not 1216 bytes.
        WeakKey: A coefficient is out of range, or the X25519 half is not canonical or of low order.
    """

    key: bytes = field(repr=False)
    _public: hpke.MLKEM768X25519PublicKey = field(init=False, repr=False, compare=False)

    group: ClassVar[str] = "post-quantum"

    def __post_init__(self) -> None:
        if len(self.key) != RECIPIENT_LENGTH:
            raise WrongKeyLength(kind=KIND, expected=RECIPIENT_LENGTH, given=len(self.key))
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(self.key[:_MLKEM_KEY])
        except ValueError as error:  # the modulus check of FIPS 203, 7.2
            raise WeakKey(kind=KIND) from error
        point = check_point(self.key[_MLKEM_KEY:], KIND)
        object.__setattr__(self, "_public", hpke.MLKEM768X25519PublicKey(lattice, point))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the key of `age1pq1...`.

        Raises:
            NotAKeyText, WrongKeyLength, WeakKey.
        """
        return cls(_public_bytes(text))

    @property
    def text(self) -> str:
        """The key as `age1pq1...`, about 2,000 characters."""
        return _public_text(self.key)

    def wrap(self, file_key: FileKey, entropy: Entropy = secrets.token_bytes) -> Stanza:  # noqa: ARG002 - the seam
        """Return a stanza of the kind mlkem768x25519; see the module about `entropy`."""
        sealed = _SUITE.encrypt(file_key.secret_bytes(), self._public, info=_INFO)
        return Stanza((KIND, encode_base64(sealed[:_ENC])), sealed[_ENC:])


# A directory has 25 keys and is written and read again and again; each text takes 2 ms. Public halves only.
@lru_cache(maxsize=1024)
def _public_text(key: bytes) -> str:
    return bech32.encode("age1pq", key)


@lru_cache(maxsize=1024)
def _public_bytes(text: str) -> bytes:
    return bech32.decode(text, prefix="age1pq", kind=KIND)


class HybridIdentity(Secret):
    """The X-Wing seed of 32 bytes, `AGE-SECRET-KEY-PQ-1...` as text.

    Expanding it takes a third of a millisecond: keep the object rather than the seed where it opens many headers.
    """

    __slots__ = ("_classical", "_private", "_recipient")

    LENGTH = 32

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        expanded = hashlib.shake_256(data).digest(96)
        lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        classical = X25519PrivateKey.from_private_bytes(expanded[64:])
        public = lattice.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw()
        object.__setattr__(self, "_classical", classical)
        object.__setattr__(self, "_private", hpke.MLKEM768X25519PrivateKey(lattice, classical))
        object.__setattr__(self, "_recipient", HybridRecipient(public))

    @classmethod
    def generate(cls, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a fresh identity."""
        return cls(draw(entropy, 32))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Return the identity of an X-Wing seed of 32 bytes.

        Raises:
            WrongSecretLength: Not 32 bytes.
        """
        return cls(seed)

    @classmethod
    def from_secret_text(cls, text: str) -> Self:
        """Return the identity of `AGE-SECRET-KEY-PQ-1...`.

        Raises:
            NotAKeyText: Anything else.
        """
        data = bech32.decode(text, prefix="age-secret-key-pq-", kind="hybrid identity", upper=True)
        if len(data) != cls.LENGTH:
            raise NotAKeyText(kind="hybrid identity")
        return cls(data)

    def secret_text(self) -> str:
        """Return the identity as `AGE-SECRET-KEY-PQ-1...`."""
        return bech32.encode("age-secret-key-pq-", self.secret_bytes()).upper()

    @property
    def recipient(self) -> HybridRecipient:
        """The public half."""
        recipient: HybridRecipient = object.__getattribute__(self, "_recipient")
        return recipient

    def unwrap(self, stanzas: Sequence[Stanza]) -> FileKey | None:
        """Return the file key of the first stanza that opens, or None.

        Raises:
            HeaderError: A stanza of this kind is malformed, or its share is of low order.
        """
        private: hpke.MLKEM768X25519PrivateKey = object.__getattribute__(self, "_private")
        for stanza in stanzas:
            if stanza.kind != KIND:
                continue
            enc = stanza.value(1, arguments=2, length=_ENC)
            try:
                return FileKey(_SUITE.decrypt(enc + stanza.body, private, info=_INFO), spent=True)
            except InvalidTag:
                # The library gives one error for a low-order share and for a foreign key; age tells them apart.
                self._refuse_low_order(enc[_MLKEM_ENC:])
        return None

    def _refuse_low_order(self, share: bytes) -> None:
        classical: X25519PrivateKey = object.__getattribute__(self, "_classical")
        if is_low_order(classical, X25519PublicKey.from_public_bytes(share)):
            raise LowOrderShare(kind=KIND)
