"""Names that could deceive the eye, and the accreditation record that carries them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from medshare import canonical_json
from medshare.consent.errors import UnknownLanguage
from medshare.digest import keccak
from medshare.hexadecimal import NotAnAddress
from medshare.statement import AccreditationRecord, Party
from medshare.statement.accreditation import LARGEST, LONGEST_NAME, check_name
from medshare.statement.errors import BadDigest, BadName, BadRecord
from tests.unit.consent.steady import STEADY
from tests.unit.statement.samples import RECORD, RESEARCHER_RECORD, addresses, bytes32, names
from tests.vectors.generate_consent import HOSPITAL


@pytest.mark.parametrize(
    "name", ["A", "St. Mary's", "國立臺灣大學醫學院附設醫院", "Clínica São José", "x" * LONGEST_NAME]
)
def test_a_plain_name_may_stand_in_a_statement(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * (LONGEST_NAME + 1),
        "A\nPatient: 0x00",
        "A\rB",
        "A\tB",
        "A\x00B",
        "A\x85B",
        "A\u2028B",
        "A\u2029B",
        "A\u202eB",
        "A\u2066B",
        "A\u200fB",
        "A\u200bB",
        "A\u200dB",
        "A\ufeffB",
        "A\u00adB",
        "A\u00a0B",
        "A\u3000B",
        "A\u2003B",
        "A\u3164B",
        "A\ufe0fB",
        "A\U000e0100B",
        "A\U000e0041B",
        "A\ue000B",
        "A\uffffB",
        "A\ud800B",
        "Cafe\u0301",
        "\u212b",
        " A",
        "A ",
        "A  B",
    ],
    ids=ascii,
)
def test_a_name_that_deceives_the_eye_may_not(name):
    """[S-007]"""
    with pytest.raises(BadName) as refusal:
        check_name(name)
    if len(name) > 1:
        assert name not in str(refusal.value)
    with pytest.raises(BadName):
        replace(RECORD, names={"en": name})
    with pytest.raises(BadName):
        Party(account=HOSPITAL, name=name, record=bytes(32))


def test_a_party_has_an_address_and_a_digest_of_32_bytes():
    with pytest.raises(NotAnAddress):
        Party(account="0x0", name="A", record=bytes(32))
    with pytest.raises(BadDigest):
        Party(account=HOSPITAL, name="A", record=bytes(31))


@given(addresses, names, bytes32)
@STEADY
def test_every_plain_name_makes_a_record_that_comes_back(account, name, _):
    record = AccreditationRecord(account=account, names={"zh-Hant": name}, roles=2, jurisdiction=158)
    assert AccreditationRecord.from_bytes(record.to_bytes()) == record
    assert record.digest == keccak(record.to_bytes())


def test_a_name_is_given_in_the_language_or_else_in_the_first_there_is():
    assert RECORD.name_in("en") == "Riverside General Hospital"
    assert RECORD.name_in("zh-Hant") == "河岸綜合醫院"
    assert RESEARCHER_RECORD.name_in("en") == "心臟研究所"
    with pytest.raises(UnknownLanguage):
        RECORD.name_in("de")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"names": {}}, BadRecord),
        ({"names": {"de": "A"}}, UnknownLanguage),
        ({"account": "0x"}, NotAnAddress),
        ({"roles": 0}, BadRecord),
        ({"roles": 1 << 16}, BadRecord),
        ({"jurisdiction": 0}, BadRecord),
        ({"jurisdiction": 1 << 16}, BadRecord),
    ],
    ids=str,
)
def test_a_record_that_cannot_be_true_does_not_exist(changes, error):
    with pytest.raises(error):
        replace(RECORD, **changes)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"v": 2}, BadRecord),
        ({"v": True}, BadRecord),
        ({"roles": "2"}, BadRecord),
        ({"jurisdiction": None}, BadRecord),
        ({"names": []}, BadRecord),
        ({"names": {"en": 1}}, BadRecord),
        ({"names": {"en": "A\tB"}}, BadName),
        ({"more": 1}, BadRecord),
        ({"account": "0x" + "AB" * 20}, NotAnAddress),
    ],
    ids=str,
)
def test_bytes_with_one_fault_are_no_record(fields, error):
    data = canonical_json.dumps({**json.loads(RECORD.to_bytes()), **fields})
    with pytest.raises(error):
        AccreditationRecord.from_bytes(data)


@pytest.mark.parametrize("data", [b"", b"[]", RECORD.to_bytes() + b" ", b"[" + b"0," * LARGEST + b"0]"], ids=range(4))
def test_other_bytes_are_no_record(data):
    with pytest.raises(BadRecord):
        AccreditationRecord.from_bytes(data)
