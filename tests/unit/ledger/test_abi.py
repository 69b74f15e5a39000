"""Calls, answers and logs are read and written strictly, by the contracts' own ABIs."""

from __future__ import annotations

from dataclasses import fields

import pytest
from eth_abi.abi import encode

from medshare.deployment.artefact import artefact
from medshare.digest import keccak
from medshare.ledger import CONTRACTS, Call, Participant, Role, events
from medshare.ledger.abi import BadAnswer, BadArgument, calldata, event_shapes, function, topic_of
from medshare.ledger.acts import Acts
from medshare.ledger.errors import BadEvent
from medshare.ledger.memory.rules import RULES
from medshare.ledger.types import AccountStatus

ADDRESS = "0x" + "ab" * 20


class Recorder(Acts[None, Call]):
    """Acts that only say what they would call."""

    def act(self, call: Call, sender: None) -> Call:
        del sender
        return call


def writing_functions() -> set[tuple[str, str]]:
    return {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in artefact(contract).abi
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }


def test_every_writing_function_has_an_act_and_a_rule_in_the_twin() -> None:
    """`retireAddress` is the registry's own, `setAuthority` the access manager's."""
    known = {
        ("ConsentRegistry", "retireAddress"),
        ("ParticipantRegistry", "setAuthority"),
        ("RecordRegistry", "setAuthority"),
    }
    assert writing_functions() - known == set(RULES)


def test_every_event_of_an_abi_has_a_class_with_its_fields() -> None:
    for (contract, name), kind in events.CLASSES.items():
        shape = event_shapes(contract)[topic_of(kind)]
        assert {name_ for name_, _ in (*shape.indexed, *shape.plain)} == {field.name for field in fields(kind)}  # type: ignore[arg-type]
        assert (kind.contract, kind.name) == (contract, name)
    listed = {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in artefact(contract).abi
        if entry["type"] == "event"
    }
    assert listed - set(events.CLASSES) <= {
        (c, n) for c in CONTRACTS for n in ("AuthorityUpdated", "EIP712DomainChanged")
    }


def test_an_event_of_no_contract_has_no_topic() -> None:
    class Strange(events.Event):
        contract = "AuditLog"
        name = "Strange"

    with pytest.raises(BadEvent):
        topic_of(Strange)


@pytest.mark.parametrize(
    "arguments",
    [
        (b"1" * 31, b"2" * 32, b"3" * 32, 7),
        (b"1" * 33, b"2" * 32, b"3" * 32, 7),
        (b"1" * 32, b"2" * 32, b"3" * 32, 2**32),
        (b"1" * 32, b"2" * 32, b"3" * 32, -1),
        (b"1" * 32, b"2" * 32, b"3" * 32, "7"),
        (7, b"2" * 32, b"3" * 32, 7),
        (b"1" * 32, b"2" * 32, b"3" * 32),
        (b"1" * 32, b"2" * 32, b"3" * 32, 7, 8),
    ],
)
def test_an_argument_that_does_not_fit_is_refused(arguments: tuple[object, ...]) -> None:
    """E15: nothing is padded, cut or converted on its way to the chain."""
    with pytest.raises(BadArgument):
        calldata(Call("AuditLog", "anchor", arguments))


@pytest.mark.parametrize(
    "rows", [(("0xAB", ADDRESS, b"1" * 32, b""),), ((ADDRESS, ADDRESS, b"1", b""),), ((ADDRESS, ADDRESS),), (7,), 7]
)
def test_an_item_of_a_list_that_does_not_fit_is_refused(rows: object) -> None:
    with pytest.raises(BadArgument):
        calldata(Call("ConsentRegistry", "revokeBatch", (rows,)))


def test_a_call_is_the_selector_and_the_encoded_arguments() -> None:
    call = Recorder().anchor_receipts(previous=b"1" * 32, receipts=b"2" * 32, heads=b"3" * 32, count=7, sender=None)
    types = ["bytes32", "bytes32", "bytes32", "uint32"]
    expected = keccak(b"anchor(bytes32,bytes32,bytes32,uint32)")[:4] + encode(types, call.arguments)
    assert calldata(call) == expected


def test_signatures_of_validators_go_in_rising_order_of_their_addresses() -> None:
    given = {"0x" + "02" * 20: b"b" * 65, "0x" + "01" * 20: b"a" * 65}
    call = Recorder().confirm(provider=ADDRESS, root=b"r" * 32, signatures=given, sender=None)
    assert call.arguments == (ADDRESS, b"r" * 32, ("0x" + "01" * 20, "0x" + "02" * 20), b"a" * 65 + b"b" * 65)


def test_a_function_that_no_contract_has_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        function("AuditLog", "nothing")


@pytest.mark.parametrize("answer", [b"", b"short", b"\xff" * 96])
def test_an_answer_of_another_form_is_refused(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        function("ParticipantRegistry", "standingOf").decode(answer)


def test_a_log_of_another_form_is_refused() -> None:
    shape = event_shapes("AccessRequests")[topic_of(events.Opened)]
    good = [shape.topic, encode(["address"], [ADDRESS])]
    data = encode(["bytes32", "uint40"], [b"d" * 32, 9])
    assert shape.decode(good, data) == events.Opened(requester=ADDRESS, digest=b"d" * 32, deadline=9)
    with pytest.raises(BadEvent):
        shape.decode(good[:1], data)
    with pytest.raises(BadEvent):
        shape.decode(good, data[:40])


def test_an_account_word_unpacks_as_the_contract_packs_it() -> None:
    word = (2 | 4) << 224 | 1 << 216 | 840 << 200 | int(ADDRESS, 16) << 40 | 9
    assert Participant.unpack(ADDRESS, word) == Participant(
        address=ADDRESS,
        roles=Role.INSTITUTION | Role.CUSTODIAN,
        status=AccountStatus.ACTIVE,
        jurisdiction=840,
        institution=ADDRESS,
        seq=9,
    )
