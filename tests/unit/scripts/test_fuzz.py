"""The fuzzing program and its harnesses, without atheris: seeds are fine, what was found stays fixed, a fault is noticed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from scripts import fuzz
from tests.fuzz.harness import FOUND
from tests.fuzz.run import INSTRUMENTED, MODULES, load

KEPT = [
    pytest.param(path.parent.name, path, id=f"{path.parent.name}/{path.name}") for path in sorted(FOUND.glob("*/*"))
]


def test_every_harness_is_known_to_the_program_and_leads_by_its_modules():
    assert set(fuzz.HARNESSES) == set(MODULES) == set(INSTRUMENTED)
    for name in fuzz.HARNESSES:
        assert load(name).name == name


@pytest.mark.parametrize("name", fuzz.HARNESSES)
def test_a_harness_has_seeds_and_plays_the_smallest_of_them(name: str):
    harness = load(name)
    seeds = sorted(harness.seeds(), key=len)
    assert seeds
    for seed in (b"", b"\xff", *seeds[:2]):
        harness.play(seed)


@pytest.mark.parametrize(("name", "path"), KEPT)
def test_what_was_found_once_is_played_without_a_fault(name: str, path: Path):
    load(name).play(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("fhir", "take_in"),
        ("dicom", "convert_all"),
        ("csv", "convert_all"),
        ("hl7v2", "convert_all"),
        ("ccda", "convert_all"),
        ("csv-mapping", "check_mapping"),
    ],
)
def test_an_error_that_is_not_ours_is_a_finding(name: str, place: str, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise KeyError(place)

    monkeypatch.setattr(importlib.import_module(f"tests.fuzz.{MODULES[name]}"), place, fail)
    with pytest.raises(KeyError, match=place):
        load(name).play(b'{"resourceType":"Bundle","type":"collection"}')


def test_the_number_of_inputs_is_what_the_log_says_last():
    assert fuzz.inputs_in("#2\tINITED cov: 5\n#17\tNEW cov: 6\nstat::number_of_executed_units: 40\n") == 40
    assert fuzz.inputs_in("Traceback") == 0


def test_a_finding_is_told_with_the_command_that_plays_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    monkeypatch.setattr(fuzz, "RESULTS", tmp_path / "reports" / "fuzz")
    folder = tmp_path / "reports" / "fuzz" / "dicom"
    folder.mkdir(parents=True)
    (folder / "log").write_text("#1\n === Uncaught Python exception: ===\nKeyError: 5\n")
    outcome = fuzz.Outcome(name="dicom", inputs=1, seconds=2.0, found=(folder / "crash-1",), failed=True)
    told = fuzz.tell(outcome)
    assert "KeyError: 5" in told
    assert "--only dicom --play reports/fuzz/dicom/crash-1" in told
    well = fuzz.Outcome(name="dicom", inputs=9, seconds=2.0, found=(), failed=False)
    assert fuzz.tell(well) == "dicom: 9 inputs in 2.0 s, nothing found"


def test_an_input_is_played_by_one_named_harness(tmp_path: Path):
    with pytest.raises(SystemExit):
        fuzz.main(["--play", str(tmp_path)])
