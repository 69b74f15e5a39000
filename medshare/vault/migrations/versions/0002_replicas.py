"""Copies of bodies: who has one, whose turn it is to be looked at, and what is below the rule."""

import sqlalchemy as sa
from alembic import op

from medshare.vault.errors import NeverOlder

revision = "0002"
down_revision = "0001"

RISING = ("replica", "deficit")
SQLITE = (
    "CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} WHEN NEW.seq <= OLD.seq "
    "BEGIN SELECT RAISE(ABORT, 'seq does not rise'); END"
)
POSTGRESQL = (
    "CREATE FUNCTION {name}_rises() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF NEW.seq <= OLD.seq THEN RAISE integrity_constraint_violation "
    "USING MESSAGE = 'seq does not rise'; END IF; RETURN NEW; END $$; "
    "CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_rises()"
)

# Bodies that are kept here: the institution's own, whose periods it submitted, and what it keeps as a validator,
# which has no capsule here. The order of this first cycle is that of the leaves; every later one is drawn.
ENLIST = (
    "INSERT INTO pin_turn (cycle, ticket, leaf) SELECT 0, leaf, leaf FROM proof "
    "WHERE provider IN (SELECT provider FROM submitted) OR leaf NOT IN (SELECT leaf FROM capsule)"
)


def upgrade() -> None:
    """Make the tables, and give every body that is kept its first turn."""
    op.create_table(
        "deficit",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("cid", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("found", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("needed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="deficit_leaf_length"),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_table(
        "pin_turn",
        sa.Column("cycle", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="pin_turn_leaf_length"),
        sa.CheckConstraint('length("ticket") = 32', name="pin_turn_ticket_length"),
        sa.PrimaryKeyConstraint("cycle", "ticket", "leaf"),
    )
    op.create_table(
        "replica",
        sa.Column("leaf", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("state", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proven", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint('length("leaf") = 32', name="replica_leaf_length"),
        sa.PrimaryKeyConstraint("leaf", "holder"),
    )
    op.create_index("deficit_by_cid", "deficit", ["cid"], unique=False)
    op.create_index("pin_turn_by_leaf", "pin_turn", ["leaf"], unique=False)
    op.create_index("replica_by_holder", "replica", ["holder"], unique=False)
    op.create_index("replica_by_state", "replica", ["state"], unique=False)
    op.execute(ENLIST)
    dialect = op.get_bind().dialect.name
    for name in RISING:
        op.execute((SQLITE if dialect == "sqlite" else POSTGRESQL).format(name=name))


def downgrade() -> None:
    """Refuse: a vault is never taken back to an older form."""
    raise NeverOlder
