"""Alembic's entry: runs on the connection that medshare.vault.migrate opened."""

from alembic import context

from medshare.vault.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
