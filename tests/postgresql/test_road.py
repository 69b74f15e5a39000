"""The whole road over HTTP once more: every vault on PostgreSQL, City Hospital's door in two processes behind one address."""

from __future__ import annotations

import pytest

from tests.integration.test_road_over_http import *  # noqa: F403  # the same stretches, of another town
from tests.integration.town import InAThread, town
from tests.postgresql.two_processes import TwoProcesses


@pytest.fixture(scope="module")
def place(cluster, tmp_path_factory):
    def door(name):
        return TwoProcesses() if name == "City Hospital" else InAThread()

    folder = tmp_path_factory.mktemp("town")
    with town(folder, vault=lambda _: cluster.url(cluster.new_database()), door=door) as built:
        yield built


def test_both_processes_answered(road):
    assert min(road.place.served[road.city.url].answered()) > 0
