"""Every corpus of the repository is imported: what was read is stored, in quarantine or a duplicate, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.conversion import SourceItem
from medshare.migration.formats import CCDA, CSV, DICOM, FHIR, HL7V2, Choices, make_format
from medshare.migration.patients import PatientIndex
from medshare.migration.report import Counts
from tests.unit.migration.hospital import make_ward

DATA = Path(__file__).parents[1] / "data"
ZONE = "+01:00"
CORPORA = [
    (CCDA, "ccda", Choices(zone=ZONE)),
    (HL7V2, "hl7v2", Choices(zone=ZONE)),
    (DICOM, "dicom", Choices()),
    (FHIR, "fhir-examples", Choices()),
    (FHIR, "handmade", Choices()),
    (FHIR, "ips", Choices()),
    (CSV, "csv/synthea", Choices(mapping=DATA / "csv" / "synthea" / "mapping.toml", zone=ZONE)),
    (CSV, "csv/medications", Choices(mapping=DATA / "csv" / "medications" / "mapping.toml", zone=ZONE)),
]


@pytest.mark.parametrize(("name", "folder", "choices"), CORPORA, ids=[folder for _, folder, _ in CORPORA])
def test_the_sums_of_a_corpus_add_up(tmp_path, name, folder, choices):
    """[J-001, J-004]."""
    ward, form = make_ward(tmp_path, people=1), make_format(name, choices)
    index, source = PatientIndex.of_one(ward.people[0].address), DATA / folder
    first = ward.take(source=source, index=index, of=form)
    items = list(form.items(source))
    assert len(items) - (aside(items) if name == FHIR else 0) <= first.counts.read <= len(items)
    assert first.counts.read == first.counts.stored + first.counts.quarantined + first.counts.duplicate
    assert first.counts.stored > first.counts.quarantined
    assert first.counts.quarantined == sum(one.items for one in ward.quarantine.held())
    assert first.documents == len(ward.written())
    assert first.share > 0.95
    again = ward.take(source=source, index=index, of=form)
    kept = first.counts.stored + first.counts.duplicate
    assert again.counts == Counts.of(quarantined=first.counts.quarantined, duplicate=kept)
    assert again.documents == 0
    assert not (ward.home / "stage.db").exists()


def aside(items: list[SourceItem]) -> int:
    """How many items may not count: a Bundle's own elements and empty entries stay with one that is taken whole."""
    return sum(item.place.endswith("Bundle") or b'"resource"' not in item.content for item in items)
