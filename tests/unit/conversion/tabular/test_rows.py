"""Reading rows: bytes as they came, in bounded memory, one bad row never taking the others with it."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.tabular.errors import (
    CellControlError,
    CellCountError,
    HeaderInvalidError,
    QuoteMisplacedError,
    QuoteOpenError,
    RowCountError,
    RowEncodingError,
    RowTooLongError,
    TableMissingError,
    TableUnreadableError,
)
from medshare.conversion.tabular.rows import LIMIT, Dialect, read_rows
from medshare.errors import MedShareError
from tests.unit.conversion.tabular.samples import MAPPING, TABLE, resource, table, tabular

COMMA = Dialect(encoding="utf-8", delimiter=",", quote='"')


def rows(data: bytes, dialect: Dialect = COMMA, limit: int = LIMIT) -> list[bytes]:
    return [row.content for row in read_rows(io.BytesIO(data), dialect=dialect, limit=limit)]


def outcomes(folder: Path, content: str | bytes, mapping: str = MAPPING) -> list[str]:
    """The test of each row, or the code of what is wrong with it."""
    form = tabular(folder, mapping)
    found = []
    for item in form.items(table(folder, content)):
        try:
            found.append(resource(form.convert(item))["code"]["text"])
        except MedShareError as error:
            found.append(error.code)
    return found


class Endless(io.RawIOBase):
    """A file of so many bytes that never stands in memory."""

    def __init__(self, head: bytes, piece: bytes, size: int) -> None:
        self.left, self.head, self.piece = size, head, piece

    def read(self, size: int = -1) -> bytes:
        if self.head:
            given, self.head = self.head, b""
            return given
        size = min(size, self.left)
        self.left -= size
        return (self.piece * (size // len(self.piece) + 1))[:size]


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=40))
def test_no_byte_is_lost_or_changed_whatever_stands_in_a_file(data: bytes, limit: int):
    """Only the rest of a line over the limit is passed by."""
    assert b"".join(rows(data)) == data
    assert all(len(row) <= limit + 1 for row in rows(data, limit=limit))


@given(
    st.text(alphabet='a",\r\n王', max_size=60), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "big5", "gb18030"])
)
def test_a_text_is_split_alike_in_every_encoding(text: str, encoding: str):
    feed = "\n" + text.replace("\r", "")
    dialect = Dialect(encoding=encoding, delimiter=",", quote='"')
    split = [row.decode(encoding) for row in rows(feed.encode(encoding), dialect)]
    assert split == [row.decode() for row in rows(feed.encode())]


def test_items_are_the_header_and_a_row_as_they_came(tmp_path: Path):
    items = list(
        tabular(tmp_path).items(table(tmp_path, b"\xef\xbb\xbfMRN,Test,Result\r\n1, Glucose ,5.10\r\n\r\n2,K,4"))
    )
    assert [item.content for item in items] == [
        b"\xef\xbb\xbfMRN,Test,Result\r\n1, Glucose ,5.10\r\n",
        b"\xef\xbb\xbfMRN,Test,Result\r\n2,K,4",
    ]
    assert [(item.file, item.place, item.media_type) for item in items] == [
        ("table.csv", "row 2", "text/csv"),
        ("table.csv", "row 4", "text/csv"),
    ]


def test_a_corrected_row_is_read_alone(tmp_path: Path):
    form = tabular(tmp_path)
    (bad,) = form.items(table(tmp_path, "MRN,Test,Result\n1,Glucose,five\n"))
    with pytest.raises(MedShareError, match="At row 2, column 3"):
        form.convert(bad)
    (good,) = form.items(table(tmp_path, bad.content.replace(b"five", b"5")))
    assert resource(form.convert(good))["valueQuantity"]["value"].text == "5"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-16", TABLE),
        ("utf-16-le", TABLE),
        ("utf-16-be", TABLE),
        ("big5", TABLE.replace("Glucose", "許功蓋")),  # their second bytes are backslashes
        ("gb18030", TABLE.replace("Glucose", "葡萄糖㐂")),
        ("latin-1", TABLE.replace("Glucose", "Glykämie")),
        ("utf-8", TABLE.replace("\n", "\r\n")),
        ("utf-8", TABLE.replace("\n", "\r")),
    ],
)
def test_encodings_and_line_ends_of_every_kind_are_read(tmp_path: Path, encoding: str, text: str):
    mapping = f'table.encoding = "{encoding}"\n{MAPPING}'
    first = text.replace("\r", "\n").split("\n")
    word = next(line for line in first[1:] if line).split(",")[1]
    assert outcomes(tmp_path, text.encode(encoding), mapping) == [word, "Potassium"]


def test_big_endian_utf16_is_told_by_its_mark(tmp_path: Path):
    mapping = f'table.encoding = "utf-16"\n{MAPPING}'
    content = b"\xfe\xff" + TABLE.encode("utf-16-be")
    assert outcomes(tmp_path, content, mapping) == ["Glucose", "Potassium"]


BEGINNING = "MRN,Test,Result\n1,Glucose,5\n"
END = "3,Sodium,140\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'2,"Potassium,4\n', QuoteOpenError.code),
        (b'2,"Pot"assium,4\n', QuoteMisplacedError.code),
        (b"2,Potassium\n", CellCountError.code),
        (b"2,Potassium,4,\n", CellCountError.code),
        (b"2,Pot\0assium,4\n", CellControlError.code),
        (b"2,Pot\x1bassium,4\n", CellControlError.code),
        (b"2,Pot\xffassium,4\n", RowEncodingError.code),
        (b"2,a\rb,4\n", RowCountError.code),
        (b"2," + b"x" * (LIMIT + 1) + b",4\n", RowTooLongError.code),
        (b'2,"' + b"x" * 200_000 + b'",4\n', QuoteMisplacedError.code),
    ],
)
def test_a_bad_row_is_one_clear_error_and_the_others_go_on(tmp_path: Path, line: bytes, code: str):
    assert outcomes(tmp_path, BEGINNING.encode() + line + END.encode()) == ["Glucose", code, "Sodium"]


def test_a_quote_within_a_cell_that_began_without_one_is_a_letter(tmp_path: Path):
    assert outcomes(tmp_path, BEGINNING + '2,pipe 5" wide,4\n' + END) == ["Glucose", 'pipe 5" wide', "Sodium"]


def test_a_quote_can_be_declared_to_be_a_letter(tmp_path: Path):
    mapping = f"table.quote = ''\n{MAPPING}"
    assert outcomes(tmp_path, BEGINNING + '2,"x,4\n' + END, mapping) == ["Glucose", '"x', "Sodium"]


def test_a_row_of_many_lines_over_the_limit_gives_its_lines_back_one_by_one():
    data = b'h\n"a\n' + b"bbbb\n" * 20 + b'"\nlast\n'
    found = rows(data, limit=50)
    assert found[1:4] == [b'"a\n', b"bbbb\n", b"bbbb\n"]
    assert b"".join(found) == data


@pytest.mark.parametrize("start", [b'h\n"', b"h\n", b'h\n"a\n'])
@pytest.mark.parametrize("piece", [b"x", b"x," * 40 + b"y\n", b'""'])
def test_a_hundred_megabytes_behind_an_open_quote_or_without_a_line_end_take_little_memory(start: bytes, piece: bytes):
    """Scaled down: ten times the limit, since memory is the point and not the size."""
    tracemalloc.start()
    for _ in read_rows(Endless(start, piece, 20 * 2**16), dialect=COMMA, limit=2**16):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**16


def test_a_row_of_very_many_lines_is_given_back_line_by_line():
    found = rows(b'h\n"' + b"\n" * 12_000 + b'"\n')
    assert found[1:3] == [b'"\n', b"\n"]
    assert len(found) == 12_002


def test_a_line_over_the_limit_is_cut_in_whole_characters_of_utf16():
    dialect = Dialect(encoding="utf-16-le", delimiter=",", quote='"')
    data = ("h\n" + "\u0a0a" * 200_000 + "\n" + "last\n").encode("utf-16-le")
    found = rows(data, dialect, limit=1001)
    assert [len(one) for one in found] == [4, 1002, 10]
    assert found[2].decode("utf-16-le") == "last\n"


def test_title_rows_before_the_header_are_kept_with_each_row(tmp_path: Path):
    mapping = f"table.header = 3\n{MAPPING}"
    form = tabular(tmp_path, mapping)
    (item,) = form.items(table(tmp_path, "Hospital\n\nMRN,Test,Result\n1,Glucose,5\n"))
    assert item.content.startswith(b"Hospital\n\nMRN")
    assert resource(form.convert(item))["code"]["text"] == "Glucose"


def test_a_folder_is_read_in_the_order_of_its_names_and_only_tables(tmp_path: Path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.csv", "a.csv", "readme.md"):
        (tmp_path / name).write_text(TABLE)
    assert [item.file for item in tabular(tmp_path).items(tmp_path)][::2] == ["a.csv", "b/2.csv"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("MRN,Test,Results", "'Result'; did you mean Results"),
        ("MRN,Test,Result,Test", "stands twice"),
        ("MRN;Test;Result", "no column 'MRN'"),
        ('"MRN,Test,Result', "open quote"),
        ("", "row 1"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_before_the_first_row_of_any_table(
    tmp_path: Path, header: str, words: str
):
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text(f"{header}\n1,2,3\n" if header else "")
    with pytest.raises(HeaderInvalidError, match=words):
        next(tabular(tmp_path).items(tmp_path))


@pytest.mark.parametrize("content", [b"\xff\xfe\xff\n1\n", b'"a"b\n1\n', b"x" * 70_000])
def test_a_header_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes):
    with pytest.raises(HeaderInvalidError):
        next(tabular(tmp_path).items(table(tmp_path, content)))


def test_an_item_with_another_header_is_refused(tmp_path: Path):
    form = tabular(tmp_path)
    (item,) = form.items(table(tmp_path, BEGINNING))
    other = type(item)(file="", place="row 2", content=b"MRN,Test,Other\n1,2,3\n", media_type="text/csv")
    with pytest.raises(HeaderInvalidError):
        form.convert(other)


def test_where_there_is_no_table_nothing_is_read(tmp_path: Path):
    form = tabular(tmp_path)
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TableMissingError):
            next(form.items(path))
    with pytest.raises(TableUnreadableError):
        next(form.items(Path("/dev/null")))


def test_a_table_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    form, path = tabular(tmp_path), table(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TableUnreadableError):
        next(form.items(path))
