"""From one version of the vault's schema to the next, by Alembic."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

VERSION_TABLE: Final = "alembic_version"
INDEX_VERSION_TABLE: Final = "index_version"
"""The table that an index has, which may share one database of a server with a vault."""

NEWEST: Final = "0001"
"""The version that this MedShare reads and writes."""


def config(connection: Connection) -> Config:
    """Return Alembic's settings for one open connection."""
    settings = Config()
    settings.set_main_option("script_location", "medshare.vault:migrations")
    settings.attributes["connection"] = connection
    return settings


def version_of(connection: Connection) -> str | None:
    """Return the version that a vault says it has, or None."""
    return MigrationContext.configure(connection).get_current_revision()


def stamp(connection: Connection) -> None:
    """Write the newest version into a schema that was just made."""
    context = MigrationContext.configure(connection)
    context.stamp(ScriptDirectory.from_config(config(connection)), NEWEST)


def migrate_connection(connection: Connection) -> None:
    """Bring the schema behind `connection` to the newest version; nothing happens if it has it."""
    command.upgrade(config(connection), NEWEST)


def upgrade(url: str) -> None:
    """Bring the vault at `url` to the newest version. Make a backup first.

    Raises:
        NotAVault: There is no such database.
    """
    from medshare.vault.engine import connect_engine, parse_url

    engine = connect_engine(parse_url(url))
    try:
        with engine.connect() as connection, connection.begin():
            migrate_connection(connection)
    finally:
        engine.dispose()
