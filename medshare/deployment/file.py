"""The deployment file: where the contracts stand on one chain, and how that chain is to be trusted."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from medshare.deployment.artefact import DEPLOYED, artefact
from medshare.deployment.errors import BadDeploymentFile, FileNotWritten, NoDeployment, OtherVersion
from medshare.errors import InputError
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32, address, from_hex, to_hex
from medshare.ledger.types import DeploymentInfo

FOLDER: Final = Path(__file__).resolve().parent.parent / "deployments"
"""Where `<chain id>.json` is looked for when no path is given."""

TAGS: Final = ("finalized", "safe", "latest")
LARGEST: Final = 65_536
"""Bytes of a deployment file at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment is made with.

    `slot_seconds`, `head_max_age`, `anchor_seconds` and `admin_delay` in seconds. `copies`: on how many nodes every
    confirmed body must lie (decision record 0011). `predecessors` by contract name: the
    contracts of the deployment before this one.
    """

    slot_seconds: int = 12
    head_max_age: int = 36
    finality: str = "finalized"
    anchor_seconds: int = 3600
    copies: int = 3
    admin_delay: int = 48 * 3600
    predecessors: Mapping[str, Address] = field(default_factory=dict)

    def predecessor(self, contract: str) -> Address:
        """Return the contract before, or the zero address."""
        return self.predecessors.get(contract, ZERO_ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment. `block` is the number of the block before its first transaction."""

    chain_id: int
    block: int
    first_nonce: int
    deployer: Address
    regulator: Address
    addresses: Mapping[str, Address]
    settings: Settings = field(default_factory=Settings)
    abi_hashes: Mapping[str, Bytes32] = field(default_factory=dict)
    code_hashes: Mapping[str, Bytes32] = field(default_factory=dict)

    @property
    def info(self) -> DeploymentInfo:
        """What a ledger needs to know."""
        return DeploymentInfo(
            chain_id=self.chain_id,
            addresses=self.addresses,
            slot_seconds=self.settings.slot_seconds,
            head_max_age=self.settings.head_max_age,
            finality=self.settings.finality,
            anchor_seconds=self.settings.anchor_seconds,
            copies=self.settings.copies,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the deployment as JSON."""
        return {
            "chainId": self.chain_id,
            "block": self.block,
            "firstNonce": self.first_nonce,
            "deployer": self.deployer,
            "regulator": self.regulator,
            "slotSeconds": self.settings.slot_seconds,
            "headMaxAge": self.settings.head_max_age,
            "finality": self.settings.finality,
            "anchorSeconds": self.settings.anchor_seconds,
            "copies": self.settings.copies,
            "adminDelay": self.settings.admin_delay,
            "contracts": {
                name: {
                    "address": self.addresses[name],
                    "predecessor": self.settings.predecessor(name),
                    "abiHash": to_hex(self.abi_hashes[name]),
                    "codeHash": to_hex(self.code_hashes[name]),
                }
                for name in DEPLOYED
            },
        }


def default_path(chain_id: int) -> Path:
    """Return the path where the deployment of a chain is looked for."""
    return FOLDER / f"{chain_id}.json"


def save(path: Path, deployment: Deployment) -> None:
    """Write `deployment` to `path`: either all of it is there, or what was there before.

    Raises:
        FileNotWritten: It cannot be written.
    """
    text = json.dumps(deployment.to_json(), indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise FileNotWritten(path=path) from error


def load(path: Path) -> Deployment:
    """Return the deployment in the file at `path`.

    Raises:
        NoDeployment: There is no such file.
        BadDeploymentFile: It is not of the form.
        OtherVersion: It was made with other contracts than this MedShare has.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise NoDeployment(path=path) from error
    except OSError as error:
        raise BadDeploymentFile(path=path, why="it cannot be read") from error
    if len(data) > LARGEST:
        raise BadDeploymentFile(path=path, why="it is too large")
    try:
        value = json.loads(data)
    except ValueError as error:
        raise BadDeploymentFile(path=path, why="it is not JSON") from error
    deployment = _parse(path, value)
    for name in DEPLOYED:
        if deployment.abi_hashes[name] != artefact(name).abi_hash:
            raise OtherVersion(contract=name)
    return deployment


def _parse(path: Path, value: Any) -> Deployment:
    fields = _object(path, value, _TOP, "the file")
    contracts = _object(path, fields["contracts"], frozenset(DEPLOYED), "contracts")
    rows = {name: _object(path, contracts[name], _CONTRACT, name) for name in DEPLOYED}
    numbers = {}
    for name in (
        "chainId",
        "block",
        "firstNonce",
        "slotSeconds",
        "headMaxAge",
        "anchorSeconds",
        "copies",
        "adminDelay",
    ):
        number = fields[name]
        if type(number) is not int or number < 0:
            raise BadDeploymentFile(path=path, why=f"{name} is not a number")
        numbers[name] = number
    if fields["finality"] not in TAGS:
        raise BadDeploymentFile(path=path, why="finality is not a block tag")
    try:
        return Deployment(
            chain_id=numbers["chainId"],
            block=numbers["block"],
            first_nonce=numbers["firstNonce"],
            deployer=address(fields["deployer"]),
            regulator=address(fields["regulator"]),
            addresses={name: address(row["address"]) for name, row in rows.items()},
            settings=Settings(
                slot_seconds=numbers["slotSeconds"],
                head_max_age=numbers["headMaxAge"],
                finality=fields["finality"],
                anchor_seconds=numbers["anchorSeconds"],
                copies=numbers["copies"],
                admin_delay=numbers["adminDelay"],
                predecessors={
                    name: address(row["predecessor"])
                    for name, row in rows.items()
                    if row["predecessor"] != ZERO_ADDRESS
                },
            ),
            abi_hashes={name: from_hex(row["abiHash"], 32) for name, row in rows.items()},
            code_hashes={name: from_hex(row["codeHash"], 32) for name, row in rows.items()},
        )
    except InputError as error:
        raise BadDeploymentFile(path=path, why="an address or a hash is not in its form") from error


_TOP: Final = frozenset(
    (
        "chainId",
        "block",
        "firstNonce",
        "deployer",
        "regulator",
        "slotSeconds",
        "headMaxAge",
        "finality",
        "anchorSeconds",
        "copies",
        "adminDelay",
        "contracts",
    )
)
_CONTRACT: Final = frozenset(("address", "predecessor", "abiHash", "codeHash"))


def _object(path: Path, value: Any, names: frozenset[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise BadDeploymentFile(path=path, why=f"{what} has not exactly its fields")
    return value
