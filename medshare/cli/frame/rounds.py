"""What a gateway does beside answering: every few seconds, in a thread of its own, until it is told to stop.

A round that fails is reported and tried again; nothing that a round does may be needed for an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from medshare.cli.frame.reconciling import FindingLine
from medshare.cli.frame.terminal import Terminal
from medshare.errors import MedShareError
from medshare.gateway import Gateway
from medshare.locale import words_of
from medshare.outbox.findings import Finding, Outcome
from medshare.outbox.reconciler import reconcile
from medshare.outbox.tending import tend
from medshare.replication.auditor import Doors, PinAuditor
from medshare.replication.recalling import recall

EVERY: Final = 5.0
"""Seconds between two rounds."""

RECONCILED_EVERY: Final = 3_600
"""Seconds between two comparisons of chain, vault and store: each reads all of them."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that is done in every round, by the name under which a failure is reported."""

    name: str
    do: Callable[[], object]


def duties(gateway: Gateway) -> tuple[Duty, ...]:
    """Return what a gateway does in every round.

    It finishes what it sent and what it carries for patients, anchors its receipts, and sweeps what was erased.
    """
    office = gateway.office
    return (
        Duty("outbox", lambda: tend(office.outbox, [office.key])),
        Duty("relayed", gateway.relaying.resume),
        Duty("anchors", gateway.anchoring.keep_up),
        Duty("erasures", gateway.shelf.sweep),
    )


class AuditingCopies:
    """Audits copies of bodies now and then, and tells holders of what was erased until each has answered."""

    def __init__(self, gateway: Gateway, auditor: PinAuditor, doors: Doors, *, every: int) -> None:
        self._gateway = gateway
        self._auditor = auditor
        self._doors = doors
        self._every = every
        self._due = 0

    def __call__(self) -> None:
        """Do it, if it is time."""
        now = self._gateway.office.clock.now()
        if now < self._due:
            return
        self._due = now + self._every
        recall(self._gateway, self._doors)
        self._auditor.round()


class Reconciling:
    """Compares chain, vault and store at the start and every hour, and tells what is repaired or needs a person.

    What stays as it was is told once.
    """

    def __init__(self, gateway: Gateway, grace: int | None, tell: Callable[[Finding], None]) -> None:
        self._gateway = gateway
        self._grace = grace
        self._tell = tell
        self._due = 0
        self._told: frozenset[Finding] = frozenset()

    def __call__(self) -> None:
        """Do it, if it is time."""
        now = self._gateway.office.clock.now()
        if now < self._due:
            return
        found = [one for one in reconcile(self._gateway, grace=self._grace) if one.outcome is not Outcome.WAITING]
        self._due = now + RECONCILED_EVERY
        for one in found:
            if one not in self._told:
                self._tell(one)
        self._told = frozenset(found)


class Rounds:
    """Does the duties of a gateway until `stop`. A failure is told once for as long as it stays the same.

    What is no error of ours ends the rounds and comes out of `stop`: a gateway that answers and does none of
    its duties would log reads and anchor none.

    Args:
        gateway: Whose.
        terminal: Where what goes wrong is told, and what the reconciler found.
        language: In which.
        grace: Seconds that a body may lie in the store without a row; None where others use the store too.
        copies: What audits copies; None where nobody else can be asked.
        every: Seconds between two rounds.
    """

    def __init__(
        self,
        gateway: Gateway,
        terminal: Terminal,
        language: str,
        *,
        grace: int | None,
        copies: AuditingCopies | None = None,
        every: float = EVERY,
    ) -> None:
        audit = (Duty("copies", copies),) if copies else ()
        reconciler = Duty("reconciler", Reconciling(gateway, grace, self._tell_finding))
        self._duties = (*duties(gateway), *audit, reconciler)
        self._terminal = terminal
        self._language = language
        self._every = every
        self._stop = threading.Event()
        self._told: dict[str, str] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rounds")
        self._running: Future[None] | None = None

    def start(self, at_end: Callable[[], None]) -> None:
        """Begin; `at_end` is called when the rounds end, for whatever reason."""
        self._running = self._thread.submit(self._run)
        self._running.add_done_callback(lambda _: at_end())

    def stop(self) -> None:
        """End after the duty that is being done, and raise what ended the rounds before."""
        self._stop.set()
        self._thread.shutdown()
        if self._running is not None:
            self._running.result()

    def once(self) -> None:
        """Do every duty once."""
        for duty in self._duties:
            try:
                duty.do()
            except MedShareError as error:
                if self._told.get(duty.name) != error.code:
                    self._terminal.show(" ".join(words_of(error, self._language)))
                self._told[duty.name] = error.code
            else:
                self._told.pop(duty.name, None)

    def _tell_finding(self, finding: Finding) -> None:
        line = FindingLine.of(finding, self._language)
        self._terminal.show(" ".join((line.text(self._language), line.remedy)).strip())

    def _run(self) -> None:
        while not self._stop.is_set():
            self.once()
            self._stop.wait(self._every)
