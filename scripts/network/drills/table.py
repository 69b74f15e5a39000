"""Runs the drills one after the other, checks what must hold after each, and writes docs/drills.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scripts.network.consortium import Consortium
from scripts.network.drills.faults import FAULTS, Seen
from scripts.network.drills.witness import Held, Witness
from scripts.network.errors import NetworkError
from scripts.network.programs import ROOT

PAGE = ROOT / "docs" / "drills.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A drill that was run: what was broken, what users saw, and what held afterwards."""

    fault: str
    seen: Seen
    held: Held


def run(consortium: Consortium, names: Sequence[str], tell: Callable[[str], None]) -> list[Row]:
    """Run drills by name, each checked before the next begins.

    Raises:
        NetworkError: One does not heal.
    """
    witness = Witness(consortium)
    witness.prepare()
    if not witness.check().good:
        raise NetworkError("what must hold does not hold before the first fault.")
    rows = []
    for name in names or FAULTS:
        fault, do = FAULTS[name]
        tell(f"drill: {fault}")
        seen = do(witness)
        held = witness.check()
        tell(f"drill: {seen.users}; healed in {seen.heal_seconds:.0f} s; {held}")
        rows.append(Row(fault=fault, seen=seen, held=held))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of Markdown."""
    lines = ["| fault | what users saw | time to heal | lost | wrongly opened | index |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.fault} | {row.seen.users} | {row.seen.heal_seconds:.0f} s | {row.held.lost} "
        f"| {row.held.wrongly_opened} | {'equals its rebuild' if row.held.index_equal else '**differs**'} |"
        for row in rows
    ]
    return "\n".join(lines)


def page(rows: Sequence[Row], day: dt.date) -> str:
    """Return the page of the documents."""
    return (
        "# Fault drills\n\n"
        "Faults done to a network of real nodes, and what held afterwards: every confirmed document still opens for\n"
        "its patient and the permitted reader (*lost*), the reader whose consent was revoked is still refused\n"
        "(*wrongly opened*), and the index that followed the chain has the rows of one made anew.\n\n"
        f"Written by `make drill` on {day.isoformat()}.\n\n{table(rows)}\n"
    )
