"""The actors of the contract tests and their keys.

Anvil signs transactions of its own accounts; messages are signed here, with the same keys.
"""

from __future__ import annotations

from functools import cache

from brownie import accounts
from brownie.network.account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic

from medshare.digest import keccak
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey

MNEMONIC = "test test test test test test test test test test test junk"
"""As in brownie-config.yaml: everybody knows it."""

ACTORS = (
    "deployer",
    "regulator",
    "patient",
    "delegate",
    "hospital",
    "other_hospital",
    "laboratory",
    "clinician",
    "gateway",
    "validator",
    "second_validator",
    "third_validator",
    "researcher",
    "insurer",
    "relayer",
    "recovery",
    "next_patient",
    "stranger",
    "other_patient",
    "other_clinician",
)
"""By the number of their account."""


def low(account: object) -> Address:
    """An address in MedShare's one form."""
    return str(account).lower()


@cache
def _keys() -> dict[Address, AccountKey]:
    seed = seed_from_mnemonic(MNEMONIC, "")
    keys = [AccountKey(key_from_seed(seed, f"m/44'/60'/0'/0/{number}")) for number in range(len(ACTORS))]
    return {key.address: key for key in keys}


def key_of(account: object) -> AccountKey:
    """The key of an actor or of a newcomer."""
    return _keys()[low(account)]


def newcomer(name: str) -> Account:
    """One more account, with a key made from its name. Gas is free on the test chain."""
    key = AccountKey(keccak(f"newcomer {name}".encode()))
    _keys()[key.address] = key
    return accounts.add(key.secret_bytes().hex())
