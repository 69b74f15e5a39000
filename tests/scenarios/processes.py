"""Two processes on one vault, the same on every database: played by the tiers `integration` and `postgresql`."""

from __future__ import annotations

import time

from medshare.vault.sql import SqlVault
from tests.scenarios import writers

THREADS = 8
ROUNDS = 24
LONGEST = 300  # seconds, on a machine that is busy with other tests


def two_processes_number_and_link_every_receipt(url: str) -> None:
    """Let two processes of eight threads write at once, from nothing: the vault is made by whoever comes first."""
    processes = [writers.start(url, name, threads=THREADS, rounds=ROUNDS) for name in ("first", "second")]
    told = []
    for process in processes:
        said, wrong = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, wrong
        told += said.splitlines()
    vault = SqlVault(url, create=False)
    assert writers.check(vault, told) == 2 * THREADS * ROUNDS
    vault.close()


def a_killed_process_loses_nothing_that_it_was_promised(url: str, *, after: float) -> None:
    """Kill one of two writing processes `after` so many seconds of writing; the other one goes on to its end."""
    staying = writers.start(url, "staying", threads=THREADS, rounds=ROUNDS)
    dying = writers.start(url, "dying", threads=THREADS, rounds=10_000)
    assert dying.stdout is not None
    first = dying.stdout.readline()
    time.sleep(after)
    dying.kill()
    rest, _ = dying.communicate(timeout=LONGEST)
    said, wrong = staying.communicate(timeout=LONGEST)
    assert staying.returncode == 0, wrong
    vault = SqlVault(url, create=False)
    # A line that was cut in the middle was told by nobody; its receipt counts as one between commit and line.
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    writers.check(vault, [*said.splitlines(), *whole], killed=THREADS)
    with vault.transaction() as rows:
        writers.write_receipt(rows, writers.PATIENTS[0], "after all")
    vault.close()
