"""A patient's resources from a FHIR server, page by page, as items.

The client is fhirpy, an optional extra. It would follow a link to any host, wait for ever, hold any answer and
read 1.10 as 1.1; so each answer is taken from under it, as bytes, within limits, and links are judged here.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from medshare.conversion.fhir.errors import (
    AnswerTooLargeError,
    ClientMissingError,
    PageElsewhereError,
    PagesWithoutEndError,
    QueryError,
    ServerAddressError,
    ServerAnswerError,
    ServerRefusedError,
    ServerSilentError,
    TokenUnreadableError,
)
from medshare.conversion.fhir.slicing import slices
from medshare.conversion.fhir.source import Fhir
from medshare.conversion.item import SourceItem
from medshare.errors import InputError
from medshare.intake.json_text import parse
from medshare.intake.limits import MEBIBYTE, Limits

LONGEST_TOKEN: Final = 8192
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{2,50}")
_THIS_MACHINE: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_BUSY: Final = frozenset((429, 502, 503, 504))
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        attempts: How often a page is asked for.
        first_wait: Seconds before the second attempt; twice as long before each further one.
        longest_wait: Seconds that are waited at most, whatever the server asks for.
        silence: Seconds without a byte.
        page: Seconds for a whole page.
    """

    attempts: int = 5
    first_wait: float = 1
    longest_wait: float = 60
    silence: float = 30
    page: float = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """How much a server may answer.

    Attributes:
        bytes: Of a page, unpacked.
        pages: Of one question.
        resources: That are asked for on a page.
    """

    bytes: int = 64 * MEBIBYTE
    pages: int = 10_000
    resources: int = 200


class _BusyError(Exception):
    """The server asks to be left alone for a while; never leaves this module."""

    def __init__(self, wait: float | None) -> None:
        self.wait = wait
        super().__init__()


class Server:
    """A FHIR server that is only read."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        patience: Patience | None = None,
        limits: PageLimits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the base address; nothing is asked yet.

        Args:
            token: A bearer token (RFC 6750); see `read_token`. It is sent to this server and nowhere else.
            sleep: Waits for seconds.

        Raises:
            ServerAddressError: It is no address, or a token would be sent in the clear.
            ClientMissingError: The extra is not installed.
        """
        self._base = _checked(url.rstrip("/"), has_token=token is not None)
        self._patience = patience or Patience()
        self._limits = limits or PageLimits()
        self._sleep = sleep
        self._token = token
        self._body = b""
        self._client = self._new_client(url.rstrip("/"))

    def everything(self, patient: str) -> Iterator[SourceItem]:
        """Yield what the server holds of a patient (operation Patient/$everything).

        Raises:
            QueryError: No id.
            UnreachableError, RefusedError, InputError: As the server behaves; one class per cause.
        """
        if not _ID.fullmatch(patient):
            raise QueryError
        return self._items("Patient", f"Patient/{patient}/$everything", {})

    def search(self, resource_type: str, **parameters: str) -> Iterator[SourceItem]:
        """Yield the resources of a type that a search finds: `search("Observation", patient="1")`.

        Raises:
            QueryError: No resource type.
            UnreachableError, RefusedError, InputError: As above.
        """
        if not _TYPE.fullmatch(resource_type):
            raise QueryError
        return self._items(resource_type, resource_type, parameters)

    def _items(self, name: str, path: str, parameters: Mapping[str, str]) -> Iterator[SourceItem]:
        fhir, asked = Fhir(), set[str]()
        question: dict[str, str] | None = {**parameters, "_count": str(self._limits.resources)}
        while path:
            if path in asked or len(asked) >= self._limits.pages:  # [J-023]
                raise PagesWithoutEndError(limit=self._limits.pages)
            asked.add(path)
            page = self._page(path, question)
            path, question = self._next(page), None
            yield from fhir.items_of_page(f"{name}, page {len(asked)}", page)

    def _page(self, path: str, question: dict[str, str] | None) -> bytes:
        wait = self._patience.first_wait
        for attempt in range(1, self._patience.attempts + 1):
            asked_for: float | None = None
            try:
                self._client.execute(path, method="get", params=question)
            except _BusyError as busy:
                asked_for = busy.wait
            except OSError:  # what requests raises for a host that does not answer
                pass
            else:
                return self._body
            if attempt < self._patience.attempts:
                self._sleep(min(self._patience.longest_wait, wait if asked_for is None else asked_for))
                wait *= 2
        raise ServerSilentError(attempts=self._patience.attempts)

    def _next(self, page: bytes) -> str:
        """Return the address of the next page, or nothing.

        Raises:
            ServerAnswerError: This is no Bundle.
            PageElsewhereError: It would lead to another server.
        """
        members = {
            piece.name: piece.content
            for piece in slices(iter((page,)), keep=MEBIBYTE, keep_entries=False)
            if piece.kind == "member"
        }
        if members.get("resourceType") != b'"Bundle"':
            raise ServerAnswerError
        try:
            links = parse(members.get("link", b"[]"), limits=Limits())
        except InputError:
            raise ServerAnswerError from None
        found = [
            link["url"]
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str)
        ]
        return self._judged(found[0]) if found else ""

    def _judged(self, link: str) -> str:
        try:
            address = urljoin(f"{self._base.geturl()}/", link)
            there = urlsplit(address)
            port = there.port
        except ValueError:
            raise PageElsewhereError from None
        base = self._base
        same = (there.scheme, there.hostname, port or _port(there)) == (
            base.scheme,
            base.hostname,
            base.port or _port(base),
        )
        below = f"{there.path}/".startswith(f"{base.path}/")
        if not same or not below or ".." in unquote(there.path).split("/") or "@" in there.netloc:  # [J-022]
            raise PageElsewhereError
        return address

    def _new_client(self, url: str) -> Any:
        try:
            from fhirpy import SyncFHIRClient
        except ImportError:
            raise ClientMissingError from None
        config = {
            "timeout": self._patience.silence,
            "allow_redirects": False,
            "stream": True,
            "auth": self._signed,
            "hooks": {"response": self._received},
        }
        return SyncFHIRClient(url, requests_config=config)

    def _signed(self, request: Any) -> Any:
        """Put the token on a request; without one, nothing that this machine may know of the host either."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _received(self, answer: Any, **_: Any) -> Any:
        """Take the bytes of an answer and give the client an empty one."""
        with answer:
            status = answer.status_code
            if status in _BUSY:
                raise _BusyError(_seconds(answer.headers.get("Retry-After", "")))
            if status != 200:
                raise ServerRefusedError(status=status)
            if "json" not in answer.headers.get("Content-Type", "").lower():
                raise ServerAnswerError
            self._body = self._read(answer)
        empty = type(answer)()
        empty.status_code = 204
        return empty

    def _read(self, answer: Any) -> bytes:
        body, end = bytearray(), time.monotonic() + self._patience.page
        for piece in answer.iter_content(_PIECE):
            body += piece
            if len(body) > self._limits.bytes:
                raise AnswerTooLargeError(limit=self._limits.bytes)
            if time.monotonic() > end:
                raise _BusyError(None)
        return bytes(body)


def read_token(descriptor: int) -> str:
    """Read a bearer token from a file descriptor and close it.

    Raises:
        TokenUnreadableError: There is none, or something else.
    """
    try:
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(LONGEST_TOKEN + 2).decode("ascii").strip()
    except (OSError, ValueError):
        raise TokenUnreadableError(limit=LONGEST_TOKEN) from None
    if not _TOKEN.fullmatch(text) or len(text) > LONGEST_TOKEN:
        raise TokenUnreadableError(limit=LONGEST_TOKEN)
    return text


def _checked(url: str, *, has_token: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        here = parts.hostname in _THIS_MACHINE
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        raise ServerAddressError from None
    clear = parts.scheme == "http" and has_token and not here  # [J-021]
    if parts.scheme not in {"http", "https"} or not parts.hostname or clear:
        raise ServerAddressError
    if parts.query or parts.fragment or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise ServerAddressError
    return parts


def _port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _seconds(text: str) -> float | None:
    """Return what Retry-After asks for (RFC 9110, section 10.2.3), or None where it says nothing."""
    if text.strip().isdigit() and len(text) < 9:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
