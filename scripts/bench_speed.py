"""How fast this machine seals, opens, signs and proves: one process, one core.

    .venv/bin/python scripts/bench_speed.py [--seconds 1]

Each figure is the best of three rounds, with what it was measured on. Nothing is stored and no node is asked.
"""

from __future__ import annotations

import argparse
import platform
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.age import HybridIdentity  # noqa: E402 - the tree this program stands in
from medshare.digest import keccak  # noqa: E402
from medshare.keys.account import AccountKey  # noqa: E402
from medshare.record import ExpectedRecord, MerkleTree, RecordFacts, open_document, seal  # noqa: E402
from medshare.typed_data import Confirm, Domains, check_signature, sign  # noqa: E402

CHAIN_ID = 31_337
REGISTRY, PATIENT, HOSPITAL = ("0x" + pair * 20 for pair in ("4e", "a1", "b1"))
SIZES = (2_000, 100_000, 4_000_000)


def rate(act: Callable[[], object], seconds: float) -> float:
    """Acts a second, the best of three rounds of about `seconds` each."""
    best = 0.0
    for _ in range(3):
        count, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            act()
            count += 1
        best = max(best, count / spent)
    return best


def sealing(size: int, seconds: float) -> list[str]:
    """Seal and open documents of one size, with a post-quantum hybrid key."""
    identity = HybridIdentity.from_seed(secrets.token_bytes(32))
    facts = RecordFacts(
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        patient=PATIENT,
        provider=HOSPITAL,
        category=7,
        record_id=secrets.token_bytes(32),
        version=1,
        media_type="application/fhir+json",
    )
    document = secrets.token_bytes(size)
    record = seal(document, facts, identity.recipient)
    tree = MerkleTree.of([record.leaf, keccak(b"another leaf")])
    expected = ExpectedRecord(
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        provider=HOSPITAL,
        patient=PATIENT,
        category=7,
        leaf=record.leaf,
        root=tree.root,
        proof=tree.proof(record.leaf),
    )

    def read() -> None:
        open_document(capsule=record.capsule, body=record.body, identity=identity, expected=expected)

    acts = {
        "seal": rate(lambda: seal(document, facts, identity.recipient), seconds),
        "open and check": rate(read, seconds),
    }
    return [row(f"{name} {size:,} bytes", speed, f"{speed * size / 1e6:,.1f} MB/s") for name, speed in acts.items()]


def signing(seconds: float) -> list[str]:
    """Sign and check one typed message."""
    names = ("participants", "consents", "requests", "records", "audit")
    domains = Domains(chain_id=CHAIN_ID, **{name: "0x" + f"{number:02x}" * 20 for number, name in enumerate(names, 1)})
    key = AccountKey(secrets.token_bytes(32))
    message = Confirm(provider=HOSPITAL, root=keccak(b"root"))
    signature = sign(message, domains, key)
    return [
        row("sign a message", rate(lambda: sign(message, domains, key), seconds)),
        row("check a signature", rate(lambda: check_signature(message, domains, signature, key.address), seconds)),
    ]


def proving(seconds: float) -> list[str]:
    """Build a tree of 1,000 leaves."""
    leaves = [keccak(number.to_bytes(4, "big")) for number in range(1_000)]
    return [row("tree of 1,000 leaves", rate(lambda: MerkleTree.of(leaves).root, seconds))]


def row(name: str, speed: float, remark: str = "") -> str:
    """One line of the table."""
    return f"{name:<32}{speed:>12,.1f} /s   {remark}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast this machine seals, opens, signs and proves.")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each round of each figure")
    seconds = parser.parse_args(arguments).seconds
    print(
        f"scripts/bench_speed.py, Python {platform.python_version()}, {platform.machine()}, one core, best of three\n"
    )
    for size in SIZES:
        print("\n".join(sealing(size, seconds)), flush=True)
    print("\n".join([*signing(seconds), *proving(seconds)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
