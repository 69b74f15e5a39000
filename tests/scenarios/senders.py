"""A process that sends for one account through the outbox of a vault that other processes use as well.

    python -m tests.scenarios.senders VAULT NODE DEPLOYMENT NAME THREADS ROUNDS

Each thread opens requests; a line goes to stdout for each that was mined and never before: `opened DIGEST`.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eth_account import Account

from medshare.deployment import file
from medshare.deployment.anvil import MNEMONIC
from medshare.digest import sha256
from medshare.keys.account import AccountKey
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.outbox import Outbox
from medshare.vault.sql import SqlVault

Account.enable_unaudited_hdwallet_features()
SENDER = AccountKey(bytes(Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/2").key))
DEADLINE = 86_400
"""Seconds from the head for which a request stays open."""


def send(outbox: Outbox, name: str, threads: int, rounds: int) -> None:
    """Open `rounds` requests from each of `threads` threads."""
    deadline = outbox.ledger.head().time + DEADLINE

    def one(thread: int) -> None:
        for number in range(rounds):
            digest = sha256(f"{name} {thread} {number}".encode())
            outbox.open_request(digest=digest, deadline=deadline, sender=SENDER)
            sys.stdout.write(f"opened {digest.hex()}\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one, thread) for thread in range(threads)]:
            done.result()


def start(vault: str, node: str, deployment: Path, name: str, *, threads: int, rounds: int) -> subprocess.Popen[str]:
    """Start such a process."""
    command = [sys.executable, "-m", "tests.scenarios.senders", vault, node, str(deployment), name]
    return subprocess.Popen(
        [*command, str(threads), str(rounds)],
        cwd=Path(__file__).resolve().parent.parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outbox_at(vault: SqlVault, node: str, deployment: Path) -> Outbox:
    """Return an outbox over the chain at `node`."""
    return Outbox(ChainLedger(Rpc.http(node), file.load(deployment).info), vault)


if __name__ == "__main__":
    opened = SqlVault(sys.argv[1])
    send(outbox_at(opened, sys.argv[2], Path(sys.argv[3])), sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
    opened.close()
