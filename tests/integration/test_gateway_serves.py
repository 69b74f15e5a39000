"""The door as a process serves it: a real socket on the loopback, and a graceful stop."""

from __future__ import annotations

import io
import threading
import time

import httpx
import pytest

from medshare.gateway.http.serve import server
from medshare.gateway.http.settings import Settings
from medshare.gateway.http.telemetry import json_log
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import NonceForm, TokenForm
from medshare.gateway.wire.sign_in import sign_in_text, sign_text
from medshare.hexadecimal import to_hex
from medshare.sandbox import Sandbox


@pytest.fixture(scope="module")
def running():
    sandbox = Sandbox.in_memory()
    hospital = sandbox.institution("City Hospital")
    log = io.StringIO()
    own = server(hospital.gateway, "127.0.0.1", 0, Settings(origin="http://127.0.0.1"), log=json_log(log))
    thread = threading.Thread(target=own.run)
    thread.start()
    while not own.started:
        time.sleep(0.02)
    with httpx.Client(base_url=f"http://127.0.0.1:{own.port}") as client:
        yield sandbox, hospital, client, log
    own.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


def test_a_caller_signs_in_over_a_socket_and_asks(running):
    sandbox, hospital, client, log = running
    assert client.get(routes.READY).json()["ready"] is True
    key = hospital.account
    nonce = NonceForm.read(client.post(routes.NONCE.path).content)
    text = sign_in_text(nonce, key.address, at=sandbox.clock.now())
    body = {"message": text, "signature": to_hex(sign_text(text, key)), "ticket": nonce.ticket}
    token = TokenForm.read(client.post(routes.SIGN_IN.path, json=body).content).token
    answer = client.get(routes.SESSION.path, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["actsFor"] == hospital.address
    assert "server" not in answer.headers
    assert token not in log.getvalue()


def test_a_header_without_end_is_refused(running):
    client = running[2]
    answer = client.get(routes.GATEWAY.path, headers={"x-long": "a" * 70_000})
    assert answer.status_code in {400, 431}


def test_many_callers_at_once_are_answered(running):
    client = running[2]
    statuses = []

    def ask():
        statuses.extend(client.get(routes.GATEWAY.path).status_code for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100
