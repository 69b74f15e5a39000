"""From one version of the index's schema to the next, by Alembic."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

VERSION_TABLE: Final = "index_version"
"""Not Alembic's usual name, which the vault has: a vault and an index may share one database of a server."""

NEWEST: Final = "0001"
"""The version that this MedShare reads and writes."""


def config(connection: Connection) -> Config:
    """Return Alembic's settings for one open connection."""
    settings = Config()
    settings.set_main_option("script_location", "medshare.index:migrations")
    settings.attributes["connection"] = connection
    return settings


def context_of(connection: Connection) -> MigrationContext:
    """Return Alembic's view of the schema behind `connection`."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})


def version_of(connection: Connection) -> str | None:
    """Return the version that an index says it has, or None."""
    return context_of(connection).get_current_revision()


def stamp(connection: Connection) -> None:
    """Write the newest version into a schema that was just made."""
    context_of(connection).stamp(ScriptDirectory.from_config(config(connection)), NEWEST)


def migrate_connection(connection: Connection) -> None:
    """Bring the schema behind `connection` to the newest version; nothing happens if it has it."""
    command.upgrade(config(connection), NEWEST)


def upgrade(url: str) -> None:
    """Bring the index at `url` to the newest version.

    Raises:
        NotAnIndex: There is no such database.
    """
    from medshare.index.database import connect_engine, parse_url

    engine = connect_engine(parse_url(url))
    try:
        with engine.connect() as connection, connection.begin():
            migrate_connection(connection)
    finally:
        engine.dispose()
