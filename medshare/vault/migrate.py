"""From one version of the vault's schema to the next, by Alembic.

Alembic is imported when a schema is made or changed: every command opens a vault, and few do that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, String, column, select, table

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE: Final = "alembic_version"
INDEX_VERSION_TABLE: Final = "index_version"
"""The table that an index has, which may share one database of a server with a vault."""

NEWEST: Final = "0002"
"""The version that this MedShare reads and writes."""


def config(connection: Connection) -> Config:
    """Return Alembic's settings for one open connection."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "medshare.vault:migrations")
    settings.attributes["connection"] = connection
    return settings


def version_of(connection: Connection) -> str | None:
    """Return the version that a vault says it has, or None."""
    question = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    found = connection.execute(question).scalars().all()
    return str(found[0]) if len(found) == 1 else None


def stamp(connection: Connection) -> None:
    """Write the newest version into a schema that was just made."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    context = MigrationContext.configure(connection)
    context.stamp(ScriptDirectory.from_config(config(connection)), NEWEST)


def migrate_connection(connection: Connection) -> None:
    """Bring the schema behind `connection` to the newest version; nothing happens if it has it."""
    from alembic import command

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
