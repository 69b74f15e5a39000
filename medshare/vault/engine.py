"""The two databases behind a vault, set up to the same rules.

Nobody else writes during a transaction, and what was answered is on the disk. SQLite has one writer by
nature. On PostgreSQL each writing transaction first takes one advisory lock of the database, so that what
it reads stays true until it ends, whichever process, host or pool it comes from. With one writer there is
no deadlock and nothing to try again; readers wait for nobody.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from medshare.digest import sha256
from medshare.vault.errors import NotAVault, VaultDriver, VaultNotDurable

BUSY_SECONDS: Final = 10
"""How long a writer waits for another one, and anyone for a connection."""

IDLE_SECONDS: Final = 30
"""How long a process may stand still in a transaction before PostgreSQL ends it for the others' sake."""

CONNECTIONS: Final = 20
"""How many connections one process opens to PostgreSQL at most; to a file half of what it may open."""

TRY_AGAIN_SECONDS: Final = 0.0005
"""Between two tries for a writer's turn; SQLite itself sleeps up to a tenth of a second, while others go first."""

LOG_PAGES: Final = 8_000
"""Pages of 4 KiB after which SQLite moves its log into the file: seldom, since who writes then waits for it."""

WRITE: Final = "medshare_write"
"""The execution option that tells a writing transaction from a reading one; writing unless it says otherwise."""

_LOCK: Final = int.from_bytes(sha256(b"medshare.vault: one writer")[:8], "big", signed=True)
_ALONE: Final = f"SELECT pg_advisory_xact_lock({_LOCK})"
_BEGIN: Final = {True: "BEGIN IMMEDIATE", False: "BEGIN"}


def parse_url(url: str) -> URL:
    """Return the parsed `url`; `NotAVault` where it names neither SQLite nor PostgreSQL by psycopg."""
    try:
        parsed = make_url(url)
        dialect = parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise NotAVault(place="this address") from error
    if (dialect.name, dialect.driver) not in {("sqlite", "pysqlite"), ("postgresql", "psycopg")}:
        raise NotAVault(place="this address")
    return parsed


def in_memory(url: URL) -> bool:
    """Return whether `url` is a SQLite database without a file."""
    return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}


def connect_engine(url: URL) -> Engine:
    """Return an engine for `url`, set up for a vault.

    Raises:
        VaultDriver: The library that speaks to this database is not installed.
    """
    try:
        return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    except ModuleNotFoundError as error:
        raise VaultDriver(driver=url.get_driver_name()) from error


def begin(engine: Engine, connection: Any, *, write: bool) -> None:
    """Begin a transaction on the driver's own `connection`, as it begins on one of SQLAlchemy's."""
    if engine.dialect.name == "sqlite":
        if write:
            _take_turn(connection)
        else:
            connection.execute("BEGIN")
        return
    # What only reads is one statement mostly; PostgreSQL need not hear of a transaction around it.
    connection.autocommit = not write
    if write:
        connection.execute(_ALONE)


def _take_turn(connection: Any) -> None:
    """Begin as the one writer, as soon as who writes now has finished."""
    deadline = time.monotonic() + BUSY_SECONDS
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= deadline:
                    raise
                time.sleep(TRY_AGAIN_SECONDS)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}")


def _sqlite(url: URL) -> Engine:
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if in_memory(url):
        engine = create_engine(url, poolclass=StaticPool, connect_args=arguments)
    else:
        engine = create_engine(url, pool_size=CONNECTIONS, max_overflow=CONNECTIONS, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: object) -> None:
        del record
        # The driver's own BEGIN comes too late and is deferred; ours is written below.
        connection.isolation_level = None
        settings = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")
        for setting in (*settings, f"wal_autocheckpoint={LOG_PAGES}"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE, True)
        connection.exec_driver_sql(_BEGIN[bool(write)])

    return engine


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        # A snapshot for each statement: one for the whole transaction would be older than its turn to write.
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS // 2,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,  # a server that was restarted is not noticed by a request
        connect_args={"connect_timeout": BUSY_SECONDS, "tcp_user_timeout": BUSY_SECONDS * 1000},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: object) -> None:
        del record
        settings = {
            "lock_timeout": f"{BUSY_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        }
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        # A commit that is answered before it is on the disk would let a capsule leave without its receipt.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.execute("SELECT current_setting('fsync')")
        synced = cursor.fetchone() == ("on",)
        connection.commit()
        if not synced:
            raise VaultNotDurable(place=url.render_as_string(hide_password=True))

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITE, True):
            connection.exec_driver_sql(_ALONE)

    return engine
