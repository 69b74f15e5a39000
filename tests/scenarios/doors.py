"""A gateway's door in a process of its own, and several of them behind one address.

python -m tests.scenarios.doors        reads what it needs, its key among it, as JSON from stdin
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from medshare.cli.frame.rounds import duties
from medshare.clock import ChainClock
from medshare.deployment import file
from medshare.deployment.anvil import free_port
from medshare.errors import MedShareError
from medshare.gateway import Gateway
from medshare.gateway.http.serve import server
from medshare.gateway.http.settings import Rate, Settings
from medshare.gateway.office import Office
from medshare.keys.account import AccountKey
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault

LONGEST = 240  # seconds to start or stop, on a machine that is busy with other tests
ROUND = 0.5  # seconds between two rounds
WIDE = Rate(1e6, 10**6)


class DoorProcess:
    """One server process; `start`, `kill` and `stop` as often as a test needs.

    Args:
        origin: The address that callers know, the same for all processes of a gateway.
        facts: What `main` needs; strings.
    """

    def __init__(self, origin: str, **facts: str) -> None:
        self.port = free_port()
        self._facts = {**facts, "origin": origin, "port": str(self.port)}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.doors"],
            cwd=Path(__file__).resolve().parent.parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._facts))
        self._process.stdin.close()
        latest = time.monotonic() + LONGEST
        while not self.healthy():
            assert self._process.poll() is None, "the door does not open"
            assert time.monotonic() < latest
            time.sleep(0.05)

    def healthy(self) -> bool:
        """Return whether it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """Let it go without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(LONGEST) in {0, -15}
            self._process = None


class RoundRobin:
    """One address before several processes: each request goes to the next of them that takes it.

    What a process began and did not answer is not sent to another one: the caller gets 502 and decides.
    """

    def __init__(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: proxy.pass_on(self)
                raise AttributeError(name)

            def log_message(self, *parts: Any) -> None:
                del parts

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._next = itertools.count()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.ports: Sequence[int] = ()
        self.answered: Counter[int] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        """Send a request on and its answer back."""
        body = asked.rfile.read(int(asked.headers.get("content-length") or 0))
        status, headers, content = self._answer(asked.command, asked.path, dict(asked.headers), body)
        asked.send_response(status)
        for name, value in headers:
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                asked.send_header(name, value)
        asked.send_header("content-length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)

    def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        first = next(self._next)
        for number in range(len(self.ports)):
            port = self.ports[(first + number) % len(self.ports)]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
            try:
                connection.connect()
            except OSError:
                continue
            try:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
                self.answered[port] += 1
                return answer.status, answer.getheaders(), content
            except (OSError, http.client.HTTPException):
                return 502, [], b""
            finally:
                connection.close()
        return 503, [], b""


def main(facts: dict[str, str]) -> None:
    """Serve until told to stop."""
    ledger = ChainLedger(Rpc.http(facts["node"]), file.load(Path(facts["deployment"])).info)
    office = Office(
        institution=facts["institution"],
        key=AccountKey(bytes.fromhex(facts["key"])),
        ledger=ledger,
        vault=SqlVault(facts["vault"], create=False),
        store=BlockStore(facts["store"]),
        clock=ChainClock(lambda: ledger.head().time),
        entropy=secrets.token_bytes,
    )
    gateway = Gateway(office, url=facts["origin"])
    threading.Thread(target=keep_up, args=(gateway,), daemon=True).start()
    settings = Settings(origin=facts["origin"], address_rate=WIDE, account_rate=WIDE)
    server(gateway, "127.0.0.1", int(facts["port"]), settings).run()


def keep_up(gateway: Gateway) -> None:
    """Do what `medshare serve` does beside answering."""
    while True:
        for duty in duties(gateway):
            with contextlib.suppress(MedShareError):  # the next round tries again
                duty.do()
        time.sleep(ROUND)


if __name__ == "__main__":
    main(json.load(sys.stdin))
