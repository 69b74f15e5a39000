"""A FHIR server is read page by page, within limits, and a token never leaves it.

given a server on this machine
    every page should be read once, numbers as they were written
    a server that is busy should be asked again, not for ever
    a link to elsewhere, a loop, a page without end and an answer that is no FHIR should be refused
    a token should go to the server and nowhere else
"""

from __future__ import annotations

import builtins
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from medshare.conversion.fhir import Fhir, PageLimits, Patience, Server, read_token
from medshare.conversion.fhir.errors import (
    AnswerTooLargeError,
    ClientMissingError,
    PageElsewhereError,
    PagesWithoutEndError,
    QueryError,
    ServerAddressError,
    ServerAnswerError,
    ServerRefusedError,
    ServerSilentError,
    TokenUnreadableError,
)
from medshare.conversion.fhir.server import LONGEST_TOKEN
from tests.unit.conversion.fhir.samples import PATIENT, bundle, observation

Answer = tuple[int, dict[str, str], bytes]
FHIR_JSON = {"Content-Type": "application/fhir+json; charset=utf-8"}


class Hospital:
    """A tiny FHIR server: what it answers is a function of the path; what it was asked is kept."""

    def __init__(self) -> None:
        self.answer: Callable[[str, int], Answer] = lambda path, number: page()
        self.asked: list[tuple[str, dict[str, str]]] = []
        hospital = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hospital.asked.append((self.path, dict(self.headers)))
                status, headers, body = hospital.answer(self.path, len(hospital.asked))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/fhir"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    made = Hospital()
    yield made
    made.http.shutdown()
    made.http.server_close()
    made.thread.join()


def page(*resources: Any, following: str = "", **elements: Any) -> Answer:
    links = {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": following}]} if following else {}
    value = bundle(*({"resource": resource} for resource in resources), kind="searchset", **links, **elements)
    return 200, FHIR_JSON, json.dumps(value).replace('"1.10"', "1.10").encode()


def impatient(hospital: Hospital, waits: list[float] | None = None, **more: Any) -> Server:
    patience = Patience(attempts=3, silence=1, page=1, longest_wait=7)
    return Server(hospital.url, patience=patience, sleep=(waits if waits is not None else []).append, **more)


def test_every_page_is_read_once_and_numbers_stay(hospital: Hospital) -> None:
    pages = {
        f"{hospital.url}?page=2": page(observation("b"), following="/fhir/third?page=3"),
        "/fhir/third?page=3": page(observation("c"), id="last"),
    }

    def answer(path: str, number: int) -> Answer:
        first = page(PATIENT, observation(valueQuantity={"value": "1.10"}), following=f"{hospital.url}?page=2")
        return pages[list(pages)[number - 2]] if number > 1 else first

    hospital.answer = answer
    items = list(impatient(hospital).everything("p"))
    assert [(item.file, item.place) for item in items] == [
        ("Patient, page 1", "entry 1"),
        ("Patient, page 1", "entry 2"),
        ("Patient, page 2", "entry 1"),
        ("Patient, page 3", "entry 1"),
    ]
    assert b"1.10" in items[1].content
    assert [Fhir().convert(item).entries[0]["resource"]["id"] for item in items] == ["p", "o", "b", "c"]
    assert [path for path, _ in hospital.asked] == [
        "/fhir/Patient/p/$everything?_count=200",
        "/fhir?page=2",
        "/fhir/third?page=3",
    ]
    assert "Authorization" not in hospital.asked[0][1]


def test_a_search_names_its_parameters(hospital: Hospital) -> None:
    hospital.answer = lambda *_: page(observation())
    assert len(list(impatient(hospital, limits=PageLimits(resources=5)).search("Observation", patient="a b"))) == 1
    assert hospital.asked[0][0] in {
        "/fhir/Observation?patient=a%20b&_count=5",
        "/fhir/Observation?patient=a+b&_count=5",
        "/fhir/Observation?_count=5&patient=a%20b",
    }


def test_a_bad_entry_of_a_page_does_not_stop_the_others(hospital: Hospital) -> None:
    hospital.answer = lambda *_: page({"no": "resource"}, PATIENT)
    assert len(list(impatient(hospital).search("Patient"))) == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_when_it_says(hospital: Hospital, status: int) -> None:
    headers = [{"Retry-After": "3"}, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}]
    hospital.answer = lambda _, number: (status, headers[number - 1], b"") if number < 3 else page(PATIENT)
    waits: list[float] = []
    assert len(list(impatient(hospital, waits).search("Patient"))) == 1
    assert waits == [3, 7]


@pytest.mark.parametrize("asked_for", ["", "soon", "-1", "9" * 12])
def test_a_server_that_stays_busy_is_left_after_waits_that_double(hospital: Hospital, asked_for: str) -> None:
    hospital.answer = lambda *_: (503, {"Retry-After": asked_for}, b"")
    waits: list[float] = []
    with pytest.raises(ServerSilentError):
        list(impatient(hospital, waits).search("Patient"))
    assert waits == [1, 2]
    assert len(hospital.asked) == 3


def test_a_date_that_is_over_is_no_wait(hospital: Hospital) -> None:
    hospital.answer = lambda *_: (503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000"}, b"")
    waits: list[float] = []
    with pytest.raises(ServerSilentError):
        list(impatient(hospital, waits).search("Patient"))
    assert waits == [0, 0]


def test_a_silent_server_and_one_that_trickles_are_left(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hang(*_: Any) -> Answer:
        ended.wait(10)
        return page()

    hospital.answer = hang
    quick = Server(hospital.url, patience=Patience(attempts=2, silence=0.1), sleep=lambda _: None)
    with pytest.raises(ServerSilentError):
        list(quick.search("Patient"))
    ended.set()
    hospital.answer = lambda *_: page(PATIENT)
    slow = Server(hospital.url, patience=Patience(attempts=2, page=-1), sleep=lambda _: None)
    with pytest.raises(ServerSilentError):
        list(slow.search("Patient"))


def test_nobody_there_is_silence() -> None:
    server = Server("http://127.0.0.1:9/fhir", patience=Patience(attempts=2), sleep=lambda _: None)
    with pytest.raises(ServerSilentError):
        list(server.search("Patient"))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 500])
def test_a_no_and_a_redirect_are_refusals(hospital: Hospital, status: int) -> None:
    hospital.answer = lambda *_: (status, {"Location": f"{hospital.url}/elsewhere"}, b"secret")
    with pytest.raises(ServerRefusedError) as refused:
        list(impatient(hospital).search("Patient"))
    assert refused.value.facts == {"status": status}
    assert len(hospital.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<html>login</html>"),
        (200, FHIR_JSON, b"<html>login</html>"),
        (200, FHIR_JSON, b""),
        (200, FHIR_JSON, json.dumps(PATIENT).encode()),
        (200, FHIR_JSON, b'{"resourceType":"Bundle","link":[}'),
        (200, {}, b"{}"),
    ],
)
def test_an_answer_that_is_no_bundle_is_refused(hospital: Hospital, answer: Answer) -> None:
    hospital.answer = lambda *_: answer
    with pytest.raises(ServerAnswerError):
        list(impatient(hospital).search("Patient"))


@pytest.mark.parametrize("link", ["x", 1, {}, [1], [{"relation": "next"}], [{"relation": "next", "url": 1}]])
def test_odd_links_lead_nowhere(hospital: Hospital, link: Any) -> None:
    hospital.answer = lambda *_: page(PATIENT, link=link)
    assert len(list(impatient(hospital).search("Patient"))) == 1


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example/fhir?page=2",
        "//evil.example/fhir?page=2",
        "https://127.0.0.1/fhir?page=2",
        "http://127.0.0.1:1/fhir?page=2",
        "http://127.0.0.1:99999/fhir?page=2",
        "/other?page=2",
        "/fhirs?page=2",
        "/fhir/../other?page=2",
        "/fhir/%2e%2e/other/..?page=2",
        "http://evil.example/?http://127.0.0.1/fhir",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_a_page_elsewhere_is_not_asked_for(hospital: Hospital, link: str) -> None:
    """[J-022] The first page was given already."""
    hospital.answer = lambda *_: page(PATIENT, following=link)
    with pytest.raises(PageElsewhereError):
        list(impatient(hospital, token="secret").search("Patient"))
    assert len(hospital.asked) == 1


def test_a_link_with_another_name_in_it_is_elsewhere(hospital: Hospital) -> None:
    """[J-022]"""
    hospital.answer = lambda *_: page(PATIENT, following=hospital.url.replace("//", "//user@") + "?page=2")
    with pytest.raises(PageElsewhereError):
        list(impatient(hospital).search("Patient"))


def test_a_loop_and_pages_without_end_are_left(hospital: Hospital) -> None:
    """[J-023]"""
    hospital.answer = lambda *_: page(PATIENT, following=f"{hospital.url}?page=2")
    with pytest.raises(PagesWithoutEndError):
        list(impatient(hospital).search("Patient"))
    assert len(hospital.asked) == 2
    hospital.answer = lambda _, number: page(PATIENT, following=f"{hospital.url}?page={number}")
    with pytest.raises(PagesWithoutEndError):
        list(impatient(hospital, limits=PageLimits(pages=4)).search("Patient"))
    assert len(hospital.asked) == 2 + 4


def test_a_page_that_is_too_large_is_left(hospital: Hospital) -> None:
    hospital.answer = lambda *_: page(observation(note=[{"text": "x" * 300_000}]))
    with pytest.raises(AnswerTooLargeError):
        list(impatient(hospital, limits=PageLimits(bytes=100_000)).search("Observation"))


def test_a_token_goes_to_the_server_and_is_never_shown(hospital: Hospital, tmp_path: Any, monkeypatch: Any) -> None:
    """[J-021] Nor does what this machine knows of the host go in its place."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = impatient(hospital, token="secret-token")
    list(server.search("Patient"))
    assert hospital.asked[0][1]["Authorization"] == "Bearer secret-token"
    assert "secret-token" not in repr(server) + str(vars(server)["_client"])
    list(impatient(hospital).search("Patient"))
    assert "Authorization" not in hospital.asked[1][1]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hospital.example/fhir",
        "ftp://hospital.example/fhir",
        "https:///fhir",
        "https://h.example/fhir?x=1",
        "https://h.example/fhir#x",
        "https://user:word@h.example/fhir",
        "https://h.example:port/fhir",
        "https://[",
        "https://h.example/a b",
        "https://h.exämple/fhir",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ServerAddressError):
        Server(url)


def test_a_token_is_not_sent_in_the_clear() -> None:
    """[J-021] On this machine it may be."""
    with pytest.raises(ServerAddressError):
        Server("http://hospital.example/fhir", token="secret")
    Server("http://hospital.example/fhir")
    Server("http://localhost:8080/fhir", token="secret")
    Server("https://hospital.example/fhir", token="secret")


@pytest.mark.parametrize("patient", ["", "a/b", "x" * 65, "..?", "1&_count=1"])
def test_a_question_has_the_form_of_fhir(hospital: Hospital, patient: str) -> None:
    with pytest.raises(QueryError):
        impatient(hospital).everything(patient)
    with pytest.raises(QueryError):
        impatient(hospital).search(patient)


def test_without_the_extra_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    importing = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "fhirpy":
            raise ImportError
        return importing(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ClientMissingError) as refused:
        Server("https://hospital.example/fhir")
    assert "fhir-server" in str(refused.value)


def piped(content: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def test_a_token_comes_from_a_file_descriptor() -> None:
    assert read_token(piped(b"abc.def-1\n")) == "abc.def-1"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "tök".encode(), b"a\x00b", b"x" * (LONGEST_TOKEN + 1)])
def test_a_token_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(TokenUnreadableError):
        read_token(piped(content))


def test_a_descriptor_that_is_closed_is_refused() -> None:
    with pytest.raises(TokenUnreadableError):
        read_token(987_654)
