"""Case A11 of the security review, and what an operator sees: probes, metrics, logs, faults, slow parts."""

from __future__ import annotations

import json
import re
import threading

import pytest

from medshare.errors import MedShareError
from medshare.gateway.http.outward import outward
from medshare.gateway.wire import letters, routes
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.ledger.errors import NodeUnreachable, NoFunds, NotMined
from medshare.signed import Signed
from medshare.typed_data import Lockdown, Refuse
from medshare.vault.errors import NotAVault, RowMissing, VaultUnreachable
from tests.unit.actors.world import CHART, LedgerDouble, aged
from tests.unit.gateway.http.door import CALLER, HttpDoor, code_of


def test_a_door_that_is_well_says_so(door):
    """[H-015]"""
    assert door.get("/healthz").json() == {"ready": True, "reasons": []}
    assert door.get("/readyz").json() == {"ready": True, "reasons": []}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("old head", "chain.head-too-old"),
        ("no node", "ledger.node-unreachable"),
        ("another chain", "chain.not-a-gateway-here"),
        ("read-only vault", "vault.unreachable"),
    ],
)
def test_a_door_that_cannot_answer_says_why_and_stays_alive(door, world, monkeypatch, fault, reason):
    """[H-015]"""
    office, ledger = world.gateway.office, world.ledger
    head = ledger.head()

    def fails(*_, **__):
        raise NodeUnreachable(node="node.internal:8545")

    def cannot(*_, **__):
        raise VaultUnreachable(place="vault.internal")

    doubles = {
        "old head": {"head": lambda: aged(head, 40 + office.clock.now() - head.time + 1000)},
        "no node": {"head": fails},
        "another chain": {"principal_of": lambda account, block=None: ledger.principal_of("0x" + "00" * 20)},
    }
    if fault in doubles:
        monkeypatch.setattr(office, "ledger", LedgerDouble(ledger, **doubles[fault]))
    else:
        monkeypatch.setattr(office.vault, "transaction", cannot)
    answer = door.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": [reason]})
    assert door.get("/healthz").status_code == 200
    assert "internal" not in answer.text


def test_a_gateway_whose_staff_account_was_removed_is_not_ready(world):
    """[H-015]"""
    clinic = world.clinics[1]
    door = HttpDoor(clinic.gateway)
    assert door.get("/readyz").status_code == 200
    clinic.remove_staff(clinic.gateway.address)
    door.monotonic.now += 1
    assert door.get("/readyz").json()["reasons"] == ["chain.not-a-gateway-here"]
    door.close()


def test_asking_whether_a_door_is_ready_costs_once_a_second(door, world, monkeypatch):
    """[H-015] Anybody may ask: a flood of questions writes to the vault no more often than that."""
    written = []
    transaction = world.gateway.office.vault.transaction
    monkeypatch.setattr(world.gateway.office.vault, "transaction", lambda: written.append(1) or transaction())
    for _ in range(5):
        assert door.get("/readyz").json() == {"ready": True, "reasons": []}
    assert len(written) == 1
    door.monotonic.now += 0.9
    door.get("/readyz")
    assert len(written) == 1
    door.monotonic.now += 0.1
    door.get("/readyz")
    assert len(written) == 2


def test_metrics_are_the_operators_and_name_no_address(world):
    """[H-011]"""
    foreign = HttpDoor(world.gateway, changes={"operators": frozenset(("127.0.0.1",))})
    assert code_of(foreign.get("/metrics")) == "http.no-such-path"
    foreign.close()
    own = HttpDoor(world.gateway, changes={"operators": frozenset((CALLER,))})
    own.get(routes.GATEWAY.path)
    own.get("/v1/nothing/" + world.anna.address)
    text = own.get("/metrics").text
    assert 'medshare_requests_total{method="GET",route="/v1/gateway",status="200"} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert re.search(r"^medshare_head_age_seconds \d", text, re.MULTILINE)
    assert not re.search(r"0x[0-9a-f]{40}", text)
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        through = own.get("/metrics", headers={name: "198.51.100.4"})
        assert code_of(through) == "http.no-such-path", "a proxy that nobody named makes everybody look like it"
    own.close()
    named = HttpDoor(world.gateway, changes={"operators": frozenset((CALLER,)), "proxies": ("10.0.0.1",)})
    assert named.get("/metrics", headers={"X-Forwarded-For": CALLER}).status_code == 200
    named.close()


def test_the_whole_road_leaves_no_name_address_code_or_token_in_logs_metrics_or_traces(world, monkeypatch, caplog):
    """A11. [H-011] Canaries are planted everywhere, and every fault is provoked; then everything is searched."""
    door = HttpDoor(world.gateway)
    anna, hill = world.anna, world.hill
    text = "Canary Zymurgy-4711 of the synthetic patient Wilhelmina Canarius"
    from tests.unit.actors.world import papers

    upload = world.city.upload(anna.address, papers(*CHART, text=text))
    world.city.seek_confirmation(world.city.anchor(), world.clinics)
    leaf = upload.written[0].leaf
    anna.sync()
    consent = world.grant(CHART[0])
    another = consent.category_slot(consent.categories[0]) ^ 1
    tokens = [door.sign_in(key) for key in (anna.account, hill.account)]
    calls = [
        door.call(routes.READ, letters.ReadLetter(signed=world.ask(consent, leaf))),
        door.call(routes.READ, letters.ReadLetter(signed=world.ask(consent, leaf, slot=another))),
        door.call(routes.LOG, letters.ReadLetter(signed=world.ask_own())),
        door.call(routes.LISTING, letters.ReadLetter(signed=world.ask_own())),
        door.call(routes.DIRECTORY, token=tokens[1], patient=anna.address),
        door.call(routes.ENVELOPE, token=tokens[1], consent_id=to_hex(consent.consent_id)),
        door.call(routes.STATE, token=tokens[1], patient=anna.address),
        door.call(routes.CATALOGUE, token=tokens[0], patient=anna.address, category=str(int(CHART[2]))),
        door.call(routes.HOLDERS, token=tokens[0], leaf=to_hex(leaf)),
        door.call(routes.GRANT, letters.ConsentLetter(consent=letters.ConsentForm.of(consent))),
        door.call(routes.CARRY, _carry(world, Lockdown(patient=anna.address, time=1))),
        door.call(routes.REFUSE, _refuse(world)),
        door.get(f"/v1/patients/{anna.address}/nothing?name={text.split()[1]}"),
        door.post(routes.SIGN_IN.path, json={"message": text, "signature": "0x", "ticket": tokens[0]}),
        door.get(routes.SESSION.path, params={"token": tokens[0]}),
        door.try_sign_in(AccountKey.generate(), signature=b"\x01" * 65),
    ]
    assert len({answer.status_code for answer in calls}) >= 5

    def breaks(*_, **__):
        raise RuntimeError(f"{text} {anna.address} {tokens[0]}")

    monkeypatch.setattr(world.gateway.postbox, "knows", breaks)
    fault = door.call(routes.KNOWS, token=tokens[0], patient=anna.address)
    assert (fault.status_code, code_of(fault)) == (500, "http.fault")
    assert fault.json()["facts"]["request_id"] == fault.headers["x-request-id"]
    searched = door.lines() + door.get("/metrics").text + caplog.text + fault.text
    canaries = [
        "Zymurgy",
        "Wilhelmina",
        anna.address,
        anna.address[2:],
        hill.address,
        to_hex(leaf),
        to_hex(consent.consent_id),
        *tokens,
        CHART[2].name,
        CHART[2].name.lower(),
        CALLER,
    ]
    assert [canary for canary in canaries if canary in searched] == []
    assert "0x" not in door.lines()
    entry = next(json.loads(line) for line in door.lines().splitlines() if '"fault"' in line)
    assert entry["error"] == "RuntimeError"
    assert any("breaks" in place for place in entry["where"])
    door.close()


def _carry(world, message):
    return letters.CarryLetter(signed=Signed.by(world.anna.account, message, world.anna.domains))


def _refuse(world):
    message = Refuse(request=bytes(32), reason=1, at=world.sandbox.clock.now())
    return letters.RefuseLetter(signed=Signed.by(world.anna.account, message, world.anna.domains))


def test_decisions_and_denials_are_counted_by_their_grounds(world):
    door = HttpDoor(world.gateway)
    door.call(routes.LISTING, letters.ReadLetter(signed=world.ask_own()))
    door.call(routes.LISTING, letters.ReadLetter(signed=world.ask_own(key=world.hill.account)))
    door.get(routes.SESSION.path)
    text = door.get("/metrics").text
    assert 'medshare_decisions_total{ground="released"} 1.0' in text
    assert 'medshare_decisions_total{ground="not_the_patient"} 1.0' in text
    assert 'medshare_denials_total{reason="no-token"} 1.0' in text
    assert "medshare_receipt_seconds_count 2.0" in text
    door.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NodeUnreachable(node="node.internal:8545"), "http.unavailable"),
        (VaultUnreachable(place="postgresql://vault.internal"), "http.unavailable"),
        (NotAVault(place="/srv/internal/vault.db"), "http.unavailable"),
        (NoFunds(sender="0x" + "11" * 20), "http.unavailable"),
        (NotMined(transaction="0x" + "22" * 32, seconds=60), "ledger.not-mined"),
        (RowMissing(kind="capsule"), "vault.row-missing"),
    ],
)
def test_what_is_wrong_inside_is_the_gateways_own_affair(error: MedShareError, code):
    """[H-011]"""
    leaving = outward(error, "0123456789abcdef")
    assert leaving.code == code
    assert "internal" not in str(leaving)


def test_a_node_that_is_down_is_a_problem_with_a_time_to_come_again(door, world, monkeypatch):
    token = door.sign_in(world.anna.account)

    def fails(*_, **__):
        raise NodeUnreachable(node="node.internal:8545")

    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, head=fails))
    answer = door.call(routes.SESSION, token=token)
    assert (answer.status_code, code_of(answer), answer.headers["retry-after"]) == (503, "http.unavailable", "30")
    assert "internal" not in answer.text + door.lines()


def test_an_answer_that_takes_too_long_is_given_up(door, world, monkeypatch):
    hasty = HttpDoor(world.gateway, changes={"seconds": 0.5})
    token = door.sign_in(world.anna.account)
    done = threading.Event()
    monkeypatch.setattr(world.gateway.postbox, "knows", lambda _: done.wait(60))
    answer = hasty.call(routes.KNOWS, token=token, patient=world.anna.address)
    assert (answer.status_code, code_of(answer)) == (504, "http.too-slow")
    done.set()
    hasty.close()
