"""A passphrase as recipient and identity (C2SP age, "The scrypt recipient type")."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from medshare.age.entropy import Entropy, draw
from medshare.age.errors import (
    BadPassphrase,
    BadWorkFactor,
    ScryptNotAlone,
    WorkFactorMalformed,
    WorkFactorTooHigh,
)
from medshare.age.file_key import FileKey
from medshare.age.stanza import Stanza, encode_base64
from medshare.keys.secret import Secret

KIND = "scrypt"
DEFAULT_WORK_FACTOR = 18
"""Base-2 logarithm of scrypt's N: about a second and 256 MiB."""
MAX_WORK_FACTOR = 20
"""The highest that is opened unless the caller says otherwise: about four seconds and 1 GiB."""
WORK_FACTOR_CEILING = 22
"""The highest that a caller may ask for."""

_LABEL = b"age-encryption.org/v1/scrypt"
_NONCE = bytes(12)  # fixed by the format: each wrapping key is used once
_DECIMAL = re.compile(r"[1-9][0-9]*\Z")


class _Passphrase(Secret):
    """The UTF-8 bytes of a passphrase, exactly as typed: other age programs do not normalise either."""

    __slots__ = ("_work_factor",)

    def __init__(self, data: bytes, *, work_factor: int) -> None:
        super().__init__(data)
        if not 1 <= work_factor <= WORK_FACTOR_CEILING:
            raise BadWorkFactor(given=work_factor, limit=WORK_FACTOR_CEILING)
        object.__setattr__(self, "_work_factor", work_factor)

    @property
    def work_factor(self) -> int:
        """Base-2 logarithm of N: what a recipient uses, or the highest that an identity accepts."""
        work_factor: int = object.__getattribute__(self, "_work_factor")
        return work_factor

    def _secret_wrapping_key(self, salt: bytes, work_factor: int) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(
            Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(self.secret_bytes())
        )


def _encoded(passphrase: str) -> bytes:
    """Return the bytes of a passphrase that is not empty.

    Raises:
        BadPassphrase: It is empty, or holds a lone surrogate.
    """
    try:
        data = passphrase.encode("utf-8")
    except UnicodeEncodeError:
        data = b""
    # Raised out here: chained to the error above, which holds the passphrase, it would print it.
    if not data:
        raise BadPassphrase
    return data


class ScryptRecipient(_Passphrase):
    """Seals to a passphrase; the only recipient of its header."""

    __slots__ = ()

    group = "scrypt"

    @classmethod
    def from_secret_text(cls, passphrase: str, *, work_factor: int = DEFAULT_WORK_FACTOR) -> Self:
        """Return a recipient that spends 2^`work_factor` of work.

        Raises:
            BadPassphrase: The passphrase is empty or no text.
            BadWorkFactor: Not between 1 and 22.
        """
        return cls(_encoded(passphrase), work_factor=work_factor)

    def wrap(self, file_key: FileKey, entropy: Entropy = secrets.token_bytes) -> Stanza:
        """Return a stanza of the kind scrypt under a fresh salt."""
        salt = draw(entropy, 16)
        body = self._secret_wrapping_key(salt, self.work_factor).encrypt(_NONCE, file_key.secret_bytes(), None)
        return Stanza((KIND, encode_base64(salt), str(self.work_factor)), body)


class ScryptIdentity(_Passphrase):
    """Opens what was sealed to a passphrase, and refuses to work harder than its limit."""

    __slots__ = ()

    @classmethod
    def from_secret_text(cls, passphrase: str, *, max_work_factor: int = MAX_WORK_FACTOR) -> Self:
        """Return an identity that accepts work factors up to `max_work_factor`.

        Raises:
            BadPassphrase: The passphrase is empty or no text.
            BadWorkFactor: Not between 1 and 22.
        """
        return cls(_encoded(passphrase), work_factor=max_work_factor)

    def unwrap(self, stanzas: Sequence[Stanza]) -> FileKey | None:
        """Return the file key, or None where the passphrase is another or the header has no stanza of this kind.

        Raises:
            ScryptNotAlone: Another stanza stands beside it.
            WorkFactorTooHigh: The file asks for more than the limit.
            HeaderError: The stanza is malformed.
        """
        if all(stanza.kind != KIND for stanza in stanzas):
            return None
        refuse_mixed_scrypt(stanzas)
        (stanza,) = stanzas
        salt = stanza.value(1, arguments=3, length=16)
        if not _DECIMAL.match(stanza.arguments[2]):
            raise WorkFactorMalformed
        # Compared by length first: a number of a thousand digits is not worth parsing.
        if len(stanza.arguments[2]) > 2 or int(stanza.arguments[2]) > self.work_factor:  # [E-005]
            raise WorkFactorTooHigh(limit=self.work_factor)
        try:
            key = self._secret_wrapping_key(salt, int(stanza.arguments[2]))
            return FileKey(key.decrypt(_NONCE, stanza.body, None), spent=True)
        except InvalidTag:
            return None


def refuse_mixed_scrypt(stanzas: Sequence[Stanza]) -> None:
    """Check that a passphrase stands alone, whoever opens the header.

    Raises:
        ScryptNotAlone: It does not.
    """
    if len(stanzas) > 1 and any(stanza.kind == KIND for stanza in stanzas):
        raise ScryptNotAlone
