"""`medshare import csv` and `medshare import dicom` on the corpora: every item is counted once. And `--check`."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.running import Runner

DATA = Path(__file__).parents[2] / "data"
ANNA = "0x" + "a" * 40
MRN = "https://hospital.example.tw/mrn"


def test_rows_and_instances_of_the_corpora_are_stored_or_in_quarantine(medshare: Runner, tmp_path: Path):
    assert medshare.init("institution").code == 0
    people = "".join(f"{MRN},A000010{number},0x{str(number) * 40}\n" for number in (1, 2, 3))
    (tmp_path / "patients.csv").write_text(f"system,value,address\n{people}")
    example = DATA / "csv" / "laboratory"
    end = ("--workers", "1", "--dry-run", "--json")
    words = ("--mapping", str(example / "mapping.toml"), "--patients", str(tmp_path / "patients.csv"))
    done = medshare("import", "csv", str(example / "tables"), *words, *end)
    # The seven results of the fourth patient, whom nobody named, wait.
    assert done.result["counts"] == {"read": 28, "stored": 21, "quarantined": 7, "duplicate": 0}
    assert done.result["share"] == 1.0
    for folder, stored, held in (("study", 17, 0), ("broken", 0, 6)):
        words = ("import", "dicom", str(DATA / "dicom" / folder), "--patient", ANNA, "--zone", "Asia/Taipei")
        done = medshare(*words, *end)
        assert done.result["counts"] == {"read": stored + held, "stored": stored, "quarantined": held, "duplicate": 0}


def check(medshare: Runner, folder: Path, mapping: str, header: str, *words: str) -> tuple[int, list[tuple[str, str]]]:
    """Return how `import csv --check` of a mapping and a table ended, and the severity and code of what it told."""
    (folder / "lab.toml").write_text(mapping)
    (folder / "lab.csv").write_text(f"{header}\nthis is no row that could be read\n")
    source = str(folder / "lab.csv")
    done = medshare("import", "csv", source, "--mapping", str(folder / "lab.toml"), "--check", "--json", *words)
    return done.code, [(one["severity"], one["code"]) for one in done.result["issues"]]


MAPPING = """
[patient]
identifier = [{ column = "MRN", system = "https://hospital.example/mrn" }]
[patient.element]
"birthDate" = { column = "Born", format = "%d.%m.%Y" }
"""


def test_a_mapping_that_fits_is_checked_without_an_import_and_without_a_home(medshare: Runner, tmp_path: Path):
    assert check(medshare, tmp_path, MAPPING, "MRN,Born") == (0, [])
    assert check(medshare, tmp_path, MAPPING, "MRN,Born,Ward") == (0, [("warning", "column-unmapped")])


def test_a_mapping_that_does_not_fit_ends_with_2_and_says_why(medshare: Runner, tmp_path: Path):
    code, told = check(medshare, tmp_path, MAPPING, "MRN,Birth")
    assert (code, told) == (2, [("error", "column-missing"), ("warning", "column-unmapped")])


def test_a_mapping_that_is_wrong_is_told_before_any_table_is_opened(medshare: Runner, tmp_path: Path):
    code, told = check(medshare, tmp_path, MAPPING.replace("birthDate", "birthday"), "MRN,Birth")
    assert code == 2
    assert all(severity == "error" for severity, _ in told)
    assert "column-missing" not in [one for _, one in told]


def test_a_check_says_in_words_whether_the_mapping_fits(medshare: Runner, tmp_path: Path):
    for header, words in (("MRN,Born", "The mapping fits"), ("MRN,Birth", "does not fit")):
        check(medshare, tmp_path, MAPPING, header)
        paths = (str(tmp_path / "lab.csv"), "--mapping", str(tmp_path / "lab.toml"))
        assert words in medshare("import", "csv", *paths, "--check").out
