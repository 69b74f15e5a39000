"""Tasks are carried out in other processes, and their results come back in order."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from medshare.conversion.standardise import Settings as Standard
from medshare.migration.batches import Settings
from medshare.migration.errors import WorkerEnded
from medshare.migration.patients import PatientIndex
from medshare.migration.pool import Pool

SETTINGS = Settings(key=bytes(32), patients=PatientIndex(addresses={}), recorded="", standard=Standard())


@dataclass(frozen=True)
class Wait:
    """Waits, and says its number and its process; dies where it is told to."""

    number: int
    seconds: float = 0.0
    dies: bool = False

    def run(self, settings: Settings) -> tuple[int, int, bytes]:
        assert settings == SETTINGS
        if self.dies:
            os._exit(3)
        time.sleep(self.seconds)
        return self.number, os.getpid(), bytes(2**17)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    place = Path(f"/proc/{pid}/stat")
    return place.exists() and place.read_text().rpartition(")")[2].split()[0] != "Z"


def test_results_come_in_order_from_other_processes_which_end():
    pool = Pool(SETTINGS, size=2)
    taken = []

    def tasks():
        for number in range(7):
            taken.append(number)
            yield Wait(number, 0.05 if number % 2 else 0.0)

    results = pool.map(tasks())
    first = next(results)
    assert len(taken) <= 5, "tasks are taken as places become free"
    extra = pool.one(Wait(99))
    found = [first, *results]
    assert [number for number, _, _ in found] == list(range(7))
    assert extra[0] == 99
    assert {pid for _, pid, _ in found} <= set(pool.pids)
    assert os.getpid() not in pool.pids
    pool.close()
    assert not any(alive(pid) for pid in pool.pids)


def test_a_process_that_dies_is_told():
    pool = Pool(SETTINGS, size=1)
    try:
        with pytest.raises(WorkerEnded):
            list(pool.map([Wait(1), Wait(2, dies=True), Wait(3)]))
    finally:
        pool.close()
