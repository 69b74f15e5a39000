"""The index on PostgreSQL: every test that needs nothing but an index, once more, and its rows beside SQLite's."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import inspect

from medshare.index import Index, IndexMissing, IndexUnreachable, NotAnIndex, Progress, migrate
from medshare.index.database import connect_engine, parse_url
from medshare.index.tables import FOUND_BY, METADATA
from medshare.vault import ConsentRow, VaultMissing
from medshare.vault import migrate as vault_migrate
from medshare.vault.sql import SqlVault
from medshare.vault.tables import METADATA as VAULT
from tests.postgresql.cluster import Cluster
from tests.scenarios.scripted_node import ScriptedChain
from tests.unit.index import test_reorganisations
from tests.unit.index.people import granted, locked_down
from tests.unit.index.test_index import *  # noqa: F403  # the same sentences, of another database
from tests.unit.index.test_reorganisations import grown, rebuilt  # noqa: F401  # `grown` is a fixture
from tests.unit.vault.test_vault import example

# The state machine stays where it is: it opens an index for each of its chains.
globals().update({name: test for name, test in vars(test_reorganisations).items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def used(cluster: Cluster) -> Iterator[Index]:
    name = cluster.new_database()
    with Index.open(cluster.url(name), limit=8) as opened:
        yield opened
    cluster.drop(name)


@pytest.fixture
def index(used: Index) -> Iterator[Index]:
    yield used
    used._database.empty()


@pytest.fixture
def chain() -> ScriptedChain:
    return ScriptedChain()


def busy(blocks: int) -> ScriptedChain:
    made = ScriptedChain()
    for number in range(blocks):
        made.mine(granted(number), locked_down(number))
    return made


def test_its_rows_are_those_of_sqlite(index: Index) -> None:
    """[X-001]: line for line, byte for byte."""
    chain = busy(300)
    index.follow(chain.rpc, chain.deployment)
    assert list(index.dump()) == rebuilt(chain)


def test_two_runs_at_the_same_time_do_no_harm(database: str) -> None:
    """[X-001]: two processes of one institution follow at once."""
    chain = busy(600)
    faults: list[BaseException] = []

    def follow() -> None:
        try:
            with Index.open(database) as opened:
                opened.follow(chain.rpc, chain.deployment)
        except BaseException as error:
            faults.append(error)
            raise

    runs = [threading.Thread(target=follow) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert not faults
    with Index.open(database, create=False) as opened:
        assert list(opened.dump()) == rebuilt(chain)


def test_a_server_that_falls_over_loses_nothing(cluster: Cluster, database: str) -> None:
    """[X-007]."""
    chain = busy(600)

    def fall(progress: Progress) -> None:
        if progress.last < chain.first + 300:
            cluster.stop(signal.SIGQUIT)

    with Index.open(database) as opened:
        try:
            with pytest.raises(IndexUnreachable):
                opened.follow(chain.rpc, chain.deployment, progress=fall)
        finally:
            cluster.start()
    with Index.open(database, create=False) as opened:
        assert 0 < opened.status().entries < 1200
        opened.follow(chain.rpc, chain.deployment)
        assert list(opened.dump()) == rebuilt(chain)


def test_an_index_that_is_not_there_is_not_made_unasked(cluster: Cluster, database: str) -> None:
    with pytest.raises(IndexMissing):
        Index.open(database, create=False)
    with pytest.raises(IndexUnreachable):
        Index.open(cluster.url("nothing_here"))


@pytest.mark.parametrize("first", ["index", "vault"])
def test_an_index_and_a_vault_live_in_one_database(cluster: Cluster, database: str, first: str) -> None:
    """Each has its own tables and its own version, and what one of them empties the other keeps."""
    assert migrate.VERSION_TABLE == vault_migrate.INDEX_VERSION_TABLE
    assert not {*METADATA.tables, migrate.VERSION_TABLE} & {*VAULT.tables, vault_migrate.VERSION_TABLE}
    made = (SqlVault, Index.open)
    for make in made if first == "vault" else reversed(made):
        with pytest.raises((VaultMissing, IndexMissing)):
            make(database, create=False)
        make(database).close()
    chain, row = busy(20), example(ConsentRow)
    vault = SqlVault(database, create=False)
    with Index.open(database, create=False) as opened:
        vault.put(row)
        opened.follow(chain.rpc, chain.deployment)
        opened.rebuild(chain.rpc, chain.deployment)
        assert list(opened.dump()) == rebuilt(chain)
    assert vault.find(ConsentRow) == [row]
    vault.close()


def test_a_database_with_half_an_index_is_refused(cluster: Cluster, database: str) -> None:
    Index.open(database).close()
    with psycopg.connect(host=str(cluster.folder), user="postgres", dbname=parse_url(database).database) as connection:
        connection.execute(f"DROP TABLE {migrate.VERSION_TABLE}")  # type: ignore[arg-type]
    with pytest.raises(NotAnIndex):
        Index.open(database)


def test_the_migrations_make_the_schema_of_the_tables(cluster: Cluster, database: str) -> None:
    other = cluster.new_database()
    Index.open(database).close()
    migrate.upgrade(cluster.url(other))
    shown = []
    for url in (database, cluster.url(other)):
        engine = connect_engine(parse_url(url))
        shown.append(
            {
                table: [(one["name"], str(one["type"]), one["nullable"]) for one in inspect(engine).get_columns(table)]
                for table in inspect(engine).get_table_names()
            }
        )
        engine.dispose()
    cluster.drop(other)
    assert shown[0] == shown[1]
    assert len(shown[0]) == 4


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_page_is_found_by_its_index(index: Index, name: str) -> None:
    chain = busy(20)
    index.follow(chain.rpc, chain.deployment)
    question = f"SELECT * FROM entry WHERE \"{name}\" = '\\x00' AND position > 1 ORDER BY position LIMIT 50"  # noqa: S608
    with index._database.session() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {question}"))
    assert f"Index Scan using entry_by_{name}" in plan
    assert "Sort" not in plan
