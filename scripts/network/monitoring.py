"""Prometheus, with the configuration and the alert rules that a real consortium uses, and the gateways as targets."""

from __future__ import annotations

import json
import shutil

import httpx

from scripts.network.errors import NetworkError
from scripts.network.folder import HOST, INSTITUTIONS, Folder
from scripts.network.node_rpc import get
from scripts.network.processes import Processes, Program
from scripts.network.programs import ROOT, Programs
from scripts.network.waiting import until

NAME = "prometheus"
CONFIGURATION = ROOT / "deploy" / "prometheus"


class Monitoring:
    """The Prometheus of a network."""

    def __init__(self, folder: Folder, processes: Processes, programs: Programs | None = None) -> None:
        self._folder = folder
        self._processes = processes
        self._programs = programs

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self._folder.read().ports.prometheus}"

    def start(self) -> None:
        """Start it on the newest configuration and wait until it has asked every gateway once."""
        if self._programs is None:
            raise NetworkError("the programs of the network are not known here")
        place, ports = self._folder.private(NAME), self._folder.read().ports
        for file in CONFIGURATION.glob("*.yml"):
            shutil.copy(file, place / file.name)
        targets = [
            {"targets": [f"{HOST}:{ports.gateway(number)}"], "labels": {"institution": name}}
            for number, name in enumerate(INSTITUTIONS, start=1)
        ]
        (place / "gateways.json").write_text(json.dumps(targets, indent=1))
        command = (
            *(str(self._programs.path("prometheus")), f"--config.file={place}/prometheus.yml"),
            *(f"--storage.tsdb.path={place}/data", "--storage.tsdb.retention.time=2d"),
            f"--web.listen-address={HOST}:{ports.prometheus}",
        )
        environment = {"HOME": str(place), "PATH": "/usr/bin:/bin"}
        self._processes.start(Program(name=NAME, command=command, folder=place, environment=environment))

    def wait(self, seconds: float = 60) -> None:
        """Wait until it has asked every gateway, and every one answered."""
        until(
            "Prometheus to have asked every gateway",
            seconds,
            lambda: self.answering() == len(INSTITUTIONS),
            yet=(httpx.HTTPError,),
        )

    def answering(self) -> int:
        """Return how many gateways answered it when it last asked."""
        active = get(f"{self.url}/api/v1/targets?state=active")["data"]["activeTargets"]
        return sum(1 for one in active if one["health"] == "up")

    def stop(self) -> None:
        """Stop it."""
        self._processes.stop(NAME)
