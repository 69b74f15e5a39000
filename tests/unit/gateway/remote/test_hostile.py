"""A gateway that lies, floods or stalls: the client refuses the answer whole, and asks nobody else."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing

import httpcore
import httpx
import pytest

from medshare.clock import HandClock
from medshare.errors import IntegrityError, UnreachableError
from medshare.gateway.remote.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    NoAnswer,
    NotSecure,
    OtherDeployment,
    SignInForeign,
)
from medshare.gateway.remote.line import MOST_VALUES, DoorUrl, Line
from medshare.gateway.remote.transport import Deadline, OneHostTransport
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import AccountsForm, AnswerForm, GatewayForm
from medshare.gateway.wire.errors import NotSignedIn, TooMany
from medshare.gateway.wire.problems import MEDIA_TYPE, to_problem
from medshare.gateway.wire.sign_in import STATEMENT
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.keys.errors import DocumentMalformed
from medshare.typed_data import Domains

NOW = 1_800_000_000
KEY = AccountKey(bytes(31) + b"\x07")
DOMAINS = Domains(
    chain_id=31337,
    participants=f"0x{1:040x}",
    consents=f"0x{2:040x}",
    requests=f"0x{3:040x}",
    records=f"0x{4:040x}",
    audit=f"0x{5:040x}",
)
URL = "https://gateway.example"
NONCE = {
    "nonce": "A" * 32,
    "ticket": "t" * 43,
    "domain": "gateway.example",
    "uri": URL,
    "chainId": 31337,
    "statement": STATEMENT,
    "expires": NOW + 300,
}
TOKEN = {"account": KEY.address, "actsFor": f"0x{0:040x}", "expires": NOW + 900, "token": "s" * 43}
WHO: Address = f"0x{9:040x}"


class Scripted:
    """A transport that answers from a list, and remembers what was sent."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.sent: list[httpx.Request] = []
        self.deadline = Deadline(time.monotonic)

    def handle_request(self, request):
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None: ...


def ok(value, *, status=200, kind="application/json", **headers) -> httpx.Response:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return httpx.Response(status, headers={"content-type": kind, **headers}, stream=httpx.ByteStream(content))


def problem(error) -> httpx.Response:
    form = to_problem(error)
    return ok(form.write(), status=form.status, kind=MEDIA_TYPE)


def line(*answers, key=KEY) -> Line:
    waited = []
    found = Line(
        DoorUrl.parse(URL),
        key=key,
        domains=DOMAINS,
        clock=HandClock(NOW),
        transport=Scripted(*answers),
        pause=waited.append,
    )
    found.waited = waited
    return found


def test_a_session_is_opened_when_one_is_first_needed_and_once_more_when_it_ended():
    """[H-031] A06."""
    asked = line(
        ok(NONCE),
        ok(TOKEN, status=201),
        ok({"answer": True}),
        ok({"answer": True}),
        problem(NotSignedIn()),
        ok(NONCE),
        ok({**TOKEN, "token": "n" * 43}, status=201),
        ok({"answer": False}),
    )
    assert [asked.ask(routes.KNOWS, AnswerForm, patient=WHO).answer for _ in range(3)] == [True, True, False]
    sent = asked._transport.sent
    assert [one.headers.get("authorization", "")[:8] for one in sent[2:5]] == ["Bearer s"] * 3
    assert sent[-1].headers["authorization"] == "Bearer " + "n" * 43
    assert all("authorization" not in one.headers for one in (sent[0], sent[1], sent[5], sent[6]))
    assert all("cookie" not in one.headers for one in sent)


def test_a_session_that_is_refused_again_is_told_and_not_tried_for_ever():
    """[H-031]"""
    again = [ok(NONCE), ok(TOKEN, status=201), problem(NotSignedIn())]
    asked = line(*again, *again)
    with pytest.raises(NotSignedIn):
        asked.ask(routes.KNOWS, AnswerForm, patient=WHO)
    assert asked._transport.answers == []


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "other.example"},
        {"uri": "https://other.example"},
        {"chainId": 1},
        {"statement": "I give everything away."},
        {"expires": NOW + 86_400},
    ],
)
def test_nothing_is_signed_that_would_open_a_session_elsewhere(change):
    """[H-031] A01: a gateway in the middle would sign in at another one with it."""
    asked = line(ok({**NONCE, **change}))
    with pytest.raises(SignInForeign):
        asked.ask(routes.KNOWS, AnswerForm, patient=WHO)
    assert len(asked._transport.sent) == 1


def test_without_a_key_nothing_is_signed():
    """[H-031]"""
    asked = line(key=None)
    with pytest.raises(NotSignedIn):
        asked.ask(routes.KNOWS, AnswerForm, patient=WHO)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"<html>"),
        ok(b'{"answer": true, "more": 1}'),
        ok(b'{"answer": "true"}'),
        ok(b"[" * 100_000),
        ok(b"\xff\xfe"),
        ok({"answer": True}, kind="text/html"),
        ok({"answer": True}, status=206),
        ok(b"", status=302, location="https://elsewhere.example/"),
        ok(b"", status=307, location="http://127.0.0.1:1/"),
        ok({"answer": True}, **{"content-encoding": "gzip"}),
        ok(b"{}", status=404),
        ok(b'{"code":1}', status=403, kind=MEDIA_TYPE),
    ],
)
def test_an_answer_of_another_form_is_refused_and_nothing_else_is_asked(answer):
    """[H-030, H-032] A10: neither redirects nor compression are followed."""
    asked = line(ok(NONCE), ok(TOKEN, status=201), answer)
    with pytest.raises((AnswerMalformed, UnreachableError)):
        asked.ask(routes.KNOWS, AnswerForm, patient=WHO)
    assert {one.url.host for one in asked._transport.sent} == {"gateway.example"}
    assert len(asked._transport.sent) == 3


def test_an_answer_without_an_end_is_cut_off():
    """[H-032] A10."""
    drawn = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                drawn.append(1)
                yield bytes(65_536)

    answer = httpx.Response(200, headers={"content-type": "application/json"}, stream=Endless())
    asked = line(answer)
    with pytest.raises(AnswerTooLarge):
        asked.ask(routes.GATEWAY, GatewayForm)
    assert len(drawn) == 17


def test_small_values_by_the_million_are_not_even_parsed():
    """[H-032] A10."""
    asked = line()
    with pytest.raises(AnswerTooLarge):
        asked.read(AccountsForm, b'{"accounts":[' + b"[]," * MOST_VALUES + b"[]]}")


def test_a_problem_comes_out_as_the_error_that_it_was_and_an_unknown_one_as_unknown():
    """[H-032]"""
    with pytest.raises(TooMany):
        line(problem(TooMany(seconds=60))).ask(routes.GATEWAY, GatewayForm)
    odd = json.loads(to_problem(TooMany(seconds=60)).write())
    for changed in ({"code": "no.such"}, {"facts": {"other": 1}}, {"facts": {"seconds": {"deep": [1]}}}):
        with pytest.raises((UnreachableError, IntegrityError)):
            line(ok({**odd, **changed}, status=429, kind=MEDIA_TYPE)).ask(routes.GATEWAY, GatewayForm)


def test_control_characters_from_afar_reach_no_terminal():
    """[H-032] A11."""
    form = json.loads(to_problem(DocumentMalformed(kind="x", why="y")).write())
    form["facts"] = {"kind": "x", "why": "\x1b]0;owned\x07"}
    with pytest.raises(AnswerMalformed):
        line(ok(form, status=422, kind=MEDIA_TYPE)).ask(routes.GATEWAY, GatewayForm)


@pytest.mark.parametrize("change", [{"chainId": 1}, {"participants": WHO}])
def test_a_gateway_of_another_deployment_is_not_asked(change):
    """[H-034]"""
    form = {
        "address": WHO,
        "institution": WHO,
        "chainId": 31337,
        "participants": DOMAINS.participants,
        "version": "1",
    }
    assert line(ok(form)).gateway().address == WHO
    with pytest.raises(OtherDeployment):
        line(ok({**form, **change})).gateway()


def test_only_what_changes_nothing_is_sent_again():
    """[H-033] R04: a question three times, a message once; one that never left, again."""
    read, connect = httpcore.ReadTimeout("x"), httpcore.ConnectError("x")
    form = {"address": WHO, "institution": WHO, "chainId": 31337, "participants": DOMAINS.participants, "version": "1"}
    assert line(read, connect, ok(form)).gateway().address == WHO
    asked = line(read, read, read, ok(form))
    with pytest.raises(NoAnswer):
        asked.gateway()
    assert len(asked.waited) == 2
    asked = line(read, ok(NONCE))
    with pytest.raises(NoAnswer):
        asked.send(routes.NONCE)
    assert len(asked._transport.sent) == 1
    asked = line(connect, ok(NONCE))
    asked.send(routes.NONCE)
    assert len(asked._transport.sent) == 2


def test_a_busy_gateway_is_asked_again_when_it_says_and_not_for_ever():
    """[H-033] A08."""
    form = {"address": WHO, "institution": WHO, "chainId": 31337, "participants": DOMAINS.participants, "version": "1"}
    asked = line(problem(TooMany(seconds=1)), problem(TooMany(seconds=2)), ok(form))
    asked.gateway()
    assert asked.waited == [1, 2]
    with pytest.raises(TooMany):
        line(*(problem(TooMany(seconds=1)) for _ in range(3))).gateway()
    with pytest.raises(TooMany):
        line(problem(TooMany(seconds=3600))).gateway()


@pytest.mark.parametrize(
    "url", ["http://gateway.example", "http://192.0.2.7:8440", "http://10.0.0.1", "http://127.0.0.1.example"]
)
def test_plain_http_is_for_this_machine_only(url):
    """[H-030]"""
    with pytest.raises(NotSecure):
        DoorUrl.parse(url)


def test_tls_and_the_loopback_are_asked():
    """[H-030]"""
    for url in ("https://gateway.example", "http://127.0.0.1:8440", "http://[::1]:8440", "http://localhost:8440"):
        assert DoorUrl.parse(url).url == url
    assert DoorUrl.parse("https://gateway.example/medshare/").path == "/medshare"
    for url in ("ftp://gateway.example", "https://user@gateway.example", "https://gateway.example/?x=1", "gateway"):
        with pytest.raises(DocumentMalformed):
            DoorUrl.parse(url)


# Real sockets


def served(answer):
    """Answer one connection with what `answer(connection)` sends; return the port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listening.accept()
        with closing(connection), closing(listening):
            connection.recv(65_536)
            try:
                answer(connection)
            except OSError:
                return

    threading.Thread(target=run, daemon=True).start()
    return listening.getsockname()[1]


def at(port: int, *, seconds: float, monkeypatch) -> Line:
    monkeypatch.setattr("medshare.gateway.remote.line.PATIENCE", seconds)
    monkeypatch.setattr("medshare.gateway.remote.line.TRIES", 1)
    place = DoorUrl.parse(f"http://127.0.0.1:{port}")
    return Line(
        place,
        key=None,
        domains=DOMAINS,
        clock=HandClock(NOW),
        transport=OneHostTransport(place.host, place.port, loopback=True),
    )


def drip(connection) -> None:
    for byte in b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + b"x-filler: " + b"a" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def drip_body(connection) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b" ")
        time.sleep(0.05)


def silent(connection) -> None:
    time.sleep(5)


@pytest.mark.parametrize("stall", [drip, drip_body, silent])
def test_a_gateway_that_drips_or_is_silent_holds_nobody_up(stall, monkeypatch):
    """[H-032] A10: one deadline for the whole answer, not one for each byte."""
    asked = at(served(stall), seconds=0.5, monkeypatch=monkeypatch)
    begin = time.monotonic()
    with pytest.raises(NoAnswer):
        asked.gateway()
    assert time.monotonic() - begin < 2


def test_half_an_answer_is_no_answer(monkeypatch):
    """[H-032] R04."""

    def half(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")

    with pytest.raises(NoAnswer):
        at(served(half), seconds=5, monkeypatch=monkeypatch).gateway()


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    """[H-030] The environment names a proxy; the connection goes to the named place all the same."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    def refuse(connection) -> None:
        connection.sendall(b"HTTP/1.1 418 no\r\ncontent-length: 0\r\n\r\n")

    with pytest.raises(AnswerMalformed):
        at(served(refuse), seconds=5, monkeypatch=monkeypatch).gateway()


def test_only_the_named_place_is_ever_connected_to(monkeypatch):
    """[H-030] A redirect to a second server that listens: it hears nothing."""
    heard = []
    second = served(lambda connection: heard.append(1))

    def redirect(connection) -> None:
        connection.sendall(
            f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{second}/\r\ncontent-length: 0\r\n\r\n".encode()
        )

    with pytest.raises(AnswerMalformed):
        at(served(redirect), seconds=5, monkeypatch=monkeypatch).gateway()
    transport = OneHostTransport("127.0.0.1", 1, loopback=True)
    with transport.deadline.within(1), pytest.raises(httpcore.ConnectError):
        transport.handle_request(httpx.Request("GET", f"http://127.0.0.1:{second}/"))
    assert heard == []
