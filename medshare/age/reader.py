"""Random access to a payload: any range of the plaintext, decrypting only the chunks that hold it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag

from medshare.age.errors import PayloadDamaged
from medshare.age.file_key import FileKey
from medshare.age.payload import CHUNK, NONCE, SEALED_CHUNK, TAG, chunk_nonce, payload_cipher

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PayloadReader(io.RawIOBase):
    """A seekable file of the plaintext over a seekable payload.

    The size is trusted only once the last chunk has proved that it is the last, which happens here at once.
    After the first chunk that is not authentic, every further read fails.

    `source` starts with the payload's nonce at `start` and ends with its last chunk.

    Raises:
        PayloadDamaged: The length is impossible, or the last chunk is not authentic.
    """

    def __init__(self, file_key: FileKey, source: BinaryIO, *, start: int = 0) -> None:
        super().__init__()
        self._source = source
        self._start = start + NONCE
        sealed = source.seek(0, io.SEEK_END) - self._start
        full, rest = divmod(sealed, SEALED_CHUNK)
        # Either a remainder with at least one byte of plaintext, or whole chunks, or one empty chunk.
        if sealed < TAG or 0 < rest < TAG or (rest == TAG and full > 0):
            raise PayloadDamaged
        self._chunks = full + (rest > 0)
        self._size = sealed - self._chunks * TAG
        source.seek(start)
        self._cipher = payload_cipher(file_key, source.read(NONCE))
        self._position = 0
        self._damaged = False
        self._cached = (-1, b"")
        self.chunk(self._chunks - 1)

    @property
    def size(self) -> int:
        """Length of the plaintext in bytes."""
        return self._size

    @property
    def chunks(self) -> int:
        """Number of chunks, one or more."""
        return self._chunks

    def chunk(self, index: int) -> bytes:
        """Return the plaintext of chunk `index` (0 to `chunks` - 1): 64 KiB, or less for the last.

        Raises:
            IndexError: There is no such chunk.
            PayloadDamaged: It is not authentic, or an earlier one was not.
        """
        if not 0 <= index < self._chunks:
            raise IndexError(index)
        if self._damaged:
            raise PayloadDamaged
        if self._cached[0] != index:
            self._source.seek(self._start + index * SEALED_CHUNK)
            sealed = self._source.read(SEALED_CHUNK)
            try:
                plain = self._cipher.decrypt(chunk_nonce(index, last=index == self._chunks - 1), sealed, None)
            except InvalidTag as error:
                self._damaged = True
                raise PayloadDamaged from error
            self._cached = (index, plain)
        return self._cached[1]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes of plaintext from `offset`, fewer only at the end.

        Raises:
            PayloadDamaged: A chunk that holds them is not authentic.
        """
        end = min(offset + length, self._size)
        pieces = []
        while offset < end:
            index, within = divmod(offset, CHUNK)
            piece = self.chunk(index)[within : within + end - offset]
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def readable(self) -> bool:
        """Return true: this is a file to read."""
        return True

    def seekable(self) -> bool:
        """Return true: any place can be read."""
        return True

    def tell(self) -> int:
        """Return the place of the next read, in bytes of plaintext."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset` from the start, the present place or the end, and return the new place.

        Raises:
            ValueError: The place is before the start, or `whence` is unknown.
        """
        bases = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}
        if whence not in bases or bases[whence] + offset < 0:
            raise ValueError("seek before the start, or from an unknown place")
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` from the present place and return the number of bytes.

        Raises:
            PayloadDamaged: A chunk that holds them is not authentic.
        """
        view = memoryview(buffer).cast("B")
        data = self.read_at(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
