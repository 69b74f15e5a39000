"""The examples with their mappings: whole, valid, nothing left unsaid in silence."""

from __future__ import annotations

import functools
import pickle
from collections import Counter
from decimal import Decimal

import pytest

from medshare.conversion import Coverage, with_original
from medshare.conversion.tabular import Tabular, check_mapping, read_mapping
from medshare.intake import Numeral, take_in
from medshare.intake.json_text import dumps
from tests.unit.conversion.tabular.samples import DATA, EXAMPLES

ROWS = {"laboratory": 28, "medications": 7, "synthea": 317}
UNMAPPED = {"laboratory": 0, "medications": 0, "synthea": 0}


@functools.cache
def everything(name: str):
    form = Tabular(read_mapping(DATA / name / "mapping.toml"))
    return [form.convert(item) for item in form.items(DATA / name / "tables")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_row_of_an_example_is_converted_and_each_unmapped_cell_is_named(name: str):
    converted = everything(name)
    assert len(converted) == ROWS[name]
    total = sum((one.coverage for one in converted), Coverage(elements=0, mapped=0))
    unmapped = [issue for one in converted for issue in one.issues if issue.code == "cell-not-mapped"]
    assert total.elements - total.mapped == len(unmapped) == UNMAPPED[name]
    assert total.mapped / total.elements > 0.99


@pytest.mark.parametrize("name", EXAMPLES)
def test_intake_takes_every_row_with_its_original(name: str):
    for one in everything(name)[::9]:
        whole = with_original(one, recorded="2026-01-01T00:00:00Z")
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(whole.entries)}
        assert take_in(dumps(bundle)).report.resources == len(one.entries) + 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_mapping_has_no_fault_and_says_what_it_ignores(name: str):
    assert [(one.severity, one.code) for one in check_mapping(DATA / name / "mapping.toml")] == [
        ("information", "column-ignored")
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_row_gives_the_same_entries(name: str):
    form = Tabular(read_mapping(DATA / name / "mapping.toml"))
    for one in everything(name)[:9]:
        assert form.convert(one.item).entries == one.entries


def test_chinese_laboratory_rows_become_observations_with_their_codes_and_precision():
    by_code = {}
    for one in everything("laboratory"):
        for entry in one.entries:
            if entry["resource"]["resourceType"] == "Observation":
                by_code[entry["resource"]["identifier"][0]["value"]] = entry["resource"]
    creatinine = by_code["L1120003/CREA"]
    assert creatinine["code"]["coding"][0]["code"] == "2160-0"
    assert creatinine["valueQuantity"]["value"] == Numeral("0.20")
    assert creatinine["valueQuantity"]["comparator"] == "<"
    assert creatinine["effectiveDateTime"] == "2023-05-12T08:12:00+08:00"
    assert by_code["L1120002/HBSAG"]["valueCodeableConcept"]["coding"][0]["code"] == "10828004"
    assert by_code["L1120002/K"]["note"][0]["text"] == '溶血\n請重採，"緊急"'
    assert by_code["L1120001/HBA1C"]["valueQuantity"]["value"].to_decimal() == Decimal("5.4")


def test_a_patient_of_a_leap_day_in_the_year_101_of_the_republic_is_born_in_2012():
    born = {one.patient[0].value: one.entries[0]["resource"]["birthDate"] for one in everything("laboratory")}
    assert born == {
        "A0000101": "1965-03-12",
        "A0000102": "1988-11-30",
        "A0000103": "2012-02-29",
        "A0000104": "1954-07-01",
    }


def test_german_medications_keep_decimal_commas_quotes_and_zones():
    orders = [one.entries[1]["resource"] for one in everything("medications")]
    doses = [one["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"].text for one in orders]
    assert doses == ["1.0", "0.50", "1.5", "1", "1012.5", "1", "1.0"]
    assert orders[0]["dosageInstruction"][0]["text"] == 'Mit "Mahlzeit"; nicht nüchtern'
    assert orders[4]["dosageInstruction"][0]["text"] == "Zeile eins\nZeile zwei"
    assert orders[5]["authoredOn"] == "2023-03-26T03:05:00+02:00"  # the night the clocks went forward


def test_a_local_time_that_came_twice_is_taken_with_a_warning():
    *others, last = everything("medications")
    assert [one.code for one in last.issues] == ["time-twice"]
    assert last.entries[1]["resource"]["authoredOn"] == "2023-10-29T02:30:00+02:00"
    assert all(one.issues == () for one in others)


def test_rows_with_the_same_key_mean_the_same_resource():
    doctors = Counter(
        entry["fullUrl"]
        for one in everything("medications")
        for entry in one.entries
        if entry["resource"]["resourceType"] == "Practitioner"
    )
    assert sorted(doctors.values()) == [3, 3]


def test_a_row_without_a_doctor_refers_to_none():
    order = everything("medications")[5]
    assert [entry["resource"]["resourceType"] for entry in order.entries] == ["Patient", "MedicationRequest"]
    assert "requester" not in order.entries[1]["resource"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_format_goes_to_other_processes_as_it_is(name: str):
    form = pickle.loads(pickle.dumps(Tabular(read_mapping(DATA / name / "mapping.toml"))))  # noqa: S301 - our own bytes
    for one in everything(name)[:3]:
        assert form.convert(one.item) == one
