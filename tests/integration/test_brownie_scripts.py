"""The scripts for Brownie users, one after another on one chain, each as a new process would run it."""

from __future__ import annotations

import threading
import time

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.errors import NoDeployment
from medshare.deployment.file import Settings
from medshare.gateway import Refused
from medshare.keys.account import AccountKey
from medshare.ledger.errors import NoContract
from scripts import audit, grant_consent, register_org, request_access, research, revoke_consent, upload_record
from scripts.playground import Playground

CITY, HILL, JACOB = "City Hospital", "Hill Hospital", "Jacob"


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playground")
    with Anvil(block_time=0, options=("--block-time", "0.2")) as anvil:
        deployer, regulator = AccountKey.generate(), AccountKey.generate()
        for key in (deployer, regulator):
            anvil.rpc.request("anvil_setBalance", key.address, hex(10**20))
        file.save(folder / "deployment.json", deploy(anvil.rpc, deployer, regulator.address, Settings(slot_seconds=1)))

        def playground() -> Playground:
            return Playground(anvil.rpc, regulator, path=folder / "deployment.json", folder=folder)

        yield playground, folder, regulator


def test_the_scripts_walk_the_road_one_after_another(chain, capsys):
    """Each begins anew and finds what the one before left."""
    playground, _, _ = chain
    for name in (CITY, HILL):
        register_org.main(name, playground=playground())
    leaves = upload_record.main(CITY, JACOB, "tests/data/handmade/everything.json", playground=playground())
    request_access.main(HILL, JACOB, CITY, "LABORATORY", playground=playground())
    (consent,) = grant_consent.main(JACOB, CITY, 20, playground=playground())
    town = playground()
    hill, home = town.institution(HILL), town.institution(CITY).gateway
    rows = hill.list_documents(home, consent, purpose="TREAT")
    assert {row.leaf for row in rows} <= set(leaves)
    assert hill.read(home, consent, rows[0], purpose="TREAT").document.content
    asker = threading.Thread(target=research.main, args=(JACOB, CITY, 60, playground()))
    asker.start()
    given = ()
    while not given:
        time.sleep(0.5)
        given = grant_consent.main(JACOB, CITY, playground=playground())
    asker.join(timeout=60)
    assert "resourceType" in capsys.readouterr().out
    assert any(line.accessor == hill.address for line in audit.main(JACOB, CITY, playground=playground()))
    assert len(revoke_consent.main(JACOB, CITY, playground=playground())) == 2
    with pytest.raises(Refused):
        hill.read(home, consent, rows[0], purpose="TREAT")


def test_a_fresh_chain_is_named_and_leaves_no_trace_behind(chain, tmp_path):
    """[G-002] The contracts do not stand on this chain, and nothing is made of that but a sentence."""
    _, folder, regulator = chain
    with Anvil(block_time=0) as fresh:
        with pytest.raises(NoContract):
            Playground(fresh.rpc, regulator, path=folder / "deployment.json", folder=tmp_path)
        with pytest.raises(NoDeployment):
            Playground(fresh.rpc, regulator, path=tmp_path / "none.json", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
