"""Several nodes in the config: they are asked as one, and the doctor says what each of them is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medshare.cli.frame.home import Home
from medshare.deployment.anvil import free_port
from tests.scenarios.scripted_node import ScriptedChain, ScriptedNode
from tests.scenarios.served_node import served
from tests.unit.cli.running import Runner


@pytest.fixture
def url() -> Iterator[str]:
    with served(ScriptedNode(ScriptedChain())) as place:
        yield place


@pytest.fixture
def away() -> str:
    """Where nobody answers."""
    return f"http://127.0.0.1:{free_port()}"


def checks(medshare: Runner) -> dict[str, tuple[str, str, str]]:
    done = medshare("doctor", "--json")
    return {
        line["name"]: (line["outcome"], line["code"], line["found"] or line["cause"]) for line in done.result["checks"]
    }


def test_the_config_keeps_one_url_or_a_list(medshare: Runner, url: str, away: str) -> None:
    """[M-005, G-004] As they were given, in their order, each once."""
    assert medshare.init("regulator", "--rpc", away, "--rpc", url, "--rpc", away).code == 0
    network = Home(medshare.place / "home").config().network_called("local")
    assert (network.rpc, network.urls) == ((away, url, away), (away, url))
    assert medshare.init("regulator", "--rpc", url, home="other").code == 0
    assert Home(medshare.place / "other").config().network_called("local").rpc == url


def test_the_doctor_names_a_node_that_is_away_and_goes_on_with_the_other(medshare: Runner, url: str, away: str) -> None:
    """[G-008, G-009] R04: it works today and will hurt later."""
    medshare.init("regulator", "--rpc", away, "--rpc", url)
    found = checks(medshare)
    assert found["node"] == ("right", "", "31337")
    assert found["nodes"] == ("right", "", f"{away} silent; {url} good (used)")
    assert found["spare-nodes"][:2] == ("nag", "doctor.nodes-unfit")
    assert f"{away} silent" in found["spare-nodes"][2]


def test_the_doctor_names_a_node_of_another_chain(medshare: Runner, url: str) -> None:
    """[G-005] R04: that is a fault, though the other one answers."""
    with served(ScriptedNode(ScriptedChain(chain_id=5))) as foreign:
        medshare.init("regulator", "--rpc", url, "--rpc", foreign)
        found = checks(medshare)
    assert found["nodes"][:2] == ("fault", "doctor.node-of-another-chain")
    assert f"{foreign} other-chain" in found["nodes"][2]


def test_where_no_node_answers_the_doctor_says_so_of_each(medshare: Runner, away: str) -> None:
    """[G-009]"""
    other = f"http://127.0.0.1:{free_port()}"
    medshare.init("regulator", "--rpc", away, "--rpc", other)
    found = checks(medshare)
    assert found["node"][:2] == ("fault", "ledger.no-good-node")
    assert f"{away} silent; {other} silent" in found["node"][2]
