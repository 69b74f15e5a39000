"""What leaves MedShare as FHIR: a sample of each, for HAPI's validator (`scripts/validate_fhir.py`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from medshare.consent.categories import SENSITIVE
from medshare.conversion import Entry, Format, with_original
from medshare.conversion.ccda import Ccda
from medshare.conversion.dicom import Dicom
from medshare.conversion.fhir import Fhir
from medshare.conversion.hl7v2 import Hl7v2
from medshare.conversion.standardise import CodeMap, Settings, Zone, standardise
from medshare.conversion.standardise.codes import Code
from medshare.conversion.tabular import Tabular, read_mapping
from medshare.errors import InputError
from medshare.exchange.assembly import Held, Missing, as_bundle, assemble, outcome_of
from medshare.exchange.ips import summary
from medshare.intake import Document, take_in
from medshare.intake.code_systems import LOINC
from medshare.intake.errors import DocumentsIncompleteError
from medshare.intake.json_text import dumps
from tests.unit.exchange.chart import chart
from tests.unit.intake.samples import SYNTHEA, counting

DATA = Path(__file__).resolve().parent / "data"
VARIED = next(path for path in SYNTHEA if path.name.startswith("Jackson"))
AT = "2026-11-01T12:00:00Z"
NAME = "urn:uuid:3f0c2e5a-7f1b-4c38-9a5e-5d8a1c9b2f10"
LOST = Missing(leaf=bytes(32), why=DocumentsIncompleteError())
CONVERTED = ("ccda", "csv", "dicom", "hl7v2")
"""Formats whose corpora are converted."""
EXAMPLES = DATA / "fhir-examples"
EVERY = 12
"""Of the patients and the examples that travel, the ones of a short run: the whole takes minutes."""
AT_A_TIME = 25
"""Examples of the standard that travel as one record."""
AS_A_HOSPITAL_SAYS = Settings(
    zone=Zone("Europe/Berlin"),
    identifier_system="urn:oid:2.16.840.1.113883.19.5",
    codes=CodeMap({("http://acme.org/devices/clinical-codes", "body-weight"): (Code(LOINC, "29463-7", ""),)}),
)
"""So that each rule of standardising has something to add."""
MADE_ELSEWHERE = ("tests.unit.exchange.samples",)
"""Modules of samples: each has `samples()`, a resource by name."""


def held(documents: tuple[Document, ...]) -> list[Held]:
    return [Held(media_type=one.media_type, content=one.text) for one in documents]


def outgoing() -> dict[str, bytes]:
    """Return the JSON of each sample by its name."""
    return (
        dict(_assembled())
        | dict(_elsewhere())
        | {name: data for form in CONVERTED for name, data in converted(form).items()}
    )


def _assembled() -> Iterator[tuple[str, bytes]]:
    smallest = min(SYNTHEA, key=lambda path: path.stat().st_size)
    for name, source in (("smallest", smallest), ("varied", VARIED), ("chart", chart())):
        documents = take_in(source, entropy=counting()).documents
        granted = tuple(one for one in documents if one.category not in SENSITIVE and one.category % 2)
        for what, some in (("whole", documents), ("part", granted)):
            assembly = assemble(held(some))
            outcome = outcome_of(listed=len(some) + 1, missing=(LOST,), assembly=assembly)
            yield f"collection-{what}-{name}", dumps(as_bundle(assembly, at=AT, outcome=outcome))
            yield f"ips-{what}-{name}", dumps(summary(assembly.entries, at=AT, identifier=NAME))
    yield "ips-empty", dumps(summary((), at=AT, identifier=NAME))


def converted(wanted: str) -> dict[str, bytes]:
    """Return what a format makes of its corpus, with the original of it; of large tables a part."""
    return dict(_converted(wanted))


def _converted(wanted: str) -> Iterator[tuple[str, bytes]]:
    formats: list[tuple[str, Format, Path, int]] = [
        ("ccda", Ccda(), DATA / "ccda", 1),
        ("hl7v2", Hl7v2(), DATA / "hl7v2", 1),
        ("dicom", Dicom(ZoneInfo("Europe/Berlin")), DATA / "dicom" / "images", 3),
        *(
            (
                f"csv-{name}",
                Tabular(read_mapping(DATA / "csv" / name / "mapping.toml")),
                DATA / "csv" / name / "tables",
                9,
            )
            for name in ("laboratory", "medications", "synthea")
        ),
    ]
    for name, form, place, step in (one for one in formats if one[0].startswith(wanted)):
        for number, item in enumerate(form.items(place)):
            if number % step:
                continue
            try:
                made = with_original(form.convert(item), recorded=AT)
            except InputError:
                continue  # it goes to quarantine: nothing of it goes out
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(made.entries)}
            yield f"{name}-{number:03}", dumps(bundle)


def travelled(every: int = 1) -> dict[str, tuple[bytes, bytes]]:
    """Return what came in as FHIR beside what goes out of it, by name; of patients and examples each `every`-th.

    The way is that of an import: each resource is taken as it is, all are standardised as one record, taken in, and
    put together again.
    """
    files = [*SYNTHEA[::every], *sorted((EXAMPLES / "bundles").iterdir())[::every]]
    found = {f"fhir-{path.name.partition('.')[0]}": _travelled(_entries_of(path)) for path in files}
    examples = _entries_of(EXAMPLES / "resources.ndjson.gz")[::every]
    for start in range(0, len(examples), AT_A_TIME):
        found[f"fhir-examples-{start:04}"] = _travelled(examples[start : start + AT_A_TIME])
    return found


def _entries_of(path: Path) -> list[Entry]:
    entries: list[Entry] = []
    for item in Fhir().items(path):
        try:
            entries += Fhir().convert(item).entries
        except InputError:
            continue  # it goes to quarantine: nothing of it goes out
    return entries


def _travelled(entries: list[Entry]) -> tuple[bytes, bytes]:
    frame = {"resourceType": "Bundle", "type": "collection"}
    made = standardise(entries, settings=AS_A_HOSPITAL_SAYS).entries
    documents = take_in(dumps({**frame, "entry": list(made)}), entropy=counting()).documents
    return dumps({**frame, "entry": entries}), dumps(as_bundle(assemble(held(documents)), at=AT))


def _elsewhere() -> Iterator[tuple[str, bytes]]:
    for module in MADE_ELSEWHERE:
        made: dict[str, Any] = importlib.import_module(module).samples()
        # HAPI is given R4 alone.
        yield from ((name, dumps(resource)) for name, resource in made.items() if "-r5-" not in name)
