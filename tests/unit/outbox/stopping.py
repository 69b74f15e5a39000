"""A process that dies at a chosen moment: everything in memory is lost, the vault, the store and the chain stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from medshare.actors import Institution
from medshare.gateway import Gateway
from medshare.gateway.office import Office


class Stopped(BaseException):
    """The process is dead: nothing catches this."""


@dataclass
class Stopper:
    """Counts the moments that are reached, and dies at the one numbered `at`."""

    at: int | None = None
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) - 1 == self.at:
            raise Stopped(name)


def restarted(gateway: Gateway, step: Callable[[str], None] = lambda _: None) -> Gateway:
    """The gateway of a new process on the same vault, store and chain."""
    old = gateway.office
    office = Office(
        institution=old.institution,
        key=old.key,
        ledger=old.ledger,
        vault=old.vault,
        store=old.store,
        clock=old.clock,
        entropy=old.entropy,
        step=step,
    )
    return Gateway(office, url=gateway.url)


def moments(act: Callable[[Stopper], Any]) -> list[str]:
    """Return the moments that `act` goes through when nothing stops it."""
    watcher = Stopper()
    act(watcher)
    return watcher.names


def stopped_at(number: int, act: Callable[[Stopper], Any]) -> str:
    """Carry out `act` until the moment numbered `number`, and return its name."""
    stopper = Stopper(at=number)
    try:
        act(stopper)
    except Stopped:
        return stopper.names[-1]
    raise AssertionError(number)


def reborn(institution: Institution, step: Callable[[str], None] = lambda _: None) -> Institution:
    """The institution in a new process: same account, same vault, nothing remembered."""
    return Institution(
        account=institution.account,
        identity=institution._key_service.identity,
        gateway=restarted(institution.gateway, step),
        url=institution.url,
        network=institution._network,
        ledger=institution._ledger,
        clock=institution._clock,
        entropy=institution._entropy,
    )
