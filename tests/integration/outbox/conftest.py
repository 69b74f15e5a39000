"""A real node of its own for each file, the contracts on it, and an account that can pay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.keys.account import AccountKey
from tests.integration.test_ledger_chain import KEYS


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time=0, accounts=len(KEYS)) as running:
        yield running


@pytest.fixture(scope="module")
def deployment(anvil: Anvil) -> file.Deployment:
    return deploy(anvil.rpc, KEYS["deployer"], KEYS["regulator"].address)


@pytest.fixture
def sender(anvil: Anvil) -> AccountKey:
    key = AccountKey.generate()
    anvil.rpc.request("anvil_setBalance", key.address, hex(10**22))
    return key
