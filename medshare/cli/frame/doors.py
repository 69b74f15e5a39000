"""Which gateways a home knows: its own, and those of the config by name or address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import NoGatewayKnown
from medshare.cli.frame.session import Session
from medshare.errors import UnreachableError

if TYPE_CHECKING:
    from medshare.actors.requester import Requester
    from medshare.gateway.door import Door


def url_of(session: Session, named: str) -> str:
    """Return the URL of a gateway: one of the config by its name, or the URL itself.

    Raises:
        NoGatewayKnown: It is neither.
    """
    if named in session.config.gateways:
        return session.config.gateways[named]
    if named.startswith(("http://", "https://")):
        return named.rstrip("/")
    raise NoGatewayKnown


def known_urls(session: Session) -> tuple[str, ...]:
    """Return the URLs that the home knows, its own first."""
    own = [session.config.gateway.url] if session.config.role is HomeRole.INSTITUTION else []
    return tuple(dict.fromkeys((*own, *session.config.gateways.values())))


def known_doors(session: Session, asker: Requester, named: str | None = None) -> Iterator[Door]:
    """Yield the doors that answer, of the one that is named or of all that are known; say which do not.

    Raises:
        NoGatewayKnown: There is none to ask.
        NoSuchDoor: The one that was named does not answer.
    """
    if named is not None:
        yield asker.network.at(url_of(session, named))
        return
    urls = tuple(dict.fromkeys((*known_urls(session), *asker.copies.sources)))
    if not urls:
        raise NoGatewayKnown
    for url in urls:
        try:
            yield asker.network.at(url)
        except UnreachableError:
            session.terminal.tell("No gateway answers at {url}.", url=url)
