"""Where every item of a run comes to its end: stored, in quarantine, or a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medshare.errors import IntegrityError, MedShareError, UnreachableError
from medshare.intake import Issue
from medshare.migration.depositing import Deposit
from medshare.migration.digests import keyed
from medshare.migration.ending import Ending, FileRead
from medshare.migration.items import Batch, Fault, IssueLine, Mark, Outcome, Refused, issue_lines
from medshare.migration.journal import Journal, Run
from medshare.migration.quarantine import Held, Quarantine

_CHANGED: Final = Issue(
    "information",
    "Bundle.entry.resource",
    "changed",
    "Another version of this resource was stored before.",
    "Nothing: both are kept. Take the old one back if it was wrong.",
)

Holding = Callable[[Held, bytes, bytes | Path], None]
"""Takes what is not stored: the entry, a digest that names it, and its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """The end of the items of one run."""

    journal: Journal
    deposit: Deposit
    run: Run
    hold: Holding

    def store(self, batch: Batch, files: Sequence[FileRead] = (), issues: Iterable[IssueLine] = ()) -> Refused | None:
        """Store a batch; return why nobody may, if that is so.

        Raises:
            UnreachableError, IntegrityError: The run cannot go on.
        """
        changed = self.journal.stored_names(mark.name for mark in batch.marks if mark.name is not None)
        ending = Ending(
            batch=batch.id,
            patient=batch.patient,
            documents=len(batch.documents),
            marks=batch.marks,
            files=tuple(files),
            issues=(*issues, *issue_lines([_CHANGED] * len(changed))),
        )
        try:
            self.deposit.store(self.run, batch, ending)
        except (UnreachableError, IntegrityError):
            raise
        except MedShareError as error:
            self.journal.drop_batch(batch.id)
            return Refused(marks=batch.marks, fault=Fault.of(error), numbers=batch.numbers)
        return None

    def refuse(self, refused: Refused, content: bytes | Path) -> None:
        """Put items into the quarantine; the journal is told after their bytes are there."""
        first = refused.marks[0]
        held = Held(
            id="",
            format=self.run.format,
            file=first.file,
            place=first.place if len(refused.marks) == 1 else "",
            items=len(refused.marks),
            code=refused.fault.code,
            cause=refused.fault.cause,
            remedy=refused.fault.remedy,
        )
        digests = (mark.digest for mark in refused.marks)
        name = keyed(self.journal.key, b"held", first.file.encode(), first.place.encode(), *digests)
        self.hold(held, name, content)  # [J-005]
        self.note(refused.marks, Outcome.QUARANTINED)

    def note(self, marks: Sequence[Mark], outcome: Outcome) -> None:
        """Write down what became of items, unless this run stored them before it was interrupted."""
        settled = self.journal.settled(self.run, marks)
        self.journal.note(self.run, [mark for mark in marks if (mark.file, mark.place) not in settled], outcome)


def into(quarantine: Quarantine | None) -> Holding:
    """Return what puts items into a quarantine; in a dry run nothing does."""

    def hold(held: Held, name: bytes, content: bytes | Path) -> None:
        if quarantine is not None:
            quarantine.hold(name, held, content)

    return hold
