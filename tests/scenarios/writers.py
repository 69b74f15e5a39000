"""A process that writes to a vault that other processes write to as well, and says what it was promised.

    python -m tests.scenarios.writers URL NAME THREADS ROUNDS

Each thread writes receipts of a few patients, each with its nonce, and takes numbers of one sending account.
A line goes to stdout after each commit and never before: `receipt PATIENT SEQ DIGEST` or `lease NUMBER`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from medshare.digest import sha256
from medshare.vault import LeaseRow, NonceRow, ReceiptRow, Rows, SignedBytes, Vault
from medshare.vault.sql import SqlVault

GATEWAY = "0x" + "aa" * 20
ACCOUNT = "0x" + "bb" * 20
PATIENTS = tuple(f"0x{number:040x}" for number in range(1, 4))
SIGNED = SignedBytes(message=b"{}", signer=GATEWAY, signature=bytes(65))


def write_receipt(rows: Rows, patient: str, name: str) -> ReceiptRow:
    """Write the next receipt of a patient, with the nonce of the request, as a gateway does."""
    last = rows.last(ReceiptRow, gateway=GATEWAY, patient=patient)
    digest = sha256(name.encode())
    row = ReceiptRow(
        gateway=GATEWAY,
        patient=patient,
        seq=last.seq + 1 if last else 1,
        digest=digest,
        previous=last.digest if last else bytes(32),
        accessor=ACCOUNT,
        grantee=ACCOUNT,
        decision=1,
        at=1,
        leaves=(),
        asked=SIGNED,
        signed=SIGNED,
    )
    rows.put(row)
    rows.put(NonceRow(signer=ACCOUNT, nonce=digest, at=1))
    return row


def take_number(rows: Rows) -> int:
    """Take the next number of the sending account."""
    kept = rows.get(LeaseRow, account=ACCOUNT)
    number = kept.seq + 1 if kept else 0
    rows.put(LeaseRow(account=ACCOUNT, seq=number))
    return number


def write(vault: Vault, name: str, threads: int, rounds: int) -> None:
    """Write from `threads` threads, `rounds` times each; raises what went wrong in any of them."""
    told = threading.Lock()

    def tell(line: str) -> None:
        with told:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def one(thread: int) -> None:
        for number in range(rounds):
            patient = PATIENTS[(thread + number) % len(PATIENTS)]
            with vault.transaction() as rows:
                row = write_receipt(rows, patient, f"{name} {thread} {number}")
            tell(f"receipt {patient} {row.seq} {row.digest.hex()}")
            if number % 3 == 0:
                with vault.transaction() as rows:
                    lease = take_number(rows)
                tell(f"lease {lease}")

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one, thread) for thread in range(threads)]:
            done.result()


def start(url: str, name: str, *, threads: int, rounds: int) -> subprocess.Popen[str]:
    """Start such a process."""
    command = [sys.executable, "-m", "tests.scenarios.writers", url, name, str(threads), str(rounds)]
    root = Path(__file__).resolve().parent.parent.parent
    return subprocess.Popen(
        command,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check(vault: Vault, promised: Iterable[str], *, killed: int = 0) -> int:
    """Hold the vault against every line that was told, and return how many receipts there are.

    `killed` is how many threads were stopped between a commit and its line.
    """
    receipts, leases = set(), []
    for line in promised:
        kind, *facts = line.split()
        if kind == "receipt":
            receipts.add(tuple(facts))
        else:
            leases.append(int(facts[0]))
    kept = set()
    for patient in PATIENTS:
        rows = vault.find(ReceiptRow, gateway=GATEWAY, patient=patient)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert [row.previous for row in rows] == [bytes(32), *(row.digest for row in rows)][: len(rows)]
        kept |= {(patient, str(row.seq), row.digest.hex()) for row in rows}
    assert receipts <= kept
    assert len(kept - receipts) <= killed
    assert {row.nonce.hex() for row in vault.find(NonceRow)} == {digest for _, _, digest in kept}
    assert max(Counter(leases).values(), default=1) == 1, "two processes took the same number"
    taken = vault.get(LeaseRow, account=ACCOUNT)
    lost = (taken.seq + 1 if taken else 0) - len(leases)
    assert 0 <= lost <= killed
    return len(kept)


if __name__ == "__main__":
    opened = SqlVault(sys.argv[1])
    write(opened, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    opened.close()
