"""The compiled contracts that ship with the package; `scripts/artefacts.py` writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import Bytes32

MANAGER: Final = "AccessManager"
DEPLOYED: Final = (
    MANAGER,
    "ParticipantRegistry",
    "ConsentRegistry",
    "AccessRequests",
    "RecordRegistry",
    "AuditLog",
)
"""Every contract of a deployment, in the order in which they are created."""


class NoArtefact(InputError):
    """Raised when the package has no compiled contract of a name."""

    code = "deployment.no-artefact"
    cause = "MedShare has no contract called {contract!r}."
    remedy = "Use one of its own contracts."


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One compiled contract.

    `runtime` has zeros where `immutables` (start, length) stand. `source_hash` covers every source
    and setting that went in.
    """

    contract: str
    abi: tuple[dict[str, Any], ...]
    creation: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]
    source_hash: str

    @property
    def abi_hash(self) -> Bytes32:
        """Keccak-256 of the ABI as JSON with sorted keys."""
        return keccak(json.dumps(self.abi, sort_keys=True, separators=(",", ":")).encode())

    @property
    def code_hash(self) -> Bytes32:
        """Keccak-256 of the runtime code with zeros for the immutables."""
        return keccak(self.runtime)

    def masked(self, code: bytes) -> bytes:
        """Return `code` with zeros where this contract's immutables stand."""
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(len(masked[start : start + length]))
        return bytes(masked)

    def is_code(self, code: bytes) -> bool:
        """Return whether `code` is this contract's runtime code, whatever its immutables are."""
        return self.masked(code) == self.runtime


@cache
def artefact(contract: str) -> Artefact:
    """Return the compiled `contract`.

    Raises:
        NoArtefact: There is none of that name.
    """
    if contract not in DEPLOYED:
        raise NoArtefact(contract=contract)
    file = resources.files("medshare.deployment").joinpath("artefacts", f"{contract}.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    return Artefact(
        contract=contract,
        abi=tuple(data["abi"]),
        creation=bytes.fromhex(data["bytecode"][2:]),
        runtime=bytes.fromhex(data["deployedBytecode"][2:]),
        immutables=tuple((start, length) for start, length in data["immutables"]),
        source_hash=data["sourceHash"],
    )
