"""Validate what leaves MedShare with HAPI FHIR, and hold it to docs/fhir-validation.md.

    .venv/bin/python scripts/validate_fhir.py                  every sample; what .ci/run calls
    .venv/bin/python scripts/validate_fhir.py FILE.json …      these resources alone
    .venv/bin/python scripts/validate_fhir.py --corpus hl7v2   what that format makes of its corpus
    .venv/bin/python scripts/validate_fhir.py --corpus fhir    what all that came in as FHIR goes out as

An error fails, and so does a warning that the page does not explain. Of what came in as FHIR the source is validated
too: what the validator says of the source is the source's own, and only what it says besides counts. One resource
with three planted faults is validated each time: a validator that does not find them is not believed. The first run
fetches the validator's jars (tools/fhir_validator/jars.lock, 94 MB); it needs a Java development kit. Nothing is sent
anywhere.
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
from collections import Counter, defaultdict
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
SOURCE: Final = "source-of-"
"""Begins the name of the sample that another, of the rest of the name, was made of."""
ENTRY: Final = re.compile(r"^Bundle\.entry\[\d+\]\.resource/\*(\w+)/[^*]*\*/")
NUMBER: Final = re.compile(r"\[\d+\]")
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

    @property
    def saying(self) -> tuple[str, str, str, str]:
        """The same wherever in a Bundle the resource stands, and in whatever repetition of an element."""
        element = ENTRY.sub(r"\1", self.place)
        return self.severity, NUMBER.sub("[]", element), self.kind, NUMBER.sub("[]", self.message)


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


def besides_source(findings: Iterable[Finding]) -> list[Finding]:
    """Return what is said of samples and was not said, as often, of what they were made of; of sources nothing."""
    every = list(findings)
    had: dict[str, Counter[tuple[str, str, str, str]]] = defaultdict(Counter)
    for one in every:
        if one.sample.startswith(SOURCE):
            had[one.sample.removeprefix(SOURCE)][one.saying] += 1
    left = []
    for one in every:
        if one.sample.startswith(SOURCE):
            continue
        if had[one.sample][one.saying]:
            had[one.sample][one.saying] -= 1
        else:
            left.append(one)
    return left


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
    said = [one for one in found if one.sample != planted]
    own = besides_source(said)
    wrong, needed = judge(own, read_page(PAGE.read_text()))
    wrong += planted_missed([one for one in found if one.sample == planted])
    for row, times in needed.most_common():
        print(f"{times:5} times {row.kind}: {row.pattern}")
    for line in wrong:
        print(line, file=sys.stderr)
    warnings = sum(needed.values())
    sources = sum(name.startswith(SOURCE) for name in samples)
    made = len(samples) - sources
    print(f"{made} resources validated by HAPI FHIR: {len(wrong)} faults, {warnings} explained warnings.")
    if sources:
        theirs = Counter(one.severity for one in said if one.sample.startswith(SOURCE))
        print(
            f"{sources} of them came in as FHIR; of the sources it says {theirs['error'] + theirs['fatal']} errors and "
            f"{theirs['warning']} warnings, which are their own."
        )
    return 1 if wrong else 0


def beside(travelled: Mapping[str, tuple[bytes, bytes]]) -> dict[str, bytes]:
    """Return the samples of what travelled: what came out by its name, and its source."""
    return {
        name: data
        for own, (source, made) in travelled.items()
        for name, data in ((own, made), (f"{SOURCE}{own}", source))
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate the named files, or every sample."""
    parser = argparse.ArgumentParser(description="Validate outgoing FHIR resources with HAPI FHIR.")
    parser.add_argument("files", nargs="*", type=Path, help="resources; by default every sample of the tests")
    parser.add_argument(
        "--corpus", choices=("ccda", "csv", "dicom", "fhir", "hl7v2"), help="what a format makes of its corpus"
    )
    given = parser.parse_args(arguments)
    outgoing = importlib.import_module("tests.outgoing")
    try:
        if given.files:
            return check({file.stem: file.read_bytes() for file in given.files})
        if given.corpus == "fhir":
            return check(beside(outgoing.travelled()))
        if given.corpus:
            return check(outgoing.converted(given.corpus))
        return check(outgoing.outgoing() | beside(outgoing.travelled(outgoing.EVERY)))
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
