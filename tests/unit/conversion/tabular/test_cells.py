"""What a cell says, in the type that the mapping declares."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.tabular.dates import PatternError, read_moment, read_pattern
from medshare.conversion.tabular.errors import (
    CellCodeUnknownError,
    CellMissingError,
    CellNotABooleanError,
    CellNotADateError,
    CellNotADecimalError,
    NothingMadeError,
    PatientMissingError,
    RowNotFhirError,
    ZoneMissingError,
)
from medshare.errors import MedShareError
from medshare.intake.json_text import dumps
from tests.unit.conversion.tabular.samples import MAPPING, convert_one, resource, tabular, with_element

TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")
SECRET = "Kaposi"


def value_of(folder: Path, cell: str, options: str = "") -> str:
    mapping = MAPPING.replace('column = "Result"', f'column = "Result"{options}')
    return resource(convert_one(folder, f'1,Glucose,"{cell}"', mapping))["valueQuantity"]["value"].text


@pytest.mark.parametrize(
    ("cell", "options", "text"),
    [
        ("5.10", "", "5.10"),
        ("0", "", "0"),
        ("-0.50", "", "-0.50"),
        ("+5", "", "5"),
        (".5", "", "0.5"),
        ("5.", "", "5"),
        ("007", "", "7"),
        ("1e3", "", "1e3"),
        ("5,10", ', decimal = ","', "5.10"),
        ("1.234.567,8", ', decimal = ",", group = "."', "1234567.8"),
        ("12 345", ', group = " "', "12345"),
        ("-1,234.0", ', group = ","', "-1234.0"),
        ("< 5.0", ', part = "number"', "5.0"),
        ("≥5", ', part = "number"', "5"),
    ],
)
def test_a_number_keeps_its_digits(tmp_path: Path, cell: str, options: str, text: str):
    assert value_of(tmp_path, cell, options) == text


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("five", ""),
        ("5,1", ""),
        ("5.1", ', decimal = ","'),
        ("1.23.456", ', decimal = ",", group = "."'),
        ("1,2.3", ', decimal = ",", group = "."'),
        ("1234.567", ', decimal = ",", group = "."'),
        ("٥", ""),
        ("<5", ""),
        ("<", ', part = "number"'),
        ("e5", ""),
        ("NaN", ""),
        ("1_000", ""),
        ("9" * 61, ""),
        ("1e4000", ""),
    ],
)
def test_what_is_not_a_number_in_the_declared_form_is_refused(tmp_path: Path, cell: str, options: str):
    with pytest.raises(CellNotADecimalError, match="At row 2, column 3"):
        value_of(tmp_path, cell, options)


@given(st.text(max_size=12))
def test_a_text_as_number_is_json_or_refused(text: str):
    from medshare.conversion.tabular.mapping import Cell
    from medshare.conversion.tabular.values import read_value
    from medshare.intake import Limits
    from medshare.intake.json_text import parse

    cell = Cell(column="x", type="decimal", decimal=",", group=".")
    try:
        value, _ = read_value(text, cell, zone=None, place="row 2", column=1)
    except CellNotADecimalError:
        return
    parse(dumps(value), limits=Limits())


def element(folder: Path, line: str, cell: str, zone=None) -> dict:
    mapping = with_element(line)
    return resource(convert_one(folder, f"1,Glucose,5,{cell}", mapping, "MRN,Test,Result,X", zone))


@pytest.mark.parametrize(
    ("kind", "form", "cell", "expected"),
    [
        ("effectiveDateTime", "%Y", "2023", "2023"),
        ("effectiveDateTime", "%Y%m", "202305", "2023-05"),
        ("effectiveDateTime", "%Y-%m-%d", "2023-5-1", "2023-05-01"),
        ("effectiveDateTime", "%d.%m.%Y %H:%M", "1.2.2023 7:05", "2023-02-01T07:05:00+08:00"),
        ("effectiveDateTime", "%d %b %Y", "05 MAY 2023", "2023-05-05"),
        ("effectiveDateTime", "%Y%m%d%H%M%S", "20230501070809", "2023-05-01T07:08:09+08:00"),
        ("effectiveDateTime", "%m/%d/%Y %I:%M %p", "5/1/2023 12:05 AM", "2023-05-01T00:05:00+08:00"),
        ("effectiveDateTime", "%m/%d/%Y %I:%M %p", "5/1/2023 12:05 pm", "2023-05-01T12:05:00+08:00"),
        ("effectiveDateTime", "%Y/%m/%d %p %I:%M", "2023/5/1 下午 3:05", "2023-05-01T15:05:00+08:00"),
        ("effectiveInstant", "%Y-%m-%dT%H:%M:%S.%f%z", "2023-05-01T10:00:00.120Z", "2023-05-01T10:00:00.120Z"),
        ("effectiveInstant", "%Y-%m-%dT%H:%M:%S%z", "2023-05-01T10:00:00-0530", "2023-05-01T10:00:00-05:30"),
        ("effectiveInstant", "fhir", "2023-05-01T10:00:00+01:00", "2023-05-01T10:00:00+01:00"),
        ("valueTime", "%H:%M", "7:05", "07:05:00"),
        ("effectiveDateTime", "100%% %Y", "100% 2023", "2023"),
    ],
)
def test_a_date_is_read_with_the_precision_that_it_has(tmp_path: Path, kind: str, form: str, cell: str, expected: str):
    mapping = with_element(f'"{kind}" = {{ column = "X", format = "{form}" }}')
    if kind.startswith("value"):
        mapping = mapping.replace('"valueQuantity.value" = { column = "Result" }\n', "")
    made = resource(convert_one(tmp_path, f"1,Glucose,5,{cell}", mapping, "MRN,Test,Result,X", TAIPEI))
    assert made[kind] == expected


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%Y-%m-%d", "2023-02-29"),
        ("%Y-%m-%d", "2023-13-01"),
        ("%Y-%m-%d", "01.05.2023"),
        ("%Y-%m-%d", "0000-01-01"),
        ("%Y-%m-%d", "２０２３-01-01"),
        ("%Y-%m-%d %H:%M", "2023-01-01 24:00"),
        ("%Y-%m-%d %H:%M", "2023-03-26 02:30"),  # the clocks went over it
        ("%Y-%m-%d %H:%M", "0001-01-01 00:00"),
        ("%Y-%m-%d %I:%M %p", "2023-01-01 13:00 pm"),
        ("%Y-%m-%d %H:%M %z", "2023-01-01 10:00 +15:00"),
        ("%Y-%m-%d %H:%M %z", "2023-01-01 10:00 +01:70"),
        ("fhir", "2023-01-01T10:00:00"),
        ("fhir", "1/1/2023"),
    ],
)
def test_what_is_no_date_in_the_declared_form_is_refused(tmp_path: Path, form: str, cell: str):
    with pytest.raises(CellNotADateError, match="At row 2, column 4"):
        element(tmp_path, f'"effectiveDateTime" = {{ column = "X", format = "{form}" }}', cell, BERLIN)


def test_a_date_that_looks_right_and_is_none_is_refused_as_fhir(tmp_path: Path):
    with pytest.raises(RowNotFhirError, match=r"the Observation .* at Observation\.effectiveDateTime"):
        element(tmp_path, '"effectiveDateTime" = { column = "X", format = "fhir" }', "2023-02-30")


@pytest.mark.parametrize(
    ("form", "kind", "words"),
    [
        ("%y-%m-%d", "date", "%y is not known"),
        ("%Y %Y", "date", "stands twice"),
        ("%m-%d", "date", "needs %Y"),
        ("%Y-%d", "date", "needs its month"),
        ("%Y-%m-%d %H:%M", "date", "no time of day"),
        ("%Y-%m-%d %H", "dateTime", "needs its minute"),
        ("%Y-%m %H:%M", "dateTime", "needs the whole date"),
        ("%Y-%m-%d", "instant", "needs the hour"),
        ("%Y-%m-%d %I:%M", "dateTime", "go together"),
        ("%Y-%m-%d %H:%M.%f", "dateTime", "needs its second"),
        ("%Y-%m-%d %z", "dateTime", "needs the hour"),
        ("%Y %H:%M", "time", "no day"),
        ("%", "date", "% is not known"),
    ],
)
def test_a_pattern_that_leaves_open_what_fhir_needs_is_refused(form: str, kind, words: str):
    with pytest.raises(PatternError, match=words):
        read_pattern(form, kind=kind, minguo=False)


@given(st.datetimes(min_value=__import__("datetime").datetime(1901, 1, 1)))
def test_a_moment_written_and_read_again_is_the_same(moment):
    pattern = read_pattern("%Y-%m-%d %H:%M:%S.%f", kind="dateTime", minguo=False)
    text = moment.strftime("%Y-%m-%d %H:%M:%S.%f") if moment.year > 999 else ""
    from datetime import UTC

    read = read_moment(text, pattern=pattern, zone=UTC)
    assert read.text == moment.replace(tzinfo=UTC).isoformat(timespec="microseconds")


def test_a_year_of_the_republic_without_marks_has_three_digits():
    pattern = read_pattern("%Y%m%d", kind="date", minguo=True)
    assert read_moment("1120501", pattern=pattern, zone=None).text == "2023-05-01"
    with pytest.raises(ValueError, match=r"^$"):
        read_moment("20230501", pattern=pattern, zone=None)


def test_times_without_a_zone_need_one_from_the_mapping_or_the_caller(tmp_path: Path):
    line = '"effectiveDateTime" = { column = "X", format = "%Y-%m-%d %H:%M" }'
    with pytest.raises(ZoneMissingError):
        tabular(tmp_path, with_element(line))
    assert element(tmp_path, line, "2023-01-01 10:00", TAIPEI)["effectiveDateTime"].endswith("+08:00")
    mapping = 'table.zone = "Europe/Berlin"\n' + with_element(line)
    made = convert_one(tmp_path, "1,Glucose,5,2023-01-01 10:00", mapping, "MRN,Test,Result,X", TAIPEI)
    assert resource(made)["effectiveDateTime"].endswith("+01:00")


def test_a_boolean_is_one_of_the_declared_words(tmp_path: Path):
    line = '"code.coding.userSelected" = { column = "X", true = ["ja", "J"], false = ["nein"] }'
    assert element(tmp_path, line, "J")["code"]["coding"][0]["userSelected"] is True
    assert element(tmp_path, line, "nein")["code"]["coding"][0]["userSelected"] is False
    with pytest.raises(CellNotABooleanError):
        element(tmp_path, line, "vielleicht")


def test_an_integer_is_whole_and_fits(tmp_path: Path):
    line = '"component.valueInteger" = { column = "X" }\n"component.code.text" = { constant = "n" }'
    assert element(tmp_path, line, "-12")["component"][0]["valueInteger"] == -12
    for cell in ("1.5", "2147483648", "1e3", "x"):
        with pytest.raises(CellNotADecimalError):
            element(tmp_path, line, cell)


CODES = '\n[codes.tests]\nsystem = "http://loinc.org"\nmap = { GLU = { code = "2345-7", display = "Glucose" }, K = "2823-3" }\n'


def test_a_local_code_becomes_its_code_system_and_words(tmp_path: Path):
    lines = "\n".join(
        f'"code.coding.{part}" = {{ column = "X", codes = "tests" }}' for part in ("system", "code", "display")
    )
    assert element(tmp_path, lines + CODES, "GLU")["code"]["coding"] == [
        {"system": "http://loinc.org", "code": "2345-7", "display": "Glucose"}
    ]
    assert "display" not in element(tmp_path, lines + CODES, "K")["code"]["coding"][0]


def test_a_code_that_is_in_no_table_makes_the_row_fail_or_is_left_out_with_a_warning(tmp_path: Path):
    line = '"code.coding.code" = { column = "X", codes = "tests" }'
    with pytest.raises(CellCodeUnknownError, match=r"column 4: .* named tests"):
        element(tmp_path, line + CODES, "NEW")
    leaving = with_element(line + CODES + 'unknown = "leave"')
    made = convert_one(tmp_path, "1,Glucose,5,NEW", leaving, "MRN,Test,Result,X")
    assert "coding" not in resource(made)["code"]
    assert [(one.path, one.code) for one in made.issues] == [("column 4", "cell-not-mapped")]
    assert (made.coverage.elements, made.coverage.mapped) == (4, 3)


def test_an_object_whose_cells_are_empty_is_left_out_with_its_constants(tmp_path: Path):
    mapping = with_element('"valueQuantity.unit" = { constant = "mmol/L" }')
    assert "valueQuantity" not in resource(convert_one(tmp_path, "1,Glucose,", mapping))
    assert resource(convert_one(tmp_path, "1,Glucose,5", mapping))["valueQuantity"]["unit"] == "mmol/L"


def test_a_template_is_left_out_when_one_of_its_columns_is_empty(tmp_path: Path):
    line = '"method.text" = { template = "{{{Test}}} in {X}" }'
    assert element(tmp_path, line, "blood")["method"] == {"text": "{Glucose} in blood"}
    assert "method" not in element(tmp_path, line, "")


def test_a_column_that_only_decides_is_not_said_and_an_ignored_one_does_not_count(tmp_path: Path):
    mapping = MAPPING.replace("[resource.element]", 'when = [{ column = "X", is = ["y"] }]\n[resource.element]')
    made = convert_one(tmp_path, "1,Glucose,5,y", mapping, "MRN,Test,Result,X")
    assert [one.path for one in made.issues] == ["column 4"]
    made = convert_one(tmp_path, "1,Glucose,5,y", mapping + '[ignored]\nX = "only decides"', "MRN,Test,Result,X")
    assert (made.issues, made.coverage.elements, made.coverage.mapped) == ((), 3, 3)


@pytest.mark.parametrize(
    ("condition", "cell", "holds"),
    [
        ('is = ["a", "b"]', "b", True),
        ('is = ["a"]', "c", False),
        ('is_not = ["a"]', "", True),
        ('is_not = ["a"]', "a", False),
        ('holds = "something"', "x", True),
        ('holds = "something"', "", False),
        ('holds = "nothing"', "", True),
        ('holds = "number"', "<1,5", True),
        ('holds = "number"', "neg", False),
        ('holds = "text"', "neg", True),
        ('holds = "text"', "1.5", False),
        ('holds = "text"', "", False),
    ],
)
def test_a_resource_is_made_when_its_condition_holds(tmp_path: Path, condition: str, cell: str, holds: bool):
    mapping = MAPPING.replace("[resource.element]", f'when = [{{ column = "X", {condition} }}]\n[resource.element]')
    line = f'1,Glucose,5,"{cell}"'
    if holds:
        assert resource(convert_one(tmp_path, line, mapping, "MRN,Test,Result,X"))
    else:
        with pytest.raises(NothingMadeError):
            convert_one(tmp_path, line, mapping, "MRN,Test,Result,X")


def test_a_row_without_its_patient_is_refused(tmp_path: Path):
    with pytest.raises(PatientMissingError):
        convert_one(tmp_path, ",Glucose,5")


def test_required_cells_and_keys_must_hold_something(tmp_path: Path):
    for mapping in (
        f'table.required = ["Test"]\n{MAPPING}',
        MAPPING.replace('column = "Test"', 'column = "Test", required = true'),
        MAPPING.replace("[resource.element]", 'key = ["Test"]\n[resource.element]'),
    ):
        with pytest.raises(CellMissingError, match="At row 2, column 2"):
            convert_one(tmp_path, "1,,5", mapping)
        assert convert_one(tmp_path, "1,Glucose,5", mapping)


def test_a_row_of_which_fhir_would_be_invalid_is_refused(tmp_path: Path):
    with pytest.raises(RowNotFhirError, match=r"Observation\.code"):
        convert_one(tmp_path, "1,,5")


def test_words_for_nothing_are_nothing(tmp_path: Path):
    made = convert_one(tmp_path, "1,Glucose,NULL", f'table.empty = ["NULL"]\n{MAPPING}')
    assert "valueQuantity" not in resource(made)
    assert made.coverage.elements == 2


def test_a_mapping_of_patients_alone_makes_patients(tmp_path: Path):
    mapping = MAPPING.partition("[[resource]]")[0] + '[patient.element]\n"name.text" = { column = "Test" }\n'
    made = convert_one(tmp_path, "1,Anna,5", mapping)
    assert resource(made, "Patient")["name"] == [{"text": "Anna"}]
    assert len(made.entries) == 1


@pytest.mark.parametrize(
    ("line", "mapping"),
    [
        (f"1,Glucose,{SECRET}", MAPPING),
        (f"1,{SECRET},5,{SECRET}", MAPPING),
        (f"1,{SECRET},x", MAPPING),
        (f",{SECRET},5", MAPPING),
        (f"1,Glucose,5,{SECRET}", with_element('"effectiveDateTime" = { column = "X", format = "%Y" }')),
        (
            f"1,Glucose,5,{SECRET}",
            with_element('"code.coding.userSelected" = { column = "X", true = ["y"], false = ["n"] }'),
        ),
        (f"1,Glucose,5,{SECRET}", with_element('"code.coding.code" = { column = "X", codes = "tests" }' + CODES)),
        (f"1,Glucose,5,{SECRET}", with_element('"language" = { column = "X" }\n"id" = { template = "{X} {X}" }')),
    ],
)
def test_no_error_repeats_a_cell(tmp_path: Path, line: str, mapping: str):
    header = "MRN,Test,Result,X" if line.count(",") == 3 and '"X"' in mapping else "MRN,Test,Result"
    with pytest.raises(MedShareError) as caught:
        convert_one(tmp_path, line, mapping, header)
    assert SECRET not in f"{caught.value} {caught.value.facts}"


def test_a_resource_of_which_nothing_comes_from_the_row_is_left_out_with_the_references_to_it(tmp_path: Path):
    more = (
        '"encounter" = { resource = "visit" }\n[[resource]]\nname = "visit"\ntype = "Encounter"\n[resource.element]\n'
    )
    more += '"status" = { constant = "finished" }\n"class.code" = { column = "X" }\n'
    full = convert_one(tmp_path, "1,Glucose,5,AMB", with_element(more), "MRN,Test,Result,X")
    assert resource(full)["encounter"]["reference"] == full.entries[2]["fullUrl"]
    bare = convert_one(tmp_path, "1,Glucose,5,", with_element(more), "MRN,Test,Result,X")
    assert "encounter" not in resource(bare)
    assert len(bare.entries) == 2


def test_the_format_is_called_csv(tmp_path: Path):
    assert tabular(tmp_path).name == "csv"
