"""The connection that stays open: what it asks, what it believes, and what it calls broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from medshare.ledger import NodeRefused, NodeUnreachable
from medshare.ledger.chain import Rpc
from medshare.ledger.chain import wire as module
from medshare.ledger.chain.wire import Wire

Answer = Callable[[Any, BaseHTTPRequestHandler], bytes]


def echo(asked: Any, handler: BaseHTTPRequestHandler) -> bytes:
    """Answer every request with its method and parameters; a batch in the opposite order."""
    if isinstance(asked, list):
        return json.dumps([json.loads(echo(one, handler)) for one in reversed(asked)]).encode()
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": [asked["method"], asked["params"]]}).encode()


class Seen:
    """What a server saw: connections, paths and headers."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str]]] = []


@contextmanager
def serving(answer: Answer = echo, *, status: int = 200) -> Iterator[Seen]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            seen.connections += 1
            super().setup()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                # Whoever asked did not wait for the end: that is what some tests do.
                self.close_connection = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.requests.append((self.path, dict(self.headers)))
            body = answer(asked, self)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    seen.url = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def node(place: str, path: str = "", timeout: float = 30) -> Iterator[Rpc]:
    wire = Wire(f"http://{place}{path}", timeout=timeout)
    try:
        yield Rpc(wire, "the node")
    finally:
        wire.close()


def test_one_connection_serves_many_questions() -> None:
    with serving() as seen, node(seen.url) as rpc:
        assert rpc.request("eth_one", 1, "two") == ["eth_one", [1, "two"]]
        assert rpc.request("eth_two") == ["eth_two", []]
        assert seen.connections == 1


def test_the_answers_of_a_batch_stand_in_the_order_of_the_questions() -> None:
    with serving() as seen, node(seen.url) as rpc:
        assert rpc.batch("eth_one", [(number,) for number in range(5)]) == [
            ["eth_one", [number]] for number in range(5)
        ]


def test_the_path_and_the_name_in_a_url_reach_the_node() -> None:
    with serving() as seen, node(f"me:p%40ss@{seen.url}", "/v3/key?a=b") as rpc:
        rpc.request("eth_one")
        path, headers = seen.requests[0]
        assert path == "/v3/key?a=b"
        assert headers["Authorization"] == "Basic bWU6cEBzcw=="


def test_a_connection_that_the_node_closed_is_opened_again() -> None:
    def hang_up(asked: Any, handler: BaseHTTPRequestHandler) -> bytes:
        handler.close_connection = True
        return echo(asked, handler)

    with serving(hang_up) as seen, node(seen.url) as rpc:
        for number in range(3):
            assert rpc.request("eth_one", number) == ["eth_one", [number]]
        assert seen.connections == 3


def test_a_refusal_of_the_node_is_told() -> None:
    def refuse(asked: Any, handler: BaseHTTPRequestHandler) -> bytes:
        return json.dumps({"id": asked["id"], "error": {"code": -32005, "message": "too many"}}).encode()

    with serving(refuse) as seen, node(seen.url) as rpc, pytest.raises(NodeRefused, match="too many"):
        rpc.request("eth_one")


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"7", b'[{"id": 7, "result": 1}]', b'[{"result": 1}]', b"[1]", b'{"id": 0}'],
)
def test_an_answer_that_is_none_is_unreachable(body: bytes) -> None:
    with serving(lambda asked, handler: body) as seen, node(seen.url) as rpc:
        with pytest.raises(NodeUnreachable, match="the node"):
            rpc.request("eth_one")
        with pytest.raises(NodeUnreachable):
            rpc.batch("eth_one", [(1,)])


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_status_that_is_not_good_is_unreachable(status: int) -> None:
    with serving(status=status) as seen, node(seen.url) as rpc, pytest.raises(NodeUnreachable):
        rpc.request("eth_one")


def test_an_answer_that_is_too_long_is_unreachable_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 200)
    with serving() as seen, node(seen.url) as rpc:
        with pytest.raises(NodeUnreachable):
            rpc.request("eth_one", "x" * 200)
        assert rpc.request("eth_one", 1) == ["eth_one", [1]]


def test_a_node_that_is_not_there_or_too_slow_is_unreachable() -> None:
    with serving() as seen:
        place = seen.url
    with node(place) as rpc, pytest.raises(NodeUnreachable):
        rpc.request("eth_one")
    waiting = threading.Event()

    def sleep(asked: Any, handler: BaseHTTPRequestHandler) -> bytes:
        waiting.wait(30)
        return echo(asked, handler)

    with serving(sleep) as seen, node(seen.url, timeout=0.1) as rpc:
        with pytest.raises(NodeUnreachable):
            rpc.request("eth_one")
        waiting.set()
