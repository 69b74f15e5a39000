"""Base of the contract tests: three repairs of Brownie, isolation for all, actors by name.

`world` is a deployment with the usual people in it (tests/contracts/deployment.py); the five contracts have
fixtures of their own. Helpers: `refusals` (which error), `chainclock` (which second), `people` (whose key).
"""

from __future__ import annotations

import gc
import inspect

import brownie.network.contract as brownie_contract
import pytest
from brownie import accounts, web3
from brownie.network.rpc import Rpc

from tests.contracts import deployment
from tests.contracts.people import ACTORS


@pytest.fixture(scope="session", autouse=True)
def _frozen_heap():
    """Brownie's revert collects garbage over all source maps, 0.13 s each time: set them aside once."""
    gc.collect()
    gc.freeze()


# To warn people who call them, Brownie reads the source of the whole stack each time: 0.12 s for each snapshot.
for _name in ("mine", "revert", "sleep", "snapshot"):
    setattr(Rpc, _name, inspect.getclosurevars(getattr(Rpc, _name)).nonlocals["fn"])

_exactly_equal = brownie_contract._verify_deployed_code


def _equal_but_for_immutables(address, expected, language):
    """Brownie compares code byte by byte and drops the source map of a contract with immutables.

    In the compiled code an immutable is a run of zeros; those bytes may differ.
    """
    if _exactly_equal(address, expected, language):
        return True
    if language != "Solidity" or "_" in expected:
        return False
    actual = bytes(web3.eth.get_code(address))
    compiled = bytes.fromhex(expected.removeprefix("0x"))
    return len(actual) == len(compiled) and all(
        here in (there, 0) for there, here in zip(actual, compiled, strict=True)
    )


brownie_contract._verify_deployed_code = _equal_but_for_immutables


@pytest.fixture(scope="module", autouse=True)
def _module(module_isolation):
    """A fresh chain for each module, before any of its deployments."""


@pytest.fixture(autouse=True)
def _isolation(fn_isolation):
    """Every test starts from the state its module's fixtures made."""


def _actor(number):
    @pytest.fixture(scope="session")
    def account():
        return accounts[number]

    return account


for _number, _name in enumerate(ACTORS):
    globals()[_name] = _actor(_number)


@pytest.fixture(scope="module")
def people():
    """Every actor by name."""
    return {name: accounts[number] for number, name in enumerate(ACTORS)}


@pytest.fixture(scope="module")
def empty(_module, people, tmp_path_factory):
    """The contracts as they are after their deployment."""
    return deployment.deployed(people, tmp_path_factory.mktemp("deployment"))


@pytest.fixture(scope="module")
def world(empty, people):
    """The contracts, with participants accredited and patients registered."""
    return deployment.populate(empty, people)


@pytest.fixture(scope="module")
def participants(world):
    return world.participants


@pytest.fixture(scope="module")
def consents(world):
    return world.consents


@pytest.fixture(scope="module")
def requests(world):
    return world.requests


@pytest.fixture(scope="module")
def records(world):
    return world.records


@pytest.fixture(scope="module")
def audit(world):
    return world.audit
