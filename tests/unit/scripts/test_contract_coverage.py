"""What the coverage of the contracts says about lines that are not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import contract_coverage
from scripts.contract_coverage import Coverage, Row

LCOV = """TN:
SF:contracts/A.sol
DA:2,5
DA:3,0
DA:4,1
BRDA:2,0,0,3
BRDA:4,1,0,-
end_of_record
"""
SOURCE = "contract A {\n    if (a) {\n        return patient;\n    if (b) revert B();\n    function f() {}\n"
TESTS = "function test_it_returns() external {"
RETURN = Row("A", "return patient;", "merged away", "test_it_returns")
BRANCH = Row("A", "if (b) revert B();", "merged away", "test_it_returns")


def test_lines_and_branches_are_read_and_what_was_never_reached_is_not_taken() -> None:
    files = contract_coverage.parse(LCOV)
    assert files == {"contracts/A.sol": Coverage({2: 5, 3: 0, 4: 1}, [(2, 3), (4, 0)])}
    assert files["contracts/A.sol"].missed() == [3, 4]


def test_a_missed_line_that_is_listed_with_an_existing_test_is_no_problem() -> None:
    files = contract_coverage.parse(LCOV)
    assert contract_coverage.problems(files, {"contracts/A.sol": SOURCE}, [RETURN, BRANCH], TESTS) == ([], 2)


def test_a_missed_line_or_branch_that_is_not_listed_is_a_problem() -> None:
    files = contract_coverage.parse(LCOV)
    said, excused = contract_coverage.problems(files, {"contracts/A.sol": SOURCE}, [RETURN], TESTS)
    assert (said, excused) == (["contracts/A.sol:4 is not run and not listed: if (b) revert B();"], 1)


def test_a_row_that_is_not_needed_or_names_no_test_is_a_problem() -> None:
    files = {"contracts/A.sol": Coverage({3: 1})}
    said, _ = contract_coverage.problems(files, {"contracts/A.sol": SOURCE}, [RETURN], "")
    assert said == [
        "A: listed, but it is seen to run or is gone: return patient;",
        "A: there is no test test_it_returns",
    ]


def test_a_contract_with_functions_that_the_report_leaves_out_is_a_problem() -> None:
    sources = {"contracts/A.sol": SOURCE, "contracts/B.sol": "contract B is A {}\n"}
    assert contract_coverage.problems({}, sources, [], "") == (["contracts/A.sol: not in the report"], 0)


def test_the_page_lists_each_line_with_a_reason_and_a_test_of_the_tree() -> None:
    listed = contract_coverage.rows(contract_coverage.LISTED.read_text(encoding="utf-8"))
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (contract_coverage.ROOT / "tests" / "forge").glob("*.sol")
    )
    assert listed
    for row in listed:
        source = (contract_coverage.ROOT / "contracts" / f"{row.contract}.sol").read_text(encoding="utf-8")
        assert f" {row.text}\n" in source
        assert f"function {row.test}(" in tests
        assert len(row.why.split()) >= 4


def test_a_report_that_covers_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "empty.lcov"
    report.write_text("TN:\n", encoding="utf-8")
    assert contract_coverage.main(["--report", str(report)]) == 1
    assert "contracts/ConsentRegistry.sol: not in the report" in capsys.readouterr().out
