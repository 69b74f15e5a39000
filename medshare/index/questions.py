"""Questions to the entries, each written once, and entries made from rows.

SQLAlchemy takes longer to put a question together than SQLite takes to answer it, so the text of a
question is kept by its form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from medshare.index.errors import IndexEmpty, IndexStopped
from medshare.index.layout import Layout, layouts
from medshare.index.tables import ENTRY, KIND, PLACE
from medshare.index.values import LOG_BITS, Entry
from medshare.ledger.events import Event, Log

COLUMN_NAMES: Final = tuple(column.name for column in ENTRY.columns)
"""The columns of an entry, in the order of the table."""

_COLUMNS: Final = ", ".join(f'"{name}"' for name in COLUMN_NAMES)
_ALARM: Final = text("SELECT alarm FROM index_state")
_FIRST_TYPED: Final = len(PLACE) + len(KIND)


def check_answering(connection: Connection) -> None:
    """Check that the index answers at all.

    Raises:
        IndexEmpty: It never read a chain.
        IndexStopped: An alarm stands.
    """
    state = connection.execute(_ALARM).first()
    if state is None:
        raise IndexEmpty
    if state.alarm is not None:
        raise IndexStopped(alarm=state.alarm)


def entries(
    connection: Connection,
    *,
    equal: Mapping[str, bytes],
    kinds: Sequence[type[Event]] = (),
    after: int | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[Entry]:
    """Yield the entries whose columns equal what is given, of these kinds; see `medshare.index.Index.find`."""
    names = tuple((kind.contract, kind.name) for kind in kinds)
    question = _question(tuple(equal), names, after is not None, limit is not None, newest_first)
    given = {"after_": after, "limit_": limit}
    found = connection.execute(question, {**equal, **{name: at for name, at in given.items() if at is not None}})
    return map(_entry, found)


def lines(connection: Connection) -> Iterator[str]:
    """Yield every row as one line, in the order of the chain: each value behind its name, bytes in hex."""
    whole = connection.execution_options(yield_per=5_000)
    for row in whole.execute(_question((), (), False, False, False)):
        yield " ".join(
            f"{name}={value.hex() if isinstance(value, bytes) else value}"
            for name, value in zip(COLUMN_NAMES, row, strict=True)
            if value is not None
        )


@cache
def _question(
    names: tuple[str, ...],
    kinds: tuple[tuple[str, str], ...],
    continued: bool,  # noqa: FBT001 - a cache is asked by position
    limited: bool,  # noqa: FBT001 - the same
    newest_first: bool,  # noqa: FBT001 - the same
) -> TextClause:
    conditions = [f'"{name}" = :{name}' for name in names]
    if kinds:
        these = (f"contract = '{contract}' AND event = '{name}'" for contract, name in kinds)
        conditions.append(f"({' OR '.join(these)})")
    if continued:
        conditions.append(f"position {'<' if newest_first else '>'} :after_")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY position{' DESC' if newest_first else ''}{' LIMIT :limit_' if limited else ''}"
    return text(f"SELECT {_COLUMNS} FROM entry{where}{order}")  # noqa: S608 - names of our own


@cache
def _reading(contract: str, event: str) -> tuple[Layout, tuple[int, ...]]:
    """Return the layout of an event and where its columns stand in a row."""
    (layout,) = (one for one in layouts() if (one.kind.contract, one.kind.name) == (contract, event))
    return layout, tuple(COLUMN_NAMES.index(column) for column in layout.columns)


def _entry(row: Sequence[Any]) -> Entry:
    position, block_hash, transaction, time, contract, event = row[:_FIRST_TYPED]
    layout, places = _reading(contract, event)
    log = Log(
        event=layout.event([row[place] for place in places]),
        block_number=position >> LOG_BITS,
        block_hash=block_hash,
        transaction=transaction,
        index=position & (1 << LOG_BITS) - 1,
    )
    return Entry(log=log, time=time)
