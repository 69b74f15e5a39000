"""From files and folders to messages, whatever frame they come in."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.hl7v2 import Hl7v2, MessageLimits
from medshare.conversion.hl7v2.errors import (
    EmptyMessageError,
    MessageTooLargeError,
    NoHeaderError,
    NoMessagesError,
    SecondHeaderError,
    TruncatedMessageError,
)
from medshare.conversion.hl7v2.framing import PIECE, split_messages
from medshare.intake.errors import GzipBrokenError, SourceMissingError, SourceNotAFileError
from tests.unit.conversion.hl7v2.messages import HANDMADE, item

ONE = b"MSH|^~\\&|A\rPID|1\r"
TWO = b"MSH|^~\\&|B\rPID|2\r"


class Slow(io.BytesIO):
    """Gives a few bytes at a time, so that every boundary is cut once."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(3, size or 3))


def split(data: bytes, *, limit: int = 1000) -> list[bytes]:
    slow = list(split_messages(Slow(data), limit=limit))
    assert slow == list(split_messages(io.BytesIO(data), limit=limit))
    return slow


def test_a_file_holds_one_message_or_several():
    assert split(ONE) == [ONE]
    assert split(ONE + TWO) == [ONE, TWO]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_lines_end_with_any_of_the_three_and_the_bytes_stay(end: bytes):
    data = (ONE + TWO).replace(b"\r", end)
    assert b"".join(split(data)) == data
    assert len(split(data)) == 2


def test_a_frame_is_taken_off_and_empty_lines_between_are_nothing():
    assert split(b"\x0b" + ONE + b"\x1c\r\r\n\x0b" + TWO + b"\x1c\r") == [ONE, TWO]


def test_a_frame_that_is_not_closed_keeps_its_beginning():
    assert split(b"\x0b" + ONE) == [b"\x0b" + ONE]
    assert split(b"\x0b" + ONE + b"\x0b" + TWO + b"\x1c\r") == [b"\x0b" + ONE, TWO]


def test_two_headers_in_one_frame_are_one_item():
    assert split(b"\x0b" + ONE + TWO + b"\x1c\r") == [ONE + TWO]


def test_the_frame_of_a_batch_is_no_message():
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + TWO + b"BTS|2\rFTS|1\r"
    assert split(batch) == [ONE, TWO]


def test_a_byte_order_mark_is_taken_off():
    assert split(b"\xef\xbb\xbf" + ONE) == [ONE]


def test_what_stands_before_the_first_header_is_one_item_by_itself():
    assert split(b"Export of today\r" + ONE) == [b"Export of today\r", ONE]


def test_a_message_over_the_limit_is_cut_and_the_next_one_is_whole():
    big = b"MSH|^~\\&|" + b"x" * (3 * PIECE) + b"\r"
    found = list(split_messages(io.BytesIO(big + TWO), limit=100))
    assert found == [big[:101], TWO]


def test_four_gigabytes_without_a_line_end_are_read_past_and_not_held():
    class Endless:
        """A header, then the same piece many times: what it gives in all is never held at once."""

        def __init__(self) -> None:
            self.left = 200

        def read(self, _size: int, /) -> bytes:
            self.left -= 1
            return b"MSH|^~\\&|" + b"x" * PIECE if self.left == 199 else b"x" * PIECE if self.left > 0 else b""

    (found,) = split_messages(Endless(), limit=1000)
    assert len(found) == 1001


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=400))
def test_any_bytes_give_items_within_the_limit_however_they_arrive(data: bytes, limit: int):
    found = split(data, limit=limit)
    assert all(len(one) <= limit + 1 for one in found)


def items(path: Path, **options: object) -> Iterator[tuple[str, str, bytes]]:
    return ((one.file, one.place, one.content) for one in Hl7v2(**options).items(path))


def test_a_folder_is_read_with_its_folders_in_the_order_of_paths(tmp_path: Path):
    (tmp_path / "b.hl7").write_bytes(ONE + TWO)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "z.txt.gz").write_bytes(gzip.compress(TWO))
    (tmp_path / "notes.md").write_bytes(b"not read")
    (tmp_path / ".hidden.hl7").write_bytes(b"not read")
    assert list(items(tmp_path)) == [
        ("a/z.txt.gz", "message 1", TWO),
        ("b.hl7", "message 1", ONE),
        ("b.hl7", "message 2", TWO),
    ]


def test_a_file_that_is_named_may_have_any_ending(tmp_path: Path):
    (tmp_path / "export.dat").write_bytes(ONE)
    assert list(items(tmp_path / "export.dat")) == [("export.dat", "message 1", ONE)]


def test_a_missing_path_and_a_folder_without_messages_are_told(tmp_path: Path):
    with pytest.raises(SourceMissingError):
        list(items(tmp_path / "none"))
    with pytest.raises(NoMessagesError):
        list(items(tmp_path))
    with pytest.raises(SourceNotAFileError):
        list(items(Path("/dev/null")))
    with pytest.raises(SourceMissingError):
        list(items(Path("a\0b")))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.hl7").write_bytes(ONE)

    def refuse(*_args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceNotAFileError):
        list(items(tmp_path))


def test_damaged_gzip_gives_what_was_whole_and_an_item_that_says_so(tmp_path: Path):
    packed = gzip.compress(ONE + TWO + ONE)
    (tmp_path / "a.hl7.gz").write_bytes(packed[:-6])
    (tmp_path / "b.hl7").write_bytes(TWO)
    found = list(Hl7v2().items(tmp_path))
    assert found[-1].content == TWO
    damaged = next(one for one in found if one.place.startswith("after"))
    with pytest.raises(GzipBrokenError):
        Hl7v2().convert(damaged)


def test_an_empty_file_is_an_item_that_says_so(tmp_path: Path):
    (tmp_path / "a.hl7").write_bytes(b"")
    (found,) = Hl7v2().items(tmp_path)
    with pytest.raises(EmptyMessageError):
        Hl7v2().convert(found)
    with pytest.raises(EmptyMessageError):
        Hl7v2().convert(item(b" \r\n"))


def test_one_bad_item_does_not_stop_the_others(tmp_path: Path):
    good = (HANDMADE / "oru-lf.er7").read_bytes()
    (tmp_path / "a.hl7").write_bytes(b"junk\n" + good + b"\x0b" + good + good + b"\x1c\r" + b"\x0b" + good)
    faults: list[object] = []
    for one in Hl7v2(limits=MessageLimits(message_bytes=10_000)).items(tmp_path):
        try:
            Hl7v2().convert(one)
            faults.append(None)
        except (NoHeaderError, SecondHeaderError, TruncatedMessageError) as fault:
            faults.append(type(fault))
    assert faults == [NoHeaderError, None, SecondHeaderError, TruncatedMessageError]


def test_a_message_over_the_limit_fails_when_it_is_converted(tmp_path: Path):
    (tmp_path / "a.hl7").write_bytes(ONE + b"NTE|1||" + b"x" * 500 + b"\r" + TWO)
    little = Hl7v2(limits=MessageLimits(message_bytes=100))
    large, small = little.items(tmp_path)
    with pytest.raises(MessageTooLargeError):
        little.convert(large)
    assert small.content == TWO


def test_a_whole_frame_may_be_given_as_an_item_too():
    framed = b"\x0b" + (HANDMADE / "oru-lf.er7").read_bytes() + b"\x1c\r"
    assert Hl7v2().convert(item(framed)).coverage.mapped > 10
