"""The header of an age file, in MedShare the *capsule*: the wrapped file key and its MAC (C2SP age, "Header").

A header is small, deletable and can be made again for other recipients. It says nothing about the payload.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from medshare.age.entropy import Entropy
from medshare.age.errors import (
    HeaderExtended,
    HeaderForged,
    HeaderTooLong,
    HeaderTruncated,
    LineTooLong,
    MacLineMalformed,
    MixedRecipients,
    NoIdentityMatches,
    NoRecipients,
    NotCanonicalBase64,
    StanzaMalformed,
    TooManyRecipients,
    TooManyStanzas,
    UnknownVersion,
    WrongPassphrase,
)
from medshare.age.file_key import FileKey
from medshare.age.passphrase import KIND as SCRYPT
from medshare.age.passphrase import refuse_mixed_scrypt
from medshare.age.recipients import Identity, Recipient
from medshare.age.stanza import COLUMNS, Stanza, decode_base64, encode_base64, parse_stanza

MAX_HEADER = 65_536
"""Bytes. A hybrid stanza has 1,560."""
MAX_STANZAS = 32
MAX_LINE = 4_096
"""Bytes without the line feed. The argument line of a hybrid stanza has 1,512."""

_VERSION = b"age-encryption.org/v1\n"
_MARK = b"---"
_MAC_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Header:
    """A header that has the right form; nothing of it is authenticated yet. `covered` is what the MAC covers."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    covered: bytes

    @property
    def size(self) -> int:
        """Length of the whole header in bytes."""
        return len(self.covered) + 1 + len(encode_base64(self.mac)) + 1


def seal_header(file_key: FileKey, recipients: Sequence[Recipient], entropy: Entropy = secrets.token_bytes) -> bytes:
    """Return a header that wraps `file_key` for each of `recipients`.

    Raises:
        NoRecipients: There are none.
        TooManyRecipients: There are more than `MAX_STANZAS`.
        MixedRecipients: They are not all hybrid, all X25519, or one passphrase.
    """
    if not recipients:
        raise NoRecipients
    if len(recipients) > MAX_STANZAS:
        raise TooManyRecipients(given=len(recipients), limit=MAX_STANZAS)
    groups = [recipient.group for recipient in recipients]
    if len(set(groups)) > 1 or (groups[0] == SCRYPT and len(groups) > 1):  # [E-004]
        raise MixedRecipients
    stanzas = [recipient.wrap(file_key, entropy) for recipient in recipients]
    covered = _VERSION + b"".join(stanza.encode() for stanza in stanzas) + _MARK
    return covered + b" " + encode_base64(_mac(file_key, covered)).encode("ascii") + b"\n"


def open_header(header: bytes, identities: Sequence[Identity]) -> FileKey:
    """Return the file key that one of `identities` unwraps, once the MAC agrees.

    `header` is the whole header and nothing else.

    Raises:
        HeaderError: The header, or a stanza of the kind of one of the identities, is malformed.
        NoIdentityMatches: None of the identities opens it (`WrongPassphrase` where it is under a passphrase).
        HeaderForged: The MAC is another one.
    """
    parsed = parse_header(header)
    if parsed.size != len(header):
        raise HeaderExtended
    return unwrap(parsed, identities)


def unwrap(header: Header, identities: Sequence[Identity]) -> FileKey:
    """Return the file key of a parsed header; see `open_header`."""
    refuse_mixed_scrypt(header.stanzas)
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            if not hmac.compare_digest(_mac(file_key, header.covered), header.mac):  # [E-002]
                raise HeaderForged
            return file_key
    if header.stanzas[0].kind == SCRYPT:
        raise WrongPassphrase
    raise NoIdentityMatches  # [E-001]


def rewrap(
    header: bytes,
    identity: Identity,
    recipients: Sequence[Recipient],
    entropy: Entropy = secrets.token_bytes,
) -> bytes:
    """Return a new header for the same file key, sealed to `recipients`; the payload stays as it is.

    Raises:
        What `open_header` and `seal_header` raise.
    """
    return seal_header(open_header(header, [identity]), recipients, entropy)


def parse_header(data: bytes) -> Header:
    """Return the header that `data` starts with; what follows it is not looked at.

    Raises:
        HeaderError: One subclass for each fault of form.
    """
    if not data.startswith(_VERSION):
        raise UnknownVersion
    lines = _Lines(data, len(_VERSION))
    stanzas: list[Stanza] = []
    start = lines.position
    line = lines.next()
    while not line.startswith(_MARK):
        body = [lines.next()]
        while len(body[-1]) == COLUMNS:
            body.append(lines.next())
        if len(body[-1]) > COLUMNS:
            raise StanzaMalformed
        stanzas.append(parse_stanza(line, body))
        if len(stanzas) > MAX_STANZAS:
            raise TooManyStanzas(given=f"more than {MAX_STANZAS}", limit=MAX_STANZAS)
        start = lines.position
        line = lines.next()
    if not stanzas:
        raise TooManyStanzas(given=0, limit=MAX_STANZAS)
    return Header(tuple(stanzas), _parse_mac(line), data[: start + len(_MARK)])


def read_header(source: BinaryIO) -> bytes:
    """Return the bytes of the header at the place where `source` stands, and leave it at the payload.

    Raises:
        HeaderError: The header is malformed.
    """
    header = bytearray(source.readline(len(_VERSION)))
    if header != _VERSION:
        raise UnknownVersion
    while True:
        line = source.readline(MAX_LINE + 1)
        header += line
        if not line.endswith(b"\n"):
            raise LineTooLong(limit=MAX_LINE) if len(line) > MAX_LINE else HeaderTruncated()
        if len(header) > MAX_HEADER:
            raise HeaderTooLong(limit=MAX_HEADER)
        # No line of a stanza starts so: "-" is no base64, and an argument line starts with "->".
        if line.startswith(_MARK):
            parse_header(bytes(header))
            return bytes(header)


class _Lines:
    """The lines of a header, one after the other, within the limits."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def next(self) -> bytes:
        """Return the next line without its line feed."""
        end = self._data.find(b"\n", self.position, self.position + MAX_LINE + 1)
        if end < 0:
            raise LineTooLong(limit=MAX_LINE) if len(self._data) - self.position > MAX_LINE else HeaderTruncated()
        if end >= MAX_HEADER:
            raise HeaderTooLong(limit=MAX_HEADER)
        line = self._data[self.position : end]
        self.position = end + 1
        return line


def _parse_mac(line: bytes) -> bytes:
    if not line.startswith(b"--- "):
        raise MacLineMalformed
    try:
        mac = decode_base64(line[4:])
    except NotCanonicalBase64 as error:
        raise MacLineMalformed from error
    if len(mac) != _MAC_LENGTH:
        raise MacLineMalformed
    return mac


def _mac(file_key: FileKey, covered: bytes) -> bytes:
    """Return HMAC-SHA-256 of the header up to and with its mark."""
    return hmac.digest(file_key.secret_subkey(salt=b"", info=b"header"), covered, "sha256")
