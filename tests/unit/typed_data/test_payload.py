"""What a wallet is given, compared with eth-account, the reference. Cases E02, E15."""

from __future__ import annotations

import copy
import random

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from medshare.canonical_json import dumps, loads
from medshare.digest import keccak
from medshare.typed_data import MESSAGES, Consent, Revoke, digest, from_payload, sign, struct_hash, to_payload
from medshare.typed_data.errors import (
    DomainField,
    DomainForeign,
    FieldForm,
    FieldMissing,
    FieldRange,
    FieldType,
    FieldUnknown,
    MessageUnknown,
    TypesForeign,
)
from tests.vectors.generate_typed_data import DOMAINS, SIGNER, message_of

EACH = 40


@pytest.fixture
def payload():
    return copy.deepcopy(to_payload(message_of(Consent, random.Random(7)), DOMAINS))


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_hashes_and_signatures_equal_those_of_eth_account(cls):
    """More than 1,000 random cases over the 27 messages."""
    source = random.Random(cls.__name__)
    for number in range(EACH):
        message = message_of(cls, source, number if number < 2 else None)
        signable = encode_typed_data(full_message=to_payload(message, DOMAINS))
        assert signable.header == DOMAINS.of(message).separator
        assert signable.body == struct_hash(message)
        assert keccak(b"\x19" + signable.version + signable.header + signable.body) == digest(message, DOMAINS)
        if number < 4:
            signed = Account.sign_message(signable, SIGNER.secret_bytes())
            assert bytes(signed.signature) == sign(message, DOMAINS, SIGNER)


def test_there_are_more_than_a_thousand_cases():
    assert EACH * len(MESSAGES) > 1_000


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_payload_is_read_again_as_it_was_written(cls):
    message = message_of(cls, random.Random(8))
    assert from_payload(loads(dumps(to_payload(message, DOMAINS))), DOMAINS) == message


@pytest.mark.parametrize("value", [None, [], "{}"])
def test_a_payload_is_an_object(value):
    with pytest.raises(FieldType):
        from_payload(value, DOMAINS)


def test_a_payload_has_no_other_part(payload):
    payload["operator"] = True
    with pytest.raises(FieldUnknown):
        from_payload(payload, DOMAINS)


@pytest.mark.parametrize("name", [None, "Permit", 1, ["Consent"]])
def test_a_payload_is_of_a_known_message(payload, name):
    payload["primaryType"] = name
    with pytest.raises(MessageUnknown):
        from_payload(payload, DOMAINS)


def test_a_payload_describes_the_types_as_we_do(payload):
    """Case E15: a type with a field too few hides that field from the wallet."""
    for damage in (
        lambda types: types["Consent"].pop(),
        lambda types: types["Consent"].append({"name": "operator", "type": "address"}),
        lambda types: types["EIP712Domain"].pop(),
        lambda types: types.update(Other=[]),
        lambda types: types.pop("Consent"),
    ):
        damaged = copy.deepcopy(payload)
        damage(damaged["types"])
        with pytest.raises(TypesForeign):
            from_payload(damaged, DOMAINS)
    del payload["types"]
    with pytest.raises(TypesForeign):
        from_payload(payload, DOMAINS)


def test_a_payload_without_a_chain_id_is_refused(payload):
    """Case E15. [T-006]"""
    del payload["domain"]["chainId"]
    with pytest.raises(DomainField):
        from_payload(payload, DOMAINS)


def test_a_payload_for_another_chain_or_contract_is_refused(payload):
    """Case E02. [T-007]"""
    other = copy.deepcopy(payload)
    other["domain"]["chainId"] = 1
    with pytest.raises(DomainForeign, match="chain"):
        from_payload(other, DOMAINS)
    payload["domain"]["verifyingContract"] = DOMAINS.records
    with pytest.raises(DomainForeign, match="contract"):
        from_payload(payload, DOMAINS)


def test_a_payload_with_a_strange_message_is_refused(payload):
    """Case E15."""
    for change, error in (
        ({"operator": 1}, FieldUnknown),
        ({"actions": "1"}, FieldForm),
        ({"actions": None}, FieldType),
        ({"actions": 256}, FieldRange),
    ):
        damaged = copy.deepcopy(payload)
        damaged["message"].update(change)
        with pytest.raises(error):
            from_payload(damaged, DOMAINS)
    del payload["message"]
    with pytest.raises(FieldType):
        from_payload(payload, DOMAINS)


def test_eth_account_is_as_lax_as_we_say_so_the_strict_wrapper_is_needed():
    """Case E15: if this fails, eth-account has become strict; good."""
    message = Revoke(patient="0x" + "a1" * 20, grantee="0x" + "b2" * 20, terms=bytes(32))
    loose = to_payload(message, DOMAINS)
    loose["message"]["operator"] = 1
    assert encode_typed_data(full_message=loose).body == struct_hash(message)
    with pytest.raises(FieldUnknown):
        from_payload(loose, DOMAINS)
    with pytest.raises(FieldMissing):
        from_payload({**loose, "message": {}}, DOMAINS)
