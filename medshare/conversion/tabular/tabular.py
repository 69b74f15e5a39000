"""The format of tables: CSV with a mapping."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import stat
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from medshare.conversion.item import Converted, Coverage, SourceItem
from medshare.conversion.tabular.building import Builder, Built
from medshare.conversion.tabular.declaration import check_header
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
    ZoneMissingError,
)
from medshare.conversion.tabular.mapping import Mapping
from medshare.conversion.tabular.rows import LIMIT, decode, read_rows
from medshare.intake import Issue

MEDIA_TYPE: Final = "text/csv"
ENDINGS: Final = frozenset((".csv", ".tsv", ".txt"))
_HEADER_LIMIT: Final = 2**16
"""Bytes of the rows up to the header; they are kept with every row."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


class Tabular:
    """CSV, read by a mapping.

    Args:
        mapping: What the columns mean, from `read_mapping`.
        zone: For times that name no zone, where the mapping names none either.

    Raises:
        ZoneMissingError: The mapping reads such times, and no zone is known.
    """

    def __init__(self, mapping: Mapping, zone: tzinfo | None = None) -> None:
        self._mapping = mapping
        self._columns = mapping.columns
        self._zone = mapping.zone or zone
        if mapping.needs_zone and self._zone is None:
            raise ZoneMissingError

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "csv"

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Read the rows of a table, or of all tables in a folder; every header is checked before the first row.

        The content of an item is the header and the row, as they came, so that a row can be corrected and read alone.

        Raises:
            TableMissingError: There is no table.
            TableUnreadableError: One cannot be opened.
            HeaderInvalidError: A header does not fit the mapping.
        """
        tables = _tables(path)
        for table in tables:
            self._check_header(table)
        for table in tables:
            yield from self._rows(table, _name_of(table, path))

    def convert(self, item: SourceItem) -> Converted:
        """Convert one row; the same row gives the same entries.

        Raises:
            InputError: The row is not as the mapping declares; one class per cause.
        """
        header, cells = self._cells(item)
        held = {name: text for name, text in zip(header, cells, strict=True) if text}
        numbers = {name: number for number, name in enumerate(header, 1)}
        built = Builder(
            self._mapping,
            zone=self._zone,
            cells=held,
            numbers=numbers,
            place=item.place,
            digest=hashlib.sha256(item.content).hexdigest(),
        ).build()
        counted = [name for name in held if name not in self._mapping.ignored]
        return Converted(
            item=item,
            patient=built.patient,
            entries=built.entries,
            issues=tuple(_issues(built, counted, numbers)),
            coverage=Coverage(elements=len(counted), mapped=sum(name in built.said for name in counted)),
        )

    def _check_header(self, table: Path) -> None:
        found = check_header(self._mapping, _header_of(self._mapping, table))
        if errors := [one for one in found if one.severity == "error"]:
            raise HeaderInvalidError(faults="; ".join(f"{one.path}: {one.message.removesuffix('.')}" for one in errors))

    def _rows(self, table: Path, file: str) -> Iterator[SourceItem]:
        head = b""
        nothing = b"\r\n \0" if self._mapping.dialect.encoding.startswith("utf-16") else b"\r\n "
        with _opened(table) as opened:
            for row in read_rows(opened, dialect=self._mapping.dialect):
                if row.number <= self._mapping.header:
                    head += row.content
                elif row.content.strip(nothing):
                    content = head + row.content
                    yield SourceItem(file=file, place=f"row {row.number}", content=content, media_type=MEDIA_TYPE)

    def _cells(self, item: SourceItem) -> tuple[list[str], list[str]]:
        """Return the names of the columns and the cells of the one row, without spaces around them."""
        mapping, place = self._mapping, item.place
        for row in islice(read_rows(io.BytesIO(item.content), dialect=mapping.dialect), mapping.header, None):
            if row.open:
                raise QuoteOpenError(place=place)
            if len(row.content) > LIMIT:
                raise RowTooLongError(place=place, limit=LIMIT)
        try:
            rows = _split(decode(item.content, encoding=mapping.dialect.encoding), mapping)
        except UnicodeDecodeError:
            raise RowEncodingError(place=place, encoding=mapping.dialect.encoding) from None
        except csv.Error:
            raise QuoteMisplacedError(place=place, limit=csv.field_size_limit()) from None
        data = [row for row in rows[mapping.header :] if row]
        if len(data) != 1:
            raise RowCountError(place=place, found=len(data))
        header, cells = rows[mapping.header - 1], data[0]
        if len(header) != len(cells):
            raise CellCountError(place=place, found=len(cells), expected=len(header))
        if not self._columns <= set(header) or len(set(header)) < len(header):
            raise HeaderInvalidError(faults=f"it is not the one that {place} came with")
        for number, cell in enumerate(cells, 1):
            if _CONTROL.search(cell):
                raise CellControlError(place=place, column=number)
        return header, ["" if cell in mapping.empty else cell for cell in cells]


def check_tables(mapping: Mapping, path: Path) -> Iterator[tuple[str, tuple[Issue, ...]]]:
    """Yield each table with what does not fit between its header and the mapping; no row is read.

    Raises:
        TableMissingError: There is no table.
        TableUnreadableError: One cannot be opened.
        HeaderInvalidError: One has no header that could be read.
    """
    for table in _tables(path):
        yield _name_of(table, path), check_header(mapping, _header_of(mapping, table))


def _name_of(table: Path, path: Path) -> str:
    return table.name if table == path else table.relative_to(path).as_posix()


def _header_of(mapping: Mapping, table: Path) -> list[str]:
    with _opened(table) as file:
        head = list(islice(read_rows(file, dialect=mapping.dialect), mapping.header))
    content = b"".join(row.content for row in head)
    if len(head) < mapping.header or len(content) > _HEADER_LIMIT or any(row.open for row in head):
        why = f"row {mapping.header}: it is missing, has an open quote, or is too long"
        raise HeaderInvalidError(faults=why)
    try:
        return _split(decode(content, encoding=mapping.dialect.encoding), mapping)[-1]
    except (UnicodeDecodeError, csv.Error):
        why = f"row {mapping.header}: it cannot be read; check encoding and delimiter"
        raise HeaderInvalidError(faults=why) from None


def _issues(built: Built, counted: Sequence[str], numbers: dict[str, int]) -> Iterator[Issue]:
    for name in counted:
        path = f"column {numbers[name]}"
        if name not in built.said:
            message = "This cell is said nowhere in FHIR; it is in the original only."
            yield Issue("warning", path, "cell-not-mapped", message, "Map the column, or ignore it with a reason.")
        if name in built.ambiguous:
            message = "The clocks went back; this local time came twice, and the first is taken."
            yield Issue("warning", path, "time-twice", message, "Give the time with its offset from UTC.")


def _tables(path: Path) -> list[Path]:
    """Return the table at a path, or all tables in a folder in the order of their names."""
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDINGS and one.is_file())
    else:
        found = [path] if path.exists() else []
    if not found:
        raise TableMissingError
    return found


def _opened(table: Path) -> BinaryIO:
    """Open a regular file; a pipe would wait for ever."""
    try:
        if not stat.S_ISREG(table.stat().st_mode):
            raise TableUnreadableError
        return table.open("rb")
    except (OSError, ValueError):
        raise TableUnreadableError from None


def _split(text: str, mapping: Mapping) -> list[list[str]]:
    """Return the cells of each row of a text, without spaces around them.

    Raises:
        csv.Error: They cannot be told apart.
    """
    dialect = mapping.dialect
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        strict=True,
    )
    return [[cell.strip() for cell in row] for row in reader]
