"""What cannot be taken back waits for a final block; refusing waits for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.cli.frame.home import Home
from scripts.network.command_line import Refusal
from scripts.network.node_rpc import block
from scripts.network.pairs import CHAIN_ID
from scripts.network.treasury import pay


@pytest.fixture(scope="module")
def researcher(consortium):
    """The home of an institute that is accredited for research; its name."""
    medshare = consortium.institutions.medshare
    state = consortium.folder.read()
    name = f"institute-{state.roads}"
    words = ("init", "researcher", "--light", "--rpc", consortium.pairs.rpc(4))
    address = medshare(name, *words, "--deployment", consortium.institutions.deployment)["address"]
    home = Home(medshare.homes / name)
    home.write_config(replace(home.config(), gateways={"city": consortium.institutions.gateway("city")}))
    pay(consortium.pairs.rpc(1), CHAIN_ID, [address])
    medshare("regulator", "org", "register", address, "--name", name.title(), "--role", "researcher", "--yes")
    medshare(name, "org", "publish-key", "--yes")
    return name


def test_a_researcher_waits_for_a_final_block_and_a_revocation_waits_for_none(consortium, new_road, researcher):
    """[R-010, R-007] The same consent: nothing before its block is final, all of it then, nothing from the revocation on."""
    road, pairs, medshare = new_road(), consortium.pairs, consortium.institutions.medshare
    road.make_patient()
    road.enrol()
    road.upload()
    words = ("request", "open", road.address, "--gateway", "city", "--category", "laboratory")
    asked = medshare(researcher, *words, "--purpose", "BIORCH", "--days", "30", "--why", "A study", "--yes")
    request = asked["request"]["id"]
    medshare(road.patient, "consent", "approve", request, "--category", "laboratory", "--yes")
    granted = block(pairs.rpc(1), "latest").number
    consents = medshare(road.patient, "consent", "list")
    assert "laboratory" in str(consents)

    with pytest.raises(Refusal) as early:
        read_at_once(medshare, researcher, request)
    assert pairs.final(1) < granted, early.value
    pairs.wait_final(granted)
    consent = medshare(researcher, "request", "answer", request)["consent"]
    assert medshare(researcher, "access", "read", consent, "--purpose", "BIORCH")["documents"]

    medshare(road.patient, "consent", "revoke", consent, "--yes")
    revoked = block(pairs.rpc(1), "latest").number
    with pytest.raises(Refusal) as late:
        medshare(researcher, "access", "read", consent, "--purpose", "BIORCH")
    assert late.value.exit_code == 3
    assert pairs.final(1) < revoked


def read_at_once(medshare, researcher, request):
    """Ask for the answer to a request, and read by it."""
    consent = medshare(researcher, "request", "answer", request)["consent"]
    medshare(researcher, "access", "read", consent, "--purpose", "BIORCH")
