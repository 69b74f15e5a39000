"""For whom a signature is meant: four fields, each checked. Cases E02, E15."""

from __future__ import annotations

import dataclasses

import pytest

from medshare.digest import digest_of, keccak
from medshare.typed_data import Consent, Contract, Domain, Envelope, Erase, Register
from medshare.typed_data.errors import DomainField
from tests.vectors.generate_typed_data import DOMAINS

GOOD = {"name": "MedShare", "version": "1", "chainId": 31_337, "verifyingContract": "0x" + "01" * 20}


def test_the_separator_is_that_of_the_standard():
    head = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    domain = Domain(chain_id=31_337, verifying_contract="0x" + "01" * 20)
    assert domain.separator == digest_of(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        head,
        keccak(b"MedShare"),
        keccak(b"1"),
        31_337,
        "0x" + "01" * 20,
    )


def test_a_message_and_its_type_have_the_domain_of_their_contract():
    assert DOMAINS.of(Consent).verifying_contract == DOMAINS.consents
    assert DOMAINS.of(Erase).verifying_contract == DOMAINS.records
    assert DOMAINS.of(Envelope).verifying_contract == DOMAINS.participants
    assert DOMAINS.of(Register(patient="0x" + "aa" * 20, directory=bytes(32))) == DOMAINS.of(Register)


def test_every_contract_has_a_domain_of_its_own():
    """Case E02."""
    separators = {DOMAINS.domain(contract).separator for contract in Contract}
    elsewhere = dataclasses.replace(DOMAINS, chain_id=1)
    separators |= {elsewhere.domain(contract).separator for contract in Contract}
    assert len(separators) == 10


def test_a_domain_is_read_again_as_it_was_written():
    assert Domain.parse(GOOD).to_json() == GOOD


@pytest.mark.parametrize("name", GOOD)
def test_a_domain_without_one_of_its_four_fields_is_refused(name):
    """Case E15: eth-account leaves the field out and gives another valid hash. [T-006]"""
    with pytest.raises(DomainField, match=name):
        Domain.parse({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "0x" + "00" * 32},
        {1: 2},
        {"name": "Medshare"},
        {"version": 1},
        {"version": "2"},
        {"chainId": "31337"},
        {"chainId": 0},
        {"chainId": -1},
        {"chainId": True},
        {"chainId": 2**53},
        {"chainId": None},
        {"verifyingContract": "0x" + "AA" * 20},
        {"verifyingContract": "0x" + "00" * 20},
        {"verifyingContract": None},
    ],
)
def test_a_domain_with_anything_else_is_refused(change):
    with pytest.raises(DomainField):
        Domain.parse({**GOOD, **change})


@pytest.mark.parametrize("value", [None, [], "MedShare"])
def test_a_domain_is_an_object(value):
    with pytest.raises(DomainField):
        Domain.parse(value)


@pytest.mark.parametrize("change", [{"chain_id": 0}, {"audit": "0x00"}, {"requests": "0x" + "00" * 20}])
def test_a_deployment_needs_a_chain_and_five_contracts(change):
    with pytest.raises(DomainField):
        dataclasses.replace(DOMAINS, **change)
