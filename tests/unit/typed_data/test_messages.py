"""One definition of every message: the exact types of the design, strict values. Cases E15, K03."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

import medshare.typed_data
from medshare.canonical_json import LARGEST_INTEGER, dumps, loads
from medshare.typed_data import MESSAGES, Consent, Contract, Delegate, ReadRequest, Receipt, Revoke, message_type
from medshare.typed_data import digest as digest_of_message
from medshare.typed_data.errors import (
    FieldForm,
    FieldLength,
    FieldMissing,
    FieldRange,
    FieldType,
    FieldUnknown,
    MessageUnknown,
)
from medshare.typed_data.payload import table, table_text
from tests.vectors.generate_typed_data import BITS, DOMAINS, message_of

PATIENT = "0x" + "a1" * 20
CLINIC = "0x" + "b2" * 20

DESIGN = """
Consent(address patient,address grantee,uint64 scope,uint64 purposes,uint8 actions,uint40 notBefore,uint40 notAfter,uint32 issuedAt,bytes32 request,string statement)
Revoke(address patient,address grantee,bytes32 terms)
Lockdown(address patient,uint40 time)
Erase(address patient,bytes32 inner)
EraseAll(address patient)
Confirm(address provider,bytes32 root)
Register(address patient,bytes32 directory)
Directory(address patient,bytes32 digest,uint40 seq)
Recovery(address patient,address recovery,uint40 seq)
Accept(address patient,address next)
Delegate(address patient,address delegate,uint8 powers,uint40 issuedAt,uint40 notAfter,uint40 seq)
Join(address institution,address staff,uint16 roles,uint40 at)
Enrol(address patient,address institution,bytes32 nonce,bytes32 directory,bytes32 institutionKey,uint40 expiry)
Refuse(bytes32 request,uint8 reason,uint40 at)
ReadRequest(address gateway,bytes32 consentId,address patient,address accessor,uint8 slot,uint8 purpose,uint8 action,bytes32 leaf,bool history,bytes32 nonce,uint40 at)
Receipt(address gateway,address patient,uint64 seq,bytes32 previous,bytes32 readRequest,uint8 decision,uint8 reason,bytes32 released,uint32 count,bytes32 block,uint40 at)
Deposit(address provider,address patient,bytes32 leaf,uint8 compartment,uint32 epoch,bytes32 capsule,bytes32 cid,uint40 at)
Envelope(bytes32 consentId,bytes32 granteeKey,uint64 seq,bytes32 digest,uint40 at)
Replace(bytes32 leaf,uint64 seq,bytes32 oldCapsule,bytes32 newCapsule)
Shelve(bytes32 leaf,uint8 folder,uint32 epoch,uint64 seq,bytes32 capsule)
Erased(bytes32 leaf,address holder,uint40 at)
Dispute(bytes32 leaf,uint8 reason,bytes32 textDigest)
Submission(address provider,bytes32 root,uint32 count,bytes32 superseded,bytes32 items,uint40 at)
Reject(address provider,bytes32 root,bytes32 leaf,uint8 reason,uint40 at)
Catalogue(address patient,uint8 category,uint64 seq,bytes32 digest,uint40 at)
State(address patient,uint64 seq,bytes32 digest,uint40 at)
Tag(address gateway,address patient,bytes32 tag,uint40 at)
Objection(address gateway,address patient,uint64 seq,bytes32 receipt,uint8 reason,uint40 at)
Settle(bytes32 leaf,bytes32 dispute,uint8 outcome,uint40 at)
""".strip().splitlines()

CHECKED = {
    Contract.CONSENTS: {"Consent", "Revoke", "Lockdown"},
    Contract.RECORDS: {"Erase", "EraseAll", "Confirm"},
    Contract.REQUESTS: set(),
    Contract.AUDIT: set(),
}


def revoke(**changes):
    return {"patient": PATIENT, "grantee": CLINIC, "terms": bytes(32), **changes}


def test_the_types_are_those_of_the_design_to_the_letter():
    assert [cls.type_text for cls in MESSAGES.values()] == DESIGN


def test_each_message_has_the_domain_of_the_contract_that_checks_it_and_others_that_of_the_participants():
    for contract, names in CHECKED.items():
        assert {name for name, cls in MESSAGES.items() if cls.checked_by is contract} == names
    rest = set(MESSAGES) - CHECKED[Contract.CONSENTS] - CHECKED[Contract.RECORDS]
    assert {name for name, cls in MESSAGES.items() if cls.checked_by is Contract.PARTICIPANTS} == rest


def test_the_exported_table_is_fresh():
    file = Path(medshare.typed_data.__file__).with_name("messages.json")
    assert file.read_text(encoding="utf-8") == table_text(), "run: python -m tools.write_messages"


def test_the_table_says_for_each_message_its_type_its_contract_and_its_signer():
    rows = table()["messages"]
    assert [row["name"] for row in rows] == list(MESSAGES)
    assert all(row["signer"] and row["contract"] and row["fields"] for row in rows)


def test_every_message_is_part_of_the_public_surface():
    assert {name for name in medshare.typed_data.__all__ if name in MESSAGES} == set(MESSAGES)
    assert all(getattr(medshare.typed_data, name) is not None for name in medshare.typed_data.__all__)


def test_a_message_is_found_by_its_name_and_no_other_name():
    assert message_type("Consent") is Consent
    with pytest.raises(MessageUnknown):
        message_type("Permit")


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_message_becomes_json_and_the_same_message_again(cls):
    source = random.Random(cls.__name__)
    for edge in (0, 1, None, None, None):
        message = message_of(cls, source, edge)
        assert cls.from_json(loads(dumps(message.to_json()))) == message


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_changing_any_single_field_changes_the_digest(cls):
    """Case K03, adapted: what was the `info` of a wrap is now a field of a signed message."""
    source = random.Random(cls.__name__)
    message = message_of(cls, source, 0)
    for member in cls.members:
        other = message_of(cls, source, 1)
        changed = dataclasses.replace(message, **{member.attribute: getattr(other, member.attribute)})
        assert digest_of_message(changed, DOMAINS) != digest_of_message(message, DOMAINS)


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_missing_field_is_refused(cls):
    """Case E15. [T-005]"""
    value = message_of(cls, random.Random(1)).to_json()
    for name in value:
        with pytest.raises(FieldMissing):
            cls.from_json({key: item for key, item in value.items() if key != name})


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_an_extra_field_is_refused(cls):
    """Case E15: eth-account drops it and gives the same hash. [T-005]"""
    value = message_of(cls, random.Random(1)).to_json()
    with pytest.raises(FieldUnknown):
        cls.from_json({**value, "operator": 1})


def test_a_python_name_is_not_a_name_of_the_type():
    value = message_of(Consent, random.Random(1)).to_json()
    value["not_before"] = value.pop("notBefore")
    with pytest.raises(FieldMissing):
        Consent.from_json(value)


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_value_of_another_python_type_is_refused(cls):
    """Case E15: no '1' for 1, no True for 1, no bytearray, no text for bytes. [T-005]"""
    message = message_of(cls, random.Random(2), 0)
    wrong = {"bytes32": ("0x" + "00" * 32, bytearray(32), 0), "address": (bytes(20), 0), "string": (b"", None)}
    for member in cls.members:
        for value in wrong.get(member.kind.name, ("1", 1.0, None, b"\x01") if member.kind.name != "bool" else (1, 0)):
            with pytest.raises(FieldType):
                dataclasses.replace(message, **{member.attribute: value})
        if member.kind.name in BITS:
            with pytest.raises(FieldType):
                dataclasses.replace(message, **{member.attribute: True})


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_number_beyond_its_type_is_refused(cls):
    message = message_of(cls, random.Random(3), 1)
    for member in cls.members:
        if member.kind.name in BITS:
            for value in (-1, 1 << BITS[member.kind.name], 1 << 256):
                with pytest.raises(FieldRange):
                    dataclasses.replace(message, **{member.attribute: value})


@pytest.mark.parametrize("length", [0, 1, 20, 31, 33, 64])
def test_bytes_of_another_length_are_refused_and_never_padded(length):
    """Case E15: eth-account pads 31 bytes. [T-005]"""
    with pytest.raises(FieldLength):
        Revoke(**revoke(terms=bytes(length)))


@pytest.mark.parametrize(
    "account", ["", "0x", "a1" * 20, "0x" + "A1" * 20, "0x" + "a1" * 19, "0x" + "a1" * 21, "0x" + "g1" * 20]
)
def test_an_address_in_another_form_is_refused(account):
    with pytest.raises(FieldForm):
        Revoke(**revoke(patient=account))


def test_a_statement_with_half_a_character_is_refused():
    message = message_of(Consent, random.Random(4), 0)
    with pytest.raises(FieldForm):
        dataclasses.replace(message, statement="\ud800")


@pytest.mark.parametrize(
    "text", ["1", str(LARGEST_INTEGER), "09007199254740993", "-9007199254740993", "1e30", "²" * 17, ""]
)
def test_decimal_text_is_only_for_numbers_above_two_to_the_53_and_has_one_form(text):
    value = message_of(Receipt, random.Random(5), 0).to_json()
    with pytest.raises(FieldForm):
        Receipt.from_json({**value, "seq": text})


def test_numbers_above_two_to_the_53_are_decimal_text():
    value = message_of(Receipt, random.Random(5), 0).to_json()
    assert Receipt.from_json({**value, "seq": str(LARGEST_INTEGER + 1)}).seq == LARGEST_INTEGER + 1
    assert Receipt.from_json({**value, "seq": LARGEST_INTEGER}).seq == LARGEST_INTEGER
    assert Receipt.from_json({**value, "seq": "18446744073709551615"}).to_json()["seq"] == "18446744073709551615"
    with pytest.raises(FieldRange):
        Receipt.from_json({**value, "seq": "18446744073709551616"})
    with pytest.raises(FieldForm):
        Receipt.from_json({**value, "seq": "9" * 21})


def test_bytes_in_json_have_one_form():
    value = Revoke(**revoke()).to_json()
    for text in ("00" * 32, "0x" + "AA" * 32, "0x" + "00" * 31, 0, None):
        with pytest.raises(FieldForm):
            Revoke.from_json({**value, "terms": text})


@pytest.mark.parametrize("value", [None, [], "Revoke", 1])
def test_a_message_is_an_object(value):
    with pytest.raises(FieldType):
        Revoke.from_json(value)


def test_a_message_cannot_be_changed():
    message = Revoke(**revoke())
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.terms = bytes(32)


def test_a_flag_is_true_or_false_in_json_too():
    value = message_of(ReadRequest, random.Random(6), 0).to_json()
    with pytest.raises(FieldType):
        ReadRequest.from_json({**value, "history": 0})


def test_two_numbers_of_one_type_cannot_change_places():
    with pytest.raises(TypeError):
        Delegate(PATIENT, CLINIC, 1, 2, 3, 4)
