"""One server for the session, an empty database for each test."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.unit.vault.test_vault")

from tests.postgresql.cluster import Cluster  # noqa: E402 - its asserts are rewritten by the line above


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def database(cluster):
    """The address of an empty database."""
    name = cluster.new_database()
    yield cluster.url(name)
    cluster.drop(name)
