"""The vault on PostgreSQL: every test that needs nothing but a vault, once more.

One vault serves them all; each test finds it empty.
"""

from __future__ import annotations

import pytest

from medshare.vault.sql import SqlVault
from medshare.vault.tables import METADATA
from tests.unit.vault.test_vault import *  # noqa: F403  # the same sentences, of another database


@pytest.fixture(scope="module")
def used(cluster):
    name = cluster.new_database()
    made = SqlVault(cluster.url(name))
    yield made
    made.close()
    cluster.drop(name)


@pytest.fixture
def vault(used):
    yield used
    with used._engine.begin() as connection:
        for table in METADATA.tables.values():
            connection.execute(table.delete())
