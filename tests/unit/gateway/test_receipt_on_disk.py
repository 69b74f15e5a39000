"""The receipt is on the disk, numbered and linked, before the capsule leaves: whatever fails, dies or runs beside it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from medshare.consent.categories import Category
from medshare.gateway import Refused
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Revoke
from medshare.vault import (
    NonceRow,
    ReceiptRow,
    RevocationRow,
    TagRow,
    VaultUnreachable,
)
from medshare.vault import engine as engines
from medshare.vault.sql import SqlVault
from tests.unit.gateway.disk import copied, gateway_on, in_processes, line_of

PROBLEMS = Category.PROBLEMS


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(PROBLEMS)


def ground_of(world, request, gateway=None) -> Ground:
    with pytest.raises(Refused) as caught:
        (gateway or world.gateway).counter.read(request)
    return caught.value.ground


class Failing:
    """A vault whose transactions fail at their end while `failing`; several callers can be held together."""

    def __init__(self, vault: SqlVault) -> None:
        self._vault = vault
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._vault.transaction() as rows:
            self.inside.set()
            assert self.gate.wait(30)
            yield rows
            if self.failing:
                raise VaultUnreachable(place="here")


@pytest.fixture
def disk(world, leaves, consent, tmp_path):
    """A vault in a file with all that the world's gateway keeps."""
    vault = SqlVault(copied(world, tmp_path))
    yield vault
    vault.close()


def together(gateway, requests) -> list[Any]:
    """Let all ask at once; return what each got or was told."""
    found: list[Any] = [None] * len(requests)

    def ask(place: int) -> None:
        try:
            found[place] = gateway.counter.read(requests[place])
        except Exception as error:  # noqa: BLE001  # whatever it was, the test looks at it
            found[place] = error

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(requests))]
    for thread in threads:
        thread.start()
    gate = getattr(gateway.office.vault, "gate", None)
    if gate is not None and not gate.is_set():
        assert gateway.office.vault.inside.wait(30)
        waiting = gateway.counter._book._group._waiting
        event_ = threading.Event()
        for _ in range(3000):
            if len(waiting) == len(requests) - 1:
                break
            event_.wait(0.01)
        gate.set()
    for thread in threads:
        thread.join(60)
    return found


def test_if_the_commit_fails_every_caller_of_the_group_is_told_and_no_capsule_leaves(world, leaves, consent, disk):
    """[R-019] R18: the log is not there; afterwards the same requests are answered, each once."""
    vault = Failing(disk)
    gateway = gateway_on(world, vault)
    requests = [world.ask(consent, leaves[0]) for _ in range(8)]
    before = disk.count(ReceiptRow)
    vault.failing = True
    vault.gate.clear()
    found = together(gateway, requests)
    assert [type(one) for one in found] == [VaultUnreachable] * 8
    assert disk.count(ReceiptRow) == before
    assert not any(disk.get(NonceRow, signer=one.signer, nonce=one.message.nonce) for one in requests)
    vault.failing = False
    assert [one.leaf for one in together(gateway, requests)] == [leaves[0]] * 8
    assert disk.count(ReceiptRow) == before + 8
    line_of(disk, world, world.anna.address)


def test_of_one_nonce_in_one_group_one_is_released(world, leaves, consent, disk):
    """[R-003] E05: eight copies of one request, and eight requests with one nonce, in one transaction."""
    vault = Failing(disk)
    gateway = gateway_on(world, vault)
    request = world.ask(consent, leaves[0])
    nonce = world.anna.entropy(32)
    for requests in (
        [request] * 8,
        [world.ask(consent, leaves[0], nonce=nonce, at=request.message.at - n) for n in range(8)],
    ):
        vault.gate.clear()
        vault.inside.clear()
        found = together(gateway, requests)
        refused = [one.ground for one in found if isinstance(one, Refused)]
        assert refused == [Ground.NONCE_USED] * 7
        assert len([one for one in found if not isinstance(one, Exception)]) == 1
    line_of(disk, world, world.anna.address)


def test_on_a_disk_that_is_full_nothing_leaves(world, leaves, consent, tmp_path):
    """[R-019] R17, R18: SQLite's own error, not a planted one."""
    vault = SqlVault(copied(world, tmp_path))
    pages: list[int] = []

    @event.listens_for(vault._engine, "connect")
    def _full(connection: Any, record: object) -> None:
        pages.append(connection.execute("PRAGMA page_count").fetchone()[0])
        connection.execute(f"PRAGMA max_page_count={pages[0] + 2}")

    vault._engine.dispose()
    gateway = gateway_on(world, vault)
    told = None
    for _ in range(60):
        rows = vault.count(ReceiptRow)
        request = world.ask(consent, leaves[0])
        try:
            gateway.counter.read(request)
        except VaultUnreachable as error:
            told = error
            break
    assert told is not None
    assert vault.count(ReceiptRow) == rows
    assert vault.get(NonceRow, signer=request.signer, nonce=request.message.nonce) is None
    line_of(vault, world, world.anna.address)
    vault.close()


def test_while_somebody_else_holds_the_log_nothing_leaves(world, leaves, consent, tmp_path, monkeypatch):
    """[R-019] R18: the writer waits, and then says so."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.2)
    url = copied(world, tmp_path)
    vault, other = SqlVault(url), SqlVault(url)
    gateway = gateway_on(world, vault)
    gateway.office.watch()
    request = world.ask(consent, leaves[0])
    with other.transaction(), pytest.raises(VaultUnreachable):
        gateway.counter.read(request)
    assert gateway.counter.read(request).leaf == leaves[0]
    vault.close()
    other.close()


def crashing(world, url: str, request, monkeypatch_at: str) -> Callable[[], object]:
    """A process that asks for a document and dies, without a word, at one step of the answer."""

    def work() -> object:
        gateway = gateway_on(world, SqlVault(url))

        def die(*_: object, **__: object) -> None:
            os._exit(9)

        if monkeypatch_at == "nothing is written":
            gateway.counter._gathering.gather = die
        elif monkeypatch_at == "written, not committed":
            vault = gateway.office.vault

            @contextmanager
            def transaction() -> Iterator[Any]:
                with SqlVault.transaction(vault) as rows:
                    yield rows
                    die()

            vault.transaction = transaction
        else:
            gateway.counter._receipt = lambda decided: die(gateway.counter._book.write(decided))
        return gateway.counter.read(request)

    return work


@pytest.mark.parametrize(
    ("step", "kept"), [("nothing is written", 0), ("written, not committed", 0), ("committed, not answered", 1)]
)
def test_a_gateway_that_dies_has_a_receipt_of_whatever_may_have_left(world, leaves, consent, tmp_path, step, kept):
    """[R-019] R01: between commit and answer there is a receipt too many, never one too few."""
    url = copied(world, tmp_path)
    before = SqlVault(url)
    count = before.count(ReceiptRow)
    before.close()
    request = world.ask(consent, leaves[0])
    assert in_processes([crashing(world, url, request, step)]) == [(None, 9)]
    vault = SqlVault(url)
    gateway = gateway_on(world, vault)
    assert vault.count(ReceiptRow) == count + kept
    if kept:
        assert ground_of(world, request, gateway) is Ground.NONCE_USED
        request = world.ask(consent, leaves[0])
    assert gateway.counter.read(request).leaf == leaves[0]
    line_of(vault, world, world.anna.address)
    vault.close()


# Numbers


def asking(gateway, requests, threads: int) -> list[tuple[int, bytes]]:
    """Ask in several threads; return number and digest of each receipt."""
    found: list[tuple[int, bytes]] = []

    def some(place: int) -> None:
        for request in requests[place::threads]:
            receipt = gateway.counter.read(request).receipt
            found.append((receipt.message.seq, receipt.digest(gateway.office.domains)))

    running = [threading.Thread(target=some, args=(place,)) for place in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(240)
    return found


def test_sixteen_threads_write_one_line_without_a_gap(world, leaves, consent, disk):
    """[L-004]"""
    gateway = gateway_on(world, disk)
    before = len(line_of(disk, world, world.anna.address))
    found = asking(gateway, [world.ask(consent, leaves[0]) for _ in range(160)], 16)
    line = line_of(disk, world, world.anna.address)
    assert sorted(seq for seq, _ in found) == list(range(before + 1, before + 161))
    assert {one.digest(world.anna.domains) for one in line[before:]} == {one for _, one in found}


def test_two_processes_write_one_line_without_a_gap(world, leaves, consent, tmp_path):
    """[L-004] Eight threads in each, on the same file."""
    url = copied(world, tmp_path)
    requests = [world.ask(consent, leaves[0]) for _ in range(160)]

    def process(part):
        return lambda: asking(gateway_on(world, SqlVault(url)), part, 8)

    told = in_processes([process(requests[0::2]), process(requests[1::2])])
    assert [code for _, code in told] == [0, 0]
    vault = SqlVault(url)
    line = line_of(vault, world, world.anna.address)
    found = [one for given, _ in told for one in given]
    assert sorted(seq for seq, _ in found) == list(range(len(line) - 159, len(line) + 1))
    assert {one.digest(world.anna.domains) for one in line[-160:]} == {one for _, one in found}
    vault.close()


def test_what_one_process_saw_shut_is_shut_in_the_other(world, leaves, tmp_path):
    """[R-007] The signed word reached one of two gateways on one vault."""
    consent = world.grant(PROBLEMS)
    url = copied(world, tmp_path)
    here, there = (gateway_on(world, SqlVault(url)) for _ in range(2))
    for gateway in (here, there):
        assert gateway.counter.read(world.ask(consent, leaves[0])).leaf == leaves[0]
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    there.shelf.saw_revoke(Signed.by(world.anna.account, message, world.anna.domains))
    assert ground_of(world, world.ask(consent, leaves[0]), here) is Ground.REVOCATION_SEEN
    for gateway in (here, there):
        gateway.office.vault.close()


def test_two_processes_that_see_the_same_revocation_both_go_on(world, leaves, tmp_path):
    """[R-007] Neither stumbles over the row of the other."""
    revoked, other = world.grant(PROBLEMS), world.grant(PROBLEMS)
    url = copied(world, tmp_path)
    gateways = [gateway_on(world, SqlVault(url)) for _ in range(2)]
    world.anna.revoke(revoked)
    vault = gateways[0].office.vault
    vault.destroy(RevocationRow, consent_id=revoked.consent_id)
    threads = [threading.Thread(target=gateway.office.watch) for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for gateway in gateways:
        assert ground_of(world, world.ask(revoked, leaves[0]), gateway) is Ground.REVOCATION_SEEN
        assert gateway.counter.read(world.ask(other, leaves[0])).leaf == leaves[0]
        gateway.office.vault.close()


def test_whoever_observes_is_told_the_seconds_of_each_receipt(world, leaves, consent, disk):
    gateway, told = gateway_on(world, disk), []
    gateway.counter.observe(told.append)
    gateway.counter.read(world.ask(consent, leaves[0]))
    assert len(told) == 1
    assert 0 < told[0] < 60


def test_a_line_has_its_tag_from_its_first_receipt_on(world):
    """[B-006] In the same transaction: no receipt is without the tag that an anchor names it by."""
    patient = world.sandbox.patient()
    world.sandbox.enrol(patient, world.city)
    place = {"gateway": world.gateway.address, "patient": patient.address}
    vault = world.gateway.office.vault
    assert (vault.count(ReceiptRow, **place), vault.get(TagRow, **place)) == (0, None)
    world.gateway.counter.listing(patient.own_request(world.gateway))
    assert vault.count(ReceiptRow, **place) == 1
    assert vault.get(TagRow, **place) is not None
