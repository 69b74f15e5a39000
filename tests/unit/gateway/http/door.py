"""A door over HTTP within the test's process, and callers that sign in at it."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import Any

import httpx

from medshare.gateway import Gateway
from medshare.gateway.http.app import create_app
from medshare.gateway.http.desk import Desk
from medshare.gateway.http.settings import Rate, Settings
from medshare.gateway.http.telemetry import json_log
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import NonceForm, TokenForm
from medshare.gateway.wire.fields import Wire
from medshare.gateway.wire.problems import from_problem
from medshare.gateway.wire.routes import Route
from medshare.gateway.wire.sign_in import sign_in_text, sign_text
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey

ORIGIN = "http://gateway.test"
CALLER = "192.0.2.7"
WIDE = Rate(1e9, 10**9)


class Monotonic:
    """A clock that only goes forward when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def settings(**changes: Any) -> Settings:
    """Return settings without limits on rates, with `changes`."""
    given = {"origin": ORIGIN, "address_rate": WIDE, "account_rate": WIDE, "operators": frozenset((CALLER,))}
    return Settings(**{**given, **changes})


@dataclass
class HttpDoor:
    """A gateway over HTTP."""

    gateway: Gateway
    changes: dict[str, Any] = field(default_factory=dict)
    monotonic: Monotonic = field(default_factory=Monotonic)
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.app = create_app(self.gateway, settings(**self.changes), log=json_log(self.log), monotonic=self.monotonic)
        self._loop = asyncio.Runner()
        transport = httpx.ASGITransport(self.app, client=(CALLER, 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Send one request as it is."""
        return self._loop.run(self._client.request(method, url, **more))

    def get(self, url: str, **more: Any) -> httpx.Response:
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> httpx.Response:
        return self.request("POST", url, **more)

    @property
    def desk(self) -> Desk:
        return self.app.state.desk

    def call(self, route: Route, letter: Wire | None = None, *, token: str | None = None, query=None, **parts: str):
        """Send one request and return the answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = None
        if letter is not None:
            content = letter.write()
            headers["content-type"] = "application/json"
        return self.request(route.method, route.url(query=query, **parts), content=content, headers=headers)

    def nonce(self) -> NonceForm:
        return NonceForm.read(self.call(routes.NONCE).content)

    def try_sign_in(self, key: AccountKey, *, nonce: NonceForm | None = None, text: str | None = None, **changes):
        """Send a sign-in message, right but for what is given, and return the answer."""
        nonce = nonce or self.nonce()
        text = text or sign_in_text(nonce, key.address, at=self.gateway.office.clock.now())
        signature = changes.pop("signature", None) or sign_text(text, key)
        ticket = changes.pop("ticket", nonce.ticket)
        body = {"message": text, "signature": to_hex(signature), "ticket": ticket}
        return self.post(routes.SIGN_IN.path, json=body)

    def sign_in(self, key: AccountKey) -> str:
        """Return the token of a new session."""
        answer = self.try_sign_in(key)
        assert answer.status_code == 201, answer.text
        return TokenForm.read(answer.content).token

    def lines(self) -> str:
        """Return everything that was logged."""
        return self.log.getvalue()


def code_of(answer) -> str:
    """Return the code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert type(from_problem(answer.content)).code == answer.json()["code"]
    return answer.json()["code"]
