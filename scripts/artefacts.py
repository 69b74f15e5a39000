"""Generate the artefacts that the package deploys and speaks with, from the contracts' sources.

Writes `medshare/deployment/artefacts/<Contract>.json`: ABI, creation code, runtime code with the
places of its immutables, and a hash over every source and setting that went in. The same sources
give the same bytes.

    python scripts/artefacts.py            write what changed
    python scripts/artefacts.py --check    write nothing; exit 1 when an artefact is out of date
    python scripts/artefacts.py --fresh    as --check, but only compare source hashes (no compiler)
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
TARGET: Final = ROOT / "medshare" / "deployment" / "artefacts"
COMPILER: Final = ROOT / "tools" / "solc" / "solc-v0.8.37"
VERSION: Final = "0.8.37+commit.f401782d"
PREFIX: Final = "@openzeppelin/contracts/"
CONTRACTS: Final = {
    "AccessManager": f"{PREFIX}access/manager/AccessManager.sol",
    "ParticipantRegistry": "contracts/ParticipantRegistry.sol",
    "ConsentRegistry": "contracts/ConsentRegistry.sol",
    "AccessRequests": "contracts/AccessRequests.sol",
    "RecordRegistry": "contracts/RecordRegistry.sol",
    "AuditLog": "contracts/AuditLog.sol",
}
SETTINGS: Final[dict[str, Any]] = {
    "evmVersion": "cancun",
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "remappings": [f"{PREFIX}=node_modules/{PREFIX}"],
}
IMPORT: Final = re.compile(r"""^\s*import\s+(?:[^;"']*\sfrom\s+)?["']([^"']+)["'];""", re.MULTILINE)


def path_of(unit: str) -> Path:
    """Return the file of a source unit's name."""
    return ROOT / "node_modules" / unit if unit.startswith(PREFIX) else ROOT / unit


def resolve(unit: str, imported: str) -> str:
    """Return the name of the unit that `unit` imports as `imported`."""
    if not imported.startswith("."):
        return imported
    parts = unit.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def sources_of(unit: str) -> dict[str, str]:
    """Return the text of `unit` and of everything it imports, by unit name."""
    found: dict[str, str] = {}
    open_units = [unit]
    while open_units:
        name = open_units.pop()
        if name not in found:
            found[name] = path_of(name).read_text(encoding="utf-8")
            open_units.extend(resolve(name, imported) for imported in IMPORT.findall(found[name]))
    return dict(sorted(found.items()))


def source_hash(unit: str) -> str:
    """Return SHA-256 over compiler, settings and all sources of `unit`."""
    whole = json.dumps([VERSION, SETTINGS, sources_of(unit)], sort_keys=True)
    return "0x" + hashlib.sha256(whole.encode()).hexdigest()


def compile_all() -> dict[str, dict[str, Any]]:
    """Compile every contract in one run and return its artefact by name.

    Raises:
        SystemExit: The compiler reports an error.
    """
    sources: dict[str, str] = {}
    for unit in CONTRACTS.values():
        sources |= sources_of(unit)
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(sources.items())},
        "settings": {
            **SETTINGS,
            "outputSelection": {unit: {name: wanted} for name, unit in CONTRACTS.items()},
        },
    }
    done = subprocess.run(
        [str(COMPILER), "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    answer = json.loads("\n".join(line for line in done.stdout.splitlines() if not line.startswith(">>>")))
    errors = [error["formattedMessage"] for error in answer.get("errors", ()) if error["severity"] == "error"]
    if errors:
        sys.exit("\n".join(errors))
    return {name: _artefact(name, answer["contracts"][unit][name]) for name, unit in CONTRACTS.items()}


def _artefact(name: str, output: dict[str, Any]) -> dict[str, Any]:
    deployed = output["evm"]["deployedBytecode"]
    places = [
        [place["start"], place["length"]] for row in deployed.get("immutableReferences", {}).values() for place in row
    ]
    return {
        "contract": name,
        "compiler": VERSION,
        "sourceHash": source_hash(CONTRACTS[name]),
        "abi": output["abi"],
        "bytecode": "0x" + output["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutables": sorted(places),
    }


def render(artefact: dict[str, Any]) -> str:
    """Return the text of an artefact's file."""
    head = {key: value for key, value in artefact.items() if key not in {"abi", "immutables"}}
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    lines.append(f'  "immutables": {json.dumps(artefact["immutables"])},')
    lines.append('  "abi": [')
    lines.append(",\n".join(f"    {json.dumps(entry, sort_keys=True)}" for entry in artefact["abi"]))
    return "{\n" + "\n".join(lines) + "\n  ]\n}\n"


def stale() -> list[str]:
    """Return the contracts whose artefact was made from other sources, or is missing."""
    names = []
    for name, unit in CONTRACTS.items():
        file = TARGET / f"{name}.json"
        if not file.exists() or json.loads(file.read_text(encoding="utf-8"))["sourceHash"] != source_hash(unit):
            names.append(name)
    return names


def main(*arguments: str) -> int:
    """Write or check the artefacts; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compile and compare, write nothing")
    parser.add_argument("--fresh", action="store_true", help="compare source hashes only")
    options = parser.parse_args(arguments)
    if options.fresh:
        for name in (names := stale()):
            print(f"{name} is out of date: run python scripts/artefacts.py")
        return 1 if names else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    code = 0
    for name, artefact in compile_all().items():
        file, text = TARGET / f"{name}.json", render(artefact)
        if file.exists() and file.read_text(encoding="utf-8") == text:
            print(f"{name} is up to date")
        elif options.check:
            print(f"{name} differs from what the compiler gives: run python scripts/artefacts.py")
            code = 1
        else:
            file.write_text(text, encoding="utf-8")
            print(f"{name} written, {(len(artefact['deployedBytecode']) - 2) // 2} bytes of code")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
