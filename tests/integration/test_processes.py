"""Two processes on one vault in a file of SQLite."""

from __future__ import annotations

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from tests.integration.test_ledger_chain import KEYS
from tests.scenarios import processes


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A node where contracts stand, and the file that says where."""
    with Anvil(block_time=1) as anvil:
        place = tmp_path_factory.mktemp("deployment") / "chain.json"
        file.save(place, deploy(anvil.rpc, KEYS["deployer"], KEYS["regulator"].address))
        yield anvil.url, place


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


@pytest.mark.parametrize("killed_after", [None, 0.5])
def test_two_processes_send_for_one_account(url, chain, killed_after):
    """R01, R05: no nonce is lost, none taken twice, and what one process began another one finishes."""
    processes.two_processes_send_for_one_account(url, *chain, killed_after=killed_after)
