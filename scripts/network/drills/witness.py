"""The people of a drill: a patient with a chart, a reader who may, one who may no more; and what must always hold."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from medshare.deployment import file
from medshare.index import Index
from medshare.ledger.chain.rpc import Rpc
from scripts.network.command_line import UNREACHABLE, Refusal
from scripts.network.consortium import Consortium
from scripts.network.errors import NetworkError
from scripts.network.road import Road, next_patient

REVOKED_READER = "north"
GRANTED = "vital-signs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds after a fault: documents that did not open, doors that opened wrongly, and the index."""

    lost: int
    wrongly_opened: int
    index_equal: bool

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing wrongly opened, and the index equals its rebuild."""
        return not self.lost and not self.wrongly_opened and self.index_equal


class Witness:
    """A patient of City's whose chart is confirmed; Hill may read a part of it, North's consent is revoked."""

    def __init__(self, consortium: Consortium) -> None:
        self.consortium = consortium
        self._medshare = consortium.institutions.medshare
        state = consortium.folder.change(roads=consortium.folder.read().roads + 1)
        self.road = Road(
            self._medshare,
            next_patient(state.roads),
            rpc=consortium.pairs.rpc(2),
            deployment=consortium.institutions.deployment,
            tell=consortium.tell,
        )
        self._exports = 0
        self.leaves: list[str] = []
        self.readable = 0
        self.consent = self.revoked = ""

    def prepare(self) -> None:
        """Let it all happen before the first fault."""
        road = self.road
        road.make_patient()
        road.enrol()
        self.leaves = road.upload()
        self.consent = road.consent(road.ask((GRANTED,)), (GRANTED,))
        self.readable = len(road.read(self.consent))
        request = road.ask((GRANTED,), reader=REVOKED_READER)
        self.revoked = road.consent(request, (GRANTED,), reader=REVOKED_READER)
        road.revoke(self.revoked, reader=REVOKED_READER)

    # What must hold

    def check(self) -> Held:
        """Look at everything after a fault was mended."""
        return Held(
            lost=self.unopened_by_patient() + self.unopened_by_reader(),
            wrongly_opened=self.wrongly_opened(),
            index_equal=self.index_equals_its_rebuild(),
        )

    def unopened_by_patient(self) -> int:
        """Return how many of her confirmed documents do not open for the patient."""
        self._exports += 1
        target = self._medshare.homes / f"papers-{self.road.patient}" / f"export-{self._exports}"
        try:
            found = self._medshare(self.road.patient, "export", "ndjson", str(target))
        except Refusal:
            return len(self.leaves)
        return max(len(self.leaves) - int(found["received"]), len(found["missing"]))

    def unopened_by_reader(self) -> int:
        """Return how many documents do not open for the reader who may read them."""
        try:
            found = self._medshare("hill", "access", "read", self.consent)
        except Refusal:
            return self.readable
        return self.readable - len(found["documents"])

    def wrongly_opened(self) -> int:
        """Return how many documents open for the reader whose consent was revoked."""
        try:
            found = self._medshare(REVOKED_READER, "access", "read", self.revoked)
        except Refusal:
            return 0
        return max(1, len(found["documents"]))

    def index_equals_its_rebuild(self) -> bool:
        """Return whether the index that followed the chain through the faults has the rows of one made anew."""
        rpc = Rpc.http(self.consortium.pairs.rpc(2))
        deployment = file.load(Path(self.consortium.institutions.deployment))
        followed, fresh = (self.consortium.folder.place / f"index-{name}.db" for name in ("followed", "fresh"))
        fresh.unlink(missing_ok=True)
        with Index.open(f"sqlite:///{followed}") as old, Index.open(f"sqlite:///{fresh}") as new:
            new.follow(rpc, deployment)
            old.follow(rpc, deployment)
            new.follow(rpc, deployment)  # a block may have come meanwhile; what both have must be the same
            last = [index.status().tip for index in (old, new)]
            if None in last or last[0] != last[1]:
                old.follow(rpc, deployment)
            return list(old.dump()) == list(new.dump())

    # What people see

    def reads(self) -> str:
        """Let the permitted reader read, and return in a word what they saw."""
        try:
            found = self._medshare("hill", "access", "read", self.consent)
        except Refusal as error:
            return "cannot be answered now" if error.exit_code == UNREACHABLE else f"refused: {error.code}"
        return "reads" if len(found["documents"]) == self.readable else "reads a part"

    def until_it_reads(self, seconds: float = 400) -> float:
        """Wait until the permitted reader reads all of it; return the seconds.

        Raises:
            NetworkError: It does not heal.
        """
        begun = time.monotonic()
        while (seen := self.reads()) != "reads":
            if time.monotonic() - begun > seconds:
                raise NetworkError(f"after {seconds:.0f} s the permitted reader still has: {seen}")
            time.sleep(1)
        return time.monotonic() - begun
