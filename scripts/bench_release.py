"""How fast a gateway answers: checked reads, and grants relayed for people who hold no ether.

    .venv/bin/python scripts/bench_release.py [--quick]

Each read is the whole of `Counter.read`: the accessor's signature, the head of the chain, the release rule, and a
receipt that is synced to the disk before the capsule is there. The requests were signed before. The vault is a
SQLite file with fsync. The chain is the twin in this process, and then Anvil with a block each second. Whoever asks
stands in the same processes, so its threads have their share of the two cores; each asks again when it was answered.

A grant is the whole of `Gateway.grant`: the words and the signature, a trial run, the signed bytes saved, the
transaction mined, and the document kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.actors import Institution, Patient  # noqa: E402 - the tree this program stands in
from medshare.actors.consenting import sign_consent  # noqa: E402
from medshare.clock import Clock, HandClock, SystemClock  # noqa: E402
from medshare.consent.actions import Action  # noqa: E402
from medshare.consent.categories import Category  # noqa: E402
from medshare.consent.document import ConsentDocument  # noqa: E402
from medshare.consent.purposes import bit, closure  # noqa: E402
from medshare.deployment.anvil import Anvil  # noqa: E402
from medshare.deployment.deploy import deploy  # noqa: E402
from medshare.deployment.file import Settings  # noqa: E402
from medshare.gateway import Gateway  # noqa: E402
from medshare.intake import Document, Intake  # noqa: E402
from medshare.intake.bundles import IntakeReport  # noqa: E402
from medshare.keys.account import AccountKey  # noqa: E402
from medshare.ledger import Ledger  # noqa: E402
from medshare.ledger.chain import ChainLedger  # noqa: E402
from medshare.ledger.memory import MemoryLedger  # noqa: E402
from medshare.sandbox import START, Sandbox  # noqa: E402
from medshare.signed import Signed  # noqa: E402
from medshare.store import MemoryStore  # noqa: E402
from medshare.typed_data import ReadRequest  # noqa: E402
from medshare.vault import CapsuleRow, ConsentRow, ProofRow, Vault  # noqa: E402
from medshare.vault.sql import SqlVault, memory_vault  # noqa: E402

READS_GOAL = 2_000
P99_GOAL = 5.0
PATIENTS = 4
WARM = 100
DOCUMENTS = 4
DAY = 86_400
ETHER = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hospital whose gateway is asked, one that asks, and what it may ask for."""

    sandbox: Sandbox
    city: Institution
    hill: Institution
    patients: tuple[Patient, ...]
    consents: tuple[ConsentDocument, ...]
    leaves: tuple[tuple[bytes, ...], ...]

    def requests(self, count: int) -> list[Signed[ReadRequest]]:
        """Sign so many read requests, for every patient and document in turn."""
        return [self._request(number) for number in range(count)]

    def _request(self, number: int) -> Signed[ReadRequest]:
        consent = self.consents[number % PATIENTS]
        message = ReadRequest(
            gateway=self.city.gateway.address,
            consent_id=consent.consent_id,
            patient=consent.patient,
            accessor=self.hill.address,
            slot=consent.category_slot(Category.PROBLEMS),
            purpose=bit("TREAT"),
            action=int(Action.READ),
            leaf=self.leaves[number % PATIENTS][number // PATIENTS % DOCUMENTS],
            history=False,
            nonce=number.to_bytes(32, "big"),
            at=self.sandbox.clock.now(),
        )
        return Signed.by(self.hill.account, message, self.patients[0].domains)

    def unsent(self, count: int) -> list[ConsentDocument]:
        """Return so many signed consents, of every patient in turn, that no chain has heard of."""
        return [
            sign_consent(
                self.patients[number % PATIENTS],
                grantee=self.hill.address,
                categories=(Category.LABORATORY,),
                purposes=closure(["TREAT"]),
                actions=Action.READ,
                seconds=30 * DAY,
                language="en",
            )
            for number in range(count)
        ]

    def gateway_on(self, vault: Vault) -> Gateway:
        """Return a gateway like the hospital's on another vault, or from another process."""
        return Gateway(replace(self.city.gateway.office, vault=vault))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Acts a second, how long one took, and what it cost the processors, both in milliseconds."""

    rate: float
    median: float
    p99: float
    processor: float

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> Measured:
        """Return it for what ran side by side."""
        ordered = sorted(one for each in rounds for one in each.times)
        return cls(
            rate=len(ordered) / max(each.took for each in rounds),
            median=1000 * ordered[len(ordered) // 2],
            p99=1000 * ordered[len(ordered) * 99 // 100],
            processor=1000 * sum(each.processor for each in rounds) / len(ordered),
        )

    def row(self, name: str, goal: str = "") -> str:
        """One line of the table."""
        return (
            f"{name:<40}{self.rate:>7,.0f} /s  p50 {self.median:7.2f} ms  p99 {self.p99:7.2f} ms  "
            f"processor {self.processor:5.2f} ms  {goal}"
        ).rstrip()


@dataclass(frozen=True, slots=True)
class Round:
    """What one process measured, in seconds: each act, all of them together, and its processor time."""

    times: list[float]
    took: float
    processor: float


def build(ledger: Ledger, clock: Clock, regulator: AccountKey, fund: Callable[[str], None], folder: Path) -> Place:
    """Make two hospitals, three that confirm, and patients with documents and a consent each."""
    sandbox = Sandbox(
        ledger=ledger,
        clock=clock,
        regulator=regulator,
        fund=fund,
        vault=lambda name: SqlVault(f"sqlite:///{folder / name}.db"),
        store=lambda _: MemoryStore(),
    )
    city, hill = sandbox.institution("City Hospital"), sandbox.institution("Hill Hospital")
    clinics = [sandbox.institution(f"{name} Clinic") for name in ("Harbour", "Valley", "Meadow")]
    patients = tuple(sandbox.patient() for _ in range(PATIENTS))
    leaves, consents = [], []
    for patient in patients:
        sandbox.enrol(patient, city)
        patient.sync()
        upload = city.upload(patient.address, papers())
        city.seek_confirmation(city.anchor(), clinics)
        leaves.append(tuple(written.leaf for written in upload.written))
        consents.append(patient.grant(hill.address, categories=[Category.PROBLEMS], purposes=["TREAT"], days=30))
    return Place(
        sandbox=sandbox,
        city=city,
        hill=hill,
        patients=patients,
        consents=tuple(consents),
        leaves=tuple(leaves),
    )


def papers() -> Intake:
    """Return documents of 2,000 bytes."""
    documents = tuple(
        Document(
            category=Category.PROBLEMS,
            media_type="application/fhir+json",
            text=f'{{"number":{number},"text":"{"x" * 1_970}"}}'.encode(),
            resources=1,
            encounter=None,
        )
        for number in range(DOCUMENTS)
    )
    report = IntakeReport(
        resources=DOCUMENTS, by_category=(), documents=DOCUMENTS, references_apart=0, texts_apart=0, issues=()
    )
    return Intake(documents=documents, report=report)


@contextmanager
def on_twin(folder: Path) -> Iterator[Place]:
    """Build the place on the chain in this process."""
    clock, regulator = HandClock(START), AccountKey.generate()
    yield build(MemoryLedger(regulator.address, clock), clock, regulator, lambda _: None, folder)


@contextmanager
def on_anvil(folder: Path) -> Iterator[Place]:
    """Build the place on Anvil, which mines a block each second from then on."""
    with Anvil(block_time=0) as anvil:
        rpc = anvil.rpc

        def fund(account: str) -> None:
            rpc.request("anvil_setBalance", account, hex(100 * ETHER))

        deployer, regulator = AccountKey.generate(), AccountKey.generate()
        fund(deployer.address)
        fund(regulator.address)
        deployment = deploy(rpc, deployer, regulator.address, Settings(slot_seconds=1))
        ledger = ChainLedger(rpc, deployment.info)
        place = build(ledger, SystemClock(), regulator, fund, folder)
        rpc.request("evm_setAutomine", False)
        rpc.request("evm_setIntervalMining", 1)
        yield place


def ask_all(act: Callable[[Any], object], what: Sequence[Any], threads: int) -> Round:
    """Do `act` for each of `what` by so many threads at once."""
    times: list[list[float]] = [[] for _ in range(threads)]

    def some(number: int) -> None:
        for one in what[number::threads]:
            begin = time.perf_counter()
            act(one)
            times[number].append(time.perf_counter() - begin)

    running = [threading.Thread(target=some, args=(number,)) for number in range(threads)]
    begin, processor = time.perf_counter(), time.process_time()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    took, processor = time.perf_counter() - begin, time.process_time() - processor
    return Round([one for each in times for one in each], took, processor)


def read_in_processes(place: Place, url: str, requests: Sequence[Signed[ReadRequest]], threads: int) -> list[Round]:
    """Ask by two processes on one vault, each with so many threads."""
    context: Any = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    pipes = []
    for number in range(2):
        mine, theirs = context.Pipe(duplex=False)
        part = requests[number::2]

        def work(part: Sequence[Signed[ReadRequest]] = part, pipe: Any = theirs) -> None:
            read = place.gateway_on(SqlVault(url)).counter.read
            ask_all(read, part[:WARM], threads)
            start.wait()
            pipe.send(ask_all(read, part[WARM:], threads))

        process = context.Process(target=work)
        process.start()
        theirs.close()
        pipes.append((process, mine))
    rounds = [pipe.recv() for _, pipe in pipes]
    for process, _ in pipes:
        process.join()
    return rounds


def reads(place: Place, url: str, count: int) -> Iterator[str]:
    """Measure the reads of one place, and say what its parts cost."""
    requests = iter(place.requests(4 * count + 6 * WARM))

    def some(number: int) -> list[Signed[ReadRequest]]:
        return [next(requests) for _ in range(number)]

    gateway = place.city.gateway
    ask_all(gateway.counter.read, some(WARM), 1)
    alone = Measured.of([ask_all(gateway.counter.read, some(count // 2), 1)])
    yield alone.row("reads, one thread")
    yield Measured.of([ask_all(gateway.counter.read, some(count), 8)]).row("reads, one process, 8 threads")
    goal = f"goal {READS_GOAL:,} /s, p99 {P99_GOAL:g} ms"
    for threads in (2, 8):
        rounds = read_in_processes(place, url, some(count + 2 * WARM), threads)
        yield Measured.of(rounds).row(f"reads, 2 processes, {threads} threads each", goal)
    copy = memory_vault()
    for kind in (CapsuleRow, ProofRow, ConsentRow):
        for kept in gateway.office.vault.find(kind):
            copy.put(kept)
    read = place.gateway_on(copy).counter.read
    ask_all(read, some(WARM), 1)
    without = Measured.of([ask_all(read, some(count // 2), 1)])
    copy.close()
    yield without.row("reads, one thread, vault in memory")
    yield f"  the file and its fsync take {alone.median - without.median:.2f} ms of a read by one thread"


def grants(place: Place, count: int, threads: int) -> str:
    """Measure the grants that a gateway carries for patients without ether."""
    grant = place.city.gateway.grant
    ask_all(grant, place.unsent(threads), threads)
    return Measured.of([ask_all(grant, place.unsent(count), threads)]).row(
        f"grants relayed, {threads} patients at once"
    )


def syncs(folder: Path) -> str:
    """Say how long the disk takes to sync as much as a receipt writes, without any of our code."""
    times = []
    with (folder / "syncs").open("wb") as file:
        for _ in range(300):
            file.write(bytes(20_000))
            file.flush()
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(1000 * (time.perf_counter() - begin))
    times.sort()
    return f"  this disk syncs 20 kB in {times[150]:.2f} ms (p50), {times[297]:.2f} ms (p99)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast a gateway answers.")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, in some twenty seconds")
    quick = parser.parse_args(arguments).quick
    print(f"scripts/bench_release.py, Python {platform.python_version()}, {platform.machine()}, two cores")
    for name, builder, at_once in (("chain in memory", on_twin, 4), ("Anvil, a block each second", on_anvil, 32)):
        with tempfile.TemporaryDirectory(prefix="medshare-bench-") as folder, builder(Path(folder)) as place:
            print(f"\n{name}; load of the last minute {os.getloadavg()[0]:.1f}\n{syncs(Path(folder))}")
            for line in reads(place, f"sqlite:///{Path(folder) / 'city-hospital'}.db", 600 if quick else 6_000):
                print(line, flush=True)
            print(grants(place, 64 if quick else 384, at_once), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
