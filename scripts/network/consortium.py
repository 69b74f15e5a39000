"""All parts of a network together: started in the order in which they stand on each other, stopped in the reverse."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from scripts.network.databases import Databases
from scripts.network.errors import LeftBehindError, NetworkError
from scripts.network.folder import INSTITUTIONS, Folder, Ports
from scripts.network.institutions import Institutions, names_of_gateways
from scripts.network.monitoring import NAME as PROMETHEUS
from scripts.network.monitoring import Monitoring
from scripts.network.node_rpc import block
from scripts.network.pairs import NUMBERS, PARTS, Pairs
from scripts.network.processes import Processes, stop_in_order
from scripts.network.programs import Programs
from scripts.network.road import Road, Walked, next_patient
from scripts.network.swarm import Swarm

FINAL_AFTER = 20
"""Blocks that must be final after the last one of the road."""


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._begun

    def __call__(self, text: str) -> None:
        """Write a line."""
        self._write(f"{self.seconds:6.1f} s  {text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consortium:
    """The parts of a network."""

    folder: Folder
    processes: Processes
    pairs: Pairs
    swarm: Swarm
    databases: Databases
    institutions: Institutions
    monitoring: Monitoring
    tell: Callable[[str], None]

    @classmethod
    def at(cls, folder: Folder, tell: Callable[[str], None], programs: Programs | None = None) -> Self:
        """Return the network in `folder`, running or not."""
        processes = Processes(folder.place)
        pairs, swarm = Pairs(folder, processes, programs), Swarm(folder, processes, programs)
        databases = Databases(folder, processes, programs)
        return cls(
            folder=folder,
            processes=processes,
            pairs=pairs,
            swarm=swarm,
            databases=databases,
            institutions=Institutions(folder, processes, pairs=pairs, swarm=swarm, databases=databases),
            monitoring=Monitoring(folder, processes, programs),
            tell=tell,
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands on this network away.

        Raises:
            NetworkError: One is at work.
        """
        self.folder.place.mkdir(parents=True, exist_ok=True)
        with (self.folder.place / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise NetworkError(f"another command works on the network in {self.folder.place}.") from error
            yield

    # Start

    def start(self, ports: Ports) -> None:
        """Start everything that does not run; make what was never made. Stops all of it again when it fails."""
        try:
            self._start(ports)
        except BaseException:
            self.tell("it failed; everything is stopped again")
            self.stop()
            raise

    def _start(self, ports: Ports) -> None:
        if not self.folder.exists:
            self.folder.make(ports)
        if not self.databases.made:
            self.databases.make()
        if not self.swarm.made:
            self.swarm.make()
        if not self.folder.read().deployed:
            # A first start that was interrupted left nothing of worth, and a chain whose first slots are long over.
            for name in ("chain", "pairs", "homes"):
                shutil.rmtree(self.folder.place / name, ignore_errors=True)
            self.pairs.make()
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._start_beside)
            self.pairs.start(*NUMBERS)
            self.tell("four pairs of geth and Prysm run")
            beside.result()
        self.tell(f"the pairs agree on block {self.pairs.agree(seconds=300)}")
        if not self.folder.read().deployed:
            self.institutions.deploy()
            self.tell("MedShare is deployed")
            self.institutions.accredit()
            self.folder.change(deployed=True)
            self.tell("four institutions are accredited")
        self.pairs.wait_final(1, seconds=400)
        self.tell(f"block {self.pairs.final()} is final")
        self.institutions.start(*INSTITUTIONS)
        self.tell("four gateways answer")
        self.monitoring.start()
        self.monitoring.wait()
        self.tell("Prometheus has asked all four gateways")

    def _start_beside(self) -> None:
        """Start what needs no chain, while the chain begins."""
        self.databases.start()
        self.tell("PostgreSQL runs, a database for each institution")
        self.swarm.start(*NUMBERS)
        self.tell("four Kubo nodes run in a private swarm")
        if not self.folder.read().deployed:
            self.institutions.make_homes()
            self.tell("the homes of the regulator and four institutions are made")

    # The road

    def road(self) -> Walked:
        """Walk the whole road with a new patient."""
        state = self.folder.change(roads=self.folder.read().roads + 1)
        road = Road(
            self.institutions.medshare,
            next_patient(state.roads),
            rpc=self.pairs.rpc(1),
            deployment=self.institutions.deployment,
            tell=self.tell,
        )
        return road.walk()

    def wait_final_after(self, blocks: int = FINAL_AFTER) -> None:
        """Wait until so many blocks after the newest one are final on every pair."""
        last = block(self.pairs.rpc(1), "latest").number
        self.tell(f"the road ends in block {last}; waiting until block {last + blocks} is final")
        self.pairs.wait_final(last + blocks, seconds=600)
        self.tell(f"block {last + blocks} is final on every pair")

    # Stop

    def stop(self) -> None:
        """Stop everything, and look that nothing is left.

        Raises:
            LeftBehindError: Something is.
        """
        stop_in_order(
            self.processes,
            (
                [*names_of_gateways(), PROMETHEUS],
                [f"kubo-{number}" for number in NUMBERS],
                *([f"{part}-{number}" for number in NUMBERS] for part in reversed(PARTS)),
            ),
        )
        self.databases.stop()
        self.processes.stop(*self.processes.names())
        if left := self.processes.carrying_mark():
            raise LeftBehindError(left)

    # Look

    def urls(self) -> list[str]:
        """Return a line for each thing with where it answers."""
        lines = []
        for number, name in enumerate(INSTITUTIONS, start=1):
            kubo = self.swarm.multiaddress(number)
            lines.append(
                f"{name:<8} gateway {self.institutions.gateway(name)}  chain {self.pairs.rpc(number)}  Kubo {kubo}"
            )
        lines.append(f"PostgreSQL {self.databases.url(INSTITUTIONS[0])} and so on")
        lines.append(f"Prometheus {self.monitoring.url}")
        lines.append(f"homes      {self.institutions.medshare.homes}, passphrase in {self.folder.place}/passphrase")
        return lines
