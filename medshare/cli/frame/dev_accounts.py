"""Anvil's well-known accounts and its play money: only for a local test chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medshare.hexadecimal import Address

if TYPE_CHECKING:
    from medshare.keys.account import AccountKey
    from medshare.ledger.chain.rpc import Rpc

ETHER = 10**18


def dev_account(place: int) -> AccountKey:
    """Return the key of one of Anvil's accounts; the whole world knows it."""
    from eth_account import Account

    from medshare.deployment.anvil import MNEMONIC
    from medshare.keys.account import AccountKey

    Account.enable_unaudited_hdwallet_features()
    wallet = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}")
    return AccountKey(bytes(wallet.key))


def fund(rpc: Rpc, account: Address, *, ether: int = 100) -> None:
    """Let an account hold so much play money."""
    rpc.request("anvil_setBalance", account, hex(ether * ETHER))


def is_local(rpc: Rpc) -> bool:
    """Return whether the node is an Anvil, whose money is play money."""
    return str(rpc.request("web3_clientVersion")).lower().startswith("anvil")
