"""Recipient stanzas and canonical base64: the textual atoms of a header (C2SP age, "Recipient stanza")."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from medshare.age.errors import (
    NotCanonicalBase64,
    ShareMalformed,
    StanzaArguments,
    StanzaMalformed,
    WrappedKeyLength,
)

COLUMNS = 64
"""Characters of a full line of a stanza's body."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/]*\Z")
_ARGUMENT = re.compile(r"[\x21-\x7e]+\Z")
_WRAPPED_KEY = 32  # a file key of 16 bytes and the tag of 16


@dataclass(frozen=True, slots=True)
class Stanza:
    """One wrapping of the file key: `arguments` (the kind first) and the binary `body`."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The first argument."""
        return self.arguments[0]

    def encode(self) -> bytes:
        """Return the lines of the stanza. The last one is shorter than 64 characters, perhaps empty."""
        text = encode_base64(self.body)
        lines = [text[start : start + COLUMNS] for start in range(0, len(text) + 1, COLUMNS)]
        return "\n".join(["-> " + " ".join(self.arguments), *lines, ""]).encode("ascii")

    def value(self, index: int, *, arguments: int, length: int) -> bytes:
        """Return argument `index` as bytes of exactly `length`, and check all that can be checked without a key.

        Raises:
            StanzaArguments: There are more or fewer than `arguments` arguments.
            NotCanonicalBase64: The value is not canonical base64.
            ShareMalformed: The value has another length.
            WrappedKeyLength: The body is not exactly one wrapped file key. (Checked before decryption, so that
                one ciphertext cannot be tried against many keys at once.)
        """
        if len(self.arguments) != arguments:
            raise StanzaArguments(kind=self.kind)
        data = decode_base64(self.arguments[index].encode("ascii"))
        if len(data) != length:
            raise ShareMalformed(kind=self.kind)
        if len(self.body) != _WRAPPED_KEY:
            raise WrappedKeyLength(kind=self.kind)
        return data


def parse_stanza(first: bytes, body: Sequence[bytes]) -> Stanza:
    """Return the stanza of its argument line and its body lines, all without line feeds.

    Raises:
        StanzaMalformed: Not "-> " and visible ASCII arguments with single spaces.
        NotCanonicalBase64: A body line is not canonical base64.
    """
    if not first.startswith(b"-> ") or not first.isascii():
        raise StanzaMalformed
    arguments = tuple(first[3:].decode("ascii").split(" "))
    if not all(_ARGUMENT.match(argument) for argument in arguments):
        raise StanzaMalformed
    return Stanza(arguments, b"".join(decode_base64(line) for line in body))


def encode_base64(data: bytes) -> str:
    """Return `data` in standard base64 without padding."""
    return base64.b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64(text: bytes) -> bytes:
    """Return the bytes of unpadded base64.

    Raises:
        NotCanonicalBase64: Padding, a foreign character, an impossible length, or bits left over.
    """
    if not _BASE64.match(text):
        raise NotCanonicalBase64
    try:
        data = binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        raise NotCanonicalBase64 from error
    # Trailing bits are dropped by the decoder, so only encoding again shows them.
    if encode_base64(data).encode("ascii") != text:
        raise NotCanonicalBase64
    return data
