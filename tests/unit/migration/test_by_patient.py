"""Sources that are not organised by patient: lines, several patients in a file, and formats other than FHIR."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from medshare.conversion import Converted, Coverage, Identifier, SourceItem, full_url
from medshare.conversion.fhir import Fhir
from medshare.conversion.fhir.server import Server
from medshare.errors import InputError
from medshare.intake import Issue
from medshare.migration import depositing
from medshare.migration.patients import PatientIndex
from medshare.migration.report import Counts
from medshare.migration.served import Served
from tests.unit.migration.hospital import Ward, make_ward
from tests.unit.migration.sources import MRN, bundle, write
from tests.unit.outbox.stopping import Stopped


class NoNumber(InputError):
    code = "test.no-number"
    cause = "This is not a note."
    remedy = "Write one."


@dataclass(frozen=True, slots=True)
class Notes:
    """A format for tests: a line `patient|pulse`; each becomes a Patient and an Observation."""

    name: str = "hl7v2"

    def items(self, path: Path) -> Iterator[SourceItem]:
        files = [path] if path.is_file() else sorted(path.iterdir())
        for file in files:
            for number, line in enumerate(file.read_bytes().splitlines(), 1):
                yield SourceItem(file=file.name, place=f"line {number}", content=line, media_type="text/plain")

    def convert(self, item: SourceItem) -> Converted:
        who, _, pulse = item.content.decode().partition("|")
        if pulse == "fault":
            raise ZeroDivisionError
        if not pulse.isdigit():
            raise NoNumber
        patient = full_url("notes", who)
        entries = (
            {
                "fullUrl": patient,
                "resource": {"resourceType": "Patient", "identifier": [{"system": MRN, "value": who}]},
            },
            {
                "fullUrl": full_url("notes", item.content.decode()),
                "resource": {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
                    "subject": {"reference": patient},
                    "valueQuantity": {"value": int(pulse)},
                },
            },
        )
        return Converted(
            item=item,
            patient=(Identifier(MRN, who),) if who else (),
            entries=entries,
            issues=(Issue("warning", "line[3].unit", "no-unit", "There is no unit.", "Add one."),),
            coverage=Coverage(elements=3, mapped=2),
        )


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return make_ward(tmp_path)


def lines(ward: Ward, name: str, *texts: str) -> None:
    ward.source.mkdir(exist_ok=True)
    (ward.source / name).write_text("\n".join(texts))


def ndjson(ward: Ward, *numbers: int) -> None:
    """Bulk Data: a file for each type, with a practitioner whom everybody knows."""
    by_type: dict[str, list[str]] = {"Practitioner": [json.dumps({"resourceType": "Practitioner", "id": "d1"})]}
    for number in numbers:
        for entry in bundle(number)["entry"]:
            resource = json.loads(json.dumps(entry["resource"]))
            if "subject" in resource:
                resource["subject"] = {"reference": f"Patient/p{number}"}
                resource["performer"] = [{"reference": "Practitioner/d1"}]
            by_type.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for name, texts in by_type.items():
        lines(ward, f"{name}.ndjson", *texts)


def test_items_of_another_format_are_stored_by_patient_with_their_originals(ward):
    """[J-001]."""
    lines(ward, "a.txt", "0|60", "1|70", "0|61", "nonsense", "0|60")
    lines(ward, "b.txt", "7|80", "|90", "1|71")
    report = ward.take(of=Notes())
    assert report.counts == Counts(read=8, stored=4, quarantined=3, duplicate=1)
    assert [one.counts.quarantined for one in report.files] == [1, 2]
    assert (report.elements, report.mapped) == (21, 14)
    unit = next(one for one in report.issues if one.code == "no-unit")
    assert (unit.path, unit.count, unit.file, unit.severity) == ("line[].unit", 7, "a.txt", "warning")
    assert {one.code for one in ward.quarantine.held()} == {
        "test.no-number",
        "import.patient-unknown",
        "import.patient-unstated",
    }
    assert {patient for patient, _, _ in ward.written()} == {one.address for one in ward.people[:2]}
    assert not (ward.home / "stage.db").exists()
    again = ward.take(of=Notes())
    assert again.counts == Counts(read=8, stored=0, quarantined=3, duplicate=5)
    assert len(ward.quarantine.held()) == 3


def test_a_message_that_is_new_is_added_to_what_is_there(ward):
    """[J-004]."""
    lines(ward, "a.txt", "0|60")
    ward.take(of=Notes())
    lines(ward, "b.txt", "0|60", "0|61")
    assert ward.take(of=Notes()).counts == Counts(read=3, stored=1, quarantined=0, duplicate=2)


def test_lines_of_fhir_are_put_together_by_their_references(ward):
    ndjson(ward, 0, 1)
    report = ward.take()
    assert report.counts == Counts(read=7, stored=7, quarantined=0, duplicate=0)
    assert {patient for patient, _, _ in ward.written()} == {one.address for one in ward.people[:2]}
    assert ward.take().counts == Counts(read=7, stored=0, quarantined=0, duplicate=7)


def test_what_is_shared_is_stored_for_a_new_patient_too(ward):
    """[J-004]: a practitioner is stored for each patient whose record names her."""
    ndjson(ward, 0)
    ward.take()
    ndjson(ward, 0, 1)
    assert ward.take().counts == Counts(read=7, stored=4, quarantined=0, duplicate=3)


def test_a_patient_who_is_not_listed_waits_with_her_items_and_the_others_go_on(ward):
    """[J-005]."""
    ndjson(ward, 0, 1)
    report = ward.take(index=ward.index([1]))
    assert report.counts == Counts(read=7, stored=4, quarantined=3, duplicate=0)
    assert {one.code for one in ward.quarantine.held()} == {"import.patient-unknown"}


def test_everything_is_of_one_patient_where_the_user_says_so(ward):
    lines(ward, "a.ndjson", json.dumps({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}))
    report = ward.take(index=PatientIndex.of_one(ward.people[2].address))
    assert report.counts == Counts(read=1, stored=1, quarantined=0, duplicate=0)
    assert ward.take().counts == Counts(read=1, stored=0, quarantined=1, duplicate=0)


def test_one_bad_resource_of_a_bundle_does_not_keep_the_others(ward):
    """[J-005]."""
    faulty = bundle(0, values=3)
    faulty["entry"][2]["resource"]["status"] = 7
    write(ward.source, "a.json", faulty)
    report = ward.take()
    assert report.counts == Counts(read=4, stored=3, quarantined=1, duplicate=0)
    (held,) = ward.quarantine.held()
    assert (held.file, held.items) == ("a.json", 1)


def test_two_patients_in_one_file_are_told_apart(ward):
    both = bundle(0)
    both["entry"] += bundle(1)["entry"]
    write(ward.source, "both.json", both)
    assert ward.take().counts == Counts(read=6, stored=6, quarantined=0, duplicate=0)
    assert {patient for patient, _, _ in ward.written()} == {one.address for one in ward.people[:2]}


def test_a_patient_without_a_consent_has_each_item_in_quarantine(ward):
    """[J-005]."""
    stranger = ward.sandbox.patient().address
    index = PatientIndex(addresses={**ward.index([0]).addresses, Identifier(MRN, "1"): stranger})
    lines(ward, "a.txt", "0|60", "1|70", "1|71")
    report = ward.take(of=Notes(), index=index)
    assert report.counts == Counts(read=3, stored=1, quarantined=2, duplicate=0)
    assert [(one.place, one.code) for one in ward.quarantine.held()] == [
        ("line 2", "writer.not-enrolled"),
        ("line 3", "writer.not-enrolled"),
    ]


@pytest.mark.parametrize("moment", [depositing.BEGUN, "drafted", "deposited", depositing.ENDED, "placed"])
def test_a_killed_import_goes_on(ward, moment):
    """[J-002]: the stage is made again, and each document is there once."""
    lines(ward, "a.txt", "0|60", "1|70", "0|61", "7|1", "1|70")
    seen = []

    def kill(name: str) -> None:
        seen.append(name)
        if name == moment and seen.count(name) == 1:
            raise Stopped(name)

    with pytest.raises(Stopped):
        ward.take(of=Notes(), step=kill, anchor_at=1)
    report = ward.take(of=Notes())
    assert report.run == 1
    assert report.counts == Counts(read=5, stored=3, quarantined=1, duplicate=1)
    assert len(ward.written()) == report.documents
    assert len(ward.quarantine.held()) == 1


def test_a_dry_run_of_staged_items_writes_nothing(ward):
    lines(ward, "a.txt", "0|60", "nonsense")
    report = ward.take(of=Notes(), dry_run=True)
    assert report.counts == Counts(read=2, stored=1, quarantined=1, duplicate=0)
    assert not ward.home.exists()


def test_a_fault_of_ours_is_told_and_the_others_go_on(ward):
    """[J-005]."""
    lines(ward, "a.txt", "0|fault", "0|60")
    assert ward.take(of=Notes()).counts == Counts(read=2, stored=1, quarantined=1, duplicate=0)
    (held,) = ward.quarantine.held()
    assert (held.code, held.cause) == (
        "import.conversion-fault",
        "MedShare itself failed on this item: ZeroDivisionError.",
    )


def test_what_cannot_be_put_together_is_in_quarantine_item_by_item(ward, monkeypatch):
    """[J-005]."""

    def refuse(*_: object) -> None:
        raise NoNumber

    monkeypatch.setattr("medshare.migration.converting.make_batch", refuse)
    lines(ward, "a.txt", "0|60", "0|61", "1|70")
    assert ward.take(of=Notes()).counts == Counts(read=3, stored=0, quarantined=3, duplicate=0)
    assert {one.items for one in ward.quarantine.held()} == {1}


def test_what_a_server_holds_of_a_patient_is_stored(ward):
    """The pages of a server are items as the lines of a file are; other processes are not handed the server."""

    class Pages(Server):
        def everything(self, patient: str) -> Iterator[SourceItem]:
            for number, entry in enumerate(bundle(0)["entry"]):
                content = json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": [entry]}).encode()
                yield SourceItem(file="Patient, page 1", place=f"{patient} {number}", content=content, media_type="x")

    served = Served(Pages("http://127.0.0.1:1/fhir"))
    assert isinstance(pickle.loads(pickle.dumps(served)), Fhir)  # noqa: S301 (our own bytes)
    report = ward.take(source=Path("p0"), of=served)
    assert report.counts == Counts(read=3, stored=3, quarantined=0, duplicate=0)
    assert report.files[0].file == "p0: Patient, page 1"
    assert ward.take(source=Path("p0"), of=served).counts.duplicate == 3
