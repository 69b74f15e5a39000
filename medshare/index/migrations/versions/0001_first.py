"""The first schema of the index."""

import sqlalchemy as sa
from alembic import op

from medshare.index.errors import IndexNeverOlder

revision = "0001"
down_revision = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = (
    *("patient", "grantee", "provider", "requester", "account", "institution", "staff", "gateway"),
    *("delegate", "recovery", "next"),
    *("terms", "consent_id", "digest", "directory", "root", "leaf", "head", "receipts", "heads"),
    *("word", "item"),
)
NUMBERS = (
    *("seq", "powers", "issued_at", "not_after", "roles", "jurisdiction", "mark", "deadline", "count"),
    *("confirmations", "quorum", "reason"),
)
LONG = ("selector", "document", "record")


def upgrade() -> None:
    """Make every table; the indices over the entries are made when the first run is over."""
    op.create_table(
        "entry",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("transaction", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in BYTES),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in NUMBERS),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in LONG),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "recent",
        sa.Column("number", POSITION, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "index_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment", sa.LargeBinary(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("first_hash", sa.LargeBinary(), nullable=False),
        sa.Column("first_time", sa.BigInteger(), nullable=False),
        sa.Column("reorganisations", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("deepest", sa.BigInteger(), nullable=False),
        sa.Column("last_depth", sa.BigInteger(), nullable=False),
        sa.Column("alarm", sa.String(length=64), nullable=True),
        sa.CheckConstraint("id = 1", name="state_is_one"),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Nothing: an index is read again, never taken back."""
    raise IndexNeverOlder
