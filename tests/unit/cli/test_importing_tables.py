"""`medshare import csv` and `medshare import dicom` on the corpora: every item is counted once."""

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
