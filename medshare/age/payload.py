"""The payload of an age file, in MedShare the *body*: a 16-byte nonce and chunks of 64 KiB (C2SP age, "Payload").

Everything streams in constant memory. `decrypt_payload` writes each chunk once it is authentic, so a
sink can hold a true prefix when the error comes; where that matters, use `open_payload` or a file that
appears by rename (`medshare.age.files`).
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from medshare.age.entropy import Entropy, draw
from medshare.age.errors import PayloadDamaged
from medshare.age.file_key import FileKey

CHUNK = 65_536
"""Plaintext bytes of every chunk but the last."""
TAG = 16
"""Bytes that each chunk grows by."""
NONCE = 16
"""Bytes before the first chunk."""
SEALED_CHUNK = CHUNK + TAG


def payload_size(plaintext_size: int) -> int:
    """Return the length of the payload of a plaintext of that many bytes."""
    chunks = max(1, -(-plaintext_size // CHUNK))
    return NONCE + plaintext_size + chunks * TAG


def payload_cipher(file_key: FileKey, nonce: bytes) -> ChaCha20Poly1305:
    """Return the cipher of the payload that starts with `nonce`."""
    return ChaCha20Poly1305(file_key.secret_subkey(salt=nonce, info=b"payload"))


def chunk_nonce(index: int, *, last: bool) -> bytes:
    """Return the 12 bytes of chunk `index`: eleven of the counter, one that marks the last chunk."""
    return (index << 8 | last).to_bytes(12, "big")


def encrypt_payload(file_key: FileKey, source: BinaryIO, sink: BinaryIO, entropy: Entropy = secrets.token_bytes) -> int:
    """Encrypt all of `source` into `sink`; return the number of bytes written. Spends the file key.

    `sink` takes all bytes of each write, as every buffered file does.

    Raises:
        FileKeySpent: The key has encrypted a payload before.
    """
    file_key.spend()
    nonce = draw(entropy, NONCE)
    cipher = payload_cipher(file_key, nonce)
    sink.write(nonce)
    written = NONCE
    sealed = memoryview(bytearray(SEALED_CHUNK))
    for index, chunk, last in _chunks(source, CHUNK):
        size = cipher.encrypt_into(chunk_nonce(index, last=last), chunk, None, sealed[: len(chunk) + TAG])
        sink.write(sealed[:size])
        written += size
    return written


def decrypt_payload(file_key: FileKey, source: BinaryIO, sink: BinaryIO) -> int:
    """Decrypt all of `source` into `sink`, chunk by authentic chunk; return the number of bytes written.

    Raises:
        PayloadDamaged: It is cut, changed, extended or of another key. What was written before is a true prefix.
    """
    nonce = _fill(source, memoryview(bytearray(NONCE)))
    if len(nonce) != NONCE:
        raise PayloadDamaged
    cipher = payload_cipher(file_key, bytes(nonce))
    written = 0
    plain = memoryview(bytearray(CHUNK))
    for index, chunk, last in _chunks(source, SEALED_CHUNK):
        size = len(chunk) - TAG
        # An empty chunk is allowed only where it is the whole payload.
        if size < 0 or (size == 0 and index > 0):
            raise PayloadDamaged
        if not _opens(cipher, chunk_nonce(index, last=last), chunk, plain[:size]):  # [E-003]
            # A true chunk in its place can still be one that the payload was cut after or extended behind: its
            # plaintext belongs to the true prefix, as the published vectors have it.
            if len(chunk) == SEALED_CHUNK and _opens(cipher, chunk_nonce(index, last=not last), chunk, plain[:size]):
                sink.write(plain[:size])
            raise PayloadDamaged
        sink.write(plain[:size])
        written += size
    return written


def _opens(cipher: ChaCha20Poly1305, nonce: bytes, chunk: memoryview, plain: memoryview) -> bool:
    """Tell whether `chunk` is authentic under `nonce`; if so, `plain` holds its plaintext."""
    try:
        cipher.decrypt_into(nonce, chunk, None, plain)
    except InvalidTag:
        return False
    return True


def seal_payload(file_key: FileKey, plaintext: bytes, entropy: Entropy = secrets.token_bytes) -> bytes:
    """Return the payload of a plaintext that fits in memory. Spends the file key.

    Raises:
        FileKeySpent: The key has encrypted a payload before.
    """
    sink = io.BytesIO()
    encrypt_payload(file_key, io.BytesIO(plaintext), sink, entropy)
    return sink.getvalue()


def open_payload(file_key: FileKey, payload: bytes) -> bytes:
    """Return the whole plaintext of a payload that fits in memory, or nothing of it.

    Raises:
        PayloadDamaged: Any part is not authentic.
    """
    sink = io.BytesIO()
    decrypt_payload(file_key, io.BytesIO(payload), sink)
    return sink.getvalue()


def _chunks(source: BinaryIO, size: int) -> Iterator[tuple[int, memoryview, bool]]:
    """Yield (index, bytes, whether it is the last) of `source` in pieces of `size`; at least one, perhaps empty.

    One piece is read ahead, to know the last. Two buffers take turns: a piece is valid until the next is asked for.
    """
    index = 0
    spare = memoryview(bytearray(size))
    piece = _fill(source, memoryview(bytearray(size)))
    while len(piece) == size:
        following = _fill(source, spare)
        if not following:
            break
        yield index, piece, False
        index += 1
        piece, spare = following, piece
    yield index, piece, True


def _fill(source: BinaryIO, buffer: memoryview) -> memoryview:
    """Return the part of `buffer` that `source` could fill; shorter only at the end of `source`."""
    filled = 0
    while filled < len(buffer):
        piece = source.read(len(buffer) - filled)
        if not piece:
            break
        buffer[filled : filled + len(piece)] = piece
        filled += len(piece)
    return buffer[:filled]
