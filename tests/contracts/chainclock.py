"""The chain's own clock: tests set the second of the next block and never sleep."""

from __future__ import annotations

from typing import Any

from brownie import web3

DAY = 86_400


def rpc(method: str, *parameters: object) -> Any:
    """One call to the node; its error is raised."""
    answer = web3.provider.make_request(method, list(parameters))
    if "error" in answer:
        raise RuntimeError(f"{method}: {answer['error']}")
    return answer["result"]


def now() -> int:
    """The second of the newest block."""
    return int(web3.eth.get_block("latest")["timestamp"])


def next_block_at(second: int) -> None:
    """The next transaction is mined in exactly this second."""
    rpc("evm_setNextBlockTimestamp", second)


def mine_at(second: int) -> None:
    """Add an empty block of exactly this second: views answer as of it."""
    rpc("evm_mine", hex(second))
