"""The scripts as a Brownie user runs them: `brownie run`, in a checkout of one's own, on a live network.

Brownie takes seconds to start, so one process walks the road. `tests/integration/test_brownie_scripts.py` looks
closer at what each script does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from medshare.deployment.anvil import CHAIN_ID, Anvil

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("medshare", "scripts", "interfaces", "build", "tests/data")
LINKED = ("contracts", "node_modules", "tools")
TRACE = ("Traceback", "File ", ", line ")
# `run` is Brownie's own, and what `brownie run` calls.
ROAD = """
from brownie import run

CITY, HILL, JACOB = "City Hospital", "Hill Hospital", "Jacob"


def main():
    run("register_org", args=(CITY,))
    run("register_org", args=(HILL,))
    run("upload_record", args=(CITY, JACOB, "tests/data/handmade/everything.json"))
    run("request_access", args=(HILL, JACOB, CITY, "LABORATORY"))
    run("grant_consent", args=(JACOB, CITY))
    run("audit", args=(JACOB, CITY))
    run("revoke_consent", args=(JACOB, CITY))
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with what Brownie has compiled, and the folder of a user who knows the network `shared`."""
    place = tmp_path / "checkout"
    for name in COPIED:
        shutil.copytree(ROOT / name, place / name)
    for name in LINKED:
        (place / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "brownie-config.yaml", place)
    (place / "scripts" / "road.py").write_text(ROAD)
    return place


def know(home: Path, anvil: Anvil) -> None:
    """Write what `brownie networks add` writes."""
    network = {"id": "shared", "name": "Shared", "chainid": CHAIN_ID, "host": anvil.url, "timeout": 60}
    folder = home / ".brownie"
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (folder / "network-config.yaml").write_text(
        json.dumps({"live": [{"name": "MedShare", "networks": [network]}], "development": []})
    )


def brownie(checkout: Path, script: str, *words: str, say: str = "") -> subprocess.CompletedProcess[str]:
    home = checkout.parent / "home"
    return subprocess.run(
        [Path(sys.executable).with_name("brownie"), "run", script, "main", *words, "--network", "shared"],
        cwd=checkout,
        env=os.environ | {"HOME": str(home), "PYTHONPATH": str(checkout)},
        input=say,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_scripts_walk_the_road_under_brownie_run(checkout):
    """[G-002] On a live network; a fresh chain is named in one sentence, with its exit code and without a trace."""
    home = checkout.parent / "home"
    with Anvil(block_time=0, options=("--block-time", "0.2")) as anvil:
        know(home, anvil)
        deployed = brownie(checkout, "deploy", say="yes\n")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert "Everything stands and was checked." in deployed.stdout
        walked = brownie(checkout, "road")
        assert walked.returncode == 0, walked.stdout + walked.stderr
        for said in ("is open.", "1 consents granted.", "1 AccessRequests.Approved", "1 consents revoked; epoch 2."):
            assert said in walked.stdout
    with Anvil(block_time=0) as fresh:
        know(home, fresh)
        refused = brownie(checkout, "audit", "Jacob", "City Hospital")
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert "is not deployed on this chain" in refused.stderr
    assert not any(word in refused.stdout + refused.stderr for word in TRACE)
