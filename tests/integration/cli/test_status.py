"""`medshare status`: how a gateway is, for people, as JSON, and in its exit code."""

from __future__ import annotations

from tests.integration.cli.consortium import Consortium

CITY = "city"


def test_a_gateway_that_is_well_has_a_line_for_each_thing_and_leaves_no_exit_code(consortium: Consortium):
    """[OP-001]"""
    done = consortium.run("status", "--json", home=CITY)
    assert done.code == 0, done.out
    points = {line["point"]: line for line in done.result["points"]}
    assert {line["state"] for line in points.values()} == {"right"}
    assert points["relay-balance"]["figure"] > 0
    assert set(points) == {
        "reads-without-consent",
        "head-age",
        "unfinalised",
        "receipts-unanchored",
        "outbox-age",
        "relay-balance",
        "erasures-unanswered",
    }
    text = consortium.run("status", home=CITY).out
    assert "✓ reads-without-consent: 0 reads without a consent" in text
    assert len(text.splitlines()) == len(points)


def test_a_poor_relay_is_a_fault_with_a_remedy(consortium: Consortium):
    account = consortium.run("account", "show", "gateway", "--offline", "--json", home=CITY).result["address"]
    rpc = consortium.anvil.rpc
    before = rpc.request("eth_getBalance", account, "latest")
    rpc.request("anvil_setBalance", account, "0x1")
    done = consortium.run("status", home=CITY)
    rpc.request("anvil_setBalance", account, before)
    assert done.code == 4
    assert "✗ relay-balance: The gateway's account holds 0.0000 ether" in done.out
    assert "Send it ether now" in done.out


def test_a_silent_node_is_said(consortium: Consortium, monkeypatch):
    monkeypatch.setenv("MEDSHARE_RPC_URL", "http://127.0.0.1:9")
    done = consortium.run("status", "--json", home=CITY)
    assert done.code == 5
    assert done.document["error"]["code"] == "ledger.node-unreachable"


def test_only_an_institution_has_a_gateway_to_ask_about(consortium: Consortium):
    assert consortium.run("status", home="regulator").code == 2
