"""What the contracts cannot do, read from their compiled code. Cases C05, C07, C08, E14.

There is no proxy and no initialiser to call twice, no pause that could stop a patient, and nobody else's
code runs in a contract's name.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medshare.deployment.artefact import DEPLOYED, artefact

OURS = [name for name in DEPLOYED if name != "AccessManager"]
FORBIDDEN = {
    0x32: "ORIGIN",
    0xF0: "CREATE",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFF: "SELFDESTRUCT",
}
PUSH1, PUSH32 = 0x60, 0x7F
# What a patient, or anybody for a patient, does. Nothing but her own key stands before these.
OF_THE_PATIENT = {
    "ConsentRegistry": {"grant", "grantBySig", "revoke", "revokeBySig", "lockdown", "lockdownBySig"},
    "RecordRegistry": {"erase", "eraseBySig", "eraseAll", "eraseAllBySig"},
    "ParticipantRegistry": {"register", "registerBySig"},
}


def opcodes(code: bytes) -> Iterator[int]:
    """Give every instruction; the bytes that a PUSH carries and the compiler's metadata are none."""
    end = len(code) - 2 - int.from_bytes(code[-2:], "big")
    place = 0
    while place < end:
        yield code[place]
        place += 1 + (code[place] - PUSH1 + 1 if PUSH1 <= code[place] <= PUSH32 else 0)


def functions(contract: str) -> dict[str, dict[str, object]]:
    return {item["name"]: item for item in artefact(contract).abi if item["type"] == "function"}


def test_the_test_finds_an_instruction_and_not_the_bytes_beside_it():
    metadata = bytes(3) + (3).to_bytes(2, "big")
    assert 0xF4 in opcodes(bytes([0x60, 0x01, 0xF4]) + metadata)
    assert 0xF4 not in opcodes(bytes([0x60, 0xF4, 0x00]) + metadata)
    assert 0xF4 not in opcodes(bytes([0x00]) + bytes([0xF4, 0xF4, 0xF4]) + (3).to_bytes(2, "big"))


@pytest.mark.parametrize("contract", OURS)
def test_no_contract_runs_foreign_code_makes_contracts_destroys_itself_or_asks_who_began(contract: str):
    found = {FORBIDDEN[one] for one in opcodes(artefact(contract).runtime) if one in FORBIDDEN}
    assert found == set()


@pytest.mark.parametrize("contract", OURS)
def test_there_is_nothing_to_pause_upgrade_initialise_or_bundle(contract: str):
    """C07, C08: the deployer's constructor is all there ever was."""
    for name in functions(contract):
        small = name.lower()
        words = (
            "pause",
            "upgrade",
            "initialize",
            "initialise",
            "implementation",
            "multicall",
            "forwarder",
            "owner",
            "execute",
        )
        assert not [word for word in words if word in small], name


@pytest.mark.parametrize("contract", OURS)
def test_no_contract_takes_money(contract: str):
    """What cannot hold value cannot lose it."""
    assert all(item.get("stateMutability") != "payable" for item in artefact(contract).abi)


@pytest.mark.parametrize("contract", OF_THE_PATIENT)
def test_the_patients_functions_know_no_answer_from_an_administrator(contract: str):
    """C07: the manager's refusal stands only where a contract has something for governance."""
    assert OF_THE_PATIENT[contract] <= set(functions(contract))
    errors = {item["name"] for item in artefact(contract).abi if item["type"] == "error"}
    assert ("AccessManagedUnauthorized" in errors) == (contract != "ConsentRegistry")
