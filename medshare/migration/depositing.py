"""Batches into the vault and onto the chain, each document once, whatever is stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from medshare.actors import Institution
from medshare.actors.writer import NothingToAnchor
from medshare.hexadecimal import Bytes32, from_hex
from medshare.keys.directory import Place
from medshare.migration.batches import record_ids
from medshare.migration.ending import Ending
from medshare.migration.errors import UploadsWaiting
from medshare.migration.items import Batch
from medshare.migration.journal import Journal, Run
from medshare.outbox.documents import DOCUMENT
from medshare.outbox.periods import PERIOD
from medshare.outbox.steps import no_step
from medshare.vault import OutboxRow, Stage, SubmissionRow, SubmittedRow, Vault

ANCHOR_AT: Final = 4_096
"""Documents that wait before the period is closed: those of about fifty patients in one transaction."""

BEGUN: Final = "batch-begun"
"""It is written down which batch is about to be sealed; nothing of it is in the vault."""

ENDED: Final = "batch-ended"
"""It is written down that a batch is deposited."""

ANCHORED: Final = "period-anchored"
"""A period is anchored; nobody was asked to confirm it."""


class Deposit(Protocol):
    """Where batches go."""

    def resume(self) -> None:
        """Complete what an earlier process began."""

    def store(self, run: Run, batch: Batch, ending: Ending) -> None:
        """Store a batch and write its end down."""

    def finish(self) -> None:
        """Close the last period."""


class Nowhere:
    """Where the batches of a dry run go."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def resume(self) -> None:
        """Do nothing."""

    def store(self, run: Run, batch: Batch, ending: Ending) -> None:
        """Count the batch as stored, in a journal that is thrown away."""
        del batch
        self._journal.begin_batch(run, ending)
        self._journal.end_batch(ending)

    def finish(self) -> None:
        """Do nothing."""


class Depositing:
    """Seals, deposits and anchors batches for one institution.

    Args:
        hospital: The institution.
        journal: Its journal.
        validators: Who is asked to confirm the periods.
        anchor_at: Documents in a period.
        step: Told of each moment between two steps.
    """

    def __init__(
        self,
        hospital: Institution,
        journal: Journal,
        *,
        validators: Iterable[Place] = (),
        anchor_at: int = ANCHOR_AT,
        step: Callable[[str], None] = no_step,
    ) -> None:
        self._hospital = hospital
        self._journal = journal
        self._validators = tuple(validators)
        self._anchor_at = anchor_at
        self._step = step
        self._waiting = 0
        self._present: set[Bytes32] = set()

    def resume(self) -> None:
        """Complete what an earlier process began, and find out which batches it deposited.

        Raises:
            UploadsWaiting: The store or the node does not answer.
        """
        uploads, periods = self._hospital.resume()
        if uploads.waiting or periods.waiting:
            raise UploadsWaiting(count=uploads.waiting + periods.waiting)
        self._settle(self._journal.under_way())
        self._submit_unasked()
        self._waiting = len(self._hospital.waiting)
        self._close_full()

    def store(self, run: Run, batch: Batch, ending: Ending) -> None:
        """Seal and deposit the documents of a batch that are not in the vault yet, and write its end down.

        Raises:
            As `Institution.upload`: nothing of the batch is left, unless an earlier process deposited a part of it.
        """
        self._journal.begin_batch(run, ending)  # [J-003]
        self._step(BEGUN)
        missing = {name: one for name, one in batch.documents.items() if name not in self._present}  # [J-002]
        if missing:
            self._hospital.upload_as(batch.patient, missing)
        self._journal.end_batch(ending)
        self._step(ENDED)
        self._waiting += len(missing)
        self._close_full()

    def finish(self) -> None:
        """Anchor what still waits."""
        while self._waiting > 0 and self._anchor():
            pass

    # Steps

    def _settle(self, under_way: Sequence[Ending]) -> None:
        """End the batches whose documents are all there, forget those of which there is none."""
        if not under_way:
            return
        names = {one.batch: record_ids(self._journal.key, one.batch, one.documents) for one in under_way}
        wanted = {name for some in names.values() for name in some}
        self._present = {name for name in _written(self._hospital.gateway.office.vault) if name in wanted}
        for one in under_way:
            there = sum(name in self._present for name in names[one.batch])
            if there == one.documents:
                self._journal.end_batch(one)
            elif not there:
                self._journal.drop_batch(one.batch)
            # What an ended consent left half done is completed when the same items come again.

    def _close_full(self) -> None:
        while self._waiting >= self._anchor_at and self._anchor():
            pass

    def _anchor(self) -> bool:
        """Anchor a period and ask for its confirmation; return whether there was anything."""
        try:
            anchored = self._hospital.anchor()
        except NothingToAnchor:
            self._waiting = 0
            return False
        self._step(ANCHORED)
        self._waiting -= len(anchored.leaves)
        self._hospital.submit(anchored, self._validators)
        return True

    def _submit_unasked(self) -> None:
        """Leave periods with validators that an earlier process anchored and left with nobody."""
        office = self._hospital.gateway.office
        roots = [root for (root,) in office.vault.pick(SubmissionRow, ("root",), provider=office.institution)]
        asked = {root for root in roots if office.vault.count(SubmittedRow, provider=office.institution, root=root)}
        if self._validators and set(roots) - asked:
            for period in self._hospital.unconfirmed():
                if period.root not in asked:
                    self._hospital.submit(period, self._validators)


def _written(vault: Vault) -> Iterator[Bytes32]:
    """Yield the record id of every document that the institution wrote, one period in memory at a time."""
    yield from _ids(vault.pick(OutboxRow, ("work",), act=DOCUMENT, state=Stage.STORED))
    for (root,) in vault.pick(OutboxRow, ("period",), act=PERIOD):
        yield from _ids(vault.pick(OutboxRow, ("work",), act=DOCUMENT, period=root))


def _ids(rows: Iterable[tuple[bytes]]) -> Iterator[Bytes32]:
    for (work,) in rows:
        yield from_hex(json.loads(work)["recordId"], 32)
