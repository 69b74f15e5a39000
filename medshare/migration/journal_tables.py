"""The tables of the journal."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData()

RUN: Final = Table(
    "run",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("source", LargeBinary, nullable=False),  # keyed digest of path, format and settings
    Column("format", Text, nullable=False),
    Column("recorded", Text, nullable=False),  # FHIR instant at which it began
    Column("ended", Integer, nullable=False),
)
"""One import; an interrupted one is continued under its number."""

BATCH: Final = Table(
    "batch",
    METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("patient", Text, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("work", Text, nullable=False),  # what is to be written when it is stored; empty afterwards
    sqlite_with_rowid=False,
)
"""Items that are stored together; `stored` is 0 until every document is deposited."""

ITEM: Final = Table(
    "item",
    METADATA,
    Column("run", Integer, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What became of each item that was read, by where it stood."""

CONTENT: Final = Table(
    "content",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("name", LargeBinary, nullable=True),
    Column("batch", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What is stored for a patient: an item that belongs to several patients is there for each."""

FILE: Final = Table(
    "file",
    METADATA,
    Column("run", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=True),  # keyed, of its bytes and the settings; none for items of many files
    Column("elements", Integer, nullable=False),
    Column("mapped", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Each file that was read, and how much of it was mapped."""

ISSUE: Final = Table(
    "issue",
    METADATA,
    Column("run", Integer, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("batch", LargeBinary, primary_key=True),  # empty for what converting the file told
    Column("severity", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("remedy", Text, nullable=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""What a person should look at, by file."""

Index("content_by_name", CONTENT.c.name, sqlite_where=CONTENT.c.name.is_not(None))
Index("file_by_digest", FILE.c.digest)
Index("batch_under_way", BATCH.c.stored, sqlite_where=BATCH.c.stored == 0)
