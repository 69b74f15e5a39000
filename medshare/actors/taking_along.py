"""A patient opens everything of hers, one document after the other, to take it along."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from medshare.actors.own_reading import read_own
from medshare.errors import MedShareError

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.hexadecimal import Bytes32
    from medshare.keys.state import CapsuleCopy
    from medshare.record.opening import VerifiedDocument


def open_own(
    agent: Agent, *, but: Container[Bytes32] = ()
) -> Iterator[tuple[CapsuleCopy, VerifiedDocument | MedShareError]]:
    """Give each of her documents that is not in `but`, oldest first: opened and checked, or why it is not.

    One document that cannot be opened keeps nobody from the others.
    """
    for copy in sorted(agent.copies().values(), key=lambda one: (one.at, one.leaf)):
        if copy.leaf in but:
            continue
        try:
            yield copy, read_own(agent, copy)
        except MedShareError as error:
            yield copy, error
