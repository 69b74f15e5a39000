"""Questions to the nodes by HTTP, each with a time limit: a paused node accepts and never answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

SECONDS = 3.0
CLIENT = httpx.Client(trust_env=False, timeout=SECONDS)
"""Never through a proxy: every node is on the loopback."""

NOT_YET = (httpx.HTTPError, LookupError)
"""What a node that starts answers with."""


@dataclass(frozen=True, slots=True)
class NodeBlock:
    """A block as a node has it."""

    number: int
    hash: str


def call(url: str, method: str, *params: object) -> Any:
    """Return the result of one JSON-RPC request.

    Raises:
        httpx.HTTPError: The node does not answer.
        LookupError: It answers that there is no such thing.
    """
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = CLIENT.post(url, json=body).raise_for_status().json()
    if "error" in answer:
        raise LookupError(f"{method}: {answer['error']['message']}")
    return answer["result"]


def block(url: str, tag: str | int) -> NodeBlock:
    """Return the block of a tag or a number.

    Raises:
        httpx.HTTPError: The node does not answer.
        LookupError: There is none; geth says so of "finalized" before the first one.
    """
    found = call(url, "eth_getBlockByNumber", hex(tag) if isinstance(tag, int) else tag, False)
    if found is None:
        raise LookupError(f"no block {tag}")
    return NodeBlock(int(found["number"], 16), found["hash"])


def get(url: str) -> Any:
    """Return the JSON at a URL of a beacon node or of Prometheus. Raises httpx.HTTPError."""
    return CLIENT.get(url).raise_for_status().json()


def post(url: str, json: object = None, seconds: float = 10) -> Any:
    """Return what a node answers to a POST, None where it says nothing. Raises httpx.HTTPError."""
    answer = CLIENT.post(url, json=json, timeout=seconds).raise_for_status()
    return answer.json() if answer.content else None
