"""What a vault does on PostgreSQL that SQLite cannot show: settings, rights, waiting, crashes, and what stays on the disk."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text

from medshare.vault import (
    CapsuleRow,
    ConsentRow,
    EnvelopeRow,
    NonceRow,
    NotAVault,
    ReceiptRow,
    RowConflict,
    VaultForbidden,
    VaultMissing,
    VaultNotDurable,
    VaultUnreachable,
    VaultVersion,
    engine,
    migrate,
)
from medshare.vault.sql import SqlVault
from tests.postgresql.cluster import OWNER
from tests.scenarios.writers import PATIENTS, write_receipt
from tests.unit.vault.test_vault import example


@pytest.fixture
def vault(database):
    made = SqlVault(database)
    yield made
    made.close()


@pytest.fixture
def settings(cluster):
    """Change the server's settings, and take every change back."""
    yield cluster.set
    cluster.set()
    until(lambda: setting(cluster, "fsync") == "on")


def name_of(database):
    return database.rpartition("/")[2].partition("?")[0]


def setting(cluster, name):
    with cluster.superuser() as connection:
        return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def until(true, seconds=20):
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest
        time.sleep(0.02)


def waiting(cluster, database):
    """How many connections to this database wait for a lock."""
    with cluster.superuser() as connection:
        question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        return connection.execute(question, [name_of(database)]).fetchone()[0]


def test_a_server_that_does_not_sync_is_refused(cluster, database, settings):
    """R17: a receipt outlives a loss of power, or nothing is released."""
    settings(fsync="off")
    until(lambda: setting(cluster, "fsync") == "off")
    with pytest.raises(VaultNotDurable, match="fsync"):
        SqlVault(database)


def test_a_commit_waits_for_the_disk_whatever_the_server_or_the_database_prefer(cluster, database, vault):
    with cluster.superuser() as connection:
        connection.execute(f"ALTER DATABASE {name_of(database)} SET synchronous_commit = off")
        connection.execute(f"ALTER DATABASE {name_of(database)} SET default_transaction_isolation = 'serializable'")
    again = SqlVault(database)
    with again._engine.connect() as connection:
        found = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("synchronous_commit", "transaction_isolation", "lock_timeout")
        }
    assert found == {"synchronous_commit": "on", "transaction_isolation": "read committed", "lock_timeout": "10s"}
    again.close()


def test_a_user_without_rights_is_told_so(cluster, database, vault):
    with cluster.superuser(name_of(database)) as connection:
        connection.execute("CREATE ROLE visitor LOGIN")
        try:
            with pytest.raises(VaultForbidden):
                SqlVault(database.replace(f"://{OWNER}@", "://visitor@")).get(ConsentRow, consent_id=bytes(32))
        finally:
            connection.execute("DROP ROLE visitor")


def test_a_vault_that_is_not_there_is_not_made_unasked(cluster, database):
    with pytest.raises(VaultMissing):
        SqlVault(database, create=False)
    with pytest.raises(VaultUnreachable):
        SqlVault(cluster.url("nosuch"))
    with pytest.raises(VaultUnreachable):
        SqlVault("postgresql://nobody@127.0.0.1:1/vault")


def test_what_is_not_a_vault_is_refused_and_so_is_another_version(database, cluster):
    with cluster.superuser(name_of(database)) as connection:
        connection.execute("CREATE TABLE other (a int)")
        with pytest.raises(NotAVault):
            SqlVault(database)
        connection.execute("DROP TABLE other")
        SqlVault(database).close()
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(VaultVersion, match="9999"):
        SqlVault(database)


def test_many_processes_that_open_nothing_at_once_make_one_vault(database):
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: SqlVault(database), range(8)))
    vaults[0].put(example(ConsentRow))
    assert all(vault.count(ConsentRow) == 1 for vault in vaults)
    for vault in vaults:
        vault.close()


def test_the_migrations_make_the_schema_of_the_rows(cluster):
    def schema(database):
        columns = (
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
        constraints = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        triggers = "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        functions = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        with cluster.superuser(database) as connection:
            return [
                sorted(connection.execute(question).fetchall())
                for question in (columns, constraints, indexes, triggers, functions)
            ]

    made, migrated = cluster.new_database(), cluster.new_database()
    SqlVault(cluster.url(made)).close()
    migrate.upgrade(cluster.url(migrated))
    migrate.upgrade(cluster.url(migrated))
    for expected, found in zip(schema(made), schema(migrated), strict=True):
        assert expected
        assert found == expected
    SqlVault(cluster.url(migrated), create=False).close()
    cluster.drop(made)
    cluster.drop(migrated)


def test_the_database_itself_refuses_what_breaks_a_rule(vault):
    vault.put(example(EnvelopeRow))
    with vault._engine.connect() as connection, pytest.raises(RowConflict), vault._translated():
        connection.execute(text("UPDATE envelope SET seq = 1"))


def test_a_writer_waits_for_the_one_before_it_and_a_reader_waits_for_nobody(vault, database, cluster):
    order = []

    def second():
        with vault.transaction() as rows:
            order.append(rows.count(NonceRow))

    with vault.transaction() as rows:
        rows.put(example(NonceRow))
        thread = threading.Thread(target=second)
        thread.start()
        until(lambda: waiting(cluster, database) == 1)
        assert vault.count(NonceRow) == 0
        order.append("first")
    thread.join()
    assert order == ["first", 1]


def test_a_writer_that_waits_too_long_is_told_so(database, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 1)
    vault, other = SqlVault(database), SqlVault(database)
    with vault.transaction() as rows:
        rows.put(example(NonceRow))
        with pytest.raises(VaultUnreachable):
            other.put(example(ConsentRow))
    assert (vault.count(NonceRow), vault.count(ConsentRow)) == (1, 0)
    vault.close()
    other.close()


def test_a_process_that_stands_still_in_a_transaction_loses_it(database, monkeypatch):
    monkeypatch.setattr(engine, "IDLE_SECONDS", 1)
    still = SqlVault(database)
    monkeypatch.undo()
    vault = SqlVault(database)
    with pytest.raises(VaultUnreachable), still.transaction() as rows:  # noqa: PT012  # the loss shows at the next statement
        rows.put(example(NonceRow))
        vault.put(example(ConsentRow))
        rows.put(replace(example(NonceRow), nonce=b"2" * 32))
    assert (vault.count(NonceRow), vault.count(ConsentRow)) == (0, 1)
    vault.close()
    still.close()


def test_more_threads_than_connections_wait_their_turn_or_are_told(database, monkeypatch):
    """R17: running out of connections is said, and costs nothing."""
    monkeypatch.setattr(engine, "CONNECTIONS", 2)
    monkeypatch.setattr(engine, "BUSY_SECONDS", 1)
    vault = SqlVault(database)
    with vault._engine.connect(), vault._engine.connect(), pytest.raises(VaultUnreachable):
        vault.count(ConsentRow)
    assert vault.count(ConsentRow) == 0
    vault.close()


def test_a_server_that_was_restarted_is_not_noticed(cluster, vault):
    vault.put(example(ConsentRow))
    cluster.stop()
    with pytest.raises(VaultUnreachable):
        vault.count(ConsentRow)
    cluster.start()
    assert vault.count(ConsentRow) == 1
    vault.put(example(NonceRow))
    assert vault.count(NonceRow) == 1


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_crash_in_mid_transaction_leaves_no_half_of_it(cluster, vault, after):
    """R17: the server is gone before the first row, between two, and before the commit."""
    acts = [
        lambda rows: write_receipt(rows, PATIENTS[0], "lost"),
        lambda rows: rows.put(example(ConsentRow)),
    ]
    vault.put(example(NonceRow))
    with pytest.raises(VaultUnreachable), vault.transaction() as rows:  # noqa: PT012  # the loss shows at the next statement
        rows.count(NonceRow)
        for number, act in enumerate(acts):
            if number == after:
                cluster.crash()
            act(rows)
        if after == len(acts):
            cluster.crash()
    assert (vault.count(ReceiptRow), vault.count(ConsentRow), vault.count(NonceRow)) == (0, 0, 1)
    with vault.transaction() as rows:
        write_receipt(rows, PATIENTS[0], "kept")
    assert vault.count(ReceiptRow) == 1


def test_a_connection_that_is_cut_in_mid_transaction_frees_the_next_writer(cluster, database, vault):
    """R17: nobody waits for a process that is gone."""
    with pytest.raises(VaultUnreachable), vault.transaction() as rows:  # noqa: PT012  # the loss shows at the next statement
        rows.put(example(NonceRow))
        with cluster.superuser() as connection:
            question = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(question, [name_of(database)])
        rows.put(example(ConsentRow))
    assert vault.count(NonceRow) == 0
    vault.put(example(NonceRow))


def test_a_server_that_became_a_standby_is_unreachable_for_writers_and_still_answers(cluster, database, vault):
    """R17: after a failover the old server only reads."""
    vault.put(example(ConsentRow))
    with cluster.superuser() as connection:
        connection.execute(f"ALTER DATABASE {name_of(database)} SET default_transaction_read_only = on")
    standby = SqlVault(database)
    with pytest.raises(VaultUnreachable):
        standby.put(example(NonceRow))
    assert standby.count(ConsentRow) == 1
    standby.close()


def test_what_is_destroyed_is_unreadable_at_once_and_leaves_the_tables_files_when_they_are_rewritten(
    cluster, database, vault
):
    """K15: what the vault promises on PostgreSQL, and what it does not: the log and the freed pages keep bytes."""
    row = replace(example(CapsuleRow), capsule=os.urandom(4000) + b"CANARY" + os.urandom(4000))
    vault.put(row)
    vault.put(replace(row, leaf=b"o" * 32, capsule=b"other"))
    assert vault.destroy(CapsuleRow, leaf=row.leaf) == 1
    assert vault.get(CapsuleRow, leaf=row.leaf) is None
    with cluster.superuser(name_of(database)) as connection:
        connection.execute("CHECKPOINT")
        assert found_in(cluster, "base", b"CANARY"), "PostgreSQL overwrites now: promise it"
        connection.execute("VACUUM FULL capsule")
        connection.execute("CHECKPOINT")
        assert not found_in(cluster, "base", b"CANARY")
        assert found_in(cluster, "pg_wal", b"CANARY"), "PostgreSQL cuts its log now: promise it"
    assert vault.count(CapsuleRow) == 1


def found_in(cluster, folder, wanted):
    return [file for file in (cluster.data / folder).rglob("*") if file.is_file() and wanted in file.read_bytes()]


def test_a_password_stands_in_no_error(cluster):
    url = cluster.url("nosuch").replace(f"://{OWNER}@", f"://{OWNER}:hidden-word@")
    with pytest.raises(VaultUnreachable) as caught:
        SqlVault(url)
    shown = "".join(str(part) for part in (caught.value, caught.value.__cause__, caught.value.facts))
    assert "hidden-word" not in shown
    assert psycopg.OperationalError.__name__ in shown
