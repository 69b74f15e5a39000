"""What runs in a process of its own, and dies there by SIGKILL at a chosen moment."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.ledger.chain import Rpc
from medshare.signed import Signed
from medshare.typed_data import Erase
from tests.integration.outbox.house import House, open_house
from tests.unit.actors.world import papers

ANSWER = "answer"
"""The moment between the node's taking the bytes and its answer's arriving."""


@dataclass
class Killer:
    """Kills this process at the first moment with the name `at`; tells the names of all moments otherwise."""

    at: str | None = None
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if name == self.at:
            die()


def die() -> None:
    """Leave at once, as in a power cut: nothing is closed, flushed or told."""
    os.kill(os.getpid(), signal.SIGKILL)


class Node:
    """A provider that is slow to tell what was mined: every act goes through every step, whenever blocks come.

    With `answers` False the process is dead before the node's answer to a transaction comes.
    """

    def __init__(self, provider: Any, *, answers: bool) -> None:
        self._provider = provider
        self._answers = answers
        self._asked: set[str] = set()

    def make_request(self, method: Any, params: Any) -> Any:
        answer = self._provider.make_request(method, params)
        if method == "eth_sendRawTransaction" and not self._answers:
            die()
        if method == "eth_getTransactionReceipt" and params[0] not in self._asked:
            self._asked.add(params[0])
            return {"jsonrpc": "2.0", "id": 1, "result": None}
        return answer

    def make_batch_request(self, requests: Any) -> Any:
        return self._provider.make_batch_request(requests)


def upload(house: House, patient: str, words: str) -> None:
    """Two documents, sealed, deposited and anchored."""
    house.hospital.upload(patient, papers(Category.PROBLEMS, Category.LABORATORY, text=words))
    house.hospital.anchor()


def grant(house: House, document: bytes) -> None:
    """A consent, carried."""
    house.gateway.grant(ConsentDocument.from_bytes(document))


def erase(house: House, signed: Signed[Erase]) -> None:
    """An erasure, carried."""
    house.gateway.carry(signed, path=(), recovery_signature=b"")


ACTS: dict[str, Callable[..., None]] = {"upload": upload, "grant": grant, "erase": erase}


def play(folder: Path, node: str, act: str, arguments: tuple[Any, ...], at: str | None, tell: Connection) -> None:
    """Carry out an act and die at the moment `at`; without one, tell the names of all moments."""
    killer, rpc = Killer(at), Rpc.http(node)
    slow = Rpc(Node(rpc._provider, answers=at != ANSWER), rpc.place)
    house = open_house(folder, node, step=killer, rpc=slow)
    ACTS[act](house, *arguments)
    tell.send(list(dict.fromkeys(killer.names)))  # bytes may be sent again while no block comes
    house.close()


def resume(folder: Path, node: str, tell: Connection) -> None:
    """Start anew, complete what was begun, and tell what was found."""
    house = open_house(folder, node)
    grants, erasures = house.gateway.resume()
    uploads, periods = house.hospital.resume()
    tell.send({"grants": grants, "erasures": erasures, "uploads": uploads, "periods": periods})
    house.close()


def search(folder: Path, _node: str, words: str, tell: Connection) -> None:
    """Tell which files hold some words.

    Never in a process that has the vault open: closing a file that SQLite has open too drops SQLite's locks.
    """
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    tell.send([str(path) for path in files if words.encode() in path.read_bytes()])
