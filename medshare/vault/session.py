"""One transaction on the driver's own connection, and every fault of a driver as one of our errors.

SQLAlchemy keeps the connections; what goes over them is the driver's. A class and not a generator,
since a gateway opens two of these for each answer.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from sqlalchemy import Engine, exc

from medshare.errors import MedShareError
from medshare.vault.engine import begin
from medshare.vault.errors import NotAVault, RowConflict, VaultForbidden, VaultUnreachable
from medshare.vault.statements import Statements
from medshare.vault.transaction import SqlRows

_FORBIDDEN = "42501"
"""SQLSTATE of a right that the database's user has not."""


class Database:
    """An engine, its questions, and how its faults are told. `place` is what errors call it."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place
        self.statements = Statements(engine.dialect)
        self._driver: Any = engine.dialect.loaded_dbapi
        self.driver_error: Any = self._driver.Error

    def fault(self, error: BaseException) -> MedShareError | None:
        """Return our error for one of SQLAlchemy's or the driver's; None for any other."""
        if isinstance(error, exc.TimeoutError):
            return VaultUnreachable(place=self.place)
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        driver = self._driver
        if not isinstance(cause, self.driver_error):
            return None
        if isinstance(cause, driver.IntegrityError):
            return RowConflict(kind="row")
        # InternalError is how a server says that it became a standby, which only reads.
        if isinstance(cause, (driver.OperationalError, driver.InterfaceError, driver.InternalError)):
            return VaultUnreachable(place=self.place)
        if getattr(cause, "sqlstate", None) == _FORBIDDEN:
            return VaultForbidden(place=self.place)
        return NotAVault(place=self.place)

    def drop_if_lost(self, pooled: Any, error: BaseException) -> None:
        """Forget every connection if `error` says that the server is gone: the others have lost it too.

        Without a connection (`pooled` is None) the pool found the server gone itself, and has forgotten them.
        """
        if pooled is None or not isinstance(error, self.driver_error):
            return
        if self.engine.dialect.is_disconnect(error, pooled.dbapi_connection, None):
            pooled.invalidate(error)
            self.engine.dispose()


class Session:
    """A transaction: `with` gives its rows, commits at the end, and rolls back when an error leaves it.

    Args:
        database: Where.
        write: Whether it writes; then nobody else does meanwhile.
        lock: Held from the begin to the end, where one of a process's threads goes at a time.
    """

    __slots__ = ("_connection", "_database", "_lock", "_pooled", "_write")

    def __init__(self, database: Database, *, write: bool, lock: Any = None) -> None:
        self._database = database
        self._write = write
        self._lock = lock
        self._pooled: Any = None
        self._connection: Any = None

    def __enter__(self) -> SqlRows:
        if self._lock is not None:
            self._lock.acquire()
        try:
            self._pooled = self._database.engine.raw_connection()
            self._connection = self._pooled.driver_connection
            begin(self._database.engine, self._connection, write=self._write)
        except BaseException as error:
            self._abandon(error)
            raise
        return SqlRows(self._connection, self._database.statements)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._abandon(error)
            return
        try:
            self._connection.commit()
        except BaseException as failed:
            self._abandon(failed)
            raise
        self._close()

    def _abandon(self, error: BaseException) -> None:
        """Roll back and close; raise our error in the place of a driver's."""
        database = self._database
        try:
            if self._connection is not None:
                self._connection.rollback()
        except database.driver_error as lost:
            # A server that is gone has rolled back.
            database.drop_if_lost(self._pooled, lost)
        else:
            database.drop_if_lost(self._pooled, error)
        finally:
            self._close()
        fault = database.fault(error)
        if fault is not None:
            raise fault from error

    def _close(self) -> None:
        try:
            if self._pooled is not None:
                self._pooled.close()
        finally:
            if self._lock is not None:
                self._lock.release()
