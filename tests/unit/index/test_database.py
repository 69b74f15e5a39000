"""The database of an index: made once, opened by the version that made it, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from medshare.index import (
    Index,
    IndexMissing,
    IndexUnreachable,
    IndexVersion,
    NotAnIndex,
    migrate,
)
from medshare.index.database import connect_engine, parse_url
from medshare.index.errors import IndexNeverOlder
from medshare.index.tables import ENTRY, FOUND_BY, METADATA
from medshare.vault.sql import SqlVault
from tests.scenarios.scripted_node import ScriptedChain
from tests.unit.index.people import PATIENT, granted


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_an_index_is_kept_in_its_file(chain: ScriptedChain, tmp_path: Path) -> None:
    chain.mine(granted(1))
    with Index.open(url_of(tmp_path / "index.db")) as index:
        index.follow(chain.rpc, chain.deployment)
        digest = index.digest()
    with Index.open(url_of(tmp_path / "index.db"), create=False) as index:
        assert index.digest() == digest
        assert index.status().place.endswith("index.db")


def test_an_index_that_is_not_there_is_made_only_if_it_may(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with pytest.raises(IndexMissing):
        Index.open(url_of(path), create=False)
    assert not path.exists()
    Index.open(url_of(path)).close()
    Index.open(url_of(path), create=False).close()
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(IndexMissing):
        Index.open(url_of(tmp_path / "empty.db"), create=False)


def test_another_database_is_not_taken_for_an_index(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE entry (position INTEGER)")
    connection.close()
    SqlVault(url_of(tmp_path / "vault.db")).close()
    (tmp_path / "text.db").write_text("this is no database" * 100)
    for name in ("other.db", "vault.db", "text.db"):
        with pytest.raises(NotAnIndex):
            Index.open(url_of(tmp_path / name))
    with pytest.raises(NotAnIndex, match="this address"):
        Index.open("no address")


def test_a_place_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreachable):
        Index.open(url_of(tmp_path / "missing" / "index.db"))


def test_a_password_is_not_shown() -> None:
    assert "hidden" not in parse_url("postgresql+psycopg://me:hidden@host/db").render_as_string(hide_password=True)


def test_an_index_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    Index.open(url_of(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE index_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(IndexVersion, match="9999"):
        Index.open(url_of(path))


def test_the_migrations_make_the_schema_of_the_tables(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    Index.open(url_of(made)).close()
    migrate.upgrade(url_of(migrated))
    migrate.upgrade(url_of(migrated))
    shown = []
    for path in (made, migrated):
        connection = sqlite3.connect(path)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        shown.append({table: connection.execute(f"PRAGMA table_info({table})").fetchall() for table in sorted(tables)})
        connection.close()
    assert shown[0] == shown[1]
    assert set(shown[0]) == {*METADATA.tables, migrate.VERSION_TABLE}
    Index.open(url_of(migrated), create=False).close()


def test_an_index_is_never_taken_back(tmp_path: Path) -> None:
    Index.open(url_of(tmp_path / "index.db")).close()
    engine = connect_engine(parse_url(url_of(tmp_path / "index.db")))
    with engine.connect() as connection, connection.begin(), pytest.raises(IndexNeverOlder):
        command.downgrade(migrate.config(connection), "base")
    engine.dispose()


def test_the_indices_are_made_when_the_first_run_is_over(chain: ScriptedChain, index: Index) -> None:
    def names() -> set[str | None]:
        with index._database.session() as connection:
            return {one["name"] for one in inspect(connection).get_indexes(ENTRY.name)}

    assert names() == set()
    assert not index.status().indexed
    chain.mine(granted(1))
    during: list[set[str | None]] = []
    index.follow(chain.rpc, chain.deployment, progress=lambda _: during.append(names()))
    assert during == [set()]
    assert names() == {f"entry_by_{name}" for name in FOUND_BY}
    assert index.status().indexed


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_page_is_found_by_its_index_and_read_in_order(chain: ScriptedChain, index: Index, name: str) -> None:
    """No sorting and no look at other rows, however many there are."""
    index.follow(chain.rpc, chain.deployment)
    question = f'SELECT * FROM entry WHERE "{name}" = ? AND position > ? ORDER BY position LIMIT 50'  # noqa: S608
    with index._database.session() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", (b"a", 1)).fetchall()
    assert len(plan) == 1
    assert f"USING INDEX entry_by_{name} ({name}=?" in plan[0][3]


def test_a_writer_that_waits_too_long_says_so(
    chain: ScriptedChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medshare.index.database.BUSY_SECONDS", 0.05)
    chain.mine(granted(1))
    with Index.open(url_of(tmp_path / "index.db")) as index:
        holder = sqlite3.connect(tmp_path / "index.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(IndexUnreachable):
            index.follow(chain.rpc, chain.deployment)
        holder.execute("ROLLBACK")
        holder.close()
        index.follow(chain.rpc, chain.deployment)
        assert len(index.page(PATIENT)) == 1
