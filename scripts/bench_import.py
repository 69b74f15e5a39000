"""How fast a hospital's folder of patients is imported, and that killing the import changes nothing.

    .venv/bin/python scripts/bench_import.py [--patients 1000] [--kill 5]

The patients are made from the 24 of tests/data/fhir with fresh identifiers, one Bundle in gzip each. They are enrolled
at a hospital on Anvil, outside the timing. Then `medshare.migration` imports the folder in processes of its own, as
`medshare import fhir` does: read, checked, labelled, split, sealed, stored and anchored, vault and journal with fsync.

With --kill the import runs twice from the same beginning: once whole, and once killed so many times at random moments
(SIGKILL) and started again each time. Then every document of both is opened with its patient's key: patient, record
id, category and text must be the same, and so must the counts.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.actors import Institution, LocalNetwork, Patient, Regulator  # noqa: E402 - the tree this program stands in
from medshare.age import HybridIdentity  # noqa: E402
from medshare.clock import SystemClock  # noqa: E402
from medshare.conversion.fhir import Fhir  # noqa: E402
from medshare.deployment import file  # noqa: E402
from medshare.deployment.anvil import Anvil  # noqa: E402
from medshare.deployment.deploy import deploy  # noqa: E402
from medshare.deployment.file import Settings  # noqa: E402
from medshare.gateway import Gateway  # noqa: E402
from medshare.gateway.office import Office  # noqa: E402
from medshare.keys.account import AccountKey  # noqa: E402
from medshare.keys.compartments import Compartments  # noqa: E402
from medshare.keys.root import RootSecret  # noqa: E402
from medshare.ledger import Role  # noqa: E402
from medshare.ledger.chain import ChainLedger, Rpc  # noqa: E402
from medshare.migration.depositing import Depositing  # noqa: E402
from medshare.migration.journal import Journal  # noqa: E402
from medshare.migration.landing import into  # noqa: E402
from medshare.migration.patients import read_patients  # noqa: E402
from medshare.migration.quarantine import Quarantine  # noqa: E402
from medshare.migration.running import Import  # noqa: E402
from medshare.record.opening import ExpectedRecord, open_document  # noqa: E402
from medshare.signed import domains_of  # noqa: E402
from medshare.store import BlockStore  # noqa: E402
from medshare.vault import CapsuleRow, ProofRow  # noqa: E402
from medshare.vault.sql import SqlVault  # noqa: E402

PATIENTS = ROOT / "tests" / "data" / "fhir"
SYSTEM = "https://github.com/synthetichealth/synthea"
RATE_GOAL, MEMORY_GOAL = 100, 500
QUICK = 48
ETHER = 10**18
URL = "https://hospital.example"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MEBIBYTE = 2**20


# The source


def _fresh(salt: uuid.UUID, found: re.Match[str]) -> str:
    return str(uuid.uuid5(salt, found[0]))


def write_source(folder: Path, count: int) -> tuple[dict[str, str], int]:
    """Write so many patients; return the identifier of each by file, and the bytes of all unpacked."""
    folder.mkdir()
    templates = [gzip.decompress(one.read_bytes()).decode() for one in sorted(PATIENTS.glob("*.json.gz"))]
    named, size = {}, 0
    for number in range(count):
        text, salt = templates[number % len(templates)], uuid.UUID(int=number)
        renamed = UUID.sub(partial(_fresh, salt), text)
        data, name = renamed.encode(), f"{number:06d}.json.gz"
        (folder / name).write_bytes(gzip.compress(data, 1))
        person = next(
            one["resource"] for one in json.loads(renamed)["entry"] if one["resource"]["resourceType"] == "Patient"
        )
        named[name] = next(one["value"] for one in person["identifier"] if one.get("system") == SYSTEM)
        size += len(data)
    return named, size


# The hospital


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A hospital whose memory is a folder and a chain."""

    hospital: Institution
    ledger: ChainLedger
    network: LocalNetwork
    clock: SystemClock
    vault: SqlVault
    store: BlockStore


def open_house(folder: Path, node: str) -> House:
    """Open the hospital as a new process does."""
    keys = json.loads((folder / "keys.json").read_text())
    ledger = ChainLedger(Rpc.http(node), file.load(folder / "chain.json").info)
    clock = SystemClock()
    account, network = AccountKey(bytes.fromhex(keys["account"])), LocalNetwork()
    vault, store = SqlVault(f"sqlite:///{folder / 'vault.db'}"), BlockStore(folder / "bodies")
    office = Office(
        institution=account.address,
        key=AccountKey(bytes.fromhex(keys["gateway"])),
        ledger=ledger,
        vault=vault,
        store=store,
        clock=clock,
        entropy=os.urandom,
    )
    gateway = Gateway(office, url=URL)
    hospital = Institution(
        account=account,
        identity=HybridIdentity.from_seed(bytes.fromhex(keys["seed"])),
        gateway=gateway,
        url=URL,
        network=network,
        ledger=ledger,
        clock=clock,
    )
    network.open(URL, gateway)
    network.join(hospital)
    return House(hospital=hospital, ledger=ledger, network=network, clock=clock, vault=vault, store=store)


def found_house(folder: Path, anvil: Anvil, named: dict[str, str]) -> dict[str, str]:
    """Deploy, found the hospital, enrol every patient; return the root secret of each by her address."""
    folder.mkdir()
    rpc = anvil.rpc
    deployer, regulator, account, staff = (AccountKey.generate() for _ in range(4))
    for key in (deployer, regulator, account, staff):
        rpc.request("anvil_setBalance", key.address, hex(10_000 * ETHER))
    deployment = deploy(rpc, deployer, regulator.address, Settings(slot_seconds=1))
    file.save(folder / "chain.json", deployment)
    identity = HybridIdentity.generate()
    keys = {"account": account.secret_bytes().hex(), "gateway": staff.secret_bytes().hex()}
    (folder / "keys.json").write_text(json.dumps({**keys, "seed": identity.secret_bytes().hex()}))
    house = open_house(folder, anvil.url)
    authority = Regulator(regulator, house.ledger)
    authority.accredit(account.address, roles=Role.INSTITUTION | Role.CUSTODIAN, names={"en": "City Hospital"})
    house.hospital.publish_key()
    house.hospital.add_staff(staff, roles=Role.GATEWAY)
    roots, lines = {}, ["system,value,address"]
    for identifier in named.values():
        account_key, root = AccountKey.generate(), RootSecret.generate()
        patient = Patient(account=account_key, root=root, network=house.network, ledger=house.ledger, clock=house.clock)
        house.hospital.enrol(patient.answer(house.hospital.offer_enrolment()), identity_checked=True)
        roots[patient.address] = root.secret_bytes().hex()
        lines.append(f"{SYSTEM},{identifier},{patient.address}")
    (folder / "patients.csv").write_text("\n".join(lines) + "\n")
    (folder / "import").mkdir()
    (folder / "import" / "journal.key").write_bytes(os.urandom(32))
    house.vault.close()
    return roots


# The import, in a process of its own


def work(folder: Path, node: str, source: Path, workers: int) -> None:
    """Import the source into the hospital, and write the report beside it."""
    house = open_house(folder, node)
    journal = Journal(folder / "import")
    report = Import(
        journal=journal,
        deposit=Depositing(house.hospital, journal),
        hold=into(Quarantine(folder / "import" / "quarantine")),
        patients=read_patients(folder / "patients.csv"),
        format=Fhir(),
        now=house.clock.now(),
        folder=folder / "import",
        workers=workers,
    ).run(source)
    (folder / "report.json").write_text(json.dumps({**asdict(report.counts), "documents": report.documents}))


@dataclass(slots=True)
class Ran:
    """What was seen of an import."""

    seconds: float = 0.0
    peak: int = 0
    """Bytes of all its processes together; shared pages are counted once (PSS)."""
    processor: float = 0.0
    """Seconds of all its processes together, as far as they were seen."""
    killed: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def run(folder: Path, node: str, source: Path, workers: int, kill_after: Sequence[float] = ()) -> Ran:
    """Import in a process of its own, killed after each of these seconds and started again."""
    ran, processor = Ran(), dict[int, float]()
    words = [sys.executable, __file__, "--work", str(folder), node, str(source), "--workers", str(workers)]
    for limit in (*kill_after, None):
        begin = time.perf_counter()
        with subprocess.Popen(words, start_new_session=True) as process:
            while process.poll() is None:
                pids = tuple(family(process.pid))
                ran.peak = max(ran.peak, sum(memory(pid) for pid in pids))
                processor |= {pid: seconds for pid in pids if (seconds := processor_of(pid))}
                if limit is not None and time.perf_counter() - begin > limit:
                    process.send_signal(signal.SIGKILL)
                    ran.killed += 1
                    break
                time.sleep(0.1)
            process.wait()
            ran.seconds += time.perf_counter() - begin
            if limit is None and process.returncode:
                raise SystemExit(process.returncode)
    ran.processor = sum(processor.values())
    ran.counts = json.loads((folder / "report.json").read_text())
    return ran


def family(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def memory(pid: int) -> int:
    """Return the proportional set size of a process in bytes, 0 when it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def processor_of(pid: int) -> float:
    """Return the processor seconds of a process, 0 when it has ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


# What came out


def opened(folder: Path, node: str, roots: dict[str, str]) -> set[tuple[str, bytes, int, bytes]]:
    """Open every document with its patient's key; return patient, record id, category and digest of the text."""
    house, found = open_house(folder, node), set()
    for patient, root in roots.items():
        keys = Compartments(RootSecret(bytes.fromhex(root)))
        for capsule in house.vault.find(CapsuleRow, patient=patient):
            proof = house.vault.require(ProofRow, leaf=capsule.leaf)
            expected = ExpectedRecord(
                chain_id=house.ledger.deployment.chain_id,
                registry=domains_of(house.ledger.deployment).records,
                provider=capsule.provider,
                patient=patient,
                category=capsule.compartment,
                leaf=capsule.leaf,
                root=proof.root,
                proof=proof.proof,
            )
            document = open_document(
                capsule=capsule.capsule,
                body=house.store.get(capsule.cid).read(),
                identity=keys.identity(capsule.compartment, capsule.epoch),
                expected=expected,
            )
            text = hashlib.sha256(document.content).digest()
            found.add((patient, document.manifest.record_id, capsule.compartment, text))
    documents = house.vault.count(CapsuleRow)
    house.vault.close()
    if len(found) != documents:
        message = f"{documents} capsules hold {len(found)} different documents"
        raise SystemExit(message)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, enrol, import, compare, print."""
    parser = argparse.ArgumentParser(description="How fast a folder of patients is imported.")
    parser.add_argument("--patients", type=int, default=QUICK, help="how many; the goal is set for 1000")
    parser.add_argument("--kill", type=int, default=0, help="how often the second import is killed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1, help="of the moments of killing")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        folder, node, source = options.work
        work(Path(folder), node, Path(source), options.workers)
        return 0
    machine = f"Python {platform.python_version()}, {platform.machine()}"
    print(f"scripts/bench_import.py, {machine}, {options.patients:,} patients")
    with tempfile.TemporaryDirectory(prefix="medshare-bench-") as place, Anvil(block_time=0) as anvil:
        return bench(Path(place), anvil, options)


def bench(folder: Path, anvil: Anvil, options: Any) -> int:
    """Measure within a folder and a chain, and print."""
    source = folder / "source"
    named, size = write_source(source, options.patients)
    begin = time.perf_counter()
    roots = found_house(folder / "begin", anvil, named)
    print(
        f"{len(roots):,} patients enrolled in {time.perf_counter() - begin:,.0f} s, {size / MEBIBYTE:,.0f} MiB of FHIR"
    )
    anvil.rpc.request("evm_setAutomine", False)
    anvil.rpc.request("evm_setIntervalMining", 1)
    shutil.copytree(folder / "begin", folder / "whole")
    snapshot = anvil.rpc.request("evm_snapshot")
    print(f"load of the last minute {os.getloadavg()[0]:.1f}")
    ran = run(folder / "whole", anvil.url, source, options.workers)
    rate = 60 * options.patients / ran.seconds
    print(f"imported, sealed and anchored{rate:>12,.0f} patients a minute   goal {RATE_GOAL}")
    print(f"memory of all processes{ran.peak / MEBIBYTE:>18,.0f} MiB at most          goal {MEMORY_GOAL}")
    print(f"processor{ran.processor / options.patients:>32,.2f} s a patient")
    print(f"  {ran.seconds:,.1f} s, {options.workers} processes convert; {ran.counts}")
    if not options.kill:
        return 0
    first = opened(folder / "whole", anvil.url, roots)
    anvil.rpc.request("evm_revert", snapshot)
    head = anvil.rpc.block("latest")
    anvil.rpc.request("evm_increaseTime", int(time.time()) - head.time)
    anvil.rpc.request("evm_mine")
    shutil.copytree(folder / "begin", folder / "killed")
    chance = random.Random(options.seed)  # noqa: S311 (moments, not secrets)
    moments = [chance.uniform(0.05, 0.95) * ran.seconds / (1 + options.kill / 2) for _ in range(options.kill)]
    again = run(folder / "killed", anvil.url, source, options.workers, moments)
    second = opened(folder / "killed", anvil.url, roots)
    same = first == second and ran.counts == again.counts
    print(
        f"killed {again.killed} times: {len(second):,} documents, {'the same' if same else 'NOT THE SAME'},"
        f" {again.seconds:,.1f} s"
    )
    if not same:
        print(f"  {again.counts}; {len(first - second)} missing, {len(second - first)} more")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
