"""A gateway in two processes on PostgreSQL: callers notice nothing of it, and nothing is lost when one dies."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from medshare.gateway.values import Release
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import NonceForm, ReleaseForm, SessionForm, TokenForm
from medshare.gateway.wire.letters import ReadLetter
from medshare.gateway.wire.sign_in import sign_in_text, sign_text
from medshare.hexadecimal import to_hex
from medshare.release.receipts import RELEASED
from medshare.signed import kept
from medshare.typed_data import Receipt
from medshare.vault import NonceRow, ReceiptRow
from tests.postgresql.town import two_doors

READERS = 6


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    with two_doors(cluster, tmp_path_factory.mktemp("town")) as built:
        yield built


def url(door, path):
    return f"http://127.0.0.1:{door.port}{path}"


def sign_in(town, door, key):
    """Open a session at one of the two."""
    nonce = NonceForm.read(httpx.post(url(door, routes.NONCE.path)).content)
    text = sign_in_text(nonce, key.address, at=town.sandbox.clock.now())
    body = {"message": text, "signature": to_hex(sign_text(text, key)), "ticket": nonce.ticket}
    answer = httpx.post(url(door, routes.SIGN_IN.path), json=body)
    assert answer.status_code == 201, answer.text
    return TokenForm.read(answer.content).token


def session_at(door, token):
    return httpx.get(url(door, routes.SESSION.path), headers={"authorization": f"Bearer {token}"})


def test_a_session_of_one_process_opens_the_other_and_ends_at_both(town):
    first, second = town.doors
    token = sign_in(town, first, town.hill.account)
    for door in town.doors:
        assert SessionForm.read(session_at(door, token).content).account == town.hill.address
    assert (
        httpx.delete(url(second, routes.SESSION.path), headers={"authorization": f"Bearer {token}"}).status_code == 204
    )
    for door in town.doors:
        assert session_at(door, token).status_code == 401


def test_a_nonce_of_one_process_is_good_at_the_other_once(town):
    first, second = town.doors
    nonce = NonceForm.read(httpx.post(url(first, routes.NONCE.path)).content)
    text = sign_in_text(nonce, town.hill.address, at=town.sandbox.clock.now())
    body = {"message": text, "signature": to_hex(sign_text(text, town.hill.account)), "ticket": nonce.ticket}
    assert [httpx.post(url(door, routes.SIGN_IN.path), json=body).status_code for door in (second, first)] == [201, 401]


def test_a_request_is_answered_once_by_both_processes_together(town):
    """E05: replayed at the other process while the first one works on it."""
    letter = ReadLetter(signed=town.ask(town.consent, town.leaves[0])).write()

    def ask(door):
        headers = {"content-type": "application/json"}
        return httpx.post(url(door, routes.READ.path), content=letter, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(ask, town.doors * 3))
    assert codes == [200, 403, 403, 403, 403, 403]


@dataclass
class Crowd:
    """Readers who ask through the one address until they are told to stop, and what they were given."""

    town: object
    releases: list[Release] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def read(self, number: int) -> None:
        with httpx.Client(base_url=self.town.origin, timeout=120) as client:
            while not self.enough.is_set():
                leaf = self.town.leaves[number % len(self.town.leaves)]
                slot = self.town.consent.category_slot(self.town.consent.categories[number % len(self.town.leaves)])
                letter = ReadLetter(signed=self.town.ask(self.town.consent, leaf, slot=slot))
                headers = {"content-type": "application/json"}
                answer = client.post(routes.READ.path, content=letter.write(), headers=headers)
                self.statuses.append(answer.status_code)
                if answer.status_code == 200:
                    self.releases.append(ReleaseForm.read(answer.content).value())

    def check(self) -> None:
        """No release without a receipt, none lost, the line whole, every nonce used once."""
        town = self.town
        rows = town.vault.find(ReceiptRow, gateway=town.gateway.address, patient=town.anna.address)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert [row.previous for row in rows[1:]] == [row.digest for row in rows[:-1]]
        line = {row.digest: row for row in rows}
        for release in self.releases:
            digest = release.receipt.digest(town.anna.domains)
            assert kept(Receipt, line[digest].signed) == release.receipt
        released = [row.asked.signature for row in rows if row.decision == RELEASED]
        assert len(set(released)) == len(released)
        nonces = {(row.signer, row.nonce) for row in town.vault.find(NonceRow)}
        assert len(nonces) >= len(self.releases)


def while_a_crowd_reads(town, act):
    """Let several read, do something to the gateway meanwhile, and hold what they got against the vault."""
    crowd = Crowd(town)
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(crowd.read, number) for number in range(READERS)]
        try:
            until(lambda: len(crowd.releases) >= 8)
            act()
            reached = len(crowd.releases)
            until(lambda: len(crowd.releases) >= reached + 8)
        finally:
            crowd.enough.set()
        for reader in readers:
            reader.result()
    crowd.check()
    return crowd


def until(true, seconds=120):
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_many_readers_of_two_processes_get_one_line_of_receipts(town):
    crowd = while_a_crowd_reads(town, lambda: None)
    assert set(crowd.statuses) == {200}


@pytest.mark.parametrize("victim", [0, 1])
def test_killing_either_process_loses_nothing(town, victim):
    """R17: whoever was answered has a receipt in the line; whoever was not asks again at the other process."""
    door = town.doors[victim]
    try:
        crowd = while_a_crowd_reads(town, door.kill)
        assert set(crowd.statuses) <= {200, 502}
    finally:
        door.start()
    while_a_crowd_reads(town, lambda: None)


def test_a_database_that_crashes_under_both_processes_loses_nothing(town, cluster):
    """R17, R18: without the line of receipts nothing is released; afterwards everything goes on."""
    crowd = while_a_crowd_reads(town, cluster.crash)
    assert set(crowd.statuses) <= {200, 503}
