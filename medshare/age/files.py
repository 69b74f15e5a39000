"""Whole age files: header and payload put together, taken apart, and opened into a file that appears at the end."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from medshare.age.entropy import Entropy
from medshare.age.errors import CannotWriteTarget
from medshare.age.file_key import FileKey
from medshare.age.header import open_header, parse_header, read_header, seal_header
from medshare.age.payload import decrypt_payload, open_payload, seal_payload
from medshare.age.recipients import Identity, Recipient


def encrypt(plaintext: bytes, recipients: Sequence[Recipient], entropy: Entropy = secrets.token_bytes) -> bytes:
    """Return a whole age file of a small plaintext under a fresh file key.

    Raises:
        What `seal_header` raises.
    """
    file_key = FileKey.generate(entropy)
    return seal_header(file_key, recipients, entropy) + seal_payload(file_key, plaintext, entropy)


def decrypt(file: bytes, identities: Sequence[Identity]) -> bytes:
    """Return the plaintext of a small age file, or nothing of it.

    Raises:
        What `open_header` and `open_payload` raise.
    """
    header, payload = split(file)
    return open_payload(open_header(header, identities), payload)


def split(file: bytes) -> tuple[bytes, bytes]:
    """Return header and payload of an age file. Only the form of the header is checked.

    Raises:
        HeaderError: The header is malformed.
    """
    size = parse_header(file).size
    return file[:size], file[size:]


def join(header: bytes, payload: bytes) -> bytes:
    """Return the age file of a header and a payload."""
    return header + payload


def decrypt_to_file(source: BinaryIO, target: Path, identities: Sequence[Identity]) -> int:
    """Decrypt an age file of any size into `target`, which appears only if all of it was authentic.

    Returns the number of plaintext bytes. A `target` that exists is replaced at the end, or left as it was.

    Raises:
        What `read_header`, `open_header` and `decrypt_payload` raise.
        CannotWriteTarget: The file cannot be made there.
    """
    file_key = open_header(read_header(source), identities)
    return decrypt_payload_to_file(file_key, source, target)


def decrypt_payload_to_file(file_key: FileKey, source: BinaryIO, target: Path) -> int:
    """Decrypt a payload of any size into `target`, which appears only if all of it was authentic.

    Raises:
        PayloadDamaged: It is not authentic; nothing is left beside `target`.
        CannotWriteTarget: The file cannot be made there.
    """
    with appearing(target) as sink:
        return decrypt_payload(file_key, source, sink)


@contextmanager
def appearing(target: Path) -> Iterator[BinaryIO]:
    """Give a file to write to that becomes `target` by rename when the block ends well, and vanishes otherwise.

    The temporary file stands beside the target, readable by its owner alone.

    Raises:
        CannotWriteTarget: The directory does not exist or may not be written, or `target` is a directory.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", suffix=".partial", dir=target.parent)
    except OSError as error:
        raise CannotWriteTarget(reason=error.strerror) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as sink:
            yield cast("BinaryIO", sink)
            sink.flush()
            os.fsync(sink.fileno())
        try:
            temporary.replace(target)
        except OSError as error:
            raise CannotWriteTarget(reason=error.strerror) from error
    finally:
        temporary.unlink(missing_ok=True)  # [E-006]
