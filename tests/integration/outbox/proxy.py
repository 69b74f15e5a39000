"""A node that misbehaves on demand: a proxy in front of a real one, with a script of faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import requests

FAULTS = ("hang", "timeout after accept", "429", "500", "half a body", "no JSON", "wrong chain", "refused for now")


class Proxy(ThreadingHTTPServer):
    """What the requests share: the node behind, how long to hang, and the script of faults."""

    daemon_threads = True

    def __init__(self, node: str, *, hang: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.node = node
        self.hang = hang
        self.script: list[tuple[str, str]] = []
        self.done: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def fault_for(self, body: bytes) -> str:
        asked = {one["method"] for one in _as_list(json.loads(body))}
        with self._lock:
            for pair in self.script:
                if pair[0] in asked:
                    self.script.remove(pair)
                    self.done.append(pair)
                    return pair[1]
        return "hand on"


class Handler(BaseHTTPRequestHandler):
    """Hands one request on, or does something else."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        self._body = self.rfile.read(int(self.headers["Content-Length"]))
        act: Callable[[], None] = getattr(self, "_" + self.server.fault_for(self._body).replace(" ", "_"))
        act()

    def _ask(self) -> bytes:
        headers = {"Content-Type": "application/json"}
        return requests.post(self.server.node, data=self._body, headers=headers, timeout=30).content

    def _hand_on(self) -> None:
        self._answer(self._ask())

    def _hang(self) -> None:
        time.sleep(self.server.hang)
        self.close_connection = True

    def _timeout_after_accept(self) -> None:
        self._ask()
        self._hang()

    def _429(self) -> None:
        self._answer(b"slow down", status=429)

    def _500(self) -> None:
        self._answer(b"oh no", status=500)

    def _half_a_body(self) -> None:
        whole = self._ask()
        self._answer(whole[: len(whole) // 2], length=len(whole))
        self.close_connection = True

    def _no_JSON(self) -> None:  # noqa: N802  # named after the fault
        self._answer(b"<html>maintenance</html>")

    def _wrong_chain(self) -> None:
        answers = json.loads(self._ask())
        for question, answer in zip(_as_list(json.loads(self._body)), _as_list(answers), strict=True):
            if question["method"] == "eth_chainId":
                answer["result"] = "0x1"
            if question["method"] == "eth_getTransactionCount":
                answer["result"] = "0x3e8"
        self._answer(json.dumps(answers).encode())

    def _refused_for_now(self) -> None:
        asked = json.loads(self._body)
        error = {"code": -32005, "message": "too many requests"}
        refusals = [{"jsonrpc": "2.0", "id": one["id"], "error": error} for one in _as_list(asked)]
        self._answer(json.dumps(refusals if isinstance(asked, list) else refusals[0]).encode())

    def _answer(self, data: bytes, *, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class FaultyNode:
    """Listens on the loopback and hands on to `node`, except where the script says otherwise.

    `script` holds (method, fault) pairs: the next request that asks for `method`, alone or within a batch, goes wrong
    in that way; then the pair is used up and stands in `done`.
    """

    def __init__(self, node: str, *, hang: float) -> None:
        self._proxy = Proxy(node, hang=hang)
        self.url = f"http://127.0.0.1:{self._proxy.server_port}"

    @property
    def script(self) -> list[tuple[str, str]]:
        return self._proxy.script

    @script.setter
    def script(self, pairs: list[tuple[str, str]]) -> None:
        self._proxy.script = pairs

    @property
    def done(self) -> list[tuple[str, str]]:
        return self._proxy.done

    def __enter__(self) -> Self:
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
