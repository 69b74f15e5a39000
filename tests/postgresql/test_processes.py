"""Two processes on one vault on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.scenarios import processes


def test_two_processes_number_and_link_every_receipt(database):
    """R05: receipts of one patient and numbers of one sender have no gap and no fork, whoever takes them."""
    processes.two_processes_number_and_link_every_receipt(database)


@pytest.mark.parametrize("after", [0.05, 0.4])
def test_a_killed_process_loses_nothing_that_it_was_promised(database, after):
    """R17: no half state, and what was answered stays."""
    processes.a_killed_process_loses_nothing_that_it_was_promised(database, after=after)
