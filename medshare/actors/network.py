"""Who is where: the doors of institutions by URL, and whoever may hold copies by account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from medshare.errors import InputError, IntegrityError, MedShareError, NotFoundError, RefusedError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.door import Door
from medshare.hexadecimal import Address, Bytes32
from medshare.signed import Signed
from medshare.typed_data import Erase, Erased

DOOR_FAULTS: Final[tuple[type[MedShareError], ...]] = (
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
"""All that a door can answer with; a person's own no (`CancelledError`) is none of them."""


class NoSuchDoor(UnreachableError):
    """Raised when nobody answers at a URL."""

    code = "network.no-such-door"
    cause = "No gateway answers at {url}."
    remedy = "Check the URL in the directory or the offer, and that the gateway runs."


class Holder(Protocol):
    """Somebody who may hold copies of a document: a provider, a validator, a grantee."""

    @property
    def address(self) -> Address:
        """The holder's account."""
        ...

    def forget(self, signed: Signed[Erase], *, leaf: Bytes32) -> Signed[Erased]:
        """Destroy every copy of `leaf` and sign that it is gone."""
        ...


class Network(Protocol):
    """The way to doors and to holders."""

    def at(self, url: str) -> Door:
        """Return the door at `url`.

        Raises:
            NoSuchDoor: Nobody answers.
        """
        ...

    def holder(self, account: Address) -> Holder | None:
        """Return the holder with this account, if it can be reached from here.

        The others hear of an erasure at the gateway that they got the document from.
        """
        ...


class LocalNetwork:
    """Doors and holders in one process."""

    def __init__(self) -> None:
        self._gateways: dict[str, Gateway] = {}
        self._holders: dict[Address, Holder] = {}

    def open(self, url: str, gateway: Gateway) -> None:
        """Let `gateway` answer at `url`."""
        self._gateways[url] = gateway

    def join(self, holder: Holder) -> None:
        """Let `holder` be found by its account."""
        self._holders[holder.address] = holder

    def leave(self, account: Address) -> None:
        """Let a holder be found no more."""
        self._holders.pop(account, None)

    def at(self, url: str) -> Gateway:
        """Return the gateway at `url`.

        Raises:
            NoSuchDoor: Nobody answers.
        """
        if url not in self._gateways:
            raise NoSuchDoor(url=url)
        return self._gateways[url]

    def doors(self) -> Iterable[Gateway]:
        """Return every gateway."""
        return self._gateways.values()

    def holder(self, account: Address) -> Holder | None:
        """Return the holder with this account, if it can be reached."""
        return self._holders.get(account)
