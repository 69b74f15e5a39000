"""Deployment: artefacts, the plan, the file. Nothing here needs a chain."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from medshare.deployment import anvil
from medshare.deployment.anvil import Anvil, find_anvil, free_port
from medshare.deployment.artefact import DEPLOYED, NoArtefact, artefact
from medshare.deployment.deploy import CONSTRUCTORS, contract_address, creation_data, plan
from medshare.deployment.errors import (
    AnvilFailed,
    AnvilMissing,
    BadDeploymentFile,
    DeployerIsRegulator,
    FileNotWritten,
    NoDeployment,
    OtherVersion,
)
from medshare.deployment.file import Deployment, Settings, default_path, load, save
from medshare.errors import InputError
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.typed_data.domain import Domains

DEPLOYER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
REGULATOR = "0x" + "aa" * 20


def example(settings: Settings | None = None) -> Deployment:
    return plan(
        chain_id=31337,
        block=7,
        first_nonce=0,
        deployer=DEPLOYER,
        regulator=REGULATOR,
        settings=settings or Settings(),
    )


@pytest.mark.parametrize(
    ("nonce", "expected"),
    [
        (0, "0x5fbdb2315678afecb367f032d93f642f64180aa3"),
        (1, "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512"),
        (127, "0x1291be112d480055dafd8a610b7d1e203891c274"),
    ],
)
def test_a_contract_stands_where_its_creator_and_nonce_say(nonce: int, expected: str) -> None:
    """The first two are the well-known ones of Anvil's first account."""
    if nonce < 127:
        assert contract_address(DEPLOYER, nonce) == expected
    assert len({contract_address(DEPLOYER, number) for number in (0, 1, 127, 128, 255, 256, 2**40)}) == 7


def test_contract_addresses_equal_those_of_eth_utils_rlp() -> None:
    import rlp

    from medshare.digest import keccak

    for nonce in (0, 1, 127, 128, 255, 256, 65_536):
        expected = keccak(rlp.encode([bytes.fromhex(DEPLOYER[2:]), nonce]))[12:]
        assert contract_address(DEPLOYER, nonce) == f"0x{expected.hex()}"


def test_the_plan_gives_every_contract_its_place_and_its_neighbours() -> None:
    deployment = example()
    assert list(deployment.addresses) == list(DEPLOYED) == list(CONSTRUCTORS)
    data = creation_data(deployment, "ConsentRegistry")
    assert data.startswith(artefact("ConsentRegistry").creation)
    assert data.endswith(bytes(12) + bytes.fromhex(deployment.addresses["ParticipantRegistry"][2:]) + bytes(32))
    assert isinstance(deployment.info.domains, Domains)
    assert deployment.info.head_max_age == 36


def test_one_account_may_not_deploy_and_govern() -> None:
    with pytest.raises(DeployerIsRegulator):
        plan(chain_id=1, block=0, first_nonce=0, deployer=REGULATOR, regulator=REGULATOR, settings=Settings())
    with pytest.raises(InputError):
        plan(chain_id=1, block=0, first_nonce=0, deployer=DEPLOYER, regulator="0xABC", settings=Settings())


def test_code_is_compared_whatever_its_immutables_are() -> None:
    """C12."""
    one = artefact("ConsentRegistry")
    start, length = one.immutables[0]
    code = bytearray(one.runtime)
    code[start : start + length] = b"\x07" * length
    assert one.is_code(bytes(code))
    code[start - 1] ^= 1
    assert not one.is_code(bytes(code))
    assert not one.is_code(b"")
    assert not one.is_code(one.runtime + b"\x00")
    with pytest.raises(NoArtefact):
        artefact("Nothing")


def test_a_deployment_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "1.json"
    before = {"AuditLog": "0x" + "bb" * 20}
    for settings in (Settings(), Settings(slot_seconds=1, finality="safe", predecessors=before)):
        save(path, example(settings))
        assert load(path) == example(settings)
    assert [file.name for file in path.parent.iterdir()] == ["1.json"]
    assert default_path(5).name == "5.json"
    assert example(Settings(predecessors=before)).settings.predecessor("AuditLog") == "0x" + "bb" * 20
    assert example().settings.predecessor("AuditLog") == ZERO_ADDRESS


def test_a_chain_without_a_deployment_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoDeployment, match="not deployed on this chain"):
        load(tmp_path / "1.json")


def fault(path: tuple[str, ...], value: object) -> str:
    data = example().to_json()
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "7",
        " " * 70_000,
        fault(("chainId",), None),
        fault(("chainId",), "1"),
        fault(("chainId",), True),
        fault(("block",), -1),
        fault(("finality",), "soon"),
        fault(("more",), 1),
        fault(("deployer",), "0xABC"),
        fault(("contracts",), []),
        fault(("contracts", "AuditLog"), None),
        fault(("contracts", "AuditLog", "address"), DEPLOYER.upper()),
        fault(("contracts", "AuditLog", "address"), 7),
        fault(("contracts", "AuditLog", "abiHash"), "0x12"),
        fault(("contracts", "AuditLog", "predecessor"), "nobody"),
        fault(("contracts", "AuditLog", "more"), 1),
    ],
)
def test_a_deployment_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "1.json"
    path.write_text(text)
    with pytest.raises(BadDeploymentFile):
        load(path)


def test_a_deployment_of_other_contracts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(fault(("contracts", "AuditLog", "abiHash"), "0x" + "11" * 32))
    with pytest.raises(OtherVersion, match="AuditLog"):
        load(path)


def test_a_file_that_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadDeploymentFile):
        load(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FileNotWritten):
        save(tmp_path / "file" / "1.json", example())


def test_anvil_is_found_by_name_in_the_project_or_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "node_modules" / ".bin" / "anvil"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert find_anvil({"MEDSHARE_ANVIL": str(program)}) == program
    with pytest.raises(AnvilMissing):
        find_anvil({"MEDSHARE_ANVIL": str(tmp_path / "nothing")})
    assert find_anvil({}, here=tmp_path) == program


def test_anvil_on_the_path_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anvil, "__file__", str(tmp_path / "a" / "b" / "c" / "anvil.py"))
    program = tmp_path / "anvil"
    program.touch(mode=0o755)
    assert find_anvil({"PATH": str(tmp_path)}, here=tmp_path / "empty") == program
    with pytest.raises(AnvilMissing):
        find_anvil({"PATH": str(tmp_path / "empty")}, here=tmp_path / "empty")


def test_anvil_mines_on_an_interval_and_bounds_its_memory() -> None:
    line = Anvil(program=Path("anvil"), port=1).command()
    assert line[line.index("--block-time") + 1] == "1"
    assert line[line.index("--slots-in-an-epoch") + 1] == "1"
    assert "--prune-history" in line
    kept = Anvil(program=Path("anvil"), port=1, block_time=0, state=Path("x"), options=("--more",)).command()
    assert "--block-time" not in kept
    assert "--prune-history" not in kept
    assert kept[-3:] == ["--state", "x", "--more"]
    assert 0 < free_port() < 65_536


def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho the port is taken\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(AnvilFailed, match="the port is taken"), Anvil(program=program):
        pass
    with pytest.raises(AnvilMissing):
        Anvil(program=tmp_path / "nothing").start()


def test_a_child_that_does_not_stop_when_asked_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\ntrap '' TERM\nwhile true; do /bin/sleep 0.05; done\n")
    program.chmod(0o755)
    monkeypatch.setattr(anvil, "START_SECONDS", 0.3)
    monkeypatch.setattr(anvil, "STOP_SECONDS", 0.3)
    monkeypatch.setattr(anvil.subprocess.Popen, "kill", lambda self: os.killpg(self.pid, 9))
    with pytest.raises(AnvilFailed, match="says nothing"):
        Anvil(program=program).start()
