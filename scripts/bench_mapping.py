"""How much of what hospitals hand over FHIR says afterwards: the share of elements mapped, for each corpus.

    .venv/bin/python scripts/bench_mapping.py            the table
    .venv/bin/python scripts/bench_mapping.py --check    and exit code 1 where a share is below its floor
    .venv/bin/python scripts/bench_mapping.py --missing  and what is not mapped, by its path, most often first

What an element is differs by format and is said in `medshare.conversion.Coverage`. Items of a corpus that are refused
are counted apart: they would go to quarantine.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.conversion import Coverage, Format  # noqa: E402 - the tree this program stands in
from medshare.conversion.ccda import Ccda  # noqa: E402
from medshare.conversion.dicom import Dicom  # noqa: E402
from medshare.conversion.fhir import Fhir  # noqa: E402
from medshare.conversion.hl7v2 import Hl7v2  # noqa: E402
from medshare.conversion.tabular import Tabular, read_mapping  # noqa: E402
from medshare.errors import InputError  # noqa: E402

DATA: Final = ROOT / "tests" / "data"
ZONE: Final = ZoneInfo("Europe/Paris")
"""Stands for the zone that a hospital sets: without one, times of day become dates."""
PLACE: Final = re.compile(r"\[\d+\]|\(\d+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is read by which format, and the share in per cent that it may not fall below."""

    name: str
    folder: str
    format: Callable[[], Format]
    floor: float


def _table(name: str) -> Tabular:
    return Tabular(read_mapping(DATA / "csv" / name / "mapping.toml"), ZONE)


CORPORA: Final = (
    Corpus(name="FHIR, 24 Synthea patients", folder="fhir", format=Fhir, floor=99),
    Corpus(name="FHIR, the standard's examples", folder="fhir-examples", format=Fhir, floor=99),
    Corpus(name="HL7 v2, example messages", folder="hl7v2", format=lambda: Hl7v2(zone=ZONE), floor=95),
    Corpus(name="C-CDA, example documents", folder="ccda", format=lambda: Ccda(zone=ZONE), floor=95),
    *(
        Corpus(
            name=f"CSV, {name}",
            folder=f"csv/{name}/tables",
            format=partial(_table, name),
            floor=95,
        )
        for name in ("laboratory", "medications", "synthea")
    ),
    Corpus(name="DICOM, example instances", folder="dicom", format=lambda: Dicom(zone=ZONE), floor=95),
)


@dataclass(slots=True)
class Share:
    """What became of a corpus."""

    items: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    coverage: Coverage = field(default_factory=lambda: Coverage(elements=0, mapped=0))
    missing: Counter[str] = field(default_factory=Counter)

    @property
    def percent(self) -> float:
        """The share of elements mapped."""
        return 100 * self.coverage.mapped / self.coverage.elements if self.coverage.elements else 0.0


def measure(corpus: Corpus) -> Share:
    """Convert every item of a corpus."""
    share, reader = Share(), corpus.format()
    for item in reader.items(DATA / corpus.folder):
        share.items += 1
        try:
            converted = reader.convert(item)
        except InputError as error:
            share.refused[error.code] += 1
            continue
        share.coverage += converted.coverage
        share.missing.update(PLACE.sub("", issue.path) for issue in converted.issues if issue.code == "not-mapped")
    return share


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The share of elements mapped, for each format.")
    parser.add_argument("--check", action="store_true", help="exit code 1 below a floor")
    parser.add_argument("--missing", action="store_true", help="what is not mapped, by path")
    options = parser.parse_args(arguments)
    print(f"{'corpus':<32}{'items':>7}{'refused':>9}{'elements':>10}{'mapped':>10}{'share':>9}   floor")
    good = True
    for corpus in CORPORA:
        share = measure(corpus)
        enough = share.percent >= corpus.floor
        good = good and enough
        print(
            f"{corpus.name:<32}{share.items:>7,}{share.refused.total():>9,}{share.coverage.elements:>10,}"
            f"{share.coverage.mapped:>10,}{share.percent:>8.2f}%   {corpus.floor:g}%{'' if enough else ' MISSED'}"
        )
        for code, count in share.refused.most_common():
            print(f"    refused: {count} x {code}")
        if options.missing:
            for path, count in share.missing.most_common(20):
                print(f"    {count:>5} x {path}")
    return 0 if good or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
