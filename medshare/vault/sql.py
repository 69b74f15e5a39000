"""The vault in an SQL database: SQLite by default, PostgreSQL by URL.

A SQLite vault is written ahead and synced before a transaction ends; what is destroyed is overwritten
with zeros (`secure_delete`) and the write-ahead log is cut. It cannot reach what the file system or
the disk keeps besides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, func, inspect, select
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from medshare.errors import MedShareError
from medshare.vault import migrate
from medshare.vault.engine import WRITE, connect_engine, in_memory, parse_url
from medshare.vault.errors import (
    NotAVault,
    ReceiptGap,
    RowConflict,
    RowForm,
    RowMissing,
    RowOutdated,
    VaultForbidden,
    VaultMissing,
    VaultUnreachable,
    VaultVersion,
)
from medshare.vault.outbox_rows import OutboxRow
from medshare.vault.row import Row, Rule
from medshare.vault.rows import CapsuleRow, EnvelopeRow, ReceiptRow
from medshare.vault.tables import METADATA, SHAPES, Shape

R = TypeVar("R", bound=Row)
T = TypeVar("T")

_FORBIDDEN = "42501"
"""SQLSTATE of a right that the database's user has not."""


def memory_vault() -> SqlVault:
    """Return an empty vault in memory: the twin, for tests and simulations."""
    return SqlVault("sqlite://")


class SqlVault:
    """A vault at `url`, such as `sqlite:////var/lib/medshare/vault.db` or `postgresql+psycopg://…`.

    Args:
        url: Where it is; `sqlite://` is in memory.
        create: Whether to make it where there is none.

    Raises:
        VaultMissing: There is none, and none is to be made.
        VaultVersion: It was made by another version; see `medshare.vault.migrate.upgrade`.
        NotAVault: The database is something else, or damaged.
        VaultUnreachable: The database does not answer, or the place cannot be written.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        parsed = parse_url(url)
        self.place = parsed.render_as_string(hide_password=True)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._memory = in_memory(parsed)
        if self._sqlite and not self._memory and not create and not Path(str(parsed.database)).exists():
            raise VaultMissing(place=self.place)
        self._lock = threading.RLock()
        self._engine = connect_engine(parsed)
        self._remains = False
        try:
            with self._translated():
                self._prepare(create=create)
        except MedShareError:
            self._engine.dispose()
            raise

    @contextmanager
    def transaction(self) -> Iterator[SqlRows]:
        """Return a transaction: all of it is kept and on disk, or nothing."""
        with self._session(write=True) as rows:
            yield rows
        if rows.remains:
            self._remains = True
        if self._remains and self._sqlite and not self._memory:
            self._cut_log()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def put(self, row: Row) -> None:
        """Keep `row` in a transaction of its own."""
        with self.transaction() as rows:
            rows.put(row)

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete rows for good in a transaction of its own."""
        with self.transaction() as rows:
            return rows.destroy(kind, **equal)

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete the rows whose `at` lies before `at`, in a transaction of its own."""
        with self.transaction() as rows:
            return rows.drop_older(kind, at=at)

    def get(self, kind: type[R], **key: object) -> R | None:
        """Return the one row under the full `key`, or None."""
        return self._read(lambda rows: rows.get(kind, **key))

    def require(self, kind: type[R], **key: object) -> R:
        """Return the one row under the full `key`."""
        return self._read(lambda rows: rows.require(kind, **key))

    def find(self, kind: type[R], *, after: int | None = None, limit: int | None = None, **equal: object) -> list[R]:
        """Return the rows whose fields equal what is given."""
        return self._read(lambda rows: rows.find(kind, after=after, limit=limit, **equal))

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq`."""
        return self._read(lambda rows: rows.last(kind, **equal))

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows beyond the marks of their lines."""
        return self._read(lambda rows: rows.beyond(kind, marks, **equal))

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are."""
        return self._read(lambda rows: rows.count(kind, **equal))

    def _read(self, question: Callable[[SqlRows], T]) -> T:
        with self._session(write=False) as rows:
            return question(rows)

    @contextmanager
    def _session(self, *, write: bool) -> Iterator[SqlRows]:
        with self._held(), self._translated(), self._engine.connect() as opened:
            # A question is one statement; PostgreSQL need not hear of a transaction around it.
            alone = {} if write or self._sqlite else {"isolation_level": "AUTOCOMMIT"}
            connection = opened.execution_options(**{WRITE: write}, **alone)
            with connection.begin():
                yield SqlRows(connection, self.place)

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
        except IntegrityError as error:
            raise RowConflict(kind="row") from error
        except (OperationalError, InterfaceError, InternalError, NoConnection) as error:
            # InternalError is how a server says that it became a standby, which only reads.
            raise VaultUnreachable(place=self.place) from error
        except DatabaseError as error:
            if getattr(error.orig, "sqlstate", None) == _FORBIDDEN:
                raise VaultForbidden(place=self.place) from error
            raise NotAVault(place=self.place) from error

    def _prepare(self, *, create: bool) -> None:
        with self._engine.connect().execution_options(**{WRITE: create}) as connection, connection.begin():
            names = inspect(connection).get_table_names()
            if not names:
                if not create:
                    raise VaultMissing(place=self.place)
                METADATA.create_all(connection)
                migrate.stamp(connection)
                return
            found = migrate.version_of(connection) if migrate.VERSION_TABLE in names else None
            if found is None:
                raise NotAVault(place=self.place)
            if found != migrate.NEWEST:
                raise VaultVersion(found=found, expected=migrate.NEWEST)

    def _cut_log(self) -> None:
        with self._translated(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101  # a connection just opened has its driver's
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            # A reader may hold the log; the next transaction tries again.
            self._remains = bool(busy)


class SqlRows:
    """The rows within one transaction.

    `remains` says that something was overwritten or destroyed whose bytes must not stay in a log.
    """

    def __init__(self, connection: Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self.remains = False

    def put(self, row: Row) -> None:
        """Keep `row`, by the rule of its kind; the same again changes nothing."""
        shape = SHAPES[type(row)]
        values = shape.to_columns(row)
        key = {name: values[name] for name in shape.kind.KEY}
        kept = self._one(shape, key)
        if kept is None:
            if isinstance(row, ReceiptRow):
                self._check_continues(row)
            self._connection.execute(shape.table.insert().values(values))
            return
        if kept == row:
            return
        if shape.kind.RULE in {Rule.ONCE, Rule.NUMBERED}:
            raise RowConflict(kind=shape.noun)
        _check_newer(shape, row, kept)
        self._connection.execute(shape.table.update().where(*_equal(shape, key)).values(values))
        dropped = isinstance(kept, OutboxRow) and kept.secret is not None and values["secret"] is None
        if dropped or isinstance(row, (CapsuleRow, EnvelopeRow)):
            self.remains = True

    def get(self, kind: type[R], **key: object) -> R | None:
        """Return the one row under the full `key`, or None."""
        shape = SHAPES[kind]
        if set(key) != set(kind.KEY):
            raise RowForm(field=", ".join(kind.KEY), kind=shape.noun)
        row: R | None = self._one(shape, shape.filters(key))
        return row

    def require(self, kind: type[R], **key: object) -> R:
        """Return the one row under the full `key`; `RowMissing` if there is none."""
        row = self.get(kind, **key)
        if row is None:
            raise RowMissing(kind=SHAPES[kind].noun)
        return row

    def find(self, kind: type[R], *, after: int | None = None, limit: int | None = None, **equal: object) -> list[R]:
        """Return the rows whose fields equal what is given, in the order of their keys."""
        shape = SHAPES[kind]
        question = select(shape.table).where(*_equal(shape, shape.filters(equal)))
        if after is not None:
            question = question.where(self._seq(shape) > after)
        question = question.order_by(*(shape.table.c[name] for name in kind.KEY)).limit(limit)
        return [shape.to_row(columns) for columns in self._connection.execute(question).mappings()]

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq` among those whose fields equal what is given."""
        shape = SHAPES[kind]
        question = select(shape.table).where(*_equal(shape, shape.filters(equal)))
        columns = self._connection.execute(question.order_by(self._seq(shape).desc()).limit(1)).mappings().first()
        row: R | None = None if columns is None else shape.to_row(columns)
        return row

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows whose `seq` is greater than that of the row in `marks` for their line."""
        shape, mark = SHAPES[kind], SHAPES[marks]
        same = [shape.table.c[name] == mark.table.c[name] for name in marks.KEY]
        question = (
            select(shape.table)
            .join(mark.table, and_(*same, self._seq(shape) > self._seq(mark)))
            .where(*_equal(shape, shape.filters(equal)))
            .order_by(*(shape.table.c[name] for name in kind.KEY))
        )
        return [shape.to_row(columns) for columns in self._connection.execute(question).mappings()]

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are whose fields equal what is given."""
        shape = SHAPES[kind]
        question = select(func.count()).select_from(shape.table).where(*_equal(shape, shape.filters(equal)))
        return int(self._connection.execute(question).scalar_one())

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete these rows for good and return how many there were."""
        shape = SHAPES[kind]
        if not equal:
            raise RowForm(field=", ".join(kind.KEY), kind=shape.noun)
        done = self._connection.execute(shape.table.delete().where(*_equal(shape, shape.filters(equal))))
        self.remains = True
        return int(done.rowcount)

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete the rows whose `at` lies before `at`, and return how many there were."""
        shape = SHAPES[kind]
        if "at" not in shape.types:
            raise RowForm(field="at", kind=shape.noun)
        return int(self._connection.execute(shape.table.delete().where(shape.table.c["at"] < at)).rowcount)

    def _one(self, shape: Shape, columns: dict[str, object]) -> Any:
        question = select(shape.table).where(*_equal(shape, columns))
        found = self._connection.execute(question).mappings().first()
        return None if found is None else shape.to_row(found)

    def _check_continues(self, row: ReceiptRow) -> None:
        before = self.last(ReceiptRow, gateway=row.gateway, patient=row.patient)
        number, digest = (before.seq, before.digest) if before else (0, bytes(32))
        if row.seq != number + 1 or row.previous != digest:
            raise ReceiptGap(given=row.seq)

    def _seq(self, shape: Shape) -> Any:
        if "seq" not in shape.types:
            raise RowForm(field="seq", kind=shape.noun)
        return shape.table.c["seq"]


def _check_newer(shape: Shape, row: Row, kept: Row) -> None:
    if isinstance(row, OutboxRow) and isinstance(kept, OutboxRow):
        given, stored = int(row.state), int(kept.state)
        newer = row.state.may_follow(kept.state)
    else:
        given, stored = (int(one.seq) for one in (row, kept))  # type: ignore[attr-defined]  # Rule.RISING has a seq
        newer = given > stored
    if not newer:
        raise RowOutdated(kind=shape.noun, given=given, kept=stored)


def _equal(shape: Shape, columns: dict[str, object]) -> list[Any]:
    # SQLAlchemy writes IS NULL for None.
    return [shape.table.c[name] == value for name, value in columns.items()]
