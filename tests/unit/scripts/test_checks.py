"""README's commands, coverage floors, slither's triage, the CI report: each finds what it is there for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import check_wheel
from scripts.coverage_floor import parts, prefix_of, table
from scripts.readme_commands import problems as readme_problems
from scripts.slither_triage import Entry, Finding, entries, findings, place_of
from scripts.slither_triage import problems as slither_problems

ROOT = Path(__file__).resolve().parents[3]

README = """# X
<!-- run by .ci/run -->
```sh
make demo   # the story
make test
```
`make bench` and `JSON=1 make demo`.
"""


@pytest.fixture
def project(tmp_path):
    def make(
        *, readme=README, run="stage demo make demo\nstage tests make test\n", changelog="## [0.1.0] - 2026-01-01\n"
    ):
        (tmp_path / ".ci").mkdir(exist_ok=True)
        (tmp_path / ".ci" / "run").write_text(run)
        (tmp_path / "README.md").write_text(readme)
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n{changelog}")
        (tmp_path / "Makefile").write_text("demo: python\n\ttrue\ntest:\nbench:\n")
        (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
        return readme_problems(tmp_path)

    return make


def test_a_readme_whose_commands_are_run_is_well(project):
    assert project() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"run": "stage tests make test\n"}, ".ci/run runs `make demo`, and it does not"),
        ({"readme": "# X\n"}, "no block marked"),
        ({"readme": README + "`make coffee`"}, "`make coffee`, which the Makefile lacks"),
        ({"readme": README + "<!-- run by tests/none.py -->\n```python\nx\n```\n"}, "no such test reads"),
        ({"changelog": "## [0.2.0] - 2026-01-01\n"}, "ends at 0.2.0"),
        ({"changelog": ""}, "no version"),
    ],
)
def test_a_readme_that_says_otherwise_is_found(project, given, words):
    assert any(words in line for line in project(**given))


def coverage_report(**files):
    return {
        "files": {
            f"medshare/{name}.py": {
                "summary": {
                    "num_statements": 8,
                    "covered_lines": 8 - missing,
                    "num_branches": 2,
                    "covered_branches": 2,
                },
                "missing_lines": list(range(missing)),
                "missing_branches": [],
            }
            for name, missing in files.items()
        }
    }


def test_the_longest_prefix_decides_the_floor():
    floors = {"default": 95, "medshare/keys": 100, "medshare/keys/root": 90}
    assert prefix_of("medshare/keys/root.py", floors) == "medshare/keys/root"
    assert prefix_of("medshare/keys/other.py", floors) == "medshare/keys"
    assert prefix_of("medshare/keyserver.py", floors) == "default"


def test_one_missing_line_is_too_low_for_a_whole_floor_and_not_for_a_lower_one():
    found = parts(coverage_report(keys=1, store=1), {"default": 85.0, "medshare/keys": 100.0})
    assert not found["medshare/keys"].good
    assert found["default"].good
    assert "medshare/keys.py: 0" in table(found)


def test_a_part_without_files_is_no_success():
    assert not parts(coverage_report(), {"default": 0.0})["default"].good


FUNCTION = {"type": "function", "name": "grant", "type_specific_fields": {"parent": {"type": "contract", "name": "C"}}}


def test_a_finding_stands_at_contract_and_function():
    node = {"type": "node", "name": "x > 1", "type_specific_fields": {"parent": FUNCTION}}
    parameter = {"type": "variable", "name": "x", "type_specific_fields": {"parent": FUNCTION}}
    assert place_of([FUNCTION]) == place_of([node])[:7] == "C.grant"
    assert place_of([parameter]) == "C.grant"
    assert place_of([]) == "?"


def test_slither_that_did_not_finish_is_an_error():
    with pytest.raises(ValueError, match="did not finish"):
        findings({"success": False, "error": "boom"})


def test_every_finding_needs_an_entry_and_every_entry_a_finding_and_a_reason():
    finding = Finding("timestamp", "Low", "C.grant", "uses timestamp")
    good = Entry("timestamp", r"C\..*", "seconds of drift do no harm")
    assert slither_problems([finding], [good]) == []
    assert "uses timestamp" in slither_problems([finding], [])[0]
    assert "not found any more" in slither_problems([], [good])[0]
    assert "without a reason" in slither_problems([finding], [Entry("timestamp", "C.grant", "fine")])[0]


def test_the_committed_triage_can_be_read():
    assert all(one.reason for one in entries((ROOT / "tools" / "slither-triage.toml").read_text()))


def ci_report(tmp_path, rows, tiers=()):
    for name in (".ci", "reports"):
        (tmp_path / name).mkdir(exist_ok=True)
    for name in ("report.py", "budget.json"):
        (tmp_path / ".ci" / name).write_text((ROOT / ".ci" / name).read_text())
    (tmp_path / "reports" / "tiers.json").write_text(json.dumps(list(tiers)))
    (tmp_path / "rows").write_text(rows)
    words = [sys.executable, str(tmp_path / ".ci" / "report.py"), str(tmp_path / "rows")]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_report_shows_seconds_beside_the_budget_and_splits_the_tests(tmp_path):
    tiers = [{"tier": "unit", "seconds": 9.0, "failed": 0, "trouble": ""}]
    done = ci_report(tmp_path, "lint\t1500\t0\ntests\t10000\t0\n", tiers)
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "lint 1.5 s of 10 s" in lines
    assert any(line.startswith("tests/unit 9.0 s of") for line in lines)
    assert any(line.startswith("tests 1.0 s of") for line in lines)


def test_a_failed_stage_and_one_without_a_budget_fail_the_run(tmp_path):
    assert ci_report(tmp_path, "lint\t1500\t1\n").returncode == 1
    assert "no budget" in ci_report(tmp_path, "unplanned\t1500\t0\n").stdout


def test_every_stage_of_ci_has_a_budget():
    script = (ROOT / ".ci" / "run").read_text()
    groups = json.loads((ROOT / ".ci" / "budget.json").read_text())["groups"]
    planned = {stage for group in groups.values() for stage in group["stages"]}
    stages = {line.split()[1] for line in script.splitlines() if line.startswith("stage ")}
    assert stages <= planned
    assert {one for one in planned if "/" not in one} == stages


def test_a_process_left_behind_is_ended_and_named():
    environment = dict(os.environ) | {"MEDSHARE_CI_RUN": f"test-{os.getpid()}"}
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(words, env=environment, start_new_session=True) as left:
        script = [sys.executable, str(ROOT / ".ci" / "leftovers.py")]
        done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
        assert left.wait(timeout=10) != 0
    assert done.returncode == 1
    assert str(left.pid) in done.stdout
    assert subprocess.run(script, env=environment, check=False).returncode == 0


def test_a_wheel_with_a_stranger_in_it_is_found(tmp_path):
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("medshare/__init__.py", "medshare-0.1.dist-info/METADATA", "tests/a.py"):
            archive.writestr(name, "")
    assert check_wheel.strangers(wheel) == ["tests/a.py"]
