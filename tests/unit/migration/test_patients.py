"""The list of patients is checked wholly before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.conversion import Identifier
from medshare.migration.errors import PatientAmbiguous, PatientsUnreadable, PatientUnknown, PatientUnstated
from medshare.migration.patients import PatientIndex, read_patients

ANNA, BERTA = "0x" + "a" * 40, "0x" + "b" * 40
HEAD = "system,value,address\n"


def listed(folder: Path, text: str | bytes) -> Path:
    place = folder / "patients.csv"
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def test_an_identifier_leads_to_an_address(tmp_path):
    text = f'\ufeff{HEAD}urn:oid:1.2,"7",{ANNA.upper().replace("0X", "0x")}\n,8,{BERTA}\n\n,9,{BERTA}\n,9,{BERTA}\n'
    index = read_patients(listed(tmp_path, text))
    assert index.find([Identifier("urn:oid:1.2", "7")]) == ANNA
    assert index.find([Identifier("unknown", "1"), Identifier("", "8"), Identifier("", "9")]) == BERTA


def test_who_is_not_listed_named_or_certain_is_told_apart(tmp_path):
    index = read_patients(listed(tmp_path, f"{HEAD},7,{ANNA}\n,8,{BERTA}\n"))
    with pytest.raises(PatientUnknown):
        index.find([Identifier("other", "7")])
    with pytest.raises(PatientUnstated):
        index.find([])
    with pytest.raises(PatientAmbiguous):
        index.find([Identifier("", "7"), Identifier("", "8")])


def test_a_source_of_one_patient_needs_no_identifier():
    assert PatientIndex.of_one(ANNA).find([]) == ANNA
    assert PatientIndex.of_one(ANNA).to_bytes() != PatientIndex.of_one(BERTA).to_bytes()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "first line"),
        ("value,address\n", "first line"),
        (HEAD, "names nobody"),
        (f"{HEAD},7\n", "line 2 does not have three columns"),
        (f"{HEAD}a,,{ANNA}\n", "line 2 has no value"),
        (f"{HEAD}a,7,0x12\n", "line 2 has no address"),
        (f'{HEAD}a,"7"x,{ANNA}\n', "line 2 is not CSV"),
        (HEAD.encode() + b"\xff\n", "not UTF-8"),
    ],
)
def test_a_list_of_another_form_is_refused_by_its_line_and_without_its_content(tmp_path, text, why):
    with pytest.raises(PatientsUnreadable, match=why) as told:
        read_patients(listed(tmp_path, text))
    assert ANNA not in str(told.value)


def test_an_identifier_of_two_people_is_refused(tmp_path):
    """[J-006]."""
    with pytest.raises(PatientsUnreadable, match="line 3 gives a second address"):
        read_patients(listed(tmp_path, f"{HEAD},7,{ANNA}\n,7,{BERTA}\n"))


def test_a_list_that_is_not_there_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(PatientsUnreadable):
        read_patients(tmp_path / "none.csv")
    monkeypatch.setattr("medshare.migration.patients.LARGEST", 10)
    with pytest.raises(PatientsUnreadable, match="too large"):
        read_patients(listed(tmp_path, HEAD))
