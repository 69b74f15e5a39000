"""A hospital in memory whose patients are enrolled, and imports into a home on the disk."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from medshare.actors import Institution, Patient
from medshare.conversion import Format, Identifier
from medshare.conversion.fhir import Fhir
from medshare.keys.directory import Place
from medshare.migration.depositing import Depositing, Nowhere
from medshare.migration.journal import Journal
from medshare.migration.landing import Holding, into
from medshare.migration.patients import PatientIndex
from medshare.migration.quarantine import Quarantine
from medshare.migration.replay import Replay
from medshare.migration.report import ImportReport
from medshare.migration.running import Import
from medshare.outbox.steps import no_step
from medshare.sandbox import Sandbox
from medshare.vault import OutboxRow
from tests.unit.migration.sources import MRN
from tests.unit.outbox.stopping import reborn


@dataclass(kw_only=True)
class Ward:
    """City Hospital with its first patients, numbered from 0; `home` and `source` are folders of a test."""

    sandbox: Sandbox
    city: Institution
    people: tuple[Patient, ...]
    home: Path
    source: Path

    def index(self, numbers: Iterable[int] | None = None) -> PatientIndex:
        """The list of patients."""
        chosen = range(len(self.people)) if numbers is None else numbers
        return PatientIndex(addresses={Identifier(MRN, str(n)): self.people[n].address for n in chosen})

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.home / "quarantine")

    def take(
        self,
        *,
        source: Path | None = None,
        index: PatientIndex | None = None,
        dry_run: bool = False,
        step: Callable[[str], None] = no_step,
        workers: int = 0,
        anchor_at: int = 4_096,
        of: Format | None = None,
        validators: Iterable[Place] = (),
    ) -> ImportReport:
        """Import the source, as a new process does."""
        with self.importing(
            index=index,
            dry_run=dry_run,
            step=step,
            workers=workers,
            anchor_at=anchor_at,
            of=of,
            validators=validators,
        ) as it:
            return it.run(source or self.source)

    @contextlib.contextmanager
    def importing(
        self,
        *,
        index: PatientIndex | None = None,
        dry_run: bool = False,
        step: Callable[[str], None] = no_step,
        workers: int = 0,
        anchor_at: int = 4_096,
        of: Format | None = None,
        hold: Holding | None = None,
        validators: Iterable[Place] = (),
    ) -> Iterator[Import]:
        """What a new process imports with."""
        journal = Journal(self.home, rehearsal=dry_run)
        city = reborn(self.city, step)
        deposit = (
            Nowhere(journal)
            if dry_run
            else Depositing(city, journal, validators=validators, anchor_at=anchor_at, step=step)
        )
        try:
            yield Import(
                journal=journal,
                deposit=deposit,
                hold=hold or into(None if dry_run else self.quarantine),
                patients=index or self.index(),
                format=of or Fhir(),
                now=self.sandbox.clock.now(),
                folder=None if dry_run else self.home,
                workers=workers,
            )
        finally:
            journal.close()

    def replay(
        self, *, index: PatientIndex | None = None, dry_run: bool = False, of: Format | None = None
    ) -> ImportReport:
        """Replay everything that is in the quarantine."""
        again = Replay(quarantine=self.quarantine, entries=self.quarantine.held())
        with self.importing(index=index, dry_run=dry_run, of=of, hold=again.hold) as it:
            return again.run(it, dry_run=dry_run)

    def written(self) -> set[tuple[str, bytes, int]]:
        """Patient, record id and category of every document of the hospital; each record is there once."""
        office = self.city.gateway.office
        leaves = [row.id for row in office.vault.find(OutboxRow, act="document")]
        found = [self.city.written(leaf) for leaf in leaves]
        assert len({one.record_id for one in found}) == len(found)
        return {(one.patient, one.record_id, int(one.category)) for one in found}


def make_ward(folder: Path, *, people: int = 3) -> Ward:
    """Found the hospital and enrol so many patients."""
    sandbox = Sandbox.in_memory()
    city = sandbox.institution("City Hospital")
    enrolled = tuple(sandbox.patient() for _ in range(people))
    for one in enrolled:
        sandbox.enrol(one, city)
    return Ward(sandbox=sandbox, city=city, people=enrolled, home=folder / "home", source=folder / "source")
