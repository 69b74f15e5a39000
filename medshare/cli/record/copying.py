"""Copies of the bodies that an institution keeps: how many there are, who proved one, who has not answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.names import Names, find_id, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.record import app

if TYPE_CHECKING:
    from medshare.replication.auditor import PinAuditor
    from medshare.vault import DeficitRow, ReplicaRow

MOST_LINES: Final = 100
"""Alarms that are listed."""
STATE_TEXTS: Final = {
    "proven": "proven",
    "silent": "does not answer",
    "missing": "has no whole copy",
    "wrong": "answers wrongly",
    "erasing": "has not signed that it is destroyed",
}
"""The states of a copy in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLine:
    """A confirmed document with fewer proven copies than the rule says, since the second `since`."""

    leaf: bytes
    cid: str
    found: int
    needed: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderLine:
    """Another holder of a document's body: `state` after the last challenge, `proven` the last right answer's second.

    `state` is proven, silent, missing, wrong, or erasing: it has not signed that an erased copy is destroyed.
    """

    leaf: bytes
    holder: str
    name: str
    url: str
    state: str
    proven: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesShown:
    """How the copies stand. Of a document named, its holders; else who has not answered an erasure.

    `kept` bodies are audited, `sample` of them in a round; `below` of them have too few copies, `lost` of these none
    that is proven. `alarms` are the first hundred.
    """

    needed: int
    kept: int
    sample: int
    below: int
    lost: int
    unanswered: int
    alarms: tuple[AlarmLine, ...]
    holders: tuple[HolderLine, ...]

    def show(self, page: Page) -> None:
        """Say it, alarms first."""
        page.say(
            "{kept} bodies are kept here; every confirmed one must lie on {needed} nodes.",
            kept=self.kept,
            needed=self.needed,
        )
        for alarm in self.alarms:
            page.say(
                "Too few copies of {leaf}: {found} of {needed}, since {time}.",
                leaf=short(alarm.leaf),
                found=alarm.found,
                needed=alarm.needed,
                time=page.time(alarm.since),
            )
        if not self.below:
            page.say("None is known to have too few copies.")
        if self.holders:
            page.table(
                ("document", "holder", "state", "last proven"),
                [
                    (
                        short(one.leaf),
                        one.name,
                        page.word(STATE_TEXTS[one.state]),
                        page.time(one.proven) if one.proven else "",
                    )
                    for one in self.holders
                ],
            )


@command(app, examples=("medshare record copies", "medshare record copies 0x7d3a… --check"))
def copies(
    session: Session,
    leaf: Annotated[str | None, typer.Argument(help="The begin of a document's leaf.")] = None,
    check: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--check", help="Challenge every holder now, before showing.")
    ] = False,
) -> CopiesShown:
    """Show on how many nodes the bodies that you keep lie, as `medshare serve` found them; or of one document.

    With --check, every body below the rule and the next ones in turn are looked at first, or the one that is named.
    """
    from medshare.cli.frame.people import gateway, network, pin_auditor
    from medshare.replication.standing import standing
    from medshare.vault import DeficitRow, ProofRow, ReplicaRow, ReplicaState

    session.require_role(HomeRole.INSTITUTION)
    own = gateway(session)
    vault = own.office.vault
    wanted = None if leaf is None else find_id(leaf, (one for (one,) in vault.pick(ProofRow, ("leaf",))), "document")
    if check:
        _check(pin_auditor(session, own, network(session, session.account(), own).at), wanted)
    counted, names = standing(own.office), Names(session)
    if wanted is None:
        alarms = vault.find(DeficitRow, limit=MOST_LINES)
        holders = vault.find(ReplicaRow, state=ReplicaState.ERASING)
    else:
        alarms = vault.find(DeficitRow, leaf=wanted)
        holders = vault.find(ReplicaRow, leaf=wanted)
    return CopiesShown(
        needed=counted.needed,
        kept=counted.kept,
        sample=session.config.copies.sample,
        below=counted.below,
        lost=counted.lost,
        unanswered=counted.unanswered,
        alarms=tuple(_alarm(row) for row in alarms),
        holders=tuple(_holder(row, names) for row in holders),
    )


def _check(auditor: PinAuditor, leaf: bytes | None) -> None:
    if leaf is None:
        auditor.round()
    else:
        auditor.examine(leaf)


def _alarm(row: DeficitRow) -> AlarmLine:
    return AlarmLine(leaf=row.leaf, cid=row.cid, found=row.found, needed=row.needed, since=row.at)


def _holder(row: ReplicaRow, names: Names) -> HolderLine:
    return HolderLine(
        leaf=row.leaf,
        holder=row.holder,
        name=names.of(row.holder),
        url=row.url,
        state=row.state.name.lower(),
        proven=row.proven,
        at=row.at,
    )
