"""The artefacts that ship with the package are those of the contracts in the tree."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from scripts import artefacts


def test_the_artefacts_were_made_from_the_present_sources() -> None:
    """Contracts, interfaces, OpenZeppelin, compiler and settings; `--check` compiles and compares every byte."""
    assert artefacts.stale() == [], "run python scripts/artefacts.py"


def test_an_artefact_of_other_sources_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in artefacts.CONTRACTS:
        data = json.loads((artefacts.TARGET / f"{name}.json").read_text())
        if name == "AuditLog":
            data["sourceHash"] = "0x00"
        if name != "AccessRequests":
            (tmp_path / f"{name}.json").write_text(json.dumps(data))
    monkeypatch.setattr(artefacts, "TARGET", tmp_path)
    assert artefacts.stale() == ["AccessRequests", "AuditLog"]
    assert artefacts.main("--fresh") == 1


def test_the_compiler_and_its_settings_are_those_of_the_other_tools() -> None:
    foundry = tomllib.loads((artefacts.ROOT / "foundry.toml").read_text())["profile"]["default"]
    brownie = (artefacts.ROOT / "brownie-config.yaml").read_text()
    runs = artefacts.SETTINGS["optimizer"]["runs"]
    assert (foundry["evm_version"], foundry["via_ir"], foundry["optimizer_runs"]) == ("cancun", True, runs)
    assert artefacts.SETTINGS["evmVersion"] == "cancun"
    assert artefacts.SETTINGS["viaIR"]
    for line in ("evm_version: cancun", "viaIR: true", f"runs: {runs}"):
        assert line in brownie


def test_imports_are_followed_to_their_units() -> None:
    assert artefacts.resolve("contracts/A.sol", "../interfaces/IA.sol") == "interfaces/IA.sol"
    assert artefacts.resolve("contracts/A.sol", "./B.sol") == "contracts/B.sol"
    assert artefacts.resolve("contracts/A.sol", "@openzeppelin/x.sol") == "@openzeppelin/x.sol"
    found = artefacts.sources_of("contracts/ConsentRegistry.sol")
    assert "interfaces/IConsentRegistry.sol" in found
    assert any(name.startswith(artefacts.PREFIX) for name in found)


def test_a_rendered_artefact_reads_back(tmp_path: Path) -> None:
    del tmp_path
    file = artefacts.TARGET / "AuditLog.json"
    assert artefacts.render(json.loads(file.read_text())) == file.read_text()
