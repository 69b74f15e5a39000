"""The tables of an index: the entries, the last blocks, and what the index knows about itself.

`entry` is a pure function of the canonical blocks: one row for each event, with the hash of its block.
Its key is the position, block number and log index in one number, so that rows lie in the order of
the chain. `recent` has the last blocks, without gaps, so that a reorganisation finds the common
ancestor. Indices are made when the first run is over: that is four times quicker than keeping them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from medshare.index.layout import ADDRESSES, BYTES, COLUMNS, NUMBERS, WIDE, WORDS

METADATA: Final = MetaData()

PLACE: Final = ("position", "block_hash", "transaction", "time")
"""The columns that say where an entry stands."""

KIND: Final = ("contract", "event")
"""The columns that say what it is, and which of the typed columns it has."""

FOUND_BY: Final = (
    "patient",
    "grantee",
    "provider",
    "requester",
    "account",
    "institution",
    "staff",
    "gateway",
    "delegate",
    "next",
    "leaf",
)
"""Columns by which entries are found: each has an index over the rows that have a value there."""

# SQLite keeps rows in the order of a key only if its type is exactly INTEGER.
POSITION: Final = BigInteger().with_variant(Integer, "sqlite")


def _typed(name: str) -> Column[Any]:
    if name in NUMBERS:
        return Column(name, BigInteger, nullable=True)
    assert name in {*ADDRESSES, *WORDS, *WIDE, *BYTES}, name  # noqa: S101
    return Column(name, LargeBinary, nullable=True)


ENTRY: Final = Table(
    "entry",
    METADATA,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("contract", Text, nullable=False),
    Column("event", Text, nullable=False),
    *(_typed(name) for name in COLUMNS),
)

RECENT: Final = Table(
    "recent",
    METADATA,
    Column("number", POSITION, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
)

STATE: Final = Table(
    "index_state",
    METADATA,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="state_is_one"), primary_key=True, autoincrement=False),
    Column("deployment", LargeBinary, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("first_number", BigInteger, nullable=False),
    Column("first_hash", LargeBinary, nullable=False),
    Column("first_time", BigInteger, nullable=False),
    Column("reorganisations", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("deepest", BigInteger, nullable=False),
    Column("last_depth", BigInteger, nullable=False),
    Column("alarm", String(64), nullable=True),
)


MAKE_INDICES: Final = tuple(
    f'CREATE INDEX IF NOT EXISTS entry_by_{name} ON entry ("{name}", position) WHERE "{name}" IS NOT NULL'
    for name in FOUND_BY
)
DROP_INDICES: Final = tuple(f"DROP INDEX IF EXISTS entry_by_{name}" for name in FOUND_BY)
