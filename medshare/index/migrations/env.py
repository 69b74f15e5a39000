"""Alembic's entry: runs on the connection that medshare.index.migrate opened."""

from alembic import context

from medshare.index.migrate import VERSION_TABLE
from medshare.index.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
