"""Cases A01, A02 and A04 of the security review: who signs in, and what is not a sign-in."""

from __future__ import annotations

import json

import pytest
from siwe import SiweMessage

from medshare.gateway.http.denials import Denial
from medshare.gateway.http.settings import NotAnOrigin, Settings
from medshare.gateway.http.sign_in import LONGEST_MESSAGE
from medshare.gateway.wire import routes
from medshare.gateway.wire.answers import TokenForm
from medshare.gateway.wire.sign_in import personal_digest, sign_in_text, sign_text
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.typed_data.signing import CURVE_ORDER
from medshare.vault import SessionRow
from tests.unit.gateway.http.door import HttpDoor, code_of


@pytest.fixture
def key(world):
    return world.anna.account


def reasons(door) -> list[str]:
    """Return the inner reasons that were logged."""
    lines = [json.loads(line) for line in door.lines().splitlines()]
    return [line["reason"] for line in lines if line["event"] == "denied"]


def text(door, key, nonce, *, late=0):
    return sign_in_text(nonce, key.address, at=door.gateway.office.clock.now() + late)


def replaced(old, new):
    def change(message):
        assert old in message
        return message.replace(old, new)

    return change


VARIANTS = {
    "another domain": (replaced("gateway.test wants", "gateway.example wants"), Denial.DOMAIN),
    "another scheme": (lambda m: "https://" + m, Denial.SCHEME),
    "another URI": (replaced("URI: http://gateway.test", "URI: http://gateway.test/other"), Denial.URI),
    "another chain": (replaced("Chain ID: 31337", "Chain ID: 1"), Denial.CHAIN),
    "expired": (replaced("T08:05:00Z", "T07:59:59Z"), Denial.EXPIRED),
    "expires at this very second": (replaced("T08:05:00Z", "T08:00:00Z"), Denial.EXPIRED),
    "not valid yet": (lambda m: m + "\nNot Before: 2027-01-15T08:00:01Z", Denial.NOT_YET),
    "a line feed in the statement": (replaced("moves nothing", "moves\nnothing"), Denial.MALFORMED),
    "another statement": (replaced("moves nothing", "moves everything"), Denial.STATEMENT),
    "a statement of 100 KiB": (replaced("moves nothing", "x" * 102_400), Denial.SIZE),
    "no statement": (lambda m: m.replace("Sign in to this MedShare gateway.", "Hello."), Denial.STATEMENT),
    "resources": (lambda m: m + "\nResources:\n- https://example.com/x", Denial.STATEMENT),
    "a request id": (lambda m: m + "\nRequest ID: 7", Denial.STATEMENT),
    "another version": (replaced("Version: 1", "Version: 2"), Denial.MALFORMED),
    "good for days": (replaced("Expiration Time: 2027-01-15", "Expiration Time: 2027-01-17"), Denial.PERIOD),
    "no end": (lambda m: m[: m.index("\nExpiration")], Denial.PERIOD),
    "issued tomorrow": (
        lambda m: m.replace("Issued At: 2027-01-15", "Issued At: 2027-01-16").replace(
            "2027-01-15T08:05", "2027-01-16T08:05"
        ),
        Denial.PERIOD,
    ),
    "a nonce that nobody gave": (lambda m: m.replace("Nonce: 0", "Nonce: 1"), Denial.NONCE_FOREIGN),
    "two nonces": (lambda m: m + "\nNonce: 00" + "a" * 30, Denial.MALFORMED),
    "a nonce of another form": (lambda m: m[: m.index("Nonce: ")] + "Nonce: 12345678", Denial.MALFORMED),
    "nothing of the form": (lambda m: "Nonce: " + m.split("Nonce: ")[1], Denial.MALFORMED),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_message_that_is_not_for_this_door_and_this_moment_opens_nothing(world, key, name):
    """A01. [H-001] Every variant has its own inner reason and the one outward answer."""
    door = HttpDoor(world.gateway)
    assert world.sandbox.clock.now() == 1_800_000_000, "the times below are those of this second"
    change, denial = VARIANTS[name]
    nonce = door.nonce()
    answer = door.try_sign_in(key, nonce=nonce, text=change(text(door, key, nonce)))
    assert (answer.status_code, code_of(answer)) == (401, "http.not-signed-in")
    assert reasons(door) == [denial.value]
    assert denial.value not in answer.text
    tried = denial in {Denial.EXPIRED, Denial.NOT_YET, Denial.PERIOD}
    assert (door.try_sign_in(key, nonce=nonce).status_code == 401) == tried, "what has our form uses the nonce up"
    door.close()


JUNK = {
    "a domain of escapes": (replaced("gateway.test wants", "%41" * 80 + " wants"), Denial.DOMAIN),
    "a URI of colons": (replaced("URI: http://gateway.test", "URI: http://" + "1:" * 120), Denial.URI),
    "a statement of brackets": (replaced("moves nothing", "[" * 250), Denial.STATEMENT),
    "resources without end": (lambda m: m + "\nResources:" + "\n- a:" * 60, Denial.STATEMENT),
    "a moment that is none": (replaced("Issued At: 2027-01-15T08:00", "Issued At: 2027-13-45T99:99"), Denial.MALFORMED),
    "a zone that is none": (replaced("T08:05:00Z", "T08:05:00+99:99"), Denial.MALFORMED),
    "the year nought": (replaced("Issued At: 2027", "Issued At: 0000"), Denial.MALFORMED),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_of_our_form_is_refused_without_a_fault(door, key, name):
    """A01. [H-001] Whatever the library would say to it, or fail with."""
    change, denial = JUNK[name]
    nonce = door.nonce()
    sample = sign_in_text(nonce, key.address, at=1_800_000_000)
    answer = door.try_sign_in(key, nonce=nonce, text=change(sample))
    assert (answer.status_code, code_of(answer)) == (401, "http.not-signed-in")
    assert reasons(door) == [denial.value]


def test_the_grammar_sees_a_text_of_our_form_only_and_once_for_each_nonce(door, key, world, monkeypatch):
    """A01. [H-002] It takes a quarter of a second for what anybody sends."""
    parsed = []
    parse = SiweMessage.from_message
    monkeypatch.setattr(SiweMessage, "from_message", lambda text: parsed.append(text) or parse(text))
    nonce = door.nonce()
    for change, denial in (*VARIANTS.values(), *JUNK.values()):
        if denial in {Denial.DOMAIN, Denial.URI, Denial.CHAIN, Denial.STATEMENT, Denial.SCHEME}:
            sample = sign_in_text(nonce, key.address, at=1_800_000_000)
            assert door.try_sign_in(key, nonce=nonce, text=change(sample)).status_code == 401
    assert parsed == []
    message = text(door, key, nonce)
    for _ in range(3):
        forged = sign_text(message, AccountKey.generate())
        assert door.try_sign_in(key, nonce=nonce, text=message, signature=forged).status_code == 401
    assert len(parsed) == 1
    assert reasons(door)[-3:] == ["signature", "nonce-used", "nonce-used"]


def test_a_message_as_it_should_be_opens_a_session_whose_token_is_told_once(door, key, world):
    """[H-001] [H-003] The vault keeps the digest of the token and no more."""
    answer = door.try_sign_in(key)
    form = TokenForm.read(answer.content)
    assert (form.account, form.acts_for) == (key.address, "0x" + "00" * 20)
    assert answer.headers["cache-control"] == "no-store"
    rows = world.gateway.office.vault.find(SessionRow, owner=key.address)
    assert rows
    assert all(form.token.encode() not in repr(row).encode() for row in rows)
    assert door.call(routes.SESSION, token=form.token).json()["account"] == key.address


def test_a_nonce_is_used_once(door, key):
    """A01. [H-002] Not even by another account."""
    nonce = door.nonce()
    assert door.try_sign_in(key, nonce=nonce).status_code == 201
    for again in (key, AccountKey.generate()):
        assert code_of(door.try_sign_in(again, nonce=nonce)) == "http.not-signed-in"
    assert reasons(door) == ["nonce-used", "nonce-used"]


def test_a_nonce_that_another_asked_for_opens_nothing(door, key):
    """A01. [H-002] It is bound to the ticket that it was given out with."""
    mine, other = door.nonce(), door.nonce()
    answer = door.try_sign_in(key, nonce=mine, ticket=other.ticket)
    assert answer.status_code == 401
    assert reasons(door) == ["nonce-foreign"]


def test_a_nonce_is_good_for_five_minutes_and_no_longer(door, key, world):
    """[H-002]"""
    nonce = door.nonce()
    message = text(door, key, nonce)
    clock = world.sandbox.clock
    before = clock.now()
    world.wait(300)
    assert door.try_sign_in(key, nonce=nonce, text=message).status_code == 401
    assert reasons(door) == ["nonce-expired"]
    clock.set(before + 300)


def test_a_door_keeps_nothing_of_the_nonces_that_strangers_ask_for(door, world):
    def size() -> int:
        from medshare.vault import ROWS

        return sum(world.gateway.office.vault.count(kind) for kind in ROWS)

    door.nonce()
    before = size()
    nonces = {door.nonce().nonce for _ in range(50)}
    assert len(nonces) == 50
    assert size() == before


def test_two_processes_of_one_gateway_know_each_others_nonces_and_sessions(door, key, world):
    """[H-002] [H-003]"""
    other = HttpDoor(world.gateway)
    token = TokenForm.read(other.try_sign_in(key, nonce=door.nonce()).content).token
    assert door.call(routes.SESSION, token=token).status_code == 200
    assert other.call(routes.SIGN_OUT, token=token).status_code == 204
    assert door.call(routes.SESSION, token=token).status_code == 401
    other.close()


@pytest.mark.parametrize(
    "twist",
    [
        lambda s: s[:32] + (CURVE_ORDER - int.from_bytes(s[32:64], "big")).to_bytes(32, "big") + bytes([55 - s[64]]),
        lambda s: s[:64] + bytes([s[64] - 27]),
        lambda s: s[:64],
        lambda s: s + b"\x00",
        lambda s: bytes(65),
        lambda s: b"",
    ],
    ids=["high s", "v of 0 or 1", "64 bytes", "66 bytes", "zeros", "empty"],
)
def test_a_signature_of_another_form_opens_nothing(door, key, twist):
    """[H-001] Also the forms that the library would take."""
    nonce = door.nonce()
    message = text(door, key, nonce)
    answer = door.try_sign_in(key, nonce=nonce, text=message, signature=twist(sign_text(message, key)) or b"\x00")
    assert answer.status_code == 401
    assert reasons(door) == ["signature"]


def test_nobody_signs_in_for_another(door, key):
    """[H-001]"""
    nonce = door.nonce()
    message = text(door, key, nonce)
    stranger = AccountKey.generate()
    assert door.try_sign_in(key, nonce=nonce, text=message, signature=sign_text(message, stranger)).status_code == 401
    assert reasons(door) == ["signature"]


class Wallet:
    """A contract wallet with one owner."""

    def __init__(self, owner):
        self.owner = owner

    def __call__(self, signed, signature):
        return signature == self.owner.sign_digest(signed)


def test_a_contract_wallet_signs_in_while_it_accepts_and_is_out_when_its_owner_changes(door, world):
    """A02. [H-005] With the next call."""
    wallet, owner = AccountKey.generate(), AccountKey.generate()
    code = Wallet(owner)
    world.ledger.set_wallet(wallet.address, code)
    nonce = door.nonce()
    message = sign_in_text(nonce, wallet.address, at=world.sandbox.clock.now())
    answer = door.try_sign_in(wallet, nonce=nonce, text=message, signature=sign_text(message, owner))
    token = TokenForm.read(answer.content).token
    assert door.call(routes.SESSION, token=token).json()["account"] == wallet.address
    code.owner = AccountKey.generate()
    assert door.call(routes.SESSION, token=token).status_code == 401
    assert reasons(door) == ["wallet-changed"]
    code.owner = owner
    assert door.call(routes.SESSION, token=token).status_code == 401, "what ended stays ended"


def test_a_contract_wallet_that_does_not_accept_opens_nothing(door, world):
    """A02. [H-005] Nor does an address without code."""
    wallet = AccountKey.generate()
    world.ledger.set_wallet(wallet.address, lambda signed, signature: False)
    for account in (wallet, AccountKey.generate()):
        nonce = door.nonce()
        message = sign_in_text(nonce, account.address, at=world.sandbox.clock.now())
        other = sign_text(message, AccountKey.generate())
        assert door.try_sign_in(account, nonce=nonce, text=message, signature=other).status_code == 401
    assert reasons(door) == ["signature", "signature"]


def test_a_token_is_the_gateways_own_and_never_the_callers_choice(door, key):
    """A04. [H-003] What a caller brings along when it signs in opens nothing afterwards."""
    mine = "A" * 43
    nonce = door.nonce()
    message = text(door, key, nonce)
    body = {"message": message, "signature": to_hex(sign_text(message, key)), "ticket": nonce.ticket}
    headers = {"authorization": f"Bearer {mine}", "cookie": f"session={mine}"}
    answer = door.post(routes.SIGN_IN.path, json=body, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["token"] != mine
    assert "set-cookie" not in answer.headers
    assert door.call(routes.SESSION, token=mine).status_code == 401


def test_a_token_is_worth_nothing_after_its_owner_signed_out(door, key):
    """A04. [H-003]"""
    token = door.sign_in(key)
    assert door.call(routes.SIGN_OUT, token=token).status_code == 204
    for _ in range(2):
        assert door.call(routes.SESSION, token=token).status_code == 401
    assert door.call(routes.SIGN_OUT, token=token).status_code == 401


def test_a_token_stands_in_the_header_and_nowhere_else(door, key):
    """A04. [H-003] In a URL it would stand in every log; in a cookie a foreign page would send it."""
    token = door.sign_in(key)
    path = routes.SESSION.path
    for url in (f"{path}?token={token}", f"{path}?access_token={token}", f"{path}?authorization=Bearer%20{token}"):
        assert door.get(url).status_code == 401
    for headers in ({"cookie": f"token={token}"}, {"x-authorization": f"Bearer {token}"}, {"authorization": token}):
        assert door.get(path, headers=headers).status_code == 401
    assert door.get(path, headers={"authorization": f"bearer {token}"}).status_code == 200
    assert token not in door.lines()


def test_a_session_ends_after_a_quarter_of_an_hour(door, key, world):
    """[H-003]"""
    token = door.sign_in(key)
    world.wait(899)
    assert door.call(routes.SESSION, token=token).status_code == 200
    world.wait(1)
    assert door.call(routes.SESSION, token=token).status_code == 401
    assert reasons(door) == ["session-over"]


def test_an_account_has_sixteen_sessions_and_the_oldest_makes_room(door, world):
    """[H-003]"""
    key = AccountKey.generate()
    tokens = []
    for _ in range(17):
        tokens.append(door.sign_in(key))
        world.wait(1)
    assert [door.call(routes.SESSION, token=token).status_code for token in tokens[:2]] == [401, 200]
    assert world.gateway.office.vault.count(SessionRow, owner=key.address) == 16


def test_sessions_that_are_over_are_swept_out(door, world):
    key, other = AccountKey.generate(), AccountKey.generate()
    door.sign_in(key)
    world.wait(901)
    door.sign_in(other)
    assert world.gateway.office.vault.count(SessionRow, owner=key.address) == 0


def test_the_digest_of_a_text_is_that_of_personal_sign():
    from eth_account import Account
    from eth_account.messages import encode_defunct

    message = "a text\nof two lines, with 字"
    key = AccountKey.generate()
    signed = sign_text(message, key)
    assert Account.recover_message(encode_defunct(text=message), signature=signed).lower() == key.address
    assert len(personal_digest(message)) == 32


def test_our_own_message_is_well_below_the_limit(door, key):
    nonce = door.nonce()
    assert len(text(door, key, nonce)) < LONGEST_MESSAGE - 200


@pytest.mark.parametrize(
    "origin",
    [
        "gateway.example",
        "ftp://gateway.example",
        "https://gateway.example/",
        "https://me@gateway.example",
        "https://",
        "https://a.b/c?d",
    ],
)
def test_a_door_has_a_plain_public_address(origin):
    with pytest.raises(NotAnOrigin):
        Settings(origin=origin)
