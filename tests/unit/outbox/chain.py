"""A twin of the chain whose blocks come when a test lets time pass, and nodes that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from medshare.clock import HandClock
from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.ledger import Call, SignedTransaction
from medshare.ledger.memory import MemoryLedger
from medshare.outbox import Outbox, Policy
from medshare.vault import ChainTransactionRow, Vault
from medshare.vault.sql import memory_vault

START = 1_800_000_000
KEY = AccountKey(keccak(b"the sender"))
OTHER = AccountKey(keccak(b"another sender"))


class Faulty:
    """A ledger that answers as another one does, except that the next calls of `send` and `mined` go as planned.

    A plan is an exception, raised instead of the call; or (exception, "after"), raised after it was carried out.
    """

    def __init__(self, ledger: MemoryLedger) -> None:
        self.inner = ledger
        self.plans: dict[str, list[Any]] = {"send": [], "mined": [], "quote": [], "mined_nonce": []}
        self.sent: list[SignedTransaction] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def pinned(self) -> Any:
        return self

    def _go(self, name: str, act: Callable[[], Any]) -> Any:
        plan = self.plans[name].pop(0) if self.plans[name] else None
        if isinstance(plan, tuple):
            act()
            raise plan[0]
        if plan is not None:
            raise plan
        return act()

    def send(self, transaction: SignedTransaction) -> None:
        self.sent.append(transaction)
        self._go("send", lambda: self.inner.send(transaction))

    def mined(self, transaction: bytes) -> Any:
        return self._go("mined", lambda: self.inner.mined(transaction))

    def quote(self, call: Call, sender: str) -> Any:
        return self._go("quote", lambda: self.inner.quote(call, sender))

    def mined_nonce(self, account: str, *, final: bool = False) -> int:
        return int(self._go("mined_nonce", lambda: self.inner.mined_nonce(account, final=final)))


@dataclass
class Desk:
    """One sender with its vault and its chain; a second of sleep is a block."""

    finality_depth: int = 0
    automatic: bool = False
    policy: Policy = field(default_factory=lambda: Policy(patience=30, poll=1, slowest_poll=4))
    twin: MemoryLedger = field(init=False)
    node: Faulty = field(init=False)
    vault: Vault = field(default_factory=memory_vault)
    steps: list[str] = field(default_factory=list)
    now: float = 0
    blocks_come: bool = True

    def __post_init__(self) -> None:
        self.twin = MemoryLedger(
            "0x" + "11" * 20, HandClock(START), finality_depth=self.finality_depth, automatic=self.automatic
        )
        self.node = Faulty(self.twin)
        self.outbox = self.restart()

    def restart(self) -> Outbox:
        """A new process on the same vault and chain."""
        self.outbox = Outbox(
            self.node,  # type: ignore[arg-type]
            self.vault,
            policy=self.policy,
            step=self.steps.append,
            sleep=self.sleep,
            monotonic=lambda: self.now,
        )
        return self.outbox

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.blocks_come:
            self.twin.mine()

    def rows(self) -> list[ChainTransactionRow]:
        return self.vault.find(ChainTransactionRow)

    @property
    def row(self) -> ChainTransactionRow:
        (only,) = self.rows()
        return only

    def requests(self) -> int:
        """How many requests were ever opened on the chain: each act below opens one."""
        return sum(type(log.event).__name__ == "Opened" for log in self.twin.events())


def asking(number: int = 0, *, days: int = 1) -> Call:
    """A call that anybody may make, another one for each number."""
    return Call("AccessRequests", "open", (keccak(number.to_bytes(4, "big")), START + days * 86_400))


def refused() -> Call:
    """A call that the contract refuses: the deadline is over."""
    return Call("AccessRequests", "open", (keccak(b"late"), START - 1))


def numbers(rows: list[ChainTransactionRow]) -> Iterator[int]:
    return iter(row.nonce for row in rows)
