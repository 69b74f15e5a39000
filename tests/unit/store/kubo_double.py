"""A stand-in for a Kubo node's RPC, in this process and on loopback: enough of it for `KuboStore`.

What it answers was taken from a real Kubo 0.43.0; `tests/live/test_kubo.py` asks a real one.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from medshare.store.cid import Cid
from medshare.store.dag import block_cids, blocks_of


class KuboDouble:
    """Blocks, pins, and faults that a test plants."""

    def __init__(self) -> None:
        self.version = "0.43.0"
        self.blocks: dict[str, bytes] = {}
        self.pins: set[str] = set()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.uploads: list[bytes] = []
        """Headers of each part that was sent."""
        self.fault: str | None = None
        """`slow`, `cut`, `garbage`, `forbidden`, `broken` or `other-cid`."""
        self.faulty = ""
        """The command that the fault befalls; all if empty."""
        self.address = ""
        self.config: dict[str, Any] = {
            "Addresses": {"API": "/ip4/127.0.0.1/tcp/5001", "Gateway": "/ip4/127.0.0.1/tcp/8080"},
            "AutoConf": {"Enabled": False},
            "Datastore": {"HashOnRead": True, "StorageGCWatermark": 90, "StorageMax": "10GB"},
            "Gateway": {"NoFetch": True},
            "Routing": {"Type": "none"},
        }
        """Settings as an operator should have them."""
        self.addresses = ["/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWDouble"]
        self.bootstrap: list[str] = []
        self.size = 2**20
        self.damaged: set[str] = set()
        """Blocks that a node which hashes what it reads refuses to give out."""

    def _cids_under(self, cid: str) -> list[str]:
        return [str(each) for each in block_cids(Cid.parse(cid), lambda block: self.blocks[str(block)])]

    def needed(self) -> set[str]:
        return {block for pin in self.pins for block in self._cids_under(pin)}

    def answer(self, command: str, options: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return status and bytes for one command."""
        name = options.get("arg", "")
        absent = (500, _error(f"block was not found locally (offline): ipld: could not find {name}"))
        if "offline" not in options:
            absent = (500, _error("context deadline exceeded"))
        if command == "version":
            return 200, json.dumps({"Version": self.version, "Commit": ""}).encode()
        if command == "add":
            root = ""
            for block in blocks_of(body):
                root = str(block.cid)
                self.blocks.setdefault(root, block.data)  # never written again
            self.pins.add(root)
            told = str(Cid.of(0x55, b"another")) if self.fault == "other-cid" else root
            return 200, json.dumps({"Name": told, "Hash": told, "Size": "1"}).encode()
        if command == "config/show":
            return 200, json.dumps(self.config).encode()
        if command == "id":
            return 200, json.dumps({"ID": "12D3KooWDouble", "Addresses": self.addresses}).encode()
        if command == "bootstrap":
            return 200, json.dumps({"Peers": self.bootstrap}).encode()
        if command == "repo/stat":
            return 200, json.dumps({"RepoSize": self.size, "StorageMax": 10 * 10**9, "NumObjects": 1}).encode()
        if command == "block/get" and name in self.damaged:
            return 500, _error("block in storage has different hash than requested")
        if command == "block/get":
            return (200, self.blocks[name]) if name in self.blocks else absent
        if command == "block/stat":
            known = name in self.blocks
            return (200, json.dumps({"Key": name, "Size": len(self.blocks[name])}).encode()) if known else absent
        if command == "block/rm":
            if name in self.needed():
                return 200, json.dumps({"Hash": name, "Error": "pinned: recursive"}).encode()
            self.blocks.pop(name, None)
            self.damaged.discard(name)
            return 200, json.dumps({"Hash": name}).encode()
        return self._pins(command, name)

    def _pins(self, command: str, name: str) -> tuple[int, bytes]:
        if command == "pin/add":
            if name not in self.blocks:
                return 500, _error("pin: context deadline exceeded")
            self.pins.add(name)
            return 200, json.dumps({"Pins": [name]}).encode()
        if command == "pin/rm":
            self.pins.remove(name)
            return 200, json.dumps({"Pins": [name]}).encode()
        if command == "pin/ls" and name:
            if name not in self.pins:
                return 500, _error(f"path '{name}' is not pinned")
            return 200, json.dumps({"Keys": {name: {"Type": "recursive"}}}).encode()
        if command == "pin/ls":
            foreign = {"QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn": {"Type": "recursive"}}
            return 200, json.dumps({"Keys": foreign | {pin: {"Type": "recursive"} for pin in self.pins}}).encode()
        return 404, b"404 page not found"


def _error(message: str) -> bytes:
    return json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode()


class _Handler(BaseHTTPRequestHandler):
    double: ClassVar[KuboDouble]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        command = url.path.removeprefix("/api/v0/")
        options = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self._upload()
        double = self.double
        double.requests.append((command, options))
        fault = double.fault if double.faulty in ("", command) else None
        if fault == "slow":
            time.sleep(0.7)
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"a")
            self.close_connection = True
            return
        status, answer = double.answer(command, options, body)
        if fault == "garbage":
            status, answer = 200, b"<html>"
        if fault == "forbidden":
            status, answer = 403, b"403 - Forbidden"
        if fault == "broken":
            status, answer = 500, _error("leveldb: closed")
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(answer)

    def _upload(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        data = bytearray()
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        headers, _, rest = bytes(data).partition(b"\r\n\r\n")
        self.double.uploads.append(headers)
        return rest[: rest.rindex(b"\r\n--")]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_kubo() -> Iterator[KuboDouble]:
    """Give a double that listens on a free port of loopback until the block ends."""
    double = KuboDouble()
    handler = type("Handler", (_Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    double.address = f"/ip4/127.0.0.1/tcp/{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
