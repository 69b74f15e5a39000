"""JSON-RPC over HTTP: order, statuses, passwords, proxies, and many threads."""

from __future__ import annotations

import base64
import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from medshare.ledger import NodeUnreachable
from medshare.ledger.chain import Rpc
from medshare.ledger.chain.provider import HttpProvider

Answer = tuple[int, bytes]


@contextmanager
def answering(answer: Callable[[Any], Answer], seen: list[Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(
                (
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    asked,
                    self.client_address[1],
                )
            )
            status, body = answer(asked)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def echoed(asked: Any) -> Answer:
    def one(question: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": question["id"], "result": question["params"]}

    whole = [one(question) for question in reversed(asked)] if isinstance(asked, list) else one(asked)
    return 200, json.dumps(whole).encode()


def test_a_question_is_asked_and_its_answer_returned() -> None:
    seen: list[Any] = []
    with answering(echoed, seen) as place:
        assert HttpProvider(f"http://{place}/key", 5).make_request("eth_a", ["0x1"])["result"] == ["0x1"]
    ((path, headers, asked, _),) = seen
    assert path == "/key"
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers
    assert (asked["jsonrpc"], asked["method"], asked["params"]) == ("2.0", "eth_a", ["0x1"])


def test_the_answers_of_a_batch_have_the_order_of_the_questions() -> None:
    """JSON-RPC 2.0, section 6: a node answers in any order; here the other way round."""
    with answering(echoed, []) as place:
        rpc = Rpc.http(f"http://{place}")
        assert rpc.batch("eth_a", [["0x1"], ["0x2"], ["0x3"]]) == [["0x1"], ["0x2"], ["0x3"]]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"jsonrpc":"2.0","id":-1,"result":1},{"jsonrpc":"2.0","id":-2,"result":1}]',
        b'["no",5]',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}',
        b"not JSON",
    ],
)
def test_a_batch_that_is_not_answered_whole_is_no_answer(body: bytes) -> None:
    with answering(lambda _: (200, body), []) as place, pytest.raises(NodeUnreachable):
        Rpc.http(f"http://{place}").batch("eth_a", [["0x1"], ["0x2"]])


@pytest.mark.parametrize("status", [302, 401, 429, 500])
def test_another_status_than_200_is_no_answer(status: int) -> None:
    good = b'{"jsonrpc":"2.0","id":1,"result":1}'
    with answering(lambda _: (status, good), []) as place:
        with pytest.raises(NodeUnreachable):
            Rpc.http(f"http://{place}").request("eth_a")
        with pytest.raises(HTTPError):
            HttpProvider(f"http://{place}", 5).make_request("eth_a", [])


def test_a_name_and_a_password_are_handed_to_the_node_and_stand_in_no_error() -> None:
    seen: list[Any] = []
    with answering(lambda _: (500, b""), seen) as place, pytest.raises(NodeUnreachable) as caught:
        Rpc.http(f"http://me:se%40cret@{place}/key").request("eth_a")
    assert seen[0][1]["authorization"] == "Basic " + base64.b64encode(b"me:se@cret").decode()
    assert "cret" not in str(caught.value)
    assert "key" not in str(caught.value)


def test_a_proxy_of_the_environment_is_used_and_not_for_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    with answering(echoed, seen) as place:
        monkeypatch.setenv("http_proxy", f"http://{place}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert HttpProvider("http://node.invalid/", 5).make_request("eth_a", [])["result"] == []
        assert seen[0][0] == "http://node.invalid/"
        monkeypatch.setenv("no_proxy", "node.invalid")
        with pytest.raises(HTTPError):
            HttpProvider("http://node.invalid/", 5).make_request("eth_a", [])


def test_a_node_that_is_silent_is_left_after_its_time() -> None:
    wait = threading.Event()

    def silent(_: Any) -> Answer:
        wait.wait(10)
        return 200, b"{}"

    with answering(silent, []) as place:
        with pytest.raises(NodeUnreachable):
            Rpc.http(f"http://{place}", timeout=0.2).request("eth_a")
        wait.set()


def test_many_threads_ask_one_node_and_each_gets_its_own_answer() -> None:
    found: list[bool] = []
    with answering(echoed, []) as place:
        provider = HttpProvider(f"http://{place}", 20)

        def ask(name: str) -> None:
            found.extend(
                provider.make_request("eth_a", [f"{name} {number}"])["result"] == [f"{name} {number}"]
                for number in range(20)
            )

        threads = [threading.Thread(target=ask, args=(str(place),)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert found == [True] * 160


def test_a_forked_process_asks_over_connections_of_its_own() -> None:
    """Over one connection two processes would read each other's answers."""
    context: Any = multiprocessing.get_context("fork")
    seen: list[Any] = []
    with answering(echoed, seen) as place:
        provider = HttpProvider(f"http://{place}", 20)
        provider.make_request("eth_a", ["parent"])
        child = context.Process(target=provider.make_request, args=("eth_a", ["child"]))
        child.start()
        child.join(30)
        assert child.exitcode == 0
        provider.make_request("eth_a", ["parent"])
    assert [asked["params"] for _, _, asked, _ in seen] == [["parent"], ["child"], ["parent"]]
    ports = [port for *_, port in seen]
    assert ports[0] == ports[2] != ports[1]
