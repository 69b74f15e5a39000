"""R18: the log cannot be written. Nothing is released, and nothing is half done when it can be written again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from medshare.actors import Institution, Patient
from medshare.clock import HandClock
from medshare.consent.categories import Category
from medshare.gateway.values import Release
from medshare.keys.account import AccountKey
from medshare.ledger.memory import MemoryLedger
from medshare.sandbox import START, Sandbox
from medshare.signed import Signed
from medshare.store import MemoryStore
from medshare.typed_data import ReadRequest
from medshare.vault import NonceRow, ReceiptRow, VaultUnreachable
from medshare.vault.sql import SqlVault
from tests.unit.actors.world import papers


class Desk:
    """A hospital whose vault is a file, one patient with one document, and a request for it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "vault.db"
        clock, regulator = HandClock(START), AccountKey.generate()
        sandbox = Sandbox(
            ledger=MemoryLedger(regulator.address, clock),
            clock=clock,
            regulator=regulator,
            fund=lambda _: None,
            vault=lambda _: SqlVault(f"sqlite:///{self.file}"),
            store=lambda _: MemoryStore(),
        )
        self.city: Institution = sandbox.institution("City Hospital")
        self.anna: Patient = sandbox.patient()
        sandbox.enrol(self.anna, self.city)
        upload = self.city.upload(self.anna.address, papers(Category.PROBLEMS))
        self.city.anchor()
        self.leaf = upload.written[0].leaf
        self.vault: SqlVault = self.city.gateway.office.vault  # type: ignore[assignment]

    def request(self) -> Signed[ReadRequest]:
        return self.anna.own_request(self.city.gateway, leaf=self.leaf)

    def read(self, request: Signed[ReadRequest]) -> Release:
        return self.city.gateway.counter.read(request)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another process holds the database, as in a failed backup."""
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        """The disk has no page left."""
        pages = sqlite3.connect(self.file).execute("PRAGMA page_count").fetchone()[0]

        def limit(connection: sqlite3.Connection, record: object) -> None:
            del record
            connection.execute(f"PRAGMA max_page_count={pages}")

        self.vault._engine.dispose()
        event.listen(self.vault._engine, "connect", limit)
        yield
        event.remove(self.vault._engine, "connect", limit)
        self.vault._engine.dispose()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("medshare.vault.engine.BUSY_SECONDS", 0)
        yield Desk(tmp_path_factory.mktemp("desk"))


def receipts(desk: Desk) -> int:
    return desk.vault.count(ReceiptRow, patient=desk.anna.address)


@pytest.mark.parametrize("trouble", [Desk.locked, Desk.full], ids=["locked", "full"])
def test_while_the_log_cannot_be_written_nothing_leaves(desk: Desk, trouble: Callable):
    """[B-011, R-019] R18, A11: every release has its receipt on disk; the others were refused by the fault."""
    before, released, unreachable = receipts(desk), 0, 0
    request = desk.request()
    with trouble(desk):
        for _ in range(40):  # a page may still have room for some
            try:
                desk.read(request)
                released += 1
                request = desk.request()
            except VaultUnreachable:
                unreachable += 1
                break
    assert unreachable == 1
    assert receipts(desk) == before + released
    # The request that met the fault left no half: neither a receipt nor a used nonce.
    assert desk.vault.get(NonceRow, signer=request.signer, nonce=request.message.nonce) is None
    assert desk.read(request).leaf == desk.leaf
    assert receipts(desk) == before + released + 1


@pytest.mark.parametrize("trouble", [Desk.locked, Desk.full], ids=["locked", "full"])
def test_a_period_that_cannot_be_kept_is_not_anchored(desk: Desk, trouble: Callable):
    """[B-011, B-008] R17: the disk fills up while a period is closed."""
    gateway = desk.city.gateway
    gateway.anchoring.keep_up()
    head = gateway.office.ledger.head_of(gateway.address)
    desk.read(desk.request())
    with trouble(desk), pytest.raises(VaultUnreachable):  # noqa: PT012  # a page may still have room for some
        for _ in range(200):
            gateway.anchoring.close()
    assert gateway.office.ledger.head_of(gateway.address) == head
    gateway.anchoring.close()
    gateway.anchoring.keep_up()
    assert sum(one.count for one in gateway.audit.periods()) == gateway.office.vault.count(ReceiptRow)
