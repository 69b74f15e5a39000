"""The vault in a file of SQLite: what is on the disk, what is no vault, and which schema there is."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from medshare.vault import (
    ROWS,
    CapsuleRow,
    ConsentRow,
    NotAVault,
    OutboxRow,
    Rule,
    Stage,
    VaultDriver,
    VaultMissing,
    VaultUnreachable,
    VaultVersion,
    engine,
    migrate,
)
from medshare.vault.sql import SqlVault
from tests.unit.vault.test_vault import example


def test_a_destroyed_capsule_is_not_found_in_the_files(tmp_path: Path) -> None:
    """K15: what is destroyed is overwritten, in the database and in its log."""
    place = tmp_path / "vault.db"
    vault = SqlVault(f"sqlite:///{place}")
    canary = b"CANARY-" * 700
    row = replace(example(CapsuleRow), capsule=canary)
    vault.put(row)
    vault.put(replace(row, leaf=b"o" * 32, capsule=b"other"))
    assert b"CANARY" in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert vault.destroy(CapsuleRow, leaf=row.leaf) == 1
    assert vault.destroy(CapsuleRow, leaf=row.leaf) == 0
    assert b"CANARY" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert vault.count(CapsuleRow) == 1
    vault.close()


def test_a_replaced_capsule_and_a_dropped_secret_are_not_found_in_the_files(tmp_path: Path) -> None:
    vault = SqlVault(f"sqlite:///{tmp_path / 'vault.db'}")
    capsule = replace(example(CapsuleRow), capsule=b"CANARY-OLD" * 400)
    outbox = replace(example(OutboxRow), secret=b"CANARY-KEY" * 400)
    vault.put(capsule)
    vault.put(outbox)
    vault.put(replace(capsule, capsule=b"new" * 1300, seq=2))
    vault.put(replace(outbox, secret=None, state=Stage.STORED))
    assert b"CANARY" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    vault.close()


def test_a_log_that_a_reader_holds_is_cut_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.01)
    place = tmp_path / "vault.db"
    vault = SqlVault(f"sqlite:///{place}")
    vault.put(replace(example(CapsuleRow), capsule=b"CANARY" * 700))
    reader = sqlite3.connect(place, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM capsule").fetchone()
    vault.destroy(CapsuleRow, leaf=example(CapsuleRow).leaf)
    assert vault._remains
    reader.close()
    vault.put(example(ConsentRow))
    assert not vault._remains
    assert b"CANARY" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    vault.close()


def test_where_nothing_was_destroyed_the_log_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cut syncs the disk: a question that writes nothing must not cost that."""
    vault = SqlVault(f"sqlite:///{tmp_path / 'vault.db'}")
    cuts: list[int] = []
    monkeypatch.setattr(vault, "_cut_log", lambda: cuts.append(1))
    assert vault.destroy(CapsuleRow, leaf=example(CapsuleRow).leaf) == 0
    assert cuts == []
    vault.put(example(CapsuleRow))
    assert vault.destroy(CapsuleRow, leaf=example(CapsuleRow).leaf) == 1
    assert cuts == [1]
    vault.close()


def test_a_writer_tries_again_at_once_until_the_other_one_is_done(tmp_path: Path, monkeypatch: Any) -> None:
    """SQLite itself would sleep longer each time, up to a tenth of a second, while others take their turn."""
    place = tmp_path / "vault.db"
    vault = SqlVault(f"sqlite:///{place}")
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 40:
            other.rollback()

    monkeypatch.setattr(engine.time, "sleep", nap)
    vault.put(example(ConsentRow))
    assert naps == [engine.TRY_AGAIN_SECONDS] * 40
    # Whatever else must wait for the other one has its ten seconds.
    raw = vault._engine.raw_connection()
    assert raw.cursor().execute("PRAGMA busy_timeout").fetchone() == (10_000,)  # type: ignore[attr-defined]
    raw.close()
    other.close()
    vault.close()


def test_a_vault_is_opened_again_with_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vault.db'}"
    first = SqlVault(url)
    first.put(example(ConsentRow))
    first.close()
    again = SqlVault(url, create=False)
    assert again.find(ConsentRow) == [example(ConsentRow)]
    again.close()


def test_a_vault_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(VaultMissing):
        SqlVault(f"sqlite:///{tmp_path / 'no.db'}", create=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    with pytest.raises(VaultMissing):
        SqlVault(f"sqlite:///{tmp_path / 'empty.db'}", create=False)


def test_a_vault_from_another_version_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "vault.db"
    SqlVault(f"sqlite:///{place}").close()
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(VaultVersion, match="9999"):
        SqlVault(f"sqlite:///{place}")


def test_what_is_not_a_vault_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(NotAVault):
        SqlVault(f"sqlite:///{tmp_path / 'text.db'}")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    with pytest.raises(NotAVault):
        SqlVault(f"sqlite:///{tmp_path / 'other.db'}")
    for url in ("nonsense", "nosuchdatabase://x/y", "mysql://x/y", "postgresql+psycopg2://x/y"):
        with pytest.raises(NotAVault):
            SqlVault(url)


def test_a_database_whose_library_is_not_installed_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(VaultDriver, match="psycopg"):
        SqlVault("postgresql://nobody@127.0.0.1:1/vault")


def test_a_place_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(VaultUnreachable):
        SqlVault(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'vault.db'}")


def test_a_password_never_stands_in_an_error() -> None:
    vault = object.__new__(SqlVault)
    vault.place = "x"
    from medshare.vault.sql import parse_url

    assert "hidden" not in parse_url("postgresql+psycopg://me:hidden@host/db").render_as_string(hide_password=True)


def test_the_migrations_make_the_schema_of_the_rows(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    SqlVault(f"sqlite:///{made}").close()
    migrate.upgrade(f"sqlite:///{migrated}")
    migrate.upgrade(f"sqlite:///{migrated}")

    def schema(place: Path) -> list[Any]:
        connection = sqlite3.connect(place)
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        connection.close()
        return [
            (kind, name, table, sorted((sql or "").replace(" ", "").split("\n"))) for kind, name, table, sql in rows
        ]

    def triggers_and_columns(place: Path) -> Any:
        vault = SqlVault(f"sqlite:///{place}", create=False)
        looked = inspect(vault._engine)
        found = {
            table: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in looked.get_columns(table)],
                looked.get_pk_constraint(table)["constrained_columns"],
                sorted(index["name"] for index in looked.get_indexes(table)),
                sorted(check["sqltext"] for check in looked.get_check_constraints(table)),
            )
            for table in looked.get_table_names()
        }
        vault.close()
        return found

    assert triggers_and_columns(made) == triggers_and_columns(migrated)
    assert [row[:3] for row in schema(made)] == [row[:3] for row in schema(migrated)]
    assert len([row for row in schema(made) if row[0] == "trigger"]) == len(
        [kind for kind in ROWS if kind.RULE is Rule.RISING]
    )
