"""The line to one gateway: requests by their route, sessions, limits, and errors raised again as what they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpcore
import httpx

from medshare import __version__
from medshare.clock import Clock
from medshare.errors import InputError, MedShareError
from medshare.gateway.remote.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    NoAnswer,
    NotSecure,
    OtherDeployment,
    SignInForeign,
)
from medshare.gateway.remote.transport import ForeignHost, OneHostTransport
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import GatewayForm, NonceForm, TokenForm
from medshare.gateway.wire.errors import NotSignedIn, TooMany
from medshare.gateway.wire.fields import Wire
from medshare.gateway.wire.letters import SignInLetter
from medshare.gateway.wire.problems import MEDIA_TYPE, from_problem
from medshare.gateway.wire.routes import KIB, MIB, Access, Route
from medshare.gateway.wire.sign_in import STATEMENT, sign_in_text, sign_text
from medshare.keys.directory import Place
from medshare.typed_data import Domains, SigningKey

LARGEST_ANSWERS: Final[dict[str, int]] = {
    routes.BODY.name: 96 * MIB,
    routes.STATE.name: 96 * MIB,
    routes.LISTING.name: 64 * MIB,
    routes.LOG.name: 64 * MIB,
    routes.CONSENTS_FOR.name: 32 * MIB,
    routes.REQUESTS.name: 32 * MIB,
    routes.CATALOGUE.name: 48 * MIB,
    routes.ENVELOPE.name: 4 * MIB,
    routes.ERASURES_FOR.name: 16 * MIB,
    routes.HAND_OVER.name: 64 * MIB,
    routes.HANDED_ERASURES.name: 16 * MIB,
}
"""Bytes of an answer, where it may have more than `LARGEST_ANSWER`."""

LARGEST_ANSWER: Final = MIB
LARGEST_PROBLEM: Final = 256 * KIB
MOST_VALUES: Final = 2_000_000
"""Values of the JSON of one answer: small ones by the million would fill the memory."""

SLOW: Final = frozenset((routes.CARRY.name, routes.GRANT.name, routes.APPROVE.name))
"""Routes that wait for a block."""

PATIENCE: Final = 40.0
PATIENCE_FOR_BLOCKS: Final = 200.0
"""Seconds for one request, its answer included; a gateway gives itself a little less."""

CONNECTING: Final = 10.0
TRIES: Final = 3
"""Of what changes nothing, however often it is asked."""

LONGEST_NONCE: Final = 3600
"""Seconds for which a gateway may let its nonce be signed in with."""

_CONNECTING: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
_FAILED: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError)
F = TypeVar("F", bound=Wire)


@dataclass(frozen=True, slots=True)
class DoorUrl:
    """Where a gateway is: a checked URL and its parts. `origin` and `domain` are what a sign-in message names."""

    url: str
    origin: str
    domain: str
    host: str
    port: int
    path: str
    loopback: bool

    @classmethod
    def parse(cls, url: str) -> DoorUrl:
        """Return the parts of `url`.

        Raises:
            DocumentMalformed: It is not the plain address of a door.
            NotSecure: It is plain http to another machine.
        """
        parts = urlsplit(Place(account="0x" + "00" * 20, url=url).url)
        host, plain = parts.hostname or "", parts.scheme == "http"
        if plain and not _is_this_machine(host):
            raise NotSecure(url=url)
        return cls(
            url=url,
            origin=f"{parts.scheme}://{parts.netloc}",
            domain=parts.netloc,
            host=host,
            port=parts.port or (80 if plain else 443),
            path=parts.path.rstrip("/"),
            loopback=plain,
        )


class Line:
    """Asks one gateway in the name of one account.

    Args:
        place: Where it is.
        key: The account's key; it signs in when a session is first needed. Without one, only what is open is asked.
        domains: The deployment that the gateway must serve.
        clock: The time that sign-in messages name.
        transport: Opens connections; a test gives another.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        place: DoorUrl,
        *,
        key: SigningKey | None,
        domains: Domains,
        clock: Clock,
        transport: OneHostTransport,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = place
        self._key = key
        self._domains = domains
        self._clock = clock
        self._transport = transport
        self._pause = pause
        self._token = ""
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return self.place.url

    def close(self) -> None:
        """Let go of every connection."""
        self._transport.close()

    def ask(self, route: Route, form: type[F], letter: Wire | None = None, **more: str) -> F:
        """Send a request and return its answer, read strictly. `more` holds the parts of the path and of the query.

        Raises:
            NoAnswer, TooMany: It does not answer, or not so many requests.
            AnswerMalformed, AnswerTooLarge: It answers with something else.
            Whatever the gateway raised.
        """
        return self.read(form, self.send(route, letter, **more))

    def read(self, form: type[F], data: bytes) -> F:
        """Return the form that an answer holds.

        Raises:
            AnswerMalformed, AnswerTooLarge: It holds another one, or far too many values.
        """
        if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:  # [H-032]
            raise AnswerTooLarge(url=self.url, largest=MOST_VALUES)
        try:
            return form.read(data)
        except InputError as error:
            raise AnswerMalformed(url=self.url, why=error.code) from error

    def send(self, route: Route, letter: Wire | None = None, **more: str) -> bytes:
        """Send a request and return the bytes of its answer. Raises as `ask`."""
        query = {name: more.pop(name) for name in route.query if name in more}
        target = self.place.path + route.url(query=query, **more)
        content = letter.write() if letter is not None else b""
        if route.access is not Access.SESSION:
            return self._patiently(route, target, content, "")
        token = self._session("")
        try:
            return self._patiently(route, target, content, token)
        except NotSignedIn:
            # The session ended: once more with a new one.
            return self._patiently(route, target, content, self._session(token))

    def gateway(self) -> GatewayForm:
        """Return who answers.

        Raises:
            OtherDeployment: It serves another chain or other contracts.
        """
        form = self.ask(routes.GATEWAY, GatewayForm)
        if (form.chain_id, form.participants) != (self._domains.chain_id, self._domains.participants):  # [H-034]
            raise OtherDeployment(url=self.url)
        return form

    # Sessions

    def _session(self, old: str) -> str:
        """Return the token of a session that is not `old`; sign in if need be."""
        with self._lock:
            if self._token == old:
                self._token = self._sign_in()
            return self._token

    def _sign_in(self) -> str:
        if self._key is None:
            raise NotSignedIn
        nonce, now = self.ask(routes.NONCE, NonceForm), self._clock.now()
        own = (nonce.domain, nonce.uri, nonce.chain_id, nonce.statement)
        # A gateway that could choose the message would sign in elsewhere with it.
        if own != (self.place.domain, self.place.origin, self._domains.chain_id, STATEMENT):  # [H-031]
            raise SignInForeign(url=self.url)
        if nonce.expires > now + LONGEST_NONCE:
            raise SignInForeign(url=self.url)
        text = sign_in_text(nonce, self._key.address, at=now)
        letter = SignInLetter(message=text, signature=sign_text(text, self._key), ticket=nonce.ticket)
        form = self.ask(routes.SIGN_IN, TokenForm, letter)
        if form.account != self._key.address:
            raise AnswerMalformed(url=self.url, why="a session of another account")
        return form.token

    # HTTP

    def _patiently(self, route: Route, target: str, content: bytes, token: str) -> bytes:
        """Send, and send again where that changes nothing: what is only asked, and what was not taken in."""
        waits = [0.2 * 2**number for number in range(TRIES - 1)]
        while True:
            try:
                return self._once(route, target, content, token)
            except TooMany as error:
                seconds = error.facts.get("seconds")
                if not waits or not isinstance(seconds, int) or not 0 < seconds <= TRIES:
                    raise
                waits.pop(0)
                self._pause(seconds)
            except NoAnswer as error:
                again = route.method == "GET" or isinstance(error.__cause__, _CONNECTING)
                if not waits or not again:  # [H-033]
                    raise
                self._pause(waits.pop(0))

    def _once(self, route: Route, target: str, content: bytes, token: str) -> bytes:
        seconds = PATIENCE_FOR_BLOCKS if route.name in SLOW else PATIENCE
        headers = {
            "host": self.place.domain,
            "user-agent": f"medshare/{__version__}",
            "accept-encoding": "identity",
            "connection": "keep-alive",
        }
        if content:
            headers["content-type"] = "application/json"
        if token:
            headers["authorization"] = f"Bearer {token}"
        timeout = httpx.Timeout(seconds, connect=CONNECTING).as_dict()
        request = httpx.Request(
            route.method,
            self.place.origin + target,
            headers=headers,
            content=content,
            extensions={"timeout": timeout},
        )
        try:
            with self._transport.deadline.within(seconds):
                answer = self._transport.handle_request(request)
                try:
                    return self._answer(route, answer)
                finally:
                    answer.close()
        except ForeignHost as error:
            raise NotSecure(url=self.url) from error
        except _FAILED as error:
            raise NoAnswer(url=self.url, why=type(error).__name__) from error

    def _answer(self, route: Route, answer: httpx.Response) -> bytes:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.headers.get("content-encoding", "identity") != "identity":  # [H-032]
            raise AnswerMalformed(url=self.url, why="it is compressed")
        if answer.status_code == route.status:
            wanted = "application/octet-stream" if route.octets else "application/json"
            data = self._bytes(answer, LARGEST_ANSWERS.get(route.name, LARGEST_ANSWER))
            if route.answer is None and not route.octets:
                return b""
            if kind != wanted:
                raise AnswerMalformed(url=self.url, why="another media type")
            return data
        if answer.status_code >= 400 and kind == MEDIA_TYPE:
            raise self._problem(self._bytes(answer, LARGEST_PROBLEM))
        if answer.status_code >= 500:
            raise NoAnswer(url=self.url, why=f"HTTP {answer.status_code}")
        raise AnswerMalformed(url=self.url, why=f"HTTP {answer.status_code}")

    def _problem(self, data: bytes) -> MedShareError:
        try:
            error = from_problem(data)
        except InputError as fault:
            raise AnswerMalformed(url=self.url, why=fault.code) from fault
        # It is shown on a terminal: no control characters from afar.
        if not all(fact.isprintable() for fact in error.facts.values() if isinstance(fact, str)):  # [H-032]
            raise AnswerMalformed(url=self.url, why="a problem with control characters")
        return error

    def _bytes(self, answer: httpx.Response, largest: int) -> bytes:
        parts, size = [], 0
        for part in answer.stream:  # type: ignore[union-attr]  # the transport is a synchronous one
            size += len(part)
            if size > largest:  # [H-032]
                raise AnswerTooLarge(url=self.url, largest=largest)
            parts.append(part)
        return b"".join(parts)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
