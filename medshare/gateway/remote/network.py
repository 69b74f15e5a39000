"""The way to doors over HTTP: the seam `Network` for whoever works with other parties' gateways."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from medshare.actors.network import Holder, NoSuchDoor
from medshare.clock import Clock
from medshare.gateway.door import Door
from medshare.gateway.remote.door import RemoteDoor
from medshare.gateway.remote.errors import NoAnswer
from medshare.gateway.remote.line import DoorUrl, Line
from medshare.gateway.remote.transport import OneHostTransport
from medshare.hexadecimal import Address
from medshare.ledger import Ledger
from medshare.signed import domains_of
from medshare.typed_data import SigningKey


class RemoteNetwork:
    """Doors by URL, in the name of one account. Nothing but the URLs that are named is ever asked.

    Args:
        key: The account's key: a patient's, an institution's or a staff account's. It signs in where that is needed.
        ledger: The caller's own chain.
        clock: The time that sign-in messages name.
        own: Doors in this very process by their URLs, such as an institution's own gateway.
        certificates: A PEM file of the authorities to trust, instead of the system's.
        monotonic, pause: A clock that only goes forward and a way to wait, both in seconds.
    """

    def __init__(
        self,
        key: SigningKey,
        *,
        ledger: Ledger,
        clock: Clock,
        own: dict[str, Door] | None = None,
        certificates: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = key
        self._ledger = ledger
        self._clock = clock
        self._own = dict(own or {})
        self._certificates = certificates
        self._monotonic = monotonic
        self._pause = pause
        self._doors: dict[str, RemoteDoor] = {}
        self._lock = threading.Lock()

    def at(self, url: str) -> Door:
        """Return the door at `url`; it is asked once who it is.

        Raises:
            NoSuchDoor: Nobody answers.
            DocumentMalformed, NotSecure: The URL is none that is asked.
            AnswerMalformed, OtherDeployment: Something else answers.
        """
        if url in self._own:
            return self._own[url]
        with self._lock:
            known = self._doors.get(url)
        if known is not None:
            return known
        place = DoorUrl.parse(url)  # [H-030]
        transport = OneHostTransport(
            place.host,
            place.port,
            loopback=place.loopback,
            certificates=self._certificates,
            monotonic=self._monotonic,
        )
        line = Line(
            place,
            key=self._key,
            domains=domains_of(self._ledger.deployment),
            clock=self._clock,
            transport=transport,
            pause=self._pause,
        )
        try:
            door = RemoteDoor(line, self._ledger)
        except NoAnswer as error:
            line.close()
            raise NoSuchDoor(url=url) from error
        with self._lock:
            return self._doors.setdefault(url, door)

    def holder(self, account: Address) -> Holder | None:  # noqa: ARG002 (others can reach some)
        """Return None: holders ask at the doors themselves, what was erased (`Requester.honour_erasures`)."""
        return None

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            for door in self._doors.values():
                door.close()
            self._doors.clear()
