"""Validate what leaves MedShare with HAPI FHIR, and hold it to docs/fhir-validation.md.

    .venv/bin/python scripts/validate_fhir.py                  every sample; what .ci/run calls
    .venv/bin/python scripts/validate_fhir.py FILE.json …      these resources alone
    .venv/bin/python scripts/validate_fhir.py --corpus hl7v2   what that format makes of its corpus

An error fails, and so does a warning that the page does not explain. One resource with three planted faults is
validated each time: a validator that does not find them is not believed. The first run fetches the validator's jars
(tools/fhir_validator/jars.lock, 94 MB); it needs a Java development kit. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.environments import MissingError, one_at_a_time  # noqa: E402 (after the path)
from scripts.maven_jars import ensure_jars, java_program  # noqa: E402

HERE = ROOT / "tools" / "fhir_validator"
OPTIONS = ("-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A short run: the time goes into starting."""
PAGE = ROOT / "docs" / "fhir-validation.md"
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$", re.MULTILINE)
PLANTED: Final[dict[str, Any]] = {
    "resourceType": "Patient",
    "id": "planted",
    "gender": "mail",
    "birthDate": "1980-13-01",
    "nickname": "Al",
}
FAULTS: Final = ("Patient.gender", "Patient.birthDate", "nickname")
"""Where the faults of `PLANTED` are; each must be told as an error."""
FINDS_NOTHING: Final = "The validator did not find the planted fault at {place}; nothing that it says counts."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One message of the validator: of which sample, how grave, where, and what."""

    sample: str
    severity: str
    place: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """A row of the page: messages of one kind that fit a pattern of the shell, and why they are fine."""

    kind: str
    pattern: str
    why: str

    def covers(self, finding: Finding) -> bool:
        """Whether the row speaks of this warning; a row never speaks of an error."""
        return (
            finding.severity == "warning"
            and finding.kind == self.kind
            and fnmatchcase(finding.message, self.pattern.replace("[", "[[]"))
        )


def read_page(text: str) -> list[Excuse]:
    """Return the rows of the page."""
    return [Excuse(kind=kind, pattern=pattern, why=why) for kind, pattern, why in ROW.findall(text)]


def judge(findings: Iterable[Finding], excuses: Sequence[Excuse]) -> tuple[list[str], Counter[Excuse]]:
    """Return what fails, a line each, and how often each row of the page was needed."""
    wrong: list[str] = []
    needed: Counter[Excuse] = Counter()
    for one in findings:
        if one.severity in {"error", "fatal"}:
            wrong.append(f"{one.sample}: {one.place}: {one.kind}: {one.message}")
        elif one.severity == "warning":
            row = next((row for row in excuses if row.covers(one)), None)
            if row is None:
                wrong.append(f"{one.sample}: {one.place}: not in docs/fhir-validation.md: {one.kind}: {one.message}")
            else:
                needed[row] += 1
    return wrong, needed


def planted_missed(findings: Iterable[Finding]) -> list[str]:
    """Return which of the planted faults the validator did not find."""
    told = [f"{one.place} {one.message}" for one in findings if one.severity in {"error", "fatal"}]
    return [FINDS_NOTHING.format(place=place) for place in FAULTS if not any(place in text for text in told)]


def run_validator(samples: Mapping[str, bytes]) -> list[Finding]:
    """Validate resources, by name, and return what HAPI says of them.

    Raises:
        MissingError: This machine has no Java, or a jar cannot be fetched.
    """
    java = java_program(os.environ)
    with one_at_a_time():
        jars = ensure_jars(HERE / "jars.lock", HERE / "jars", os.environ, Path.home())
    with tempfile.TemporaryDirectory(prefix="medshare-fhir-") as folder:
        for name, data in samples.items():
            (Path(folder) / f"{name}.json").write_bytes(data)
        command = [java, *OPTIONS, "-cp", os.pathsep.join(map(str, jars))]
        command += [str(HERE / "Validate.java"), str(HERE / "profiles"), str(HERE / "codes.tsv"), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        text = f"{done.stderr[-3000:]}\nThe validator itself failed (exit code {done.returncode})."
        raise MissingError(text)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if rows[-1]["validated"] != len(samples):
        text = f"The validator saw {rows[-1]['validated']} of {len(samples)} resources."
        raise MissingError(text)
    return [
        Finding(
            sample=row["file"].removesuffix(".json"),
            severity=row["severity"],
            place=row["place"],
            kind=row["id"],
            message=row["message"],
        )
        for row in rows[:-1]
    ]


def check(samples: Mapping[str, bytes]) -> int:
    """Validate `samples` and print the verdict; return the exit code."""
    planted = f"{PLANTED['resourceType']}-planted"
    found = run_validator({**samples, planted: json.dumps(PLANTED).encode()})
    wrong, needed = judge([one for one in found if one.sample != planted], read_page(PAGE.read_text()))
    wrong += planted_missed([one for one in found if one.sample == planted])
    for row, times in needed.most_common():
        print(f"{times:5} times {row.kind}: {row.pattern}")
    for line in wrong:
        print(line, file=sys.stderr)
    warnings = sum(needed.values())
    print(f"{len(samples)} resources validated by HAPI FHIR: {len(wrong)} faults, {warnings} explained warnings.")
    return 1 if wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate the named files, or every sample."""
    parser = argparse.ArgumentParser(description="Validate outgoing FHIR resources with HAPI FHIR.")
    parser.add_argument("files", nargs="*", type=Path, help="resources; by default every sample of the tests")
    parser.add_argument("--corpus", choices=("ccda", "csv", "dicom", "hl7v2"), help="what a format makes of its corpus")
    given = parser.parse_args(arguments)
    outgoing = importlib.import_module("tests.outgoing")
    try:
        if given.files:
            return check({file.stem: file.read_bytes() for file in given.files})
        return check(outgoing.converted(given.corpus) if given.corpus else outgoing.outgoing())
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
