"""Every custom error of the contracts is one exception with a remedy."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from medshare.deployment.artefact import DEPLOYED, artefact
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.ledger.reverts import (
    CLASSES,
    REFUSALS,
    Panicked,
    RevertedSilently,
    RevertedWithText,
    UnknownRevert,
    decode_revert,
    selector_of,
)
from medshare.ledger.reverts.signatures import WrongSigner

NEVER_MADE = {"StringTooLong", "InvalidShortString"}
"""OpenZeppelin's EIP712 has them for names that do not fit a slot: ours is a constant that fits."""


def errors_of_the_contracts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for contract in DEPLOYED:
        for entry in artefact(contract).abi:
            if entry["type"] == "error" and entry["name"] not in NEVER_MADE:
                arguments = [f"{part['type']} {part['name']}".strip() for part in entry["inputs"]]
                found[f"{entry['name']}({','.join(arguments)})"] = [part["type"] for part in entry["inputs"]]
    return found


@pytest.mark.parametrize("declaration", sorted(errors_of_the_contracts()))
def test_every_error_of_an_abi_has_a_class(declaration: str) -> None:
    assert declaration in CLASSES, "give it a line in medshare/ledger/reverts/table.py"


def test_no_class_stands_for_an_error_that_no_contract_has() -> None:
    assert set(CLASSES) - set(errors_of_the_contracts()) == set()


def test_every_error_has_a_class_of_its_own_and_every_class_a_code_of_its_own() -> None:
    assert len(set(CLASSES.values())) == len(CLASSES)
    assert len({kind.code for kind in CLASSES.values()}) == len(CLASSES)
    assert all(issubclass(kind, REFUSALS) for kind in CLASSES.values())


@pytest.mark.parametrize(("declaration", "types"), sorted(errors_of_the_contracts().items()))
def test_the_bytes_of_a_refusal_become_its_exception_with_a_cause_and_a_remedy(
    declaration: str, types: list[str]
) -> None:
    name = declaration.split("(", maxsplit=1)[0]
    samples = {"address": "0x" + "ab" * 20, "bytes32": b"\x07" * 32, "bytes4": b"\x01\x02\x03\x04"}
    values = [samples.get(kind, 5) for kind in types]
    data = keccak(f"{name}({','.join(types)})".encode())[:4] + encode(types, values)
    error = decode_revert(data)
    assert type(error) is CLASSES[declaration]
    assert selector_of(type(error)) == data[:4]
    assert "{" not in str(error)
    assert error.exit_code in range(2, 8)
    shown = {f"0x{value.hex()}" if isinstance(value, bytes) else value for value in values}
    assert set(error.facts.values()) == shown


def test_panics_texts_and_silence_have_their_own_exceptions() -> None:
    panic = decode_revert(keccak(b"Panic(uint256)")[:4] + encode(["uint256"], [0x11]))
    assert isinstance(panic, Panicked)
    assert "0x11" in str(panic)
    text = decode_revert(keccak(b"Error(string)")[:4] + encode(["string"], ["why"]))
    assert isinstance(text, RevertedWithText)
    assert "why" in str(text)
    assert isinstance(decode_revert(b""), RevertedSilently)


@pytest.mark.parametrize(
    "data", [b"\x01\x02\x03\x04", b"\x01", keccak(b"Panic(uint256)")[:4], selector_of(WrongSigner) + b"short"]
)
def test_an_error_that_nobody_knows_is_named_by_its_selector(data: bytes) -> None:
    error = decode_revert(data)
    assert isinstance(error, UnknownRevert)
    assert f"0x{data[:4].hex()}" in str(error)


def test_a_class_that_stands_for_no_error_has_no_selector() -> None:
    with pytest.raises(KeyError):
        selector_of(MedShareError)
