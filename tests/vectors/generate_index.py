"""Writes tests/vectors/index/ with a block of Anvil, its header and receipts: `python -m tests.vectors.generate_index`.

Anvil's clock gives every run another block. Nothing is checked here; the tests do.
"""

from __future__ import annotations

import json
from pathlib import Path

from medshare.deployment.anvil import Anvil

TARGET = Path(__file__).resolve().parent / "index" / "anvil_block.json"
LOGGER = "365f5f376020355f35365fa200"
"""LOG2 of the calldata, with its first two words as topics: calldatacopy, two calldataloads, log2, stop."""

TRANSACTIONS = 160
HELD = ("type", "status", "cumulativeGasUsed", "logsBloom")
OF_A_LOG = ("address", "topics", "data")


def main() -> None:
    """Mine a block with legacy, access-list and fee-market transactions, most of which log."""
    with Anvil(block_time=6, options=("--gas-limit", "300000000")) as anvil:
        rpc = anvil.rpc
        accounts = rpc.request("eth_accounts")[:5]
        creation = f"0x60{len(LOGGER) // 2:02x}8060095f395ff3{LOGGER}"
        made = rpc.request("eth_sendTransaction", {"from": accounts[0], "data": creation})
        while (receipt := rpc.request("eth_getTransactionReceipt", made)) is None:
            pass
        logger = receipt["contractAddress"]
        for number in range(TRANSACTIONS):
            # Another length of data and another topic each time; every tenth only pays.
            data = f"0x{number:064x}{number * 7 % 11:064x}{'ab' * (number % 40)}"
            call = {"from": accounts[number % 5], "to": logger, "gas": hex(100_000), "data": data}
            if number % 10 == 3:
                call = {"from": accounts[number % 5], "to": accounts[1], "gas": hex(30_000), "value": "0x1"}
            if number in {0, 3, 10}:
                call["gasPrice"] = hex(3 * 10**9)
            elif number in {1, 4}:
                call |= {"type": "0x1", "accessList": [], "gasPrice": hex(3 * 10**9)}
            rpc.request("eth_sendTransaction", call)
        number = rpc.block("latest").number
        while not rpc.request("eth_getBlockByNumber", hex(number + 1), False):
            pass
        header = rpc.request("eth_getBlockByNumber", hex(number + 1), False)
        receipts = rpc.request("eth_getBlockReceipts", {"blockHash": header["hash"]})
    del header["transactions"]
    held = [
        {name: receipt[name] for name in HELD}
        | {"logs": [{name: log[name] for name in OF_A_LOG} for log in receipt["logs"]]}
        for receipt in receipts
    ]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps({"header": header, "receipts": held}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
