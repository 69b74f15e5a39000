"""Two processes on one vault in a file of SQLite."""

from __future__ import annotations

import pytest

from tests.scenarios import processes


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'vault.db'}"


def test_two_processes_number_and_link_every_receipt(url):
    """R05: receipts of one patient and numbers of one sender have no gap and no fork, whoever takes them."""
    processes.two_processes_number_and_link_every_receipt(url)


@pytest.mark.parametrize("after", [0.05, 0.4])
def test_a_killed_process_loses_nothing_that_it_was_promised(url, after):
    """R17: no half state, and what was answered stays."""
    processes.a_killed_process_loses_nothing_that_it_was_promised(url, after=after)
