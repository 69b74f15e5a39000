"""Play money: the accounts of the genesis pay those who take part. Their words are public."""

from __future__ import annotations

from collections.abc import Iterable

from eth_account import Account
from eth_account.signers.local import LocalAccount

from medshare.deployment.anvil import MNEMONIC
from scripts.network.node_rpc import call
from scripts.network.waiting import until

ETHER = 10**18
SHARE = 100 * ETHER
TRANSFER_GAS = 21_000
TIP = 10**9
TREASURER = 9
"""The account of the words that pays, counted from 0."""


def treasurer() -> LocalAccount:
    """Return the account that pays."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{TREASURER}")
    return account


def pay(url: str, chain_id: int, accounts: Iterable[str], *, seconds: float = 90) -> None:
    """Give each account a hundred ether, and wait until all have it.

    Args:
        url: The node.
        chain_id: Its chain.
        accounts: Addresses.
        seconds: How long to wait.
    """
    payer = treasurer()
    nonce = int(call(url, "eth_getTransactionCount", payer.address, "pending"), 16)
    price = 2 * int(call(url, "eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16) + TIP
    sent = []
    for place, account in enumerate(accounts):
        signed = payer.sign_transaction(
            {
                "chainId": chain_id,
                "nonce": nonce + place,
                "to": bytes.fromhex(account[2:]),
                "value": SHARE,
                "gas": TRANSFER_GAS,
                "maxFeePerGas": price,
                "maxPriorityFeePerGas": TIP,
            }
        )
        sent.append(call(url, "eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex()))
    until("the play money", seconds, lambda: all(call(url, "eth_getTransactionReceipt", one) for one in sent))
