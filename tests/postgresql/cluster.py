"""A PostgreSQL server of our own: in a folder that is removed, behind a Unix socket, with synced writes."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from scripts.postgresql import REMEDY, make_cluster, reachable, server_programs, server_user

OWNER = "medshare"
"""Who owns the databases: no superuser, as in a hospital."""

LONGEST = 60  # seconds to start or to stop, on a machine that is busy with other tests


class Cluster:
    """A server with its folder; `start` and `stop` as often as a test needs."""

    def __init__(self) -> None:
        programs = server_programs()
        if programs is None:
            raise RuntimeError(REMEDY)
        # A socket's path has little more than a hundred bytes, so this is not below pytest's own folder.
        self.folder = Path(tempfile.mkdtemp(prefix="medshare-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        user, group = server_user() or (None, None)
        self._user: dict[str, Any] = {} if user is None else {"user": user, "group": group, "extra_groups": []}
        try:
            self._programs = reachable(programs, self.folder)
            self.data = make_cluster(self._programs, self.folder, connections=100, buffers="32MB")
            self.start()
            with self.superuser() as connection:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN")  # type: ignore[arg-type]
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def url(self, database: str, **query: str) -> str:
        """Return the address of a database, as `SqlVault` takes it."""
        made = URL.create("postgresql+psycopg", OWNER, database=database, query={"host": str(self.folder), **query})
        return made.render_as_string(hide_password=False)

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"test{next(self._numbers)}"
        with self.superuser() as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")  # type: ignore[arg-type]
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self.superuser() as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")  # type: ignore[arg-type]

    def superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the one who may do anything, each statement in a transaction of its own."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    def set(self, **settings: str) -> None:
        """Change settings of the running server; none given takes every change back."""
        with self.superuser() as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[arg-type]
            if not settings:
                connection.execute("ALTER SYSTEM RESET ALL")
            connection.execute("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            command = [self._programs / "postgres", "-D", self.data, "-k", self.folder]
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._user
            )
        latest = time.monotonic() + LONGEST
        while True:
            try:
                self.superuser().close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > latest:
                    said = (self.folder / "log").read_text(errors="replace")[-4000:]
                    raise RuntimeError(f"the server does not start:\n{said}") from error
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT rolls back and shuts down; SIGQUIT drops everything at once, as a crash does."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(LONGEST)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def crash(self) -> None:
        """Let every process of the server go without a word, and start anew from what is on disk."""
        self.stop(signal.SIGQUIT)
        self.start()

    def close(self) -> None:
        """End the server and remove its folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder)
