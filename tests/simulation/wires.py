"""What lies between the processes: messages to doors, a node's view of the chain, a disk with its store and vault.

Each stands in one of the package's own seams (`Network` and `Door`, `Ledger`, `Store`, `Vault`) before the twin, lets
others go on at the moments where a real one would wait, and does what the faults say.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from medshare.actors.network import NoSuchDoor
from medshare.clock import HandClock
from medshare.errors import MedShareError
from medshare.gateway import Gateway
from medshare.gateway.remote.errors import NoAnswer
from medshare.gateway.values import Listing
from medshare.ledger import Block, Call, NodeUnreachable, SignedTransaction, Signer, Transaction
from medshare.ledger.acts import Acts
from medshare.ledger.memory import MemoryLedger
from medshare.ledger.modes import DryRun, Prepared
from medshare.store import MemoryStore
from medshare.store.errors import StoreFull
from medshare.vault import Row, Rows, Vault
from medshare.vault.errors import VaultUnreachable
from tests.simulation.faults import Fault, Trouble
from tests.simulation.schedule import Crashed, Process, Schedule

SLOT: Final = 12
SLOW_SECONDS: Final = 48
"""More than a head may be old."""


class Observer(Protocol):
    """Who looks at what crosses a boundary."""

    def asked(self, url: str, part: str, method: str, arguments: tuple[Any, ...]) -> None:
        """A request has arrived."""
        ...

    def answered(self, url: str, part: str, method: str, arguments: tuple[Any, ...], answer: Any) -> None:
        """An answer leaves."""
        ...

    def kept(self, house: str, row: Row) -> None:
        """A row was committed."""
        ...


@dataclass(kw_only=True)
class Wires:
    """What everything between the processes shares."""

    schedule: Schedule
    trouble: Trouble
    clock: HandClock
    chain: Chain
    observer: Observer

    def lasts(self, kind: Fault, process: Process) -> bool:
        """Return whether a lasting fault is upon a process."""
        return self.trouble.lasts(kind, process.name, self.schedule.steps)


@dataclass(frozen=True, slots=True)
class ProcessClock:
    """The clock of one process, which may be wrong."""

    wires: Wires
    process: Process

    def now(self) -> int:
        """Return what the process believes is the present second."""
        return self.wires.clock.now() + self.process.skew


# The chain


class Chain(MemoryLedger):
    """The twin of the chain, with blocks at the schedule's word alone, and a way to begin another run from it."""

    def head(self) -> Block:
        """Return the newest block."""
        return self._chain[-1].block

    @property
    def rows(self) -> Sequence[Any]:
        """Every canonical block with the world after it."""
        return self._chain

    @property
    def waiting(self) -> int:
        """How many transactions wait."""
        return len(self._pool)

    def branch(self, clock: HandClock, *, finality_depth: int) -> Chain:
        """Return a chain that goes on from here by itself; blocks and worlds never change, so they are shared."""
        made = Chain.__new__(Chain)
        made.__dict__.update(self.__dict__)
        made.clock, made.automatic, made._depth = clock, False, finality_depth
        for name in ("_wallets", "_nonces", "_calls", "_pool", "_done", "_by_hash"):
            setattr(made, name, dict(getattr(self, name)))
        made._chain = list(self._chain)
        return made


class Node(Acts[Signer, Transaction]):
    """The chain as the node of one process shows it."""

    def __init__(self, wires: Wires, process: Process) -> None:
        self._wires = wires
        self._process = process
        self._lagging: Block | None = None

    @property
    def deployment(self) -> Any:
        """Where the contracts stand."""
        return self._wires.chain.deployment

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out a call at once, as from a wallet of its own."""
        self._meet("act", pause=True)
        return self._wires.chain.act(call, sender)

    @property
    def dry_run(self) -> Any:
        """The acts, only estimated."""
        return DryRun(self)  # type: ignore[arg-type]

    @property
    def prepared(self) -> Any:
        """The acts, only signed."""
        return Prepared(self)  # type: ignore[arg-type]

    def pinned(self) -> Node:
        """Return this node: its process knows no other."""
        return self

    def decision(self) -> AbstractContextManager[None]:
        """Change nothing: its process knows no other node."""
        return nullcontext()

    def head(self) -> Block:
        """Return the newest block that this node has."""
        self._meet("head", pause=False)
        return self.newest()

    def newest(self) -> Block:
        """Return the head, or the block that a node which lags still calls so."""
        wires = self._wires
        newest = wires.chain.head()
        if not wires.lasts(Fault.NODE_LAGS, self._process):
            self._lagging = None
            return newest
        if self._lagging is None or self._lagging.hash not in wires.chain._by_hash:
            self._lagging = newest
        return self._lagging

    def events(self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield what happened, or nothing where the node leaves it out."""
        self._meet("events", pause=False)
        if self._wires.lasts(Fault.NODE_FORGETS_LOGS, self._process):
            return iter(())
        return self._wires.chain.events(from_block, to_block, kinds)

    def send(self, transaction: SignedTransaction) -> None:
        """Hand over signed bytes."""
        self._meet("send", pause=True)
        if self._wires.trouble.bites(Fault.SENDING_LOST):
            raise NodeUnreachable(node=self._process.name)
        self._wires.chain.send(transaction)
        if self._wires.trouble.bites(Fault.SENDING_UNANSWERED):
            raise NodeUnreachable(node=self._process.name)

    def answers(self, questions: Sequence[Any], *, block: Block) -> Any:
        """Answer several questions at one block."""
        self._meet("answers", pause=True)
        return self._wires.chain.answers(questions, block=block)

    def quote(self, call: Call, sender: str) -> Any:
        """Try a call out."""
        self._meet("quote", pause=True)
        return self._wires.chain.quote(call, sender)

    def mined(self, transaction: bytes) -> Any:
        """Return the transaction if it is mined."""
        self._meet("mined", pause=True)
        return self._wires.chain.mined(transaction)

    def _meet(self, name: str, *, pause: bool) -> None:
        if pause:
            self._wires.schedule.pause(f"node {name}")
        if self._wires.lasts(Fault.NODE_SILENT, self._process):
            raise NodeUnreachable(node=self._process.name)


def _asked_at_a_block(name: str) -> Callable[..., Any]:
    """Make a question to the chain: at the head that this node has, unless a block is given."""

    def ask(self: Any, *arguments: Any, **named: Any) -> Any:
        self._meet(name, pause=False)
        if named.get("block") is None:
            named["block"] = self.newest()
        return getattr(self._wires.chain, name)(*arguments, **named)

    return ask


def _asked(name: str) -> Callable[..., Any]:
    def ask(self: Any, *arguments: Any, **named: Any) -> Any:
        self._meet(name, pause=False)
        return getattr(self._wires.chain, name)(*arguments, **named)

    return ask


for _name in [
    "wallet_accepts",
    "is_contract",
    "account",
    "principal_of",
    "successor_of",
    "recovery_of",
    "delegation_of",
    "digest_of",
    "record_of",
    "path_of",
    "consent_of",
    "mark_of",
    "empowered",
    "permits",
    "why_not",
    "why_not_each",
    "holds",
    "deadline_of",
    "record_status",
    "record_status_each",
    "anchor_of",
    "closed_by",
    "is_erased",
    "is_erased_all",
    "quorum",
    "head_of",
]:
    setattr(Node, _name, _asked_at_a_block(_name))
for _name in [
    "final",
    "block",
    "block_named",
    "estimate",
    "prepare",
    "sign",
    "unsigned",
    "fees",
    "mined_nonce",
    "wait",
]:
    setattr(Node, _name, _asked(_name))


# The disk


class DiskStore:
    """A store on the disk of an institution, as one of its processes uses it."""

    def __init__(self, wires: Wires, process: Process, bodies: MemoryStore) -> None:
        self._wires = wires
        self._process = process
        self._bodies = bodies

    def put(self, body: Any) -> str:
        """Store and pin a body."""
        self._meet()
        return self._bodies.put(body)

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Store and pin each body; what was stored before the disk was full stays."""
        for body in bodies:
            self.put(body)

    def get(self, cid: str, **named: Any) -> io.BufferedReader:
        """Return a reader over a verified body."""
        return self._bodies.get(cid, **named)

    def has(self, cid: str) -> bool:
        """Return whether the body is here."""
        return self._bodies.has(cid)

    def pin(self, cid: str) -> None:
        """Pin a body."""
        self._bodies.pin(cid)

    def unpin(self, cid: str) -> None:
        """Unpin a body."""
        self._wires.schedule.pause("store unpin")
        self._bodies.unpin(cid)

    def delete(self, cid: str) -> None:
        """Remove a body."""
        self._wires.schedule.pause("store delete")
        self._bodies.delete(cid)

    def list(self) -> Iterator[str]:
        """Give the CIDs of all pinned bodies."""
        return self._bodies.list()

    def _meet(self) -> None:
        self._wires.schedule.pause("store put")
        if self._wires.lasts(Fault.STORE_FULL, self._process):
            raise StoreFull


class DiskVault:
    """A vault on the disk of an institution, as one of its processes uses it."""

    def __init__(self, wires: Wires, process: Process, house: str, inner: Vault, *, pauses: bool = True) -> None:
        self._wires = wires
        self._process = process
        self._house = house
        self._inner = inner
        self._pauses = pauses

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Return a transaction; the process may die before it is kept, and not in the middle."""
        if self._pauses:
            self._wires.schedule.pause("vault")
        if self._wires.lasts(Fault.VAULT_FULL, self._process):
            raise VaultUnreachable(place=self._house)
        act = self._wires.schedule.at_work
        put: list[Row] = []
        if act is not None:
            act.atomic += 1
        try:
            with self._inner.transaction() as rows:
                yield _Noting(rows, put)  # type: ignore[misc]
        finally:
            if act is not None:
                act.atomic -= 1
        for row in put:
            self._wires.observer.kept(self._house, row)
        if act is not None and not act.atomic and self._wires.trouble.bites(Fault.COMMIT_UNANSWERED):
            raise VaultUnreachable(place=self._house)

    def reading(self) -> AbstractContextManager[Rows]:
        """Return the rows for several questions."""
        return self._inner.reading()

    def put(self, row: Row) -> None:
        """Keep a row."""
        with self.transaction() as rows:
            rows.put(row)

    def add(self, row: Row) -> None:
        """Keep a new row."""
        with self.transaction() as rows:
            rows.add(row)

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete rows."""
        with self.transaction() as rows:
            return rows.destroy(kind, **equal)

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete old rows."""
        with self.transaction() as rows:
            return rows.drop_older(kind, at=at)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Noting:
    """The rows of a transaction; notes what is put, for whoever looks on once it is kept."""

    def __init__(self, rows: Rows, put: list[Row]) -> None:
        self._rows = rows
        self._noted = put
        self.get, self.find, self.count = rows.get, rows.find, rows.count

    def put(self, row: Row) -> None:
        self._rows.put(row)
        self._noted.append(row)

    def add(self, row: Row) -> None:
        self._rows.add(row)
        self._noted.append(row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)


# Messages


PARTS: Final = ("postbox", "shelf", "submissions", "counter", "audit")


class Door:
    """A gateway, as another process reaches it over the network."""

    def __init__(self, wires: Wires, process: Process, url: str, gateway: Callable[[], Gateway]) -> None:
        self._wires = wires
        self._process = process
        self._gateway = gateway
        self.url = url
        self.address = gateway().address
        self.institution = gateway().institution
        for part in PARTS:
            setattr(self, part, _Part(self, part))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments, **named: self.call("", method, arguments, named)

    def call(self, part: str, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Send a request and wait for the answer.

        Raises:
            NoAnswer: None came; what was asked may have been done, or may be done later.
        """
        wires, schedule, trouble = self._wires, self._wires.schedule, self._wires.trouble
        name = f"{method} at {self._process.name}"
        schedule.pause(f"asks {name}")
        if self._process.down or trouble.bites(Fault.REQUEST_LOST):
            raise self._silence("the request was lost")
        if trouble.bites(Fault.REQUEST_LATE):
            self._deliver_late(part, method, arguments, named)
            raise self._silence("the request is on its way")
        answer = self._deliver(part, method, arguments, named)
        if trouble.bites(Fault.REQUEST_TWICE):
            answer = self._deliver(part, method, arguments, named)
        if trouble.bites(Fault.DOOR_SLOW):
            schedule.pause(f"waits for {name}", until=wires.clock.now() + SLOW_SECONDS)
        schedule.pause(f"hears from {name}")
        if trouble.bites(Fault.ANSWER_LOST):
            raise self._silence("the answer was lost")
        return self._bent(method, answer)

    def _deliver(self, part: str, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Let the gateway's process do it."""
        process, act = self._process, self._wires.schedule.at_work
        target = getattr(self._gateway(), part) if part else self._gateway()
        life = process.life
        if act is not None:
            act.inside.append((process, life))
        self._wires.observer.asked(self.url, part, method, arguments)
        try:
            answer = getattr(target, method)(*arguments, **named)
        except Crashed as crash:
            if crash.process is not process:
                raise
            raise self._silence("the connection broke") from None
        finally:
            if act is not None:
                act.inside.pop()
                self._wires.schedule.check_alive(act)
        if process.life != life:
            raise self._silence("the connection broke")
        self._wires.observer.answered(self.url, part, method, arguments, answer)
        return answer

    def _deliver_late(self, part: str, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        def deliver() -> None:
            self._wires.schedule.pause("is on its way", until=self._wires.clock.now() + SLOT)
            try:
                self._deliver(part, method, arguments, named)
            except MedShareError:
                return  # nobody waits for the answer

        name = f"late {method} {self._wires.schedule.steps}"
        self._wires.schedule.begin(name, name, Process("the network"), deliver)

    def _bent(self, method: str, answer: Any) -> Any:
        """Return the answer, or a lie in its place where one lies ready for such an answer."""
        trouble = self._wires.trouble
        if isinstance(answer, Listing) and answer.rows and trouble.bites(Fault.DOOR_LIES):
            return replace(answer, rows=answer.rows[:-1])
        if method == "body" and trouble.bites(Fault.DOOR_LIES):
            return answer[:-1] + bytes([answer[-1] ^ 1])
        return answer

    def _silence(self, why: str) -> NoAnswer:
        return NoAnswer(url=self.url, why=why)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a door."""

    door: Door
    name: str

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments, **named: self.door.call(self.name, method, arguments, named)


class Wide:
    """The network between everybody. Holders hear of erasures at the doors, as over HTTP."""

    def __init__(self) -> None:
        self.doors: dict[str, tuple[Process, Door]] = {}

    def at(self, url: str) -> Any:
        """Return the door at `url`; raises `NoSuchDoor` while nobody answers there."""
        process, door = self.doors.get(url, (None, None))
        if process is None or process.down:
            raise NoSuchDoor(url=url)
        return door

    @staticmethod
    def holder(account: str) -> None:
        """Nobody is in the same process."""
