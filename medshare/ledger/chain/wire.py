"""JSON-RPC over one connection that stays open: for a process that asks one node very much.

web3.py's provider spends longer on each answer than it takes to read it. This one knows nothing but
a URL, and serves one thread.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from web3.types import RPCEndpoint

LARGEST: Final = 1 << 28
"""Bytes of one answer at most."""


class WireBroken(OSError):
    """Raised when an answer is not one of HTTP, or too long; `Rpc` says so in its own words."""


class Wire:
    """A provider for `Rpc`: the node at `url`, which has `timeout` seconds for each answer."""

    def __init__(self, url: str, *, timeout: float) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._headers = {"Content-Type": "application/json"}
        if parts.username is not None:
            who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(who.encode()).decode()}"

    def make_request(self, method: RPCEndpoint, params: Any) -> Any:
        """Send one request and return the answer as JSON."""
        return self._ask(_request(0, method, params))

    def make_batch_request(self, batch_requests: Sequence[tuple[RPCEndpoint, Any]]) -> Any:
        """Send several and return the answers in their order; what is no list of them as it came."""
        answers = self._ask([_request(number, *request) for number, request in enumerate(batch_requests)])
        if not isinstance(answers, list):
            return answers
        # A node may answer in any order. What has no number of ours is no answer.
        numbered = [answer for answer in answers if isinstance(answer, dict) and type(answer.get("id")) is int]
        places = {answer["id"]: answer for answer in numbered}
        return [places.get(number) for number in range(len(batch_requests))]

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _ask(self, question: object) -> Any:
        body = json.dumps(question).encode()
        reused = self._connection.sock is not None
        try:
            return json.loads(self._send(body))
        except ConnectionError:
            if not reused:
                raise
            # A node may close a connection that was idle; what is asked here changes nothing.
            return json.loads(self._send(body))

    def _send(self, body: bytes) -> bytes:
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            answer = response.read(LARGEST)
        except ConnectionError:
            self._connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise WireBroken from error
        if response.status != http.client.OK or not response.isclosed():
            self._connection.close()
            raise WireBroken
        return answer


def _request(number: int, method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
