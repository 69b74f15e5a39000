"""The storage: a Kubo node for each institution, in a private swarm that knows nobody else."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from scripts.network.errors import NetworkError
from scripts.network.folder import HOST, INSTITUTIONS, Folder
from scripts.network.node_rpc import NOT_YET, post
from scripts.network.processes import Processes, Program
from scripts.network.programs import Programs
from scripts.network.waiting import until

NUMBERS = range(1, len(INSTITUTIONS) + 1)
OFF = {"Enabled": False}


class Swarm:
    """The Kubo nodes of a network, numbered from 1."""

    def __init__(self, folder: Folder, processes: Processes, programs: Programs | None = None) -> None:
        self._folder = folder
        self._processes = processes
        self._programs = programs

    def api(self, number: int) -> str:
        """Return where a node's RPC answers."""
        return f"http://{HOST}:{self._folder.read().ports.kubo(number, 'api')}/api/v0"

    def multiaddress(self, number: int) -> str:
        """Return where a node's RPC answers, in IPFS's form."""
        return f"/ip4/{HOST}/tcp/{self._folder.read().ports.kubo(number, 'api')}"

    def place(self, number: int) -> Path:
        """Return a node's folder."""
        return self._folder.place / "kubo" / str(number)

    @property
    def made(self) -> bool:
        """Whether every node has its folder."""
        return all((self.place(number) / "config").is_file() for number in NUMBERS)

    def make(self) -> None:
        """Make every node: its own identity, and the key that the swarm shares."""
        secret = secrets.token_hex(32)
        for number in NUMBERS:
            self._folder.private("kubo", str(number))
            self.initialise(number, secret)
        self.configure()

    def initialise(self, number: int, secret: str) -> None:
        """Make a node with an identity of its own in an empty folder. `secret` is the swarm's, 64 hex digits."""
        place = self._folder.private("kubo", str(number))
        (place / "swarm.key").write_text(f"/key/swarm/psk/1.0.0/\n/base16/\n{secret}\n")
        (place / "swarm.key").chmod(0o600)
        done = subprocess.run(
            [self._program(), "init", "--profile=unixfs-v1-2025"],
            env=self._environment(place),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NetworkError(f"ipfs init ended with code {done.returncode}:\n{done.stderr[-2000:]}")

    def configure(self) -> None:
        """Write every node's settings: whom it knows, and nobody else."""
        for number in NUMBERS:
            peers = [{"ID": self.peer(other), "Addrs": [self._listens(other)]} for other in NUMBERS if other != number]
            place = self.place(number) / "config"
            config = configured(json.loads(place.read_text()), self._ports(number), peers)
            place.write_text(json.dumps(config, indent=1))

    def secret(self) -> str:
        """Return the key that the swarm shares."""
        return (self.place(1) / "swarm.key").read_text().split()[-1]

    def peer(self, number: int) -> str:
        """Return a node's peer id."""
        return str(json.loads((self.place(number) / "config").read_text())["Identity"]["PeerID"])

    def start(self, *numbers: int) -> None:
        """Start nodes and connect them with those that run."""
        for number in numbers:
            place = self.place(number)
            program = Program(
                name=f"kubo-{number}",
                command=(self._program(), "daemon"),
                folder=place,
                environment=self._environment(place),
            )
            self._processes.start(program)
        for number in numbers:
            until(f"Kubo node {number}", 60, partial(post, f"{self.api(number)}/id"), yet=NOT_YET)
        for number in numbers:  # they would find each other by themselves, five to ten seconds later
            for other in NUMBERS:
                if other != number and self._processes.running(f"kubo-{other}"):
                    post(f"{self.api(number)}/swarm/connect?arg={self._listens(other)}/p2p/{self.peer(other)}")

    def stop(self, *numbers: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop nodes; SIGKILL is a crash."""
        self._processes.stop(*(f"kubo-{number}" for number in numbers), how=how)

    def peers(self, number: int) -> int:
        """Return how many others a node sees."""
        return len(post(f"{self.api(number)}/swarm/peers")["Peers"] or ())

    def _ports(self, number: int) -> dict[str, int]:
        ports = self._folder.read().ports
        return {name: ports.kubo(number, name) for name in ("api", "gateway", "p2p")}

    def _listens(self, number: int) -> str:
        return f"/ip4/{HOST}/tcp/{self._ports(number)['p2p']}"

    def _program(self) -> str:
        if self._programs is None:
            raise NetworkError("the programs of the network are not known here")
        return str(self._programs.path("ipfs"))

    @staticmethod
    def _environment(place: Path) -> dict[str, str]:
        # Without swarm.key a node refuses to start instead of going public.
        force = {"LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"}
        return {"PATH": "/usr/bin:/bin", "HOME": str(place), "IPFS_PATH": str(place), **force}


def configured(config: dict[str, Any], port: dict[str, int], peers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a node's settings: on the loopback, its blocks hashed as they are read, nobody but `peers` known.

    Args:
        config: What `ipfs init` wrote; changed in place.
        port: Ports by name: api, gateway, p2p.
        peers: Kubo's `Peering.Peers`.
    """
    config["Addresses"] = {
        "API": f"/ip4/{HOST}/tcp/{port['api']}",
        "Gateway": f"/ip4/{HOST}/tcp/{port['gateway']}",
        "Swarm": [f"/ip4/{HOST}/tcp/{port['p2p']}"],  # TCP only: a private swarm has no QUIC
        "Announce": [],
        "AppendAnnounce": [],
        "NoAnnounce": [],
    }
    config["Bootstrap"] = []
    config["Peering"] = {"Peers": peers}  # dialled again for as long as the daemon runs
    config["Routing"] = {"Type": "none", "DelegatedRouters": []}
    config["Ipns"]["DelegatedPublishers"] = []
    config["DNS"] = {"Resolvers": {}}
    config["Discovery"]["MDNS"] = OFF
    config["AutoConf"], config["AutoTLS"], config["HTTPRetrieval"] = OFF, OFF, OFF
    config["AutoNAT"] = {"ServiceMode": "disabled"}
    config["Provide"] = OFF
    config["Gateway"].update(NoDNSLink=True, NoFetch=True)
    config["Datastore"]["HashOnRead"] = True  # a block that the disk changed is not given out
    only_tcp = dict.fromkeys(("QUIC", "Relay", "Websocket", "WebTransport", "WebRTCDirect"), False)
    config["Swarm"].update(
        Transports={"Network": only_tcp},
        DisableNatPortMap=True,
        EnableHolePunching=False,
        RelayClient=OFF,
        RelayService=OFF,
    )
    return config
