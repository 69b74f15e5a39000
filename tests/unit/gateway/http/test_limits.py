"""Cases A03, A08 and A10 of the security review: how much, how often, and from where somebody may ask."""

from __future__ import annotations

import json

import pytest

from medshare.gateway.http.limits import HOUR, Buckets, PatientsOpened
from medshare.gateway.http.settings import Rate
from medshare.gateway.http.strict_json import read_json
from medshare.gateway.wire import letters, routes
from medshare.gateway.wire.errors import TooMany
from medshare.gateway.wire.fields import Malformed
from medshare.keys.account import AccountKey
from medshare.signed import Signed
from medshare.typed_data import Revoke
from tests.unit.gateway.http.door import HttpDoor, Monotonic, code_of

JSON = {"content-type": "application/json"}


def test_a_bucket_gives_its_burst_at_once_and_then_what_flows_in():
    """[H-010]"""
    clock = Monotonic()
    buckets = Buckets(Rate(2, 5), clock)
    for _ in range(5):
        buckets.take("one")
    with pytest.raises(TooMany) as refused:
        buckets.take("one")
    assert refused.value.facts["seconds"] == 1
    buckets.take("another")
    clock.now += 0.5
    buckets.take("one")
    with pytest.raises(TooMany):
        buckets.take("one")
    clock.now += 1000
    for _ in range(5):
        buckets.take("one")
    with pytest.raises(TooMany):
        buckets.take("one")


def test_ten_thousand_requests_in_a_minute_are_too_many(world):
    """A08. [H-010] The caller is told when to come again; another caller notices nothing."""
    door = HttpDoor(world.gateway, changes={"address_rate": Rate(100, 400)})
    statuses = []
    for _ in range(10_000):
        door.monotonic.now += 60 / 10_000
        try:
            door.desk.addresses.take("192.0.2.9")
            statuses.append(200)
        except TooMany:
            statuses.append(429)
    assert statuses.count(200) == pytest.approx(6_400, abs=2)
    for _ in range(400):
        door.desk.addresses.take("192.0.2.7")
    answer = door.get(routes.GATEWAY.path)
    assert (answer.status_code, code_of(answer), answer.headers["retry-after"]) == (429, "http.too-many", "1")
    assert door.get("/healthz").status_code == 200, "a probe is no caller"
    door.monotonic.now += 1
    assert door.get(routes.GATEWAY.path).status_code == 200
    door.close()


def test_an_account_has_a_rate_of_its_own_with_a_session_and_with_signatures(world):
    """A08. [H-010]"""
    door = HttpDoor(world.gateway, changes={"account_rate": Rate(1, 3)})
    token = door.sign_in(world.anna.account)
    assert [door.call(routes.SESSION, token=token).status_code for _ in range(4)] == [200, 200, 200, 429]
    message = Revoke(patient=world.anna.address, grantee="0x" + "5e" * 20, terms=bytes(32))
    signed = Signed.by(world.hill.account, message, world.anna.domains)
    statuses = [door.call(routes.SAW_REVOKE, letters.RevokeLetter(signed=signed)).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]
    door.close()


def test_a_signature_that_somebody_made_up_uses_up_nobodys_rate(world):
    """[H-010]"""
    door = HttpDoor(world.gateway, changes={"account_rate": Rate(1, 2)})
    message = Revoke(patient=world.anna.address, grantee="0x" + "5e" * 20, terms=bytes(32))
    forged = Signed(message=message, signer=world.hill.address, signature=bytes(64) + b"\x1b")
    for _ in range(5):
        assert door.call(routes.SAW_REVOKE, letters.RevokeLetter(signed=forged)).status_code in {409, 422}
    door.desk.accounts.take(world.hill.address)
    door.close()


def test_five_hundred_patients_in_an_hour_are_too_many_and_somebody_is_told(world):
    """A08. [H-010] A bulk export is many patients, however slow; the one already open stays open."""
    clock = Monotonic()
    opened = PatientsOpened(300, clock)
    refused = 0
    for number in range(500):
        clock.now += 5
        try:
            opened.check("0xclerk", f"0x{number:040x}")
            opened.note("0xclerk", f"0x{number:040x}")
        except TooMany:
            refused += 1
    assert refused == 200
    opened.check("0xclerk", f"0x{7:040x}")
    opened.check("0xother", f"0x{999:040x}")
    clock.now += HOUR
    opened.check("0xclerk", f"0x{999:040x}")


def test_the_alert_of_too_many_patients_stands_in_log_and_metrics(world):
    """A08. [H-010] [H-011]"""
    door = HttpDoor(world.gateway, changes={"patients_per_hour": 1})
    (leaf,) = world.write(_problems())
    consent = world.grant(_problems())

    def ask():
        return door.call(routes.READ, letters.ReadLetter(signed=world.ask(consent, leaf)))

    assert [ask().status_code for _ in range(3)] == [200, 200, 200]
    door.desk.patients.note(world.hill.address, "0x" + "77" * 20)
    door.desk.patients._opened[world.hill.address].pop(world.anna.address)
    answer = ask()
    assert (answer.status_code, code_of(answer)) == (429, "http.too-many")
    assert 'medshare_alerts_total{kind="patients-per-hour"} 1.0' in door.get("/metrics").text
    assert '"event": "alert"' in door.lines()
    assert world.hill.address not in door.lines()
    door.close()


def _problems():
    from medshare.consent.categories import Category

    return Category.PROBLEMS


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"signed":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too-deep"),
        (b'{"a":1,"a":2}', "duplicate-key"),
        (b'{"a":NaN}', "not-a-number"),
        (b'{"a":Infinity}', "not-a-number"),
        (b'{"a":"\\ud800"}', "lone-surrogate"),
        (b'{"a":' + b"9" * 5_000 + b"}", "number-too-long"),
        (b"\xff\xfe", "not-utf8"),
        (b"[" + b"1," * 200_001 + b"1]", "too-many-values"),
        (b"{", "not-json"),
        (b"", "not-json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_that_is_not_plain_and_bounded_is_refused_before_it_becomes_anything(data, why):
    """A10. [H-009]"""
    with pytest.raises(Malformed) as refused:
        read_json(data)
    assert refused.value.facts["why"].endswith(why), refused.value.facts


def test_whole_numbers_are_read_exactly_and_others_stay_what_no_form_takes():
    assert read_json(b'[1,9007199254740991,{"a":[2]}]') == [1, 2**53 - 1, {"a": [2]}]
    for text in (b"9007199254740992", b"1.0", b"1e3", b"-0"):
        assert type(read_json(text)) is not int
        assert type(read_json(text)) is not float


def test_a_body_with_a_key_twice_or_one_key_too_many_is_refused(door, world):
    """A10. [H-009]"""
    letter = letters.RevokeLetter(
        signed=Signed.by(
            world.anna.account,
            Revoke(patient=world.anna.address, grantee="0x" + "5e" * 20, terms=bytes(32)),
            world.anna.domains,
        )
    )
    good = letter.write()
    assert door.post(routes.SAW_REVOKE.path, content=good, headers=JSON).status_code == 204
    value = json.loads(good)
    twice = good.replace(b'{"signed"', b'{"signed":1,"signed"', 1)
    more = json.dumps({**value, "more": 1}).encode()
    inner = json.dumps({"signed": {**value["signed"], "message": {**value["signed"]["message"], "x": 1}}}).encode()
    other = json.dumps({"signed": {**value["signed"], "kind": "Lockdown"}}).encode()
    upper = good.replace(b'"signature":"0x', b'"signature":"0X')
    for bad in (twice, more, inner, other, upper, b"[]", b"null", b'"text"', b"7"):
        answer = door.post(routes.SAW_REVOKE.path, content=bad, headers=JSON)
        assert (answer.status_code, code_of(answer)) == (422, "http.malformed"), bad[:60]


def test_a_body_larger_than_its_path_takes_is_not_read(door):
    """A08. [H-009] Neither one that says how large it is, nor one that does not."""
    largest = routes.SAW_REVOKE.largest
    told = door.post(routes.SAW_REVOKE.path, content=b"x" * (largest + 1), headers=JSON)
    assert (told.status_code, code_of(told)) == (413, "http.too-large")
    read = 0

    async def drip():
        nonlocal read
        for _ in range(1_000):
            read += 4_096
            yield b"x" * 4_096

    untold = door.post(routes.SAW_REVOKE.path, content=drip(), headers=JSON)
    assert untold.status_code == 413
    assert read <= largest + 8_192


def test_a_stranger_sends_no_large_body_where_a_session_is_needed(door):
    """[H-009] Who has no session is told so before anything is read."""
    read = 0

    async def drip():
        nonlocal read
        for _ in range(10):
            read += 65_536
            yield b"x" * 65_536

    answer = door.post(routes.LEAVE_SUBMISSION.path, content=drip(), headers=JSON)
    assert answer.status_code == 401
    assert read <= 65_536


def test_what_a_form_of_a_foreign_page_can_send_is_not_taken(door, world):
    """A03. [H-016] A form post, JSON as text, no header at all, a foreign origin."""
    body = b'{"signed":{}}'
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = door.post(routes.SAW_REVOKE.path, content=body, headers={"content-type": kind})
        assert (answer.status_code, code_of(answer)) == (415, "http.wrong-media-type")
    token = door.sign_in(world.anna.account)
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        own = {**headers, "authorization": f"Bearer {token}"}
        answer = door.get(routes.SESSION.path, headers=own)
        assert (answer.status_code, code_of(answer)) == (403, "http.foreign-origin")
        assert "access-control-allow-origin" not in answer.headers
    own = {"origin": "http://gateway.test", "sec-fetch-site": "same-origin", "authorization": f"Bearer {token}"}
    assert door.get(routes.SESSION.path, headers=own).status_code == 200
    assert door.get(routes.SESSION.path).status_code == 401, "without the header there is no session"


def test_paths_and_methods_that_are_not_there_are_problems_too(door):
    assert code_of(door.get("/v1/nothing")) == "http.no-such-path"
    assert code_of(door.get("/v1/session/")) == "http.no-such-path"
    answer = door.request("PUT", routes.SESSION.path)
    assert (answer.status_code, code_of(answer)) == (405, "http.wrong-method")
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "DELETE"}


def test_every_answer_forbids_keeping_and_guessing(door):
    for path in (routes.GATEWAY.path, "/v1/nothing", "/healthz"):
        headers = door.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert len(headers["x-request-id"]) == 16


def test_a_stranger_may_sign_in_and_still_sees_nothing(door):
    token = door.sign_in(AccountKey.generate())
    assert door.call(routes.SESSION, token=token).status_code == 200
