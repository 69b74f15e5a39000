"""Units as UCUM codes.

given the text of a unit
    a valid UCUM code should be itself
    what hospitals write should be the code that means the same
    what may mean two things should be nothing
"""

from __future__ import annotations

import time
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.standardise import is_ucum, ucum_of

ROWS = [
    line.split("\t")
    for line in files("medshare.conversion.standardise").joinpath("units.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]

# Codes from the UCUM column of LOINC's and HL7's list of common units.
COMMON = [
    "%",
    "/uL",
    "10*3/uL",
    "10*6/uL",
    "10*9/L",
    "10*12/L",
    "[IU]/L",
    "m[IU]/mL",
    "u[IU]/mL",
    "U/L",
    "fL",
    "g/dL",
    "g/L",
    "kg",
    "kg/m2",
    "L/min",
    "mL/min",
    "meq/L",
    "mg/dL",
    "mg/L",
    "mm/h",
    "mm[Hg]",
    "mmol/L",
    "mmol/mol",
    "mosm/kg",
    "ng/mL",
    "nmol/L",
    "pg",
    "pg/mL",
    "s",
    "ug/dL",
    "umol/L",
    "{score}",
    "{ratio}",
    "Cel",
    "[degF]",
    "/min",
    "/[HPF]",
    "mL/min/{1.73_m2}",
    "ug/mg{creat}",
    "cm[H2O]",
    "[in_i]",
    "[lb_av]",
    "a",
    "mo",
    "wk",
    "d",
    "h",
    "min",
    "g{Hb}",
    "kcal/(24.h)",
    "1",
    "[pH]",
    "L",
    "U",
]


@pytest.mark.parametrize("code", COMMON)
def test_a_ucum_code_is_itself(code: str) -> None:
    assert is_ucum(code)
    assert ucum_of(code) == code


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("mmHg", "mm[Hg]"),
        ("mcg", "ug"),
        ("µg/L", "ug/L"),
        ("μmol/L", "umol/L"),
        ("IU/L", "[IU]/L"),
        ("mIU/mL", "m[IU]/mL"),
        ("bpm", "/min"),
        ("beats/min", "/min"),
        ("K/uL", "10*3/uL"),
        ("10^9/L", "10*9/L"),
        ("x10E3/uL", "10*3/uL"),
        ("x 10^12/L", "10*12/L"),
        ("10e6/mL", "10*6/mL"),
        ("MG/DL", "mg/dL"),
        ("mg/day", "mg/d"),
        ("MCG/HR", "ug/h"),
        ("mEq/L", "meq/L"),
        ("kg/m²", "kg/m2"),
        ("kg/m^2", "kg/m2"),
        ("mm/hr", "mm/h"),
        ("mg/24hr", "mg/(24.h)"),
        ("/HPF", "/[HPF]"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
        ("°C", "Cel"),
        (" ft ", "[ft_i]"),
        ("cells/uL", "{cells}/uL"),
        ("Days", "d"),
    ],
)
def test_what_hospitals_write_is_a_code(unit: str, code: str) -> None:
    assert ucum_of(unit) == code
    assert is_ucum(code)


@pytest.mark.parametrize(
    "unit",
    [
        "",
        " ",
        "PT",
        "C",
        "F",
        "T",
        "M",
        "K",
        "oz",
        "units",
        "tablet",
        "mg/",
        "mg//dL",
        "µ",
        "x" * 65,
        "mg/PT",
        "🙂",
        "/",
    ],
)
def test_what_may_mean_two_things_or_nothing_is_nothing(unit: str) -> None:
    assert ucum_of(unit) is None or is_ucum(str(ucum_of(unit)))
    assert ucum_of(unit) is None


@pytest.mark.parametrize("code", ["mmHg", "mcg", "bpm", "IU/L", "", " mg", "µg", "x" * 65, "(" * 60])
def test_another_text_is_no_ucum(code: str) -> None:
    assert not is_ucum(code)


def test_each_row_of_the_table_is_a_code_and_stands_once() -> None:
    assert all(len(row) == 3 and is_ucum(row[1]) and row[2] in {"c/i", "habit"} for row in ROWS)
    assert len({row[0] for row in ROWS}) == len(ROWS)


@given(st.text(max_size=70))
def test_any_text_is_a_code_or_none(text: str) -> None:
    found = ucum_of(text)
    assert found is None or is_ucum(found)


def test_a_unit_is_looked_up_once() -> None:
    ucum_of("mmol/L")
    start = time.perf_counter()
    for _ in range(20_000):
        ucum_of("mmol/L")
    assert time.perf_counter() - start < 1
