"""A mapping is checked wholly before the first row; every fault has its place and a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion.tabular import check_header, check_mapping, read_mapping
from medshare.conversion.tabular.errors import MappingInvalidError, MappingMissingError
from tests.unit.conversion.tabular.samples import DATA, MAPPING, with_element, write_mapping

HEAD, RESOURCE = MAPPING.partition("[[resource]]")[0], MAPPING.partition("[[resource]]")[2]


def faults(folder: Path, text: str) -> list[str]:
    issues = check_mapping(write_mapping(folder, text))
    assert all(one.remedy for one in issues)
    return [f"{one.path}: {one.message}" for one in issues if one.severity == "error"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"valueQuantty.value" = { column = "X" }', "did you mean valueQuantity"),
        ('"code.coding[0].cod" = { column = "X" }', "Coding has no cod for a table; did you mean code"),
        ('"code[0].id" = { column = "X" }', "element code of Observation does not repeat"),
        ('"code..text" = { column = "X" }', "names with points"),
        ('"status.code" = { column = "X" }', "is a code and has no elements"),
        ('"contained[0].id" = { column = "X" }', "has no contained"),
        ('"text.div" = { column = "X" }', "cannot be made from a table"),
        ('"code.coding" = { column = "X" }', "this is a Coding, which has elements of its own|This is a Coding"),
        ('"code.coding" = { constant = "X" }', "This is a Coding"),
        ('"code.coding" = { template = "{X}" }', "This is a Coding"),
        ('"issued" = { constant = "yesterday" }', "This constant is not a FHIR instant"),
        ('"language" = { constant = "" }', "not a FHIR code"),
        ('"language" = { constant = 5 }', "not a FHIR code"),
        ('"code.coding.userSelected" = { constant = 1 }', "not a FHIR boolean"),
        (
            '"component.valueInteger" = { constant = 1.5 }\n"component.code.text" = { constant = "a" }',
            "not a FHIR integer",
        ),
        ('"referenceRange.low.value" = { constant = nan }', "not a FHIR decimal"),
        ('"referenceRange.low.value" = { constant = true }', "not a FHIR decimal"),
        ('"language" = { constant = 2020-01-01 }', "not a FHIR code"),
        ('"language" = {}', "exactly one of"),
        ('"language" = { column = "X", constant = "y" }', "exactly one of"),
        ('"language" = { column = "X", formatt = "y" }', "There is no such key here"),
        ('"language" = { column = "X", format = "%Y" }', "There is no such key here"),
        ('"language" = { column = "X", required = "yes" }', "true or false"),
        ('"language" = { column = 5 }', "This must be a text"),
        ('"language" = "X"', "This must be a section"),
        ('"issued" = { column = "X" }', "This key is missing"),
        ('"issued" = { column = "X", format = "%Y" }', "needs"),
        ('"issued" = { column = "X", format = "fhir", calendar = "lunar" }', "not allowed here"),
        ('"issued" = { template = "{X}" }', "A template gives text"),
        ('"language" = { template = "X" }', "A template is a text with columns"),
        ('"language" = { template = "{X" }', "A template is a text with columns"),
        ('"language" = { template = "{X!r}" }', "A template is a text with columns"),
        ('"language" = { template = "{}" }', "A template is a text with columns"),
        ('"language" = { column = "X", codes = "tests" }', r"There is no table \[codes.tests\]"),
        ('"code.coding.userSelected" = { column = "X" }', "declares the words"),
        ('"code.coding.userSelected" = { column = "X", true = ["a"], false = ["a"] }', "declares the words"),
        ('"language" = { column = "X", true = ["a"], false = ["b"] }', "declares the words"),
        ('"referenceRange.low.value" = { column = "X", decimal = ",", group = "," }', "both marks|Both marks"),
        ('"referenceRange.low.value" = { column = "X", decimal = ";" }', "not allowed here"),
        ('"referenceRange.low.value" = { column = "X", part = "code" }', "not allowed here"),
        ('"code.text" = { column = "X" }', "not TOML|a name stands twice|A name stands twice"),
        ('"valueString" = { column = "X" }', "value.x. can be said in one type only"),
        (
            '"category.text" = { column = "X" }\n"category[0].text" = { column = "Y" }',
            "stands twice, perhaps with and without",
        ),
        ('"encounter.display" = { column = "X" }\n"encounter" = { resource = "patient" }', "cannot lead|mapped"),
        (
            '"encounter" = { resource = "x" }\n"encounter.display" = { column = "X" }',
            "This element and the one above it",
        ),
        (
            '"encounter.display" = { column = "X" }\n"encounter" = { resource = "x" }',
            "This element and elements below it",
        ),
        (
            '"component.valueString" = { column = "X" }\n"component.valueInteger" = { column = "X" }',
            "value.x. can be said",
        ),
        ('"valueCodeableConcept.text" = { column = "X" }', "value.x. can be said"),
        ('"performer" = { resource = "patience" }', "No resource here is named 'patience'; did you mean patient"),
        ('"encounter" = { resource = "patient" }', "encounter cannot lead to a Patient"),
        ('"language" = { resource = "patient" }', "where FHIR has a Reference"),
    ],
)
def test_a_fault_of_an_element_is_named_with_its_place(tmp_path: Path, line: str, words: str):
    found = faults(tmp_path, with_element(line))
    assert any(re.search(words, message) for message in found), found
    with pytest.raises(MappingInvalidError):
        read_mapping(tmp_path / "mapping.toml")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (MAPPING.replace("Observation", "Observaton"), "resource[0].type", "did you mean Observation"),
        (MAPPING.replace('type = "Observation"', ""), "resource[0].type", "missing"),
        (MAPPING.replace('"status" = { constant = "final" }\n', ""), "resource[0].element", "must have status"),
        (MAPPING.replace("code.text", "method.text"), "resource[0].element", "must have code"),
        (with_element('"component.id" = { column = "X" }'), "resource[0].element", "must have component.0..code"),
        (f"{HEAD}[[resource]]\ntype = 'Observation'", "resource[0].element", "section is missing"),
        (RESOURCE and f"[[resource]]{RESOURCE}", "patient", "section is missing"),
        (f"[patient]\n[[resource]]{RESOURCE}", "patient.identifier", "no column|No column"),
        (MAPPING.replace("https://hospital.example/mrn", "the hospital"), "patient.identifier[0].system", "not a URI"),
        (MAPPING.replace(', system = "https://hospital.example/mrn"', ""), "patient.identifier[0].system", "missing"),
        (
            f'{MAPPING}[patient.element]\n"identifier.value" = {{ column = "X" }}',
            'patient.element."identifier.value"',
            "patient",
        ),
        (f"{MAPPING}[tabel]\n", "tabel", "did you mean table"),
        (f'{MAPPING}[table]\nencoding = "utf8"', "table.encoding", "did you mean utf-8"),
        (f'{MAPPING}[table]\ndelimiter = "ab"', "table.delimiter", "not allowed"),
        (f"{MAPPING}[table]\nheader = 0", "table.header", "from 1 to 100"),
        (f"{MAPPING}[table]\nheader = true", "table.header", "whole number"),
        (f"{MAPPING}[table]\nempty = [1]", "table.empty", "list of texts"),
        (f'{MAPPING}[table]\nzone = "Asia/Taipeh"', "table.zone", "no such time zone"),
        (f'{MAPPING}[table]\nzone = "../etc"', "table.zone", "no such time zone"),
        (f'{MAPPING}[ignored]\nX = ""', "ignored.X", "reason"),
        (f'{MAPPING}[ignored]\nTest = "because"', 'ignored."Test"', "mapped and ignored"),
        (f'{MAPPING}[codes.a]\nsystem = "x"', "codes.a", "either a map or a file"),
        (f'{MAPPING}[codes.a]\nfile = "none.csv"', "codes.a.file", "not a CSV file"),
        (f"{MAPPING}[codes.a.map]\nX = {{ display = 'y' }}", "codes.a.map.X.code", "missing"),
        (f"{MAPPING}[codes.a.map]\nX = 5", "codes.a.map.X", "must be a text"),
        (
            MAPPING.replace("[[resource]]", "[[resource]]\nwhen = [{ column = 'X' }]"),
            "resource[0].when[0]",
            "exactly one",
        ),
        (MAPPING.replace("[[resource]]", "[[resource]]\nwhen = 5"), "resource[0].when", "list of sections"),
        (
            MAPPING.replace("[[resource]]", "[[resource]]\nname = 'patient'"),
            "resource[0].name",
            "two resources|Two resources",
        ),
        ("patient = [", "", "not TOML, at"),
        ("a = " + "[" * 5000, "", "too deep|not TOML"),
        ("a = 1" + "0" * 5000, "", "too deep or too long"),
        ("a = 1\na = 2", "", "stands twice"),
    ],
)
def test_a_fault_of_the_mapping_is_named_with_its_place(tmp_path: Path, text: str, place: str, words: str):
    found = faults(tmp_path, text)
    assert any(one.startswith(f"{place}: ") and re.search(words, one, re.IGNORECASE) for one in found), found


def test_all_faults_are_found_in_one_reading_and_told_together(tmp_path: Path):
    text = MAPPING.replace("final", "").replace("subject", "subjekt").replace('value"', 'valu"')
    assert len(faults(tmp_path, text)) == 3
    with pytest.raises(MappingInvalidError, match=r"has 3 faults ..*did you mean subject"):
        read_mapping(tmp_path / "mapping.toml")


def test_a_mapping_without_faults_is_read_and_says_what_to_know(tmp_path: Path):
    text = with_element('"issued" = { column = "X", format = "%Y-%m-%d %H:%M" }') + '[ignored]\nY = "no use"'
    notes = check_mapping(write_mapping(tmp_path, text))
    assert [(one.severity, one.path) for one in notes] == [("information", 'ignored."Y"'), ("warning", "table.zone")]
    assert read_mapping(tmp_path / "mapping.toml").columns == {"MRN", "Test", "Result", "X", "Y"}


def test_a_mapping_that_is_not_there_or_not_text_is_refused(tmp_path: Path):
    for ask in (check_mapping, read_mapping):
        with pytest.raises(MappingMissingError):
            ask(tmp_path / "none.toml")
    assert [one.code for one in check_mapping(tmp_path)] == ["file-unreadable"]
    path = tmp_path / "mapping.toml"
    path.write_bytes(b"\xff\xfe")
    assert [one.code for one in check_mapping(path)] == ["not-utf8"]
    path.write_bytes(b"#" * (4 * 2**20 + 1))
    assert [one.code for one in check_mapping(path)] == ["file-too-large"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("local,code\nA,1\nA,2\n", "codes-row"),
        ("local,code\nA,\n", "codes-row"),
        ("local,code\nA,1,2\n", "codes-row"),
        ("local,kode\nA,1\n", "codes-columns"),
        ('local,code\n"A,1\n', "codes-unreadable"),
        ("", "codes-columns"),
    ],
)
def test_a_file_of_codes_with_faults_is_refused(tmp_path: Path, table: str, code: str):
    (tmp_path / "codes.csv").write_text(table)
    issues = check_mapping(write_mapping(tmp_path, f'{MAPPING}[codes.a]\nfile = "codes.csv"'))
    assert [one.code for one in issues] == [code]


def test_a_file_of_codes_has_a_limit(tmp_path: Path):
    (tmp_path / "codes.csv").write_bytes(b"x" * (4 * 2**20 + 1))
    issues = check_mapping(write_mapping(tmp_path, f'{MAPPING}[codes.a]\nfile = "codes.csv"'))
    assert [one.code for one in issues] == ["codes-unreadable"]


def test_a_header_that_fits_leaves_only_columns_that_nobody_named(tmp_path: Path):
    mapping = read_mapping(write_mapping(tmp_path))
    assert check_header(mapping, ["MRN", "Test", "Result"]) == ()
    (one,) = check_header(mapping, ["MRN", "Test", "More", "Result"])
    assert (one.severity, one.path, one.code) == ("warning", "column 3", "column-unmapped")


def test_the_examples_in_the_tree_are_of_this_format():
    for path in sorted(DATA.glob("*/mapping.toml")):
        assert read_mapping(path).plans[0].type == "Patient"


@settings(max_examples=60)
@given(st.integers(min_value=0, max_value=len(MAPPING)), st.text(max_size=6), st.integers(min_value=0, max_value=8))
def test_a_mapping_with_anything_in_it_is_read_or_its_faults_are_named(tmp_path_factory, at: int, text: str, cut: int):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes((MAPPING[:at] + text + MAPPING[at + cut :]).encode("utf-8", "replace"))
    issues = check_mapping(path)
    assert all(one.message and one.remedy for one in issues)
