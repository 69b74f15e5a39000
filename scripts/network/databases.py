"""The vaults' databases: one PostgreSQL server, a database and an owner for each institution."""

from __future__ import annotations

import signal
import stat
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL

from scripts.network.errors import NetworkError
from scripts.network.folder import INSTITUTIONS, Folder
from scripts.network.processes import Processes, Program
from scripts.network.programs import Programs
from scripts.network.waiting import until
from scripts.postgresql import ClusterNotMadeError, make_cluster, reachable, server_user

NAME = "postgresql"
LONGEST_PATH = 107
"""Bytes of a Unix socket's path at most."""


class Databases:
    """The database server of a network; it answers at a Unix socket in its own folder."""

    def __init__(self, folder: Folder, processes: Processes, programs: Programs | None = None) -> None:
        self._folder = folder
        self._processes = processes
        self._programs = programs
        self._place = folder.place / NAME
        self._user = server_user()

    @property
    def made(self) -> bool:
        """Whether the server has its files."""
        return (self._place / "data" / "PG_VERSION").is_file()

    def url(self, institution: str) -> str:
        """Return the address of an institution's database, as `SqlVault` takes it."""
        query = {"host": str(self._place), "port": str(self._port)}
        made = URL.create("postgresql+psycopg", institution, database=institution, query=query)
        return made.render_as_string(hide_password=False)

    def make(self) -> None:
        """Make the server's files.

        Raises:
            NetworkError: The folder is no place for it; the text says what to do.
        """
        socket = f"{self._place}/.s.PGSQL.{self._port}"
        if len(socket.encode()) > LONGEST_PATH:
            raise NetworkError(f"{socket} is too long for a Unix socket: choose a shorter --folder.")
        self._place.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            shut = [one for one in self._place.parents if not one.stat().st_mode & stat.S_IXOTH]
            if shut:
                raise NetworkError(
                    f"PostgreSQL runs as nobody, who may not enter {shut[-1]}: choose another --folder, "
                    "or start the network as a user that is not root."
                )
        programs = reachable(self._installed(), self._place)
        try:
            make_cluster(programs, self._place, connections=200, buffers="64MB")
        except ClusterNotMadeError as error:
            raise NetworkError(str(error)) from error

    def start(self) -> None:
        """Start the server and wait until it answers; every institution has its database then."""
        programs = reachable(self._installed(), self._place)
        program = Program(
            name=NAME,
            command=(
                *(str(programs / "postgres"), "-D", str(self._place / "data")),
                *("-k", str(self._place), "-p", str(self._port)),
            ),
            folder=self._place,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            user=self._user,
        )
        self._processes.start(program)
        with until("PostgreSQL", 60, self.superuser, yet=(psycopg.OperationalError,)) as connection:
            known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for one in INSTITUTIONS:
                if one not in known:
                    name = sql.Identifier(one)
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
                    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, name))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT rolls back and shuts down; SIGQUIT drops everything at once, as a crash does."""
        self._processes.stop(NAME, how=how)

    def superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the one who may do anything, each statement in a transaction of its own."""
        return psycopg.connect(
            host=str(self._place), port=self._port, user="postgres", dbname=database, autocommit=True
        )

    @property
    def _port(self) -> int:
        return self._folder.read().ports.postgresql

    def _installed(self) -> Path:
        if self._programs is None:
            raise NetworkError("the programs of the network are not known here")
        return self._programs.postgresql
