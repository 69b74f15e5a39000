"""A payload is opened whole or not at all; nothing that is not authentic comes out. Cases S02 to S06, S08, S12."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medshare.age import (
    CHUNK,
    FileKey,
    decrypt_payload,
    encrypt_payload,
    open_header,
    open_payload,
    payload_size,
    seal_header,
    seal_payload,
)
from medshare.age.errors import EntropyBroken, FileKeySpent, PayloadDamaged
from medshare.keys.secret import WrongSecretLength
from tests.unit.age.actors import PATIENT, dripping, fresh, repeatable

SEALED = CHUNK + 16
SIZES = [0, 1, 2047, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 4 * 1024 * 1024 + 1]
THREE = bytes(range(256)) * (CHUNK // 256) * 2 + b"the last chunk, which is a short one"
BODY = seal_payload(fresh(), THREE, repeatable())


def damaged(payload, key=None):
    """Check that nothing comes out of `payload` but a true prefix, and return how long that was."""
    key = key or fresh()
    with pytest.raises(PayloadDamaged) as error:
        open_payload(key, payload)
    assert error.value.facts == {}
    sink = io.BytesIO()
    with pytest.raises(PayloadDamaged):
        decrypt_payload(key, io.BytesIO(payload), sink)
    assert THREE.startswith(sink.getvalue())
    return len(sink.getvalue())


@pytest.mark.parametrize("size", SIZES)
def test_a_payload_of_any_size_comes_back(size):
    """Case S02."""
    plaintext = bytes(size)
    payload = seal_payload(fresh(), plaintext)
    assert len(payload) == payload_size(size)
    assert open_payload(fresh(), payload) == plaintext


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_a_source_that_drips_gives_the_same_payload_as_one_that_pours(size):
    """Case S01: fed in small pieces."""
    plaintext = THREE[:size].ljust(size, b"-")
    poured = seal_payload(fresh(), plaintext, repeatable())
    sink = io.BytesIO()
    assert encrypt_payload(fresh(), dripping(plaintext), sink, repeatable()) == len(poured)
    assert sink.getvalue() == poured
    sink = io.BytesIO()
    assert decrypt_payload(fresh(), dripping(poured), sink) == size
    assert sink.getvalue() == plaintext


@settings(deadline=None, max_examples=150)
@given(bit=st.integers(0, len(BODY) * 8 - 1))
@example(bit=0)
@example(bit=16 * 8)
@example(bit=(16 + SEALED) * 8 - 1)
@example(bit=(16 + SEALED) * 8)
@example(bit=len(BODY) * 8 - 1)
def test_no_flipped_bit_is_overlooked_and_nothing_comes_out_past_the_last_good_chunk(bit):
    """Case S03."""
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    index = bit // 8 - 16
    assert damaged(bytes(changed)) == (max(0, index) // SEALED * CHUNK if index >= 0 else 0)


@pytest.mark.parametrize("bit", range(128))
def test_every_bit_of_the_nonce_counts(bit):
    """Case S03."""
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    assert damaged(bytes(changed)) == 0


BORDERS = [0, 16, 16 + SEALED, 16 + 2 * SEALED, len(BODY)]


@pytest.mark.parametrize("length", sorted({border + off for border in BORDERS for off in (-17, -16, -1, 0, 1, 16, 17)}))
def test_a_cut_at_or_beside_a_chunk_border_is_noticed_with_the_same_error(length):
    """Case S04."""
    if 0 <= length < len(BODY):
        damaged(BODY[:length])


@settings(deadline=None, max_examples=60)
@given(length=st.integers(0, len(BODY) - 1))
def test_a_cut_anywhere_is_noticed(length):
    """Case S04."""
    damaged(BODY[:length])


@pytest.mark.parametrize("whole", [THREE, THREE[: 2 * CHUNK], b""], ids=["short last", "full last", "empty"])
@pytest.mark.parametrize("extra", [b"x", bytes(16), bytes(SEALED), BODY[16 : 16 + SEALED], BODY[16 + 2 * SEALED :]])
def test_nothing_may_follow_the_last_chunk(whole, extra):
    """Case S05: a byte, a tag, a chunk of zeros, a chunk that was valid elsewhere."""
    damaged(seal_payload(fresh(), whole, repeatable()) + extra)


def test_chunks_may_not_change_places_or_be_doubled():
    """Case S06."""
    first, second, rest = BODY[16 : 16 + SEALED], BODY[16 + SEALED : 16 + 2 * SEALED], BODY[16 + 2 * SEALED :]
    assert damaged(BODY[:16] + second + first + rest) == 0
    assert damaged(BODY[:16] + first + first + rest) == CHUNK
    assert damaged(BODY[:16] + first + rest) == CHUNK


def test_a_payload_does_not_open_under_another_file_key():
    """Case S07, adapted: what binds a body to its record is the file key in the capsule and the manifest inside."""
    damaged(BODY, fresh(b"another"))


@pytest.mark.parametrize("length", [0, 15, 17, 31, 32, 33])
def test_a_file_key_has_sixteen_bytes(length):
    """Case S08."""
    with pytest.raises(WrongSecretLength):
        FileKey(bytes(length))


def test_a_file_key_encrypts_one_payload():
    """Case S12."""
    key = FileKey.generate()
    assert not key.spent
    seal_payload(key, b"first")
    assert key.spent
    with pytest.raises(FileKeySpent):
        seal_payload(key, b"second")


def test_a_file_key_from_a_header_encrypts_nothing():
    """Case S12."""
    key = open_header(seal_header(FileKey.generate(), [PATIENT.recipient]), [PATIENT])
    with pytest.raises(FileKeySpent):
        encrypt_payload(key, io.BytesIO(b"second"), io.BytesIO())


def test_a_file_key_is_fresh_each_time():
    """Case S12."""
    assert len({FileKey.generate().secret_bytes() for _ in range(100_000)}) == 100_000


def test_a_source_of_randomness_that_gives_too_little_is_refused():
    with pytest.raises(EntropyBroken):
        FileKey.generate(lambda length: bytes(length - 1))
    with pytest.raises(EntropyBroken):
        seal_payload(fresh(), b"", lambda _length: b"")


class Zeros:
    """A sparse source: `left` bytes of zeros that were never in memory."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


class Pipe:
    """A sink that opens what it is fed, chunk by chunk, and keeps only counts and the head."""

    def __init__(self) -> None:
        self.count = 0

    def write(self, data: memoryview) -> int:
        self.count += len(data)
        return len(data)


class Replay:
    """The payload of zeros, made again as it is read, so that it is never whole in memory."""

    def __init__(self, size: int) -> None:
        self._pieces = self._generate(size)
        self._piece = b""

    @staticmethod
    def _generate(size):
        from medshare.age.payload import chunk_nonce, payload_cipher

        nonce = bytes(16)
        yield nonce
        cipher = payload_cipher(fresh(), nonce)
        plain = bytes(CHUNK)
        for index in range(size // CHUNK):
            yield cipher.encrypt(chunk_nonce(index, last=index == size // CHUNK - 1), plain, None)

    def read(self, size: int) -> bytes:
        if not self._piece:
            self._piece = next(self._pieces, b"")
        given, self._piece = self._piece[:size], self._piece[size:]
        return given


def peak(action) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_streaming_takes_constant_memory():
    """Case S02: 256 MiB each way in less than 1 MiB."""
    size = 256 * 1024 * 1024
    sink = Pipe()
    assert peak(lambda: encrypt_payload(fresh(), Zeros(size), sink)) < 1024 * 1024
    assert sink.count == payload_size(size)
    sink = Pipe()
    assert peak(lambda: decrypt_payload(fresh(), Replay(size), sink)) < 1024 * 1024
    assert sink.count == size


@pytest.mark.parametrize(
    ("plaintext", "payload"), [(0, 32), (1, 33), (65_536, 65_568), (65_537, 65_585), (131_072, 131_120)]
)
def test_the_length_of_a_payload_follows_from_that_of_the_plaintext(plaintext, payload):
    assert payload_size(plaintext) == payload
