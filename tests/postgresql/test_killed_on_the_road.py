"""The processes of a gateway are killed in turn, at random moments, while people walk the road through them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from medshare.consent.categories import Category
from medshare.errors import UnreachableError
from medshare.ledger import RecordStatus
from medshare.release.rule import Ground
from medshare.signed import kept
from medshare.typed_data import Receipt
from medshare.vault import CapsuleRow, ChainTransactionRow, ConsentRow, LeaseRow, OutboxRow, ReceiptRow, Stage
from tests.integration.town import InAThread, town
from tests.postgresql.two_processes import TwoProcesses
from tests.unit.actors.world import papers

PROBLEMS = Category.PROBLEMS
LONGEST = 240  # seconds for one step, on a machine that is busy with other tests
KILLS = 4
MOST_ROUNDS = 24


def again(act: Callable[[], object]):
    """Do something until it is answered: whoever is not answered asks again."""
    latest = time.monotonic() + LONGEST
    while True:
        try:
            return act()
        except UnreachableError:
            assert time.monotonic() < latest
            time.sleep(0.1)


class Stubborn:
    """A door, or a part of one, whose callers send the very same words again until they are answered.

    The counter answers no question twice: there the caller asks anew.
    """

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name in {"postbox", "shelf"}:
            return Stubborn(found)
        if not callable(found):
            return found
        return lambda *given, **named: again(lambda: found(*given, **named))


class StubbornNetwork:
    """A network of such doors."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def at(self, url: str) -> object:
        return Stubborn(again(lambda: self._inner.at(url)))

    def holder(self, account: str) -> object:
        return self._inner.holder(account)


class Killer:
    """Kills one of two processes at a random moment, starts it again, and takes the other one next."""

    def __init__(self, doors: TwoProcesses, seed: int) -> None:
        self._doors = doors
        self._random = random.Random(seed)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._enough.wait(self._random.uniform(0.05, 1.5)):
            victim = self._doors.processes[self.killed % 2]
            victim.kill()
            self.killed += 1
            victim.start()


@pytest.fixture(scope="module")
def road(cluster, tmp_path_factory):
    """Walk the road several times while the processes are killed."""

    def door(name):
        return TwoProcesses() if name == "City Hospital" else InAThread()

    def vault(_):
        return cluster.url(cluster.new_database())

    with town(tmp_path_factory.mktemp("town"), vault=vault, door=door, way=StubbornNetwork) as place:
        yield Road(place)


class Road:
    """The road, walked while the processes were killed; what came of it."""

    def __init__(self, place) -> None:
        self.place = place
        self.city, self.hill = place.institution("City Hospital"), place.institution("Hill Hospital")
        clinics = [place.institution(f"{name} Clinic") for name in ("Harbour", "Valley", "Meadow")]
        self.anna = place.patient()
        for hospital in (self.city, self.hill):
            hospital.enrol(self.anna.answer(hospital.offer_enrolment()), identity_checked=True)
        again(self.anna.sync)
        upload = self.city.upload(self.anna.address, papers(*[PROBLEMS] * (MOST_ROUNDS + 1)))
        self.city.seek_confirmation(self.city.anchor(), clinics)
        again(self.anna.sync)
        self.leaves = [one.leaf for one in upload.written]
        self.door = place.network(self.hill.account).at(self.city.url)
        self.consents, self.readings, self.rounds = [], [], 0
        with Killer(place.served[self.city.url], seed=4) as killer:
            while killer.killed < KILLS and self.rounds < MOST_ROUNDS:
                self.walk(self.rounds)
                self.rounds += 1
        self.killed = killer.killed
        self.settle()

    def walk(self, number: int) -> None:
        """Ask, be granted, read, be shut out, and have one document erased."""
        anna, hill = self.anna, self.hill
        asked = again(
            lambda: hill.request(
                anna.address, self.door, categories=[PROBLEMS], purposes=["TREAT"], days=30, why=f"Question {number}"
            )
        )
        wanted = next(one for one in again(anna.inbox) if one.request == asked.request)
        consent = again(lambda: anna.approve(wanted))
        self.consents.append(consent)
        rows = again(lambda: hill.list_documents(self.door, consent, purpose="TREAT"))
        assert {row.leaf for row in rows} == set(self.leaves[number:])
        for row in rows[:2]:
            self.readings.append(again(lambda row=row: hill.read(self.door, consent, row, purpose="TREAT")))
        again(lambda: anna.revoke(consent))
        again(lambda: anna.erase(self.leaves[number]))

    def settle(self) -> None:
        """Wait until nothing that a killed process began is left."""
        vault = self.city.gateway.office.vault
        latest = time.monotonic() + LONGEST
        while any(vault.count(ChainTransactionRow, state=state) for state in (Stage.SIGNED, Stage.SENT)) or any(
            row.state is not Stage.FINAL for act in ("grant", "erasure") for row in vault.find(OutboxRow, act=act)
        ):
            assert time.monotonic() < latest
            time.sleep(0.1)


def test_processes_were_killed_on_the_way(road):
    assert road.killed >= KILLS


def test_whoever_read_has_a_receipt_and_the_line_is_whole(road):
    """R17, R18: no release without a receipt, none lost, numbered and linked."""
    gateway = road.city.gateway
    rows = gateway.office.vault.find(ReceiptRow, gateway=gateway.address, patient=road.anna.address)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous for row in rows[1:]] == [row.digest for row in rows[:-1]]
    line = {row.digest: kept(Receipt, row.signed) for row in rows}
    assert len(road.readings) >= road.rounds
    for reading in road.readings:
        assert line[reading.receipt.digest(road.anna.domains)] == reading.receipt


def test_the_patient_sees_every_read_and_nothing_wrong(road):
    lines = again(road.anna.who_looked)
    mine = [line for line in lines if line.accessor == road.hill.address and line.ground is Ground.RELEASED]
    assert len(mine) >= len(road.readings)


def test_what_she_granted_is_on_the_chain_and_its_document_is_at_the_door(road):
    """[U-009]: completed by the other process, or by the same one after its restart."""
    vault = road.city.gateway.office.vault
    for consent in road.consents:
        assert vault.get(ConsentRow, consent_id=consent.consent_id) is not None
        assert road.place.ledger.consent_of(consent.patient, consent.grantee, consent.terms).word


def test_what_she_erased_is_gone_and_the_chain_says_so(road):
    """[U-010]: completed by the other process, or by the same one after its restart."""
    vault, ledger = road.city.gateway.office.vault, road.place.ledger
    for leaf in road.leaves[: road.rounds]:
        assert vault.get(CapsuleRow, leaf=leaf) is None
    rows = again(lambda: road.anna.network.at(road.city.url).counter.listing(road.anna.own_request(road.door)).rows)
    assert {row.leaf for row in rows} == set(road.leaves[road.rounds :])
    assert ledger.record_status(rows[0].sealed.placement.query).status is RecordStatus.CONFIRMED


def test_the_relay_lost_no_nonce_and_used_none_twice(road):
    """R01, R05."""
    office = road.city.gateway.office
    lease = office.vault.require(LeaseRow, account=office.address)
    rows = office.vault.find(ChainTransactionRow, account=office.address)
    assert [row.nonce for row in rows] == list(range(lease.seq))
    assert office.ledger.mined_nonce(office.address) == lease.seq
