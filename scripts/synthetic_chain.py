"""A synthetic chain behind HTTP, for `scripts/bench_index.py`: many events, all in memory, answered by joining bytes.

    .venv/bin/python scripts/synthetic_chain.py --events 1000000

prints its URL when the chain is ready and answers until its standard input is closed. The events have the forms and
about the shares that a year of a consortium has: patients who register, grant and revoke, institutions that anchor and
confirm, gateways that anchor receipts. Headers, hashes and blooms are right for every block, receipts for the newest
ones: nobody asks for those of the others.
"""

from __future__ import annotations

import argparse
import json
import random
import socketserver
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.deployment.artefact import DEPLOYED, artefact  # noqa: E402 - the tree this program stands in
from medshare.deployment.file import Deployment  # noqa: E402
from medshare.hexadecimal import to_hex  # noqa: E402
from medshare.index import LIMIT  # noqa: E402
from medshare.index.evidence import bloom_bits, header_hash, receipts_root  # noqa: E402
from medshare.ledger import events  # noqa: E402
from medshare.ledger.abi import topic_of  # noqa: E402
from medshare.ledger.events import Event  # noqa: E402

CHAIN_ID: Final = 31_337
ADDRESSES: Final = {name: f"0x{place:02x}{'c0' * 19}" for place, name in enumerate(DEPLOYED, 1)}
PER_BLOCK: Final = 50
PER_PATIENT: Final = 20
INSTITUTIONS: Final = 200
ZEROS: Final = "0x" + "00" * 32
SLOT: Final = 12
START: Final = 1_700_000_000

MIX: Final[tuple[tuple[int, type[Event], str, str], ...]] = (
    # Share of a hundred, the event, its indexed fields (P a patient, I an institution), and its other words:
    # W a random one, a digit a number of so many bytes.
    (7, events.Registered, "P", "W"),
    (38, events.Granted, "PI", "WW"),
    (12, events.Revoked, "P", "W"),
    (1, events.LockedDown, "P", "5"),
    (4, events.DirectorySet, "P", "W5"),
    (6, events.Opened, "I", "W5"),
    (4, events.Approved, "I", "WW"),
    (10, events.Anchored, "I", "W4"),
    (9, events.Confirmed, "I", "W1"),
    (4, events.Superseded, "I", "WW"),
    (3, events.Erased, "", "W"),
    (2, events.ReceiptsAnchored, "II", "WWW4"),
)


def deployment(first: int = 0) -> Deployment:
    """Return where the contracts of the synthetic chain stand."""
    return Deployment(
        chain_id=CHAIN_ID,
        block=first,
        first_nonce=0,
        deployer="0x" + "d0" * 20,
        regulator="0x" + "d1" * 20,
        addresses=ADDRESSES,
    )


@cache
def bits_of(value: str) -> int:
    """Return the bits of an address or topic in hex, remembered."""
    return bloom_bits(bytes.fromhex(value[2:]))


class Chain:
    """Headers as JSON and logs as JSON, by block."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self._source = random.Random(seed)  # noqa: S311 - the same chain every time
        self.patients = [self._word(20) for _ in range(count // PER_PATIENT + 1)]
        self._institutions = [self._word(20) for _ in range(INSTITUTIONS)]
        self._kinds = [
            (ADDRESSES[kind.contract], to_hex(topic_of(kind)), indexed, words)
            for share, kind, indexed, words in MIX
            for _ in range(share)
        ]
        self.headers: list[bytes] = []
        self.logs: list[bytes] = []
        self.receipts: dict[str, list[dict[str, Any]]] = {}
        blocks = -(-count // PER_BLOCK)
        parent = self._add(ZEROS, 0, prove=False)
        for number in range(blocks):
            parent = self._add(parent, min(PER_BLOCK, count - number * PER_BLOCK), prove=number + LIMIT + 2 > blocks)

    def _word(self, length: int = 32) -> str:
        return self._source.randbytes(length).hex()

    def _add(self, parent: str, count: int, *, prove: bool) -> str:
        number = len(self.headers)
        parts = [self._log() for _ in range(count)]
        bloom = 0
        for address, topics, _, _ in parts:
            bloom |= bits_of(address)
            for topic in topics:
                bloom |= bits_of(topic)
        receipts = [_receipt(place, part) for place, part in enumerate(parts)] if prove else []
        header = {
            "parentHash": parent,
            "sha3Uncles": ZEROS,
            "miner": "0x" + "00" * 20,
            "stateRoot": ZEROS,
            "transactionsRoot": ZEROS,
            "receiptsRoot": to_hex(receipts_root(receipts)),
            "logsBloom": f"0x{bloom:0512x}",
            "difficulty": "0x0",
            "number": hex(number),
            "gasLimit": hex(30_000_000),
            "gasUsed": hex(60_000 * count),
            "timestamp": hex(START + SLOT * number),
            "extraData": "0x",
            "mixHash": ZEROS,
            "nonce": "0x" + "00" * 8,
            "baseFeePerGas": "0x7",
            "withdrawalsRoot": ZEROS,
            "blobGasUsed": "0x0",
            "excessBlobGas": "0x0",
            "parentBeaconBlockRoot": ZEROS,
            "requestsHash": ZEROS,
            "size": "0x4000",
            "uncles": [],
            "withdrawals": [],
            "transactions": [transaction for _, _, _, transaction in parts],
        }
        name = header["hash"] = to_hex(header_hash(header))
        self.headers.append(json.dumps(header, separators=(",", ":")).encode())
        shared = {
            "blockNumber": header["number"],
            "blockHash": name,
            "blockTimestamp": header["timestamp"],
            "removed": False,
        }
        logs = [
            {
                "address": address,
                "topics": topics,
                "data": data,
                "transactionHash": transaction,
                "transactionIndex": hex(place),
                "logIndex": hex(place),
                **shared,
            }
            for place, (address, topics, data, transaction) in enumerate(parts)
        ]
        self.logs.append(json.dumps(logs, separators=(",", ":"))[1:-1].encode())
        if prove:
            self.receipts[name] = receipts
        return name

    def _log(self) -> tuple[str, list[str], str, str]:
        address, topic, indexed, words = self._source.choice(self._kinds)
        topics = [topic]
        for who in indexed:
            people = self.patients if who == "P" else self._institutions
            topics.append(f"0x{'00' * 12}{self._source.choice(people)}")
        data = "".join(
            self._word() if word == "W" else "00" * (32 - int(word)) + self._word(int(word)) for word in words
        )
        return address, topics, f"0x{data}", f"0x{self._word()}"


def _receipt(place: int, part: tuple[str, list[str], str, str]) -> dict[str, Any]:
    address, topics, data, _ = part
    bloom = bits_of(address)
    for topic in topics:
        bloom |= bits_of(topic)
    return {
        "type": "0x2",
        "status": "0x1",
        "cumulativeGasUsed": hex(60_000 * (place + 1)),
        "logsBloom": f"0x{bloom:0512x}",
        "logs": [{"address": address, "topics": topics, "data": data, "logIndex": hex(place)}],
    }


class Node:
    """Answers JSON-RPC from a chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._codes = {address: to_hex(artefact(name).runtime) for name, address in ADDRESSES.items()}

    def answer(self, body: bytes) -> bytes:
        """Return the answer to one HTTP request."""
        asked = json.loads(body)
        if isinstance(asked, list):
            return b"[" + b",".join(self._one(request) for request in asked) + b"]"
        return self._one(asked)

    def _one(self, request: dict[str, Any]) -> bytes:
        result = self._result(request["method"], request["params"])
        return b'{"jsonrpc":"2.0","id":%d,"result":%b}' % (request["id"], result)

    def _result(self, method: str, params: Sequence[Any]) -> bytes:
        chain = self._chain
        match method:
            case "eth_getLogs":
                start, end = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
                return b"[" + b",".join(filter(None, chain.logs[start : end + 1])) + b"]"
            case "eth_getBlockByNumber":
                number = len(chain.headers) - 1 if params[0] == "latest" else int(params[0], 16)
                return chain.headers[number] if number < len(chain.headers) else b"null"
            case "eth_getBlockReceipts":
                return json.dumps(chain.receipts[params[0]["blockHash"]]).encode()
            case "eth_getCode":
                return json.dumps(self._codes[params[0]]).encode()
            case "eth_chainId":
                return b'"%b"' % hex(CHAIN_ID).encode()
        raise ValueError(method)


def handler(answer: Callable[[bytes], bytes]) -> type[BaseHTTPRequestHandler]:
    """Return a handler of HTTP requests that keeps connections open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.wfile.write(head % len(body))
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


class Server(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    daemon_threads = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the chain and answer until nobody asks any more."""
    parser = argparse.ArgumentParser(description="Serve a synthetic chain.")
    parser.add_argument("--events", type=int, default=1_000_000)
    chain = Chain(parser.parse_args(arguments).events)
    node = Node(chain)
    with Server(("127.0.0.1", 0), handler(node.answer)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        print(json.dumps({"url": url, "patients": chain.patients[:2000]}), flush=True)
        sys.stdin.read()
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
