"""The one folder that holds the state of a network, and the ports that it uses.

::

    network.json      ports, groups of pairs, when the chain began
    processes/ logs/  one file for each process
    chain/            genesis and rules of the chain, the secret between the two halves of a pair
    pairs/1 …         an institution's geth, beacon node and validator
    kubo/1 …          its Kubo node
    postgresql/       one server with a database for each institution
    prometheus/       configuration and samples
    homes/            the homes of `medshare`: regulator, institutions, patients
    passphrase        of every key in the homes
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from scripts.network.errors import NetworkError

HOST = "127.0.0.1"
INSTITUTIONS = ("city", "hill", "north", "harbour")
"""Who takes part, in the order of their pairs and nodes; each also confirms what the others write."""
NAMES = {one: f"{one.title()} Hospital" for one in INSTITUTIONS}
"""What they are called on the chain."""
PAIR_PORTS = ("rpc", "ws", "engine", "el_p2p", "cl_p2p", "cl_udp", "cl_quic", "cl_grpc", "beacon")
KUBO_PORTS = ("api", "gateway", "p2p")
BASE_PORT = 18500
STRIDE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Every port, counted from `base`: ten for each pair, ten for each Kubo node, the rest after them."""

    base: int = BASE_PORT

    def pair(self, number: int, name: str) -> int:
        """Return a port of pair `number`, counted from 1."""
        return self.base + STRIDE * (number - 1) + PAIR_PORTS.index(name)

    def kubo(self, number: int, name: str) -> int:
        """Return a port of Kubo node `number`, counted from 1."""
        return self.base + 100 + STRIDE * (number - 1) + KUBO_PORTS.index(name)

    def gateway(self, number: int) -> int:
        """Return the port of an institution's gateway."""
        return self.base + 200 + number

    @property
    def postgresql(self) -> int:
        """PostgreSQL's; it names the socket too."""
        return self.base + 210

    @property
    def prometheus(self) -> int:
        """Prometheus's."""
        return self.base + 211

    def all(self) -> list[int]:
        """Return every TCP port."""
        numbers = range(1, len(INSTITUTIONS) + 1)
        pairs = [self.pair(number, name) for number in numbers for name in PAIR_PORTS]
        nodes = [self.kubo(number, name) for number in numbers for name in KUBO_PORTS]
        return [*pairs, *nodes, *map(self.gateway, numbers), self.prometheus]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a network remembers between commands. `roads` counts how often the road was walked."""

    ports: Ports = field(default_factory=Ports)
    genesis_time: int = 0
    groups: tuple[tuple[int, ...], ...] = ((1, 2, 3, 4),)
    deployed: bool = False
    roads: int = 0

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the state in `value`."""
        groups = tuple(tuple(group) for group in value["groups"])
        return cls(**{**value, "ports": Ports(**value["ports"]), "groups": groups})


class Folder:
    """A network's folder."""

    def __init__(self, place: Path) -> None:
        self.place = place.resolve()

    @property
    def exists(self) -> bool:
        """Whether a network was made here."""
        return (self.place / "network.json").is_file()

    def make(self, ports: Ports) -> State:
        """Make the folder; every port must be free.

        Raises:
            NetworkError: A port is taken.
        """
        for port in ports.all():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    raise NetworkError(f"port {port} is taken: choose others with --base-port.") from error
        self.place.mkdir(parents=True, exist_ok=True)
        return self.write(State(ports=ports))

    def read(self) -> State:
        """Return what is remembered.

        Raises:
            NetworkError: There is no network here.
        """
        try:
            return State.from_json(json.loads((self.place / "network.json").read_text()))
        except FileNotFoundError as error:
            raise NetworkError(f"no network is in {self.place}: start one with make network.") from error

    def write(self, state: State) -> State:
        """Remember `state`, whole or not at all."""
        place = self.place / "network.json"
        place.with_suffix(".new").write_text(json.dumps(asdict(state), indent=1))
        place.with_suffix(".new").replace(place)
        return state

    def change(self, **fields: Any) -> State:
        """Remember some fields anew."""
        return self.write(replace(self.read(), **fields))

    def private(self, *parts: str) -> Path:
        """Return a folder below this one, made for its owner alone."""
        place = self.place.joinpath(*parts)
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
        return place
