"""Two processes on one vault on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.integration.test_processes import chain  # noqa: F401  # a fixture
from tests.scenarios import processes


def test_two_processes_number_and_link_every_receipt(database):
    """R05: receipts of one patient and numbers of one sender have no gap and no fork, whoever takes them."""
    processes.two_processes_number_and_link_every_receipt(database)


@pytest.mark.parametrize("after", [0.05, 0.4])
def test_a_killed_process_loses_nothing_that_it_was_promised(database, after):
    """R17: no half state, and what was answered stays."""
    processes.a_killed_process_loses_nothing_that_it_was_promised(database, after=after)


@pytest.mark.parametrize("killed_after", [None, 0.5])
def test_two_processes_send_for_one_account(database, chain, killed_after):  # noqa: F811  # pytest's way to ask for it
    """R01, R05: no nonce is lost, none taken twice, and what one process began another one finishes."""
    processes.two_processes_send_for_one_account(database, *chain, killed_after=killed_after)
