"""One harness in this process: `python -m tests.fuzz.run NAME CORPUS... [-option=value ...]`, called by scripts/fuzz.py.

python -m tests.fuzz.run NAME --seeds FOLDER      writes the seeds
python -m tests.fuzz.run NAME --play FILE         gives one input to the parser, without atheris
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.harness import Harness

MODULES = {
    "fhir": "fhir",
    "hl7v2": "hl7v2",
    "ccda": "ccda",
    "csv": "csv_rows",
    "csv-mapping": "csv_mapping",
    "dicom": "dicom",
}
INSTRUMENTED = {
    "fhir": ["medshare.intake", "medshare.conversion.fhir"],
    "hl7v2": ["medshare.conversion"],
    "ccda": ["medshare.conversion"],
    "csv": ["medshare.conversion"],
    "csv-mapping": ["medshare.conversion", "tomllib"],
    "dicom": ["medshare.conversion", "pydicom"],
}
"""The modules whose branches lead the way."""


def load(name: str) -> Harness:
    return importlib.import_module(f"tests.fuzz.{MODULES[name]}").HARNESS


def write_seeds(name: str, folder: Path) -> None:
    from tests.fuzz.harness import FOUND

    folder.mkdir(parents=True, exist_ok=True)
    kept = [path.read_bytes() for path in sorted((FOUND / name).glob("*"))]
    for content in (*load(name).seeds(), *kept):
        (folder / hashlib.sha256(content).hexdigest()[:20]).write_bytes(content)


def main() -> None:
    name, *rest = sys.argv[1:]
    if rest[0] == "--seeds":
        write_seeds(name, Path(rest[1]))
        return
    if rest[0] == "--play":
        load(name).play(Path(rest[1]).read_bytes())
        return
    import atheris

    warnings.simplefilter("ignore")
    logging.disable()
    with atheris.instrument_imports(include=INSTRUMENTED[name]):
        harness = load(name)
    atheris.Setup([f"fuzz-{name}", *rest], harness.play)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
