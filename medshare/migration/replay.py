"""Replaying the quarantine: what was corrected goes the same way again, and leaves the quarantine if it arrives.

An entry of which a part is still faulty stays whole: the next replay finds the rest to be duplicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from medshare.migration.quarantine import Held, Quarantine
from medshare.migration.report import Counts, ImportReport
from medshare.migration.running import Import


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What replays entries of one format.

    Attributes:
        quarantine: Where they are.
        entries: Those that are replayed.
    """

    quarantine: Quarantine
    entries: Sequence[Held]
    _faulty: dict[str, Held] = field(default_factory=dict)

    def hold(self, held: Held, name: bytes, content: bytes | Path) -> None:
        """Take note of what is still faulty: its bytes are in the quarantine already."""
        del name, content
        self._faulty[_id_in(held.file)] = held

    def run(self, importing: Import, *, dry_run: bool = False) -> ImportReport:
        """Import the entries again; release those that arrived, and say anew what is wrong with the others.

        Args:
            importing: What to do it with; its `hold` is this one's.
            dry_run: Whether all of them stay as they are.

        Raises:
            As `Import.run`.
        """
        files = [
            (path, f"{held.id}/{path.name}")
            for held in self.entries
            for path in sorted(self.quarantine.source(held).iterdir())
        ]
        report = importing.run_files(files, "quarantine")
        if not dry_run:
            counts = {_id_in(one.file): one.counts for one in report.files}
            for held in self.entries:
                self._settle(held, counts.get(held.id, Counts.of()))
        return report

    def _settle(self, held: Held, counts: Counts) -> None:
        again = self._faulty.get(held.id)
        if again is not None:
            fault = {"code": again.code, "cause": again.cause, "remedy": again.remedy}
            self.quarantine.amend(replace(held, **fault, items=counts.quarantined))
        elif counts.read and not counts.quarantined:  # [J-007]
            self.quarantine.release(held)


def _id_in(file: str) -> str:
    return file.partition("/")[0]
