"""Any place of a payload can be read without the rest, and only what is authentic comes out. Cases S01, S03 to S05."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.age import CHUNK, PayloadReader, seal_payload
from medshare.age.errors import PayloadDamaged
from tests.unit.age.actors import fresh, repeatable

SEALED = CHUNK + 16
PLAIN = bytes(range(256)) * (CHUNK // 256) * 2 + b"the last chunk"
BODY = seal_payload(fresh(), PLAIN, repeatable())


def reader(payload=BODY, **options):
    return PayloadReader(fresh(), io.BytesIO(payload), **options)


@settings(deadline=None, max_examples=100)
@given(offset=st.integers(0, len(PLAIN) + 10), length=st.integers(0, CHUNK * 2))
def test_any_range_is_that_of_the_plaintext(offset, length):
    assert reader().read_at(offset, length) == PLAIN[offset : offset + length]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_the_size_and_the_number_of_chunks_are_known_at_once(size):
    opened = reader(seal_payload(fresh(), PLAIN[:size]))
    assert opened.size == size
    assert opened.chunks == max(1, -(-size // CHUNK))
    assert opened.read() == PLAIN[:size]


def test_it_is_a_seekable_file():
    opened = reader()
    assert opened.readable()
    assert opened.seekable()
    assert not opened.writable()
    assert opened.seek(-4, io.SEEK_END) == len(PLAIN) - 4
    assert opened.read() == b"hunk"
    assert opened.seek(5) == 5
    assert opened.seek(2, io.SEEK_CUR) == opened.tell() == 7
    assert opened.read(3) == PLAIN[7:10]
    assert opened.seek(10, io.SEEK_END) == len(PLAIN) + 10
    assert opened.read(3) == b""
    buffered = io.BufferedReader(reader(), buffer_size=1000)
    assert buffered.read(70_000) == PLAIN[:70_000]


@pytest.mark.parametrize(("offset", "whence"), [(-1, io.SEEK_SET), (-1, io.SEEK_CUR), (-(10**9), io.SEEK_END), (0, 7)])
def test_a_place_before_the_start_is_refused(offset, whence):
    with pytest.raises(ValueError, match="seek"):
        reader().seek(offset, whence)


def test_a_payload_may_start_behind_a_header():
    assert reader(b"header" + BODY, start=6).read() == PLAIN


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_chunk_outside(index):
    with pytest.raises(IndexError):
        reader().chunk(index)


def test_it_reads_only_the_chunks_that_it_needs():
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    source = Counting(BODY)
    opened = PayloadReader(fresh(), source)
    source.taken = 0
    opened.read_at(CHUNK + 7, 100)
    opened.read_at(CHUNK + 500, 100)
    assert source.taken == SEALED


def test_a_changed_chunk_is_noticed_when_it_is_read_and_every_later_read_fails_too():
    """Cases S01 and S03."""
    changed = bytearray(BODY)
    changed[16 + 100] ^= 1
    opened = reader(bytes(changed))
    assert opened.chunk(1) == PLAIN[CHUNK : 2 * CHUNK]
    with pytest.raises(PayloadDamaged):
        opened.read(10)
    with pytest.raises(PayloadDamaged):
        opened.chunk(1)


@pytest.mark.parametrize(
    "length", [0, 15, 16, 17, 31, 16 + SEALED, 16 + SEALED + 15, 16 + SEALED + 16, 16 + 2 * SEALED, len(BODY) - 1]
)
def test_a_cut_is_noticed_before_anything_is_read(length):
    """Case S04."""
    with pytest.raises(PayloadDamaged):
        reader(BODY[:length])


@pytest.mark.parametrize("extra", [b"x", bytes(16), bytes(SEALED)])
def test_what_follows_is_noticed_before_anything_is_read(extra):
    """Case S05."""
    with pytest.raises(PayloadDamaged):
        reader(BODY + extra)
