"""What the command line is tried in: a chain, a consortium without gateways, and a town whose gateways answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from medshare.deployment.anvil import Anvil, free_port
from tests.integration.cli.consortium import Consortium, begin
from tests.integration.cli.errands import HOSPITALS, enrol, upload, url_of
from tests.integration.cli.served import served
from tests.unit.cli.running import Runner


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time=0) as running:
        yield running


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """No home, network or language from outside."""
    for name in ("MEDSHARE_HOME", "MEDSHARE_NETWORK", "MEDSHARE_ACCOUNT", "MEDSHARE_RPC_URL", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


@pytest.fixture
def medshare(tmp_path: Path) -> Runner:
    """The command line, in a folder of its own."""
    return Runner(tmp_path)


@pytest.fixture(scope="module")
def built(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """A chain with the contracts, a regulator, a hospital with a gateway account, and three validators."""
    consortium = begin(anvil, tmp_path_factory.mktemp("consortium"))
    consortium.accredited("city")
    for name in ("north", "harbour", "valley"):
        address = consortium.home("institution", name)
        consortium.sent("org", "register", address, "--name", name, "--role", "validator", home="regulator")
    return consortium


@pytest.fixture
def consortium(built: Consortium, tmp_path: Path) -> Iterator[Consortium]:
    """The consortium as it was built: homes copied, the chain turned back afterwards."""
    snapshot = built.anvil.rpc.request("evm_snapshot")
    place = tmp_path / "copy"
    shutil.copytree(built.run.place, place)
    yield Consortium(built.anvil, Runner(place))
    built.anvil.rpc.request("evm_revert", snapshot)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four hospitals whose gateways answer, a researcher, and Alice, who is enrolled and has a confirmed chart."""
    with Anvil(block_time=0) as anvil:
        town = begin(anvil, tmp_path_factory.mktemp("town"))
        for name in HOSPITALS:
            url = f"http://127.0.0.1:{free_port()}"
            address = town.home("institution", name, "--gateway-url", url)
            town.fund(address)
            roles = [word for role in ("institution", "custodian", "validator") for word in ("--role", role)]
            town.sent("org", "register", address, "--name", name, *roles, home="regulator")
            gateway = town("account", "new", "gateway", "--light", "--json", home=name).result["address"]
            town.fund(gateway)
            town.sent("org", "publish-key", home=name)
            town.sent("org", "add-staff", "gateway", "--gateway", home=name)
        with served(town, *HOSPITALS):
            for home in ("city", "hill"):
                for name in HOSPITALS:
                    assert town("org", "know", name, url_of(town, name), home=home).code == 0
            town.home("patient", "alice")
            enrol(town, "alice", "city")
            upload(town)
            yield town
