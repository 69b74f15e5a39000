"""A crowd at the counter while consents end: nothing is released after a revocation's block, without a receipt, or lost."""

from __future__ import annotations

import random
import socket
import threading
import time

import pytest

from medshare.actors.looking import whole_log
from medshare.audit.judging import Entry, Line, judge_line
from medshare.consent.categories import Category
from medshare.gateway import Refused
from medshare.gateway.http.serve import server
from medshare.gateway.http.settings import Rate, Settings
from medshare.gateway.remote import RemoteNetwork
from medshare.ledger.events import Revoked
from medshare.release.rule import Ground
from medshare.vault import ReceiptRow
from tests.unit.actors.world import make_world

PROBLEMS = Category.PROBLEMS
WIDE = Rate(10_000, 10_000)


class Silent:
    def info(self, *_: object, **__: object) -> None: ...

    warning = error = info


def crowd(world, door, consents, leaf, *, readers: int, revoked: int, seed: int):
    """Let `readers` ask at once while the first `revoked` consents end; return every question with its answer."""
    turns = random.Random(seed)
    asked = [world.ask(consents[number % len(consents)], leaf) for number in range(readers)]
    answers: list = [None] * readers
    together = threading.Barrier(readers + 1)

    def read(number: int) -> None:
        together.wait()
        time.sleep(turns.random() / 2)
        try:
            answers[number] = door.counter.read(asked[number]).receipt
        except Refused as refused:
            answers[number] = refused.receipt
        except Exception as error:  # noqa: BLE001  # a lost answer is what the test looks for
            answers[number] = error

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    together.wait()
    for consent in consents[:revoked]:
        time.sleep(turns.random() / 50)
        world.anna.revoke(consent)
    for thread in threads:
        thread.join()
    return list(zip(asked, answers, strict=True))


def check(world, asked_and_answered, consents, revoked: int) -> None:
    """Check what the crowd was told against the chain and against the log."""
    ended = {
        log.event.consent_id: log.block_number
        for log in world.ledger.events(kinds=(Revoked,))
        if isinstance(log.event, Revoked)
    }
    numbers = {world.ledger.block(number).hash: number for number in range(world.ledger.head().number + 1)}
    kept = {row.digest: row for row in world.gateway.office.vault.find(ReceiptRow, gateway=world.gateway.address)}
    grounds = []
    for asked, receipt in asked_and_answered:
        message = receipt.check(world.anna.domains, signer=world.gateway.address)
        grounds.append(Ground(message.reason))
        assert message.read_request == asked.digest(world.anna.domains)  # each its own answer, none twice
        assert kept[receipt.digest(world.anna.domains)].signed == receipt.keep()  # none without a receipt in the log
        if grounds[-1] is Ground.RELEASED:
            assert numbers[message.block] < ended.get(asked.message.consent_id, 2**63)  # none after the end
    assert set(grounds) <= {Ground.RELEASED, Ground.REVOKED, Ground.REVOCATION_SEEN}
    assert len(ended) >= revoked
    assert {Ground.RELEASED} < set(grounds)
    lines = whole_log(world.gateway, world.ask_own())
    entries = [Entry(receipt=one.receipt, asked=one.asked, leaves=one.leaves) for one in lines]
    line = Line(gateway=world.gateway.address, patient=world.anna.address, entries=tuple(entries))
    assert judge_line(line, world.anna.domains) == ()
    for consent in consents[:revoked]:
        with pytest.raises(Refused):
            world.read(world.ask(consent, asked_and_answered[0][0].message.leaf))


@pytest.fixture
def place():
    world = make_world()
    (leaf,) = world.write(PROBLEMS)
    return world, leaf


@pytest.mark.parametrize("seed", [1])
def test_a_thousand_readers_and_fifty_revocations_at_random_times(place, seed):
    """[R-007, R-019, R-020, L-001] A06: every answer has its receipt in an unbroken line."""
    world, leaf = place
    consents = [
        world.anna.grant(world.hill.address, categories=[PROBLEMS], purposes=["TREAT"], days=30) for _ in range(60)
    ]
    world.wait(1)
    found = crowd(world, world.gateway, consents, leaf, readers=1000, revoked=50, seed=seed)
    check(world, found, consents, 50)


def test_a_smaller_crowd_over_http(place):
    """[R-007, R-019, R-020, L-001] A06: the same through a real socket."""
    world, leaf = place
    consents = [
        world.anna.grant(world.hill.address, categories=[PROBLEMS], purposes=["TREAT"], days=30) for _ in range(12)
    ]
    world.wait(1)
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    served = server(
        world.gateway, "127.0.0.1", 0, Settings(origin=origin, address_rate=WIDE, account_rate=WIDE), log=Silent()
    )
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    network = RemoteNetwork(world.hill.account, ledger=world.ledger, clock=world.sandbox.clock)
    try:
        while not served.started:
            time.sleep(0.01)
        found = crowd(world, network.at(origin), consents, leaf, readers=60, revoked=8, seed=2)
    finally:
        network.close()
        served.should_exit = True
        thread.join(timeout=20)
    check(world, found, consents, 8)
