"""Two processes on one vault, the same on every database: played by the tiers `integration` and `postgresql`."""

from __future__ import annotations

import time
from pathlib import Path

from medshare.ledger.chain import Rpc
from medshare.ledger.events import Opened
from medshare.outbox.tending import tend
from medshare.vault import ChainTransactionRow, LeaseRow, Stage
from medshare.vault.sql import SqlVault
from tests.scenarios import senders, writers

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


def two_processes_send_for_one_account(url: str, node: str, deployment: Path, *, killed_after: float | None) -> None:
    """Let two processes send for one account, kill one of them if told so, and let a third finish what it began."""
    threads, rounds = 4, 4
    begin = Rpc.http(node).block("latest").number
    dying = senders.start(url, node, deployment, f"dying {begin}", threads=threads, rounds=rounds)
    staying = senders.start(url, node, deployment, f"staying {begin}", threads=threads, rounds=rounds)
    assert dying.stdout is not None
    told = [dying.stdout.readline()]
    if killed_after is not None:
        time.sleep(killed_after)
        dying.kill()
    vault = SqlVault(url, create=False)
    outbox = senders.outbox_at(vault, node, deployment)
    latest = time.monotonic() + LONGEST
    while dying.poll() is None or staying.poll() is None:
        # What a killed process saved and did not send, everybody else of its account waits for.
        tend(outbox, [senders.SENDER])
        assert time.monotonic() < latest
        time.sleep(0.2)
    for process in (dying, staying):
        said, wrong = process.communicate(timeout=LONGEST)
        assert process.returncode == 0 or (process is dying and killed_after is not None), wrong
        told += said.splitlines(keepends=True)
    while any(vault.count(ChainTransactionRow, state=state) for state in (Stage.SIGNED, Stage.SENT)):
        tend(outbox, [senders.SENDER])
        assert time.monotonic() < latest
    rows = vault.find(ChainTransactionRow, account=senders.SENDER.address)
    lease = vault.require(LeaseRow, account=senders.SENDER.address)
    assert [row.nonce for row in rows] == list(range(rows[0].nonce, lease.seq))
    assert outbox.ledger.mined_nonce(senders.SENDER.address) == lease.seq
    logs = outbox.ledger.events(begin + 1, kinds=[Opened])
    opened = [log.event.digest.hex() for log in logs if isinstance(log.event, Opened)]
    promised = [line.split()[1] for line in told if line.endswith("\n")]
    assert len(opened) == len(set(opened)) == len(rows)
    assert set(promised) <= set(opened)
    assert len(opened) - len(promised) <= (0 if killed_after is None else 2 * threads)
    vault.close()
