"""A case without a row, a test that is gone and a file that forgot its case are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.cases import CASES, PAGE, Row, defines, main, named_in, problems, rows_of

FILES = {
    "tests/a.py": '"""Cases S03 to S05."""\n\ndef test_one():\n    """K01."""\n',
    "tests/b.t.sol": "/// E01\nfunction test_two() external {}\n",
}
GOOD = tuple(Row(case, (), "none: later") for case in CASES)


def with_row(row: Row) -> list[str]:
    return problems([row, *(one for one in GOOD if one.case != row.case)], FILES)


def test_there_are_92_cases():
    assert len(CASES) == 12 + 15 + 16 + 12 + 7 + 12 + 18
    assert (CASES[0], CASES[-1]) == ("S01", "R18")


def test_a_row_gives_its_tests_or_says_why_it_has_none():
    page = (
        "| case | asks | here | tests |\n|---|---|---|---|\n"
        "| S01 | a | b | `tests/a.py::test_one`<br>`tests/b.t.sol::test_two` |\n"
        "| S02 | a | b | none: no such thing here |\n"
        "| S03 | a | b | someday |\n"
    )
    assert list(rows_of(page)) == [
        Row("S01", (("tests/a.py", "test_one"), ("tests/b.t.sol", "test_two"))),
        Row("S02", (), "none: no such thing here"),
        Row("S03", ()),
    ]


def test_a_range_names_every_case_within():
    assert named_in("Cases S03 to S05, K01; not SS01, S1 or E012.") == {"S03", "S04", "S05", "K01"}


def test_a_test_is_found_in_python_and_in_solidity():
    assert defines(FILES["tests/a.py"], "tests/a.py", "test_one")
    assert defines(FILES["tests/b.t.sol"], "tests/b.t.sol", "test_two")
    assert not defines(FILES["tests/a.py"], "tests/a.py", "test_on")


def test_a_whole_page_has_no_problem():
    assert problems(GOOD, FILES) == []
    assert with_row(Row("S04", (("tests/a.py", "test_one"),))) == []
    assert with_row(Row("E01", (("tests/b.t.sol", "test_two"),))) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Row("S01", ()), "names no test and does not say why"),
        (Row("S01", (("tests/c.py", "test_one"),)), "names tests/c.py, which does not exist"),
        (Row("S01", (("tests/a.py", "test_two"),)), "names tests/a.py::test_two, which does not exist"),
        (Row("S01", (("tests/a.py", "test_one"),)), "that file does not name S01"),
        (Row("S99", (), "none"), "a row for S99, which is no case"),
    ],
)
def test_a_bad_row_is_named(row: Row, problem: str):
    assert any(problem in line for line in with_row(row))


def test_a_missing_and_a_doubled_row_are_named():
    assert problems(GOOD[1:], FILES) == [f"S01 has no row in {PAGE}"]
    assert problems([*GOOD, GOOD[0]], FILES) == [f"S01 has more than one row in {PAGE}"]


def test_the_command_fails_when_anything_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    page = tmp_path / PAGE
    page.write_text("".join(f"| {case} | a | b | none: later |\n" for case in CASES))
    assert main(["--check"], tmp_path) == 0
    assert main([], tmp_path) == 0
    assert "S01 none: later" in capsys.readouterr().out
    page.write_text("")
    assert main(["--check"], tmp_path) == 1
    assert "S01 has no row" in capsys.readouterr().err
