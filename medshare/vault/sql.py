"""The vault in an SQL database: SQLite by default, PostgreSQL by URL.

A SQLite vault is written ahead and synced before a transaction ends; what is destroyed is overwritten
with zeros (`secure_delete`) and the write-ahead log is cut. It cannot reach what the file system or
the disk keeps besides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import inspect

from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32
from medshare.vault import migrate
from medshare.vault.engine import WRITE, connect_engine, in_memory, parse_url
from medshare.vault.errors import (
    NotAVault,
    VaultMissing,
    VaultVersion,
)
from medshare.vault.row import Row
from medshare.vault.session import Database, Session
from medshare.vault.tables import schema_of
from medshare.vault.transaction import SqlRows

R = TypeVar("R", bound=Row)
T = TypeVar("T")


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
        self._database = Database(self._engine, self.place)
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

    def reading(self) -> AbstractContextManager[SqlRows]:
        """Return the rows for several questions at once."""
        return self._session(write=False)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def put(self, row: Row) -> None:
        """Keep `row` in a transaction of its own."""
        with self.transaction() as rows:
            rows.put(row)

    def add(self, row: Row) -> None:
        """Keep a new row in a transaction of its own."""
        with self.transaction() as rows:
            rows.add(row)

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

    def pick(self, kind: type[Row], fields: Sequence[str], **equal: object) -> list[tuple[Any, ...]]:
        """Return some fields of the rows whose fields equal what is given."""
        return self._read(lambda rows: rows.pick(kind, fields, **equal))

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq`."""
        return self._read(lambda rows: rows.last(kind, **equal))

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows beyond the marks of their lines."""
        return self._read(lambda rows: rows.beyond(kind, marks, **equal))

    def line_end(self, *, gateway: Address, patient: Address) -> tuple[int, Bytes32]:
        """Return number and digest of the last receipt of a patient's line."""
        return self._read(lambda rows: rows.line_end(gateway=gateway, patient=patient))

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are."""
        return self._read(lambda rows: rows.count(kind, **equal))

    def _read(self, question: Callable[[SqlRows], T]) -> T:
        with self.reading() as rows:
            return question(rows)

    def _session(self, *, write: bool) -> Session:
        # In memory there is one connection for all. A file has one writer, and who tries for its turn knows no order:
        # the threads of a process queue here, so that none starves. A server keeps its own queue.
        queue = self._memory or (self._sqlite and write)
        return Session(self._database, write=write, lock=self._lock if queue else None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            fault = self._database.fault(error)
            if fault is None:
                raise
            raise fault from error

    def _prepare(self, *, create: bool) -> None:
        with self._engine.connect().execution_options(**{WRITE: create}) as connection, connection.begin():
            names = inspect(connection).get_table_names()
            beside_an_index = not self._sqlite and migrate.INDEX_VERSION_TABLE in names
            if not names or (beside_an_index and migrate.VERSION_TABLE not in names):
                if not create:
                    raise VaultMissing(place=self.place)
                for statement in schema_of(connection.dialect.name):
                    connection.exec_driver_sql(statement)
                migrate.stamp(connection)
                return
            found = migrate.version_of(connection) if migrate.VERSION_TABLE in names else None
            if found is None:
                raise NotAVault(place=self.place)
            if found != migrate.NEWEST:
                raise VaultVersion(found=found, expected=migrate.NEWEST)

    def _cut_log(self) -> None:
        with self._translated():
            pooled = self._engine.raw_connection()
            try:
                cursor = pooled.cursor()
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                ((busy, _, _),) = cursor.fetchall()
            finally:
                pooled.close()
            # A reader may hold the log; the next transaction tries again.
            self._remains = bool(busy)
