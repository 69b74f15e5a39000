"""Write down which codes HL7 published of each table of HL7 v2, as FHIR R4 has them: `tables/published.tsv`.

    .venv/bin/python scripts/v2_tables.py [--check]

They stand in the jar of R4's definitions that the FHIR validator uses (tools/fhir_validator/jars.lock; FHIR R4 is
CC0 1.0). Rows that say "and so on" in the place of a code are left out.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.environments import MissingError  # noqa: E402 (after the path)
from scripts.maven_jars import ensure_jars  # noqa: E402

HERE: Final = ROOT / "tools" / "fhir_validator"
TARGET: Final = ROOT / "medshare" / "conversion" / "hl7v2" / "tables" / "published.tsv"
JAR: Final = "hapi-fhir-validation-resources-r4-"
MEMBER: Final = "org/hl7/fhir/r4/model/valueset/v2-tables.xml"
FHIR: Final = "{http://hl7.org/fhir}"
URL: Final = re.compile(r"http://terminology\.hl7\.org/CodeSystem/v2-(\d{4})(?:\|.+)?")
"""A table of which there are editions has the edition at the end; one URL is all that a message can name."""
SEPARATOR: Final = "|"


def table_of(source: IO[bytes]) -> str:
    """Return the text of the table: a row for each table of HL7 v2, its number and its codes."""
    codes: dict[str, set[str]] = {}
    for system in ET.parse(source).iter(f"{FHIR}CodeSystem"):  # noqa: S314 (a jar that the lock names by its digest)
        url = system.find(f"{FHIR}url")
        found = URL.fullmatch(url.get("value", "")) if url is not None else None
        if found:
            said = {code.get("value", "") for code in system.iterfind(f".//{FHIR}concept/{FHIR}code")}
            codes.setdefault(found[1], set()).update(code for code in said if "..." not in code)
    rows = [f"{number}\t{SEPARATOR.join(sorted(codes[number]))}\n" for number in sorted(codes) if codes[number]]
    return "table\tcodes\n" + "".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or say whether it is the one that stands there."""
    parser = argparse.ArgumentParser(description="The published codes of HL7 v2's tables.")
    parser.add_argument("--check", action="store_true", help="exit code 1 where the file is another")
    options = parser.parse_args(arguments)
    try:
        jars = ensure_jars(HERE / "jars.lock", HERE / "jars", os.environ, Path.home())
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    (jar,) = (jar for jar in jars if jar.name.startswith(JAR))
    with zipfile.ZipFile(jar) as archive, archive.open(MEMBER) as source:
        text = table_of(source)
    if options.check:
        same = TARGET.read_text(encoding="utf-8") == text
        print(f"{TARGET.relative_to(ROOT)} is {'the' if same else 'NOT the'} table of {jar.name}.")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
