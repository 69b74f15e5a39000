"""The index in an SQL database: SQLite by default, PostgreSQL by URL. What is written, and when it counts.

Blocks are added span by span, each in one transaction together with the mark of the last block: a run
that is killed leaves whole spans. The database may lose the last of them when the power goes, never
the order: what is lost is read again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    RowMapping,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from medshare.errors import MedShareError
from medshare.hexadecimal import Bytes32
from medshare.index import migrate
from medshare.index.errors import IndexMissing, IndexUnreachable, IndexVersion, NotAnIndex, OtherDeployment
from medshare.index.layout import Layout, layouts
from medshare.index.span import Span
from medshare.index.tables import DROP_INDICES, ENTRY, FOUND_BY, KIND, MAKE_INDICES, METADATA, PLACE, RECENT, STATE
from medshare.index.values import position_of
from medshare.ledger.types import Block

BUSY_SECONDS: Final = 10
"""How long a writer waits for another one."""

WRITERS: Final = 0x6D65645F696E6478
"""The number of PostgreSQL's lock that one writer holds at a time: "med_indx" in ASCII."""

CACHE_KIB: Final = 65_536
"""Memory that SQLite may use for the pages it works on."""

PAGE_BYTES: Final = 16_384
"""Size of SQLite's pages: rows that only come at the end are written a fifth quicker than in pages of 4 KiB."""

# Python's driver looks for a way to adapt bytes each time, five times as long as it takes to bind them,
# unless it is told that there is nothing to do.
sqlite3.register_adapter(bytes, bytes)


class Database:
    """The tables of one index at `url`; see `medshare.index.Index` for what is raised."""

    def __init__(self, url: str, *, create: bool) -> None:
        parsed = parse_url(url)
        self.place = parsed.render_as_string(hide_password=True)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._memory = self._sqlite and parsed.database in {None, "", ":memory:"}
        if self._sqlite and not self._memory and not create and not Path(str(parsed.database)).exists():
            raise IndexMissing(place=self.place)
        self._lock = threading.RLock()
        self._engine = connect_engine(parsed)
        try:
            self._prepare(create=create)
        except MedShareError:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Connection]:
        """Return a connection within a transaction: all of it is kept, or nothing."""
        with self._held(), self._translated(), self._engine.connect() as opened:
            connection = opened.execution_options(medshare_write=write)
            with connection.begin():
                yield connection

    # What the index knows about itself

    def begin(self, deployment: Bytes32, chain_id: int, first: Block) -> Bytes32:
        """Note what the index is of and the block before its first one; return the hash of the one that is noted.

        Raises:
            OtherDeployment: It is of something else.
        """
        with self.session(write=True) as connection:
            state = state_of(connection)
            if state is not None:
                if state["deployment"] != deployment:
                    raise OtherDeployment
                return bytes(state["first_hash"])
            connection.execute(
                insert(STATE).values(
                    id=1,
                    deployment=deployment,
                    chain_id=chain_id,
                    first_number=first.number,
                    first_hash=first.hash,
                    first_time=first.time,
                    reorganisations=0,
                    entries=0,
                    deepest=0,
                    last_depth=0,
                )
            )
            connection.execute(insert(RECENT).values(number=first.number, hash=first.hash, time=first.time))
            return first.hash

    def recent(self) -> list[Block]:
        """Return the last blocks, the oldest first."""
        with self.session() as connection:
            rows = connection.execute(select(RECENT).order_by(RECENT.c.number))
            return [Block(number, block_hash, time) for number, block_hash, time in rows]

    def ring(self, alarm: str | None) -> None:
        """Keep the code of the error that stopped the index, or take it away."""
        with self.session(write=True) as connection:
            connection.execute(update(STATE).values(alarm=alarm).where(STATE.c.alarm.is_distinct_from(alarm)))

    # Blocks

    def append(self, span: Span, *, keep: int) -> bool:
        """Add a span behind the block that it follows, and return whether that is the last one still.

        Args:
            span: The blocks and rows.
            keep: How many blocks before the last one are remembered.
        """
        with self.session(write=True) as connection:
            tip = tip_of(connection)
            if tip is None or (tip.number + 1, tip.hash) != (span.start, span.parent):
                return False
            self._insert(connection, span.rows)
            connection.execute(update(STATE).values(entries=STATE.c.entries + len(span.rows)))
            newest = [
                {"number": number, "hash": block_hash, "time": time}
                for number, (block_hash, time) in enumerate(span.blocks, span.start)
                if number >= span.end - keep
            ]
            connection.execute(insert(RECENT), newest)
            connection.execute(delete(RECENT).where(RECENT.c.number < span.end - keep))
        return True

    def roll_back(self, tip: Block, ancestor: Block) -> bool:
        """Take away what stands above `ancestor`, and return whether `tip` was the last block still."""
        with self.session(write=True) as connection:
            if tip_of(connection) != tip:
                return False
            depth = tip.number - ancestor.number
            above = ENTRY.c.position >= position_of(ancestor.number + 1, 0)
            gone = connection.execute(delete(ENTRY).where(above)).rowcount
            connection.execute(delete(RECENT).where(RECENT.c.number > ancestor.number))
            connection.execute(
                update(STATE).values(
                    reorganisations=STATE.c.reorganisations + 1,
                    entries=STATE.c.entries - gone,
                    deepest=max(depth, int(connection.execute(select(STATE.c.deepest)).scalar_one())),
                    last_depth=depth,
                )
            )
        return True

    def empty(self) -> None:
        """Take everything away, as if the index had just been made."""
        with self.session(write=True) as connection:
            for statement in DROP_INDICES:
                connection.exec_driver_sql(statement)
            for table in (ENTRY, RECENT, STATE):
                connection.execute(delete(table))

    # Indices

    def make_indices(self) -> None:
        """Make the indices that are not there, all or none."""
        with self.session() as connection:
            if indexed(connection):
                return
        with self.session(write=True) as connection:
            for statement in MAKE_INDICES:
                connection.exec_driver_sql(statement)

    def _insert(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        driver: Any = connection.connection.driver_connection
        try:
            if connection.dialect.name == "sqlite":
                _insert_in_order(driver.cursor(), rows)
            else:
                _copy_by_kind(driver.cursor(), rows)
        except connection.dialect.loaded_dbapi.Error as error:
            raise IndexUnreachable(place=self.place) from error

    @contextmanager
    def _held(self) -> Iterator[None]:
        # In memory there is one connection; a file or a server has one for each thread.
        if self._memory:
            with self._lock:
                yield
        else:
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise IndexUnreachable(place=self.place) from error
        except DatabaseError as error:
            raise NotAnIndex(place=self.place) from error

    def _prepare(self, *, create: bool) -> None:
        with self.session(write=create) as connection:
            names = set(inspect(connection).get_table_names())
            # A file is one thing; the database of a server may hold the vault of the same institution too.
            own = names if self._sqlite else names & {*METADATA.tables, migrate.VERSION_TABLE}
            if not own:
                if not create:
                    raise IndexMissing(place=self.place)
                METADATA.create_all(connection)
                migrate.stamp(connection)
                return
            found = migrate.version_of(connection) if migrate.VERSION_TABLE in names else None
            if found is None:
                raise NotAnIndex(place=self.place)
            if found != migrate.NEWEST:
                raise IndexVersion(found=found, expected=migrate.NEWEST)


@cache
def _insert_statements() -> tuple[str, ...]:
    """Return for each layout the statement that adds a row to SQLite.

    Only columns with a value are named: binding a NULL costs as much as binding a value.
    """
    return tuple(
        f"INSERT INTO entry ({_names(layout)}) "  # noqa: S608 - names of our own
        f"VALUES ({'?, ' * (len(PLACE) + len(layout.columns))}'{layout.kind.contract}', '{layout.kind.name}')"
        for layout in layouts()
    )


def _names(layout: Layout) -> str:
    return ", ".join(f'"{name}"' for name in (*PLACE, *layout.columns, *KIND))


def _insert_in_order(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows in the order of the chain, whatever they are: rows that come in order fill SQLite's pages."""
    statements = _insert_statements()
    for row in rows:
        cursor.execute(statements[row[0]], row[1:])
    cursor.close()


def _copy_by_kind(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Hand rows to PostgreSQL, those of one layout together."""
    for number, some in groupby(sorted(rows, key=itemgetter(0)), itemgetter(0)):
        layout = layouts()[number]
        with cursor.copy(f"COPY entry ({_names(layout)}) FROM STDIN") as copy:
            for row in some:
                copy.write_row((*row[1:], layout.kind.contract, layout.kind.name))
    cursor.close()


def state_of(connection: Connection) -> RowMapping | None:
    """Return the row of `STATE`, None before the first run."""
    return connection.execute(select(STATE)).mappings().first()


def indexed(connection: Connection) -> bool:
    """Return whether the indices over the entries are there."""
    return len(inspect(connection).get_indexes("entry")) == len(FOUND_BY)


def tip_of(connection: Connection) -> Block | None:
    """Return the last block that was read, None before the first run."""
    row = connection.execute(select(RECENT).order_by(RECENT.c.number.desc()).limit(1)).first()
    return None if row is None else Block(row.number, row.hash, row.time)


def parse_url(url: str) -> URL:
    """Return the parsed `url`; `NotAnIndex` where it is none."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise NotAnIndex(place="this address") from error
    return parsed


def connect_engine(url: URL) -> Engine:
    """Return an engine for `url`, with SQLite set up for an index."""
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)  # a server that was restarted is not noticed by a question

        @event.listens_for(engine, "begin")
        def _queue(connection: Connection) -> None:
            if connection.get_execution_options().get("medshare_write", True):
                # One writer at a time, as SQLite has it: the lock ends with the transaction.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

        return engine
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if url.database in {None, "", ":memory:"}:
        engine = create_engine(url, poolclass=StaticPool, connect_args=arguments)
    else:
        engine = create_engine(url, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: object) -> None:
        del record
        # The driver's own BEGIN comes too late and is deferred; ours is written below.
        connection.isolation_level = None
        for setting in (
            f"page_size={PAGE_BYTES}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"cache_size=-{CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("medshare_write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
