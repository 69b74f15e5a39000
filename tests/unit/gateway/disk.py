"""A gateway like the world's on a vault in a file: for what only a file shows, such as fsync, crashes and two processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from medshare.audit.judging import Entry, Line, judge_line
from medshare.gateway import Gateway
from medshare.gateway.counter import logged_of
from medshare.signed import Signed
from medshare.typed_data import Receipt
from medshare.vault import ROWS, ReceiptRow, Vault
from medshare.vault.sql import SqlVault


def gateway_on(world: Any, vault: Vault) -> Gateway:
    """Return a gateway with the same institution and key on another vault."""
    return Gateway(replace(world.gateway.office, vault=vault))


def copied(world: Any, folder: Path) -> str:
    """Copy everything that the world's gateway keeps to a file; return its URL."""
    url = f"sqlite:///{folder / 'vault.db'}"
    vault = SqlVault(url)
    with vault.transaction() as rows:
        for kind in ROWS:
            for row in world.gateway.office.vault.find(kind):
                rows.put(row)
    vault.close()
    return url


def line_of(vault: Vault, world: Any, patient: str) -> list[Signed[Receipt]]:
    """Return a patient's whole line, judged sound."""
    rows = vault.find(ReceiptRow, gateway=world.gateway.address, patient=patient)
    logged = [logged_of(row) for row in rows]
    entries = tuple(Entry(receipt=one.receipt, asked=one.asked, leaves=one.leaves) for one in logged)
    line = Line(gateway=world.gateway.address, patient=patient, entries=entries)
    assert judge_line(line, world.anna.domains) == ()
    return [one.receipt for one in logged]


def in_processes(works: list[Callable[[], Any]]) -> list[tuple[Any, int | None]]:
    """Run each in a process of its own, forked from this one; return what each gave and its exit code.

    A process that dies gives None.
    """
    context: Any = multiprocessing.get_context("fork")
    running = []
    for work in works:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_give, args=(work, theirs))
        process.start()
        theirs.close()
        running.append((process, mine))
    found = []
    for process, pipe in running:
        try:
            given = pipe.recv()
        except EOFError:
            given = None
        process.join(120)
        found.append((given, process.exitcode))
    return found


def _give(work: Callable[[], Any], pipe: Any) -> None:
    pipe.send(work())
    pipe.close()
