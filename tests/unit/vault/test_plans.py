"""What is asked often is found by an index: SQLite says how it would go, and never walks through what is not meant."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from medshare.vault import CapsuleRow, ChainTransactionRow, OutboxRow, ProofRow, ReceiptRow, Row
from medshare.vault.audit_rows import FreshRow, LineRow, LineStepRow, PeriodRow
from medshare.vault.statements import Statement, Statements
from medshare.vault.tables import SHAPES, schema_of

STATEMENTS = Statements(sqlite.dialect(paramstyle="named"))


@pytest.fixture
def empty() -> Any:
    connection = sqlite3.connect(":memory:")
    for statement in schema_of("sqlite"):
        connection.execute(statement)
    yield connection
    connection.close()


def plan(connection: sqlite3.Connection, asked: Statement, fields: tuple[str, ...]) -> list[str]:
    values = dict.fromkeys((f"is_{name}" for name in fields), b"")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.text}", {**values, **asked.fixed})]


@pytest.mark.parametrize(
    ("kind", "fields", "by"),
    [
        (ChainTransactionRow, ("account", "call"), "call=? AND account=?"),
        (CapsuleRow, ("cid",), "cid=?"),
        (ProofRow, ("cid",), "cid=?"),
        (CapsuleRow, ("patient",), "patient=?"),
        (ReceiptRow, ("leaf",), "leaf=?"),
        (LineStepRow, ("gateway", "period"), "period=? AND gateway=?"),
        (PeriodRow, ("gateway", "head"), "head=? AND gateway=?"),
        (OutboxRow, ("period",), "period=?"),
    ],
)
def test_a_row_is_found_by_all_that_is_known_of_it(
    empty: sqlite3.Connection, kind: type[Row], fields: tuple[str, ...], by: str
) -> None:
    shape, equal = SHAPES[kind], dict.fromkeys(fields, b"")
    found = STATEMENTS.find(shape, equal, after=False, limited=False)
    assert f"({by})" in plan(empty, found, fields)[0]
    assert f"({by})" in plan(empty, STATEMENTS.count(shape, equal), fields)[0]


def test_receipts_beyond_the_marks_are_found_from_the_marks(empty: sqlite3.Connection) -> None:
    """Only lines that have some are gone through, and of each only what is new: never the whole book."""
    asked = STATEMENTS.beyond(SHAPES[ReceiptRow], SHAPES[FreshRow], {"gateway": ""})
    outer, inner = plan(empty, asked, ("gateway",))
    assert outer.startswith("SEARCH fresh")
    assert inner.endswith("(gateway=? AND patient=? AND seq>?)")


def test_a_question_by_what_has_no_index_walks_through_all(empty: sqlite3.Connection) -> None:
    """So that the tests above may fail."""
    asked = STATEMENTS.find(SHAPES[LineRow], {"tag": b""}, after=False, limited=False)
    assert plan(empty, asked, ("tag",))[0].startswith("SCAN")
