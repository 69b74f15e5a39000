"""FHIR JSON of every form is read an item at a time, and nothing of it is lost.

given a file, a folder or lines
    each resource should be an item, in a stable order
    an item should be FHIR by itself and give the same entries each time
    what a Bundle says besides its entries should come after them
    one bad item should never stop the others
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from medshare.conversion import Coverage, Format, Identifier
from medshare.conversion.fhir import Fhir
from medshare.conversion.fhir.errors import NothingToReadError
from medshare.intake import Numeral
from medshare.intake.errors import SourceMissingError, SourceNotAFileError
from tests.unit.conversion.fhir.samples import (
    PATIENT,
    PSY,
    bundle,
    causes,
    observation,
    outcome,
    read,
    resources,
    write,
)

KINDS = ["document", "message", "transaction", "transaction-response", "batch", "batch-response", "history"]


def test_it_is_a_format() -> None:
    fhir: Format = Fhir()
    assert fhir.name == "fhir"


@pytest.mark.parametrize("ending", [".json", ".json.gz"])
@pytest.mark.parametrize("kind", [*KINDS, "searchset", "collection"])
def test_a_bundle_of_every_type_gives_its_resources(tmp_path: Path, kind: str, ending: str) -> None:
    extra = {"search": {"mode": "match"}} if kind == "searchset" else {}
    entries = [{"fullUrl": "urn:uuid:1", "resource": PATIENT} | extra, {"resource": observation()}]
    found = read(write(tmp_path, f"b{ending}", bundle(*entries, kind=kind)))
    assert [(file, place) for file, place, _ in found] == [(f"b{ending}", "entry 1"), (f"b{ending}", "entry 2")]
    assert resources(found) == [PATIENT, observation()]
    assert not causes(found)


def test_an_item_is_fhir_by_itself_and_gives_the_same_entries(tmp_path: Path) -> None:
    fhir, path = Fhir(), write(tmp_path, "b.json", bundle({"resource": observation()}, kind="batch"))
    (item,) = fhir.items(path)
    assert json.loads(item.content) == bundle({"resource": observation()}, kind="batch")
    assert fhir.convert(item) == fhir.convert(item)
    (made,) = fhir.convert(item).entries
    assert made["fullUrl"].startswith("urn:uuid:")
    assert fhir.items(write(tmp_path, "again.json", item.content)).__next__().content == item.content


def test_an_entry_keeps_its_url_and_what_stands_beside_the_resource(tmp_path: Path) -> None:
    entry = {
        "link": [{"relation": "self", "url": "urn:x"}],
        "fullUrl": "http://h.example/Observation/o",
        "resource": observation(),
        "search": {"mode": "match", "score": 0.50},
    }
    text = json.dumps(bundle(entry, kind="searchset")).replace("0.5", "0.50").encode()
    (made,) = [converted for _, _, converted in read(write(tmp_path, "b.json", text))]
    assert made.entries[0] == entry | {"search": {"mode": "match", "score": Numeral("0.50")}}
    assert list(made.entries[0]) == list(entry)


def test_an_entry_without_a_resource_is_kept_as_a_bundle_that_holds_it(tmp_path: Path) -> None:
    deletion = {"request": {"method": "DELETE", "url": "Patient/p"}}
    found = read(write(tmp_path, "b.json", bundle(deletion, {"resource": PATIENT}, kind="history")))
    assert resources(found) == [bundle(deletion, kind="history"), PATIENT]


def test_what_the_bundle_says_itself_comes_after_its_entries(tmp_path: Path) -> None:
    own = {"id": "b", "total": 2, "link": [{"relation": "self", "url": "http://h.example/?patient=p"}]}
    found = read(write(tmp_path, "b.json", bundle({"resource": PATIENT}, kind="searchset", **own)))
    assert [place for _, place, _ in found] == ["entry 1", "Bundle"]
    assert resources(found)[1] == {"resourceType": "Bundle", "type": "searchset"} | own


def test_a_bundle_without_entries_is_an_item(tmp_path: Path) -> None:
    assert resources(read(write(tmp_path, "a.json", {"resourceType": "Bundle", "type": "collection"}))) == [
        {"resourceType": "Bundle", "type": "collection"}
    ]


def test_a_resource_without_a_label_takes_those_of_its_bundle(tmp_path: Path) -> None:
    """[J-024] It may become stricter; a resource that has a label keeps it."""
    own = {"security": [{"system": PSY["system"], "code": "ETH"}]}
    entries = [{"resource": observation()}, {"resource": observation("q", meta=own)}]
    found = read(write(tmp_path, "b.json", bundle(*entries, meta={"security": [PSY]})))
    first, second, _ = resources(found)
    assert first["meta"]["security"] == [PSY]
    assert second["meta"] == own
    assert [[issue.code for issue in made.issues] for _, _, made in found] == [["label-of-bundle"], [], []]


@pytest.mark.parametrize("meta", ["x", {"security": "x"}, {"security": []}, {}])
def test_a_bundle_without_labels_gives_none(tmp_path: Path, meta: Any) -> None:
    found = read(write(tmp_path, "b.json", bundle({"resource": observation()}, meta=meta)))
    assert resources(found)[0] == observation()


def test_a_label_does_not_mend_a_meta_that_is_none(tmp_path: Path) -> None:
    wrong = bundle({"resource": observation(meta="x")}, meta={"security": [PSY]})
    assert causes(read(write(tmp_path, "b.json", wrong))) == [("entry 1", "intake.invalid-resource")]


@pytest.mark.parametrize("name", ["Patient.ndjson", "Patient.jsonl", "Patient.ndjson.gz"])
def test_each_line_is_an_item_and_a_bundle_in_a_line_is_taken_apart(tmp_path: Path, name: str) -> None:
    lines = [PATIENT, bundle({"resource": observation()}, id="b"), observation("q", note=[{"text": '"Bundle"'}])]
    text = b"\xef\xbb\xbf" + b"\r\n\n".join(json.dumps(line).encode() for line in lines)
    found = read(write(tmp_path, name, text))
    assert [place for _, place, _ in found] == ["line 1", "line 3, entry 1", "line 3, Bundle", "line 5"]
    assert [resource["id"] for resource in resources(found)] == ["p", "o", "b", "q"]


def test_a_folder_is_read_by_name_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b/2.json", "a.ndjson", "b/1.json.gz", "c.JSON"):
        write(tmp_path, name, PATIENT)
    write(tmp_path, "README.md", b"not FHIR")
    (tmp_path / "z.json").symlink_to(tmp_path / "c.JSON")
    assert [file for file, _, _ in read(tmp_path)] == ["a.ndjson", "c.JSON", "b/1.json.gz", "b/2.json"]


def test_a_patient_brings_identifiers_and_another_resource_those_of_its_logical_reference(tmp_path: Path) -> None:
    logical = observation() | {"subject": {"identifier": {"system": "urn:s", "value": "7"}}}
    lines = b"\n".join(json.dumps(line).encode() for line in (PATIENT, observation(), logical, {**PATIENT, "id": "q"}))
    (_, _, patient), (_, _, literal), (_, _, by_name), _ = read(write(tmp_path, "x.ndjson", lines))
    assert patient.patient == (Identifier("urn:oid:1.2.3", "A1"), Identifier("", "A2"))
    assert literal.patient == ()
    assert by_name.patient == (Identifier("urn:s", "7"),)


def test_every_element_with_a_value_is_mapped(tmp_path: Path) -> None:
    (_, _, made) = read(write(tmp_path, "p.json", PATIENT))[0]
    assert made.coverage == Coverage(elements=5, mapped=5)


def test_a_resource_without_an_id_is_named_by_its_content(tmp_path: Path) -> None:
    nameless = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = read(
        write(tmp_path, "a.json", bundle({"resource": nameless}, {"resource": nameless | {"status": "amended"}}))
    )
    names = [made.entries[0]["fullUrl"] for _, _, made in found]
    assert len(set(names)) == 2


def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.json", PATIENT)
    write(tmp_path, "b.json", PATIENT)
    opening = Path.open

    def refuse(path: Path, *arguments: Any) -> Any:
        if path.name == "a.json":
            raise PermissionError
        return opening(path, *arguments)

    monkeypatch.setattr(Path, "open", refuse)
    found = read(tmp_path)
    assert causes(found) == [("", "fhir.empty-file")]
    assert resources(found) == [PATIENT]


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError):
        list(Fhir().items(tmp_path / "none"))
    with pytest.raises(SourceNotAFileError):
        list(Fhir().items(Path("a\0b")))
    with pytest.raises(NothingToReadError):
        list(Fhir().items(tmp_path))
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(SourceNotAFileError):
        list(Fhir().items(tmp_path / "pipe.json"))
    with pytest.raises(NothingToReadError):
        list(Fhir().items(tmp_path))


def test_a_whole_bundle_may_be_given_back_as_one_item(tmp_path: Path) -> None:
    """A corrected item may hold several entries; it names a patient only when there is one."""
    fhir = Fhir()
    (item, *_) = fhir.items(write(tmp_path, "b.json", bundle({"resource": PATIENT})))
    both = json.dumps(bundle({"resource": PATIENT}, {"resource": observation()})).encode()
    two = json.dumps(bundle({"resource": PATIENT}, {"resource": PATIENT | {"id": "q"}})).encode()
    with_both, with_two = (
        outcome(type(item)(file="f", place="", content=text, media_type=item.media_type), fhir) for text in (both, two)
    )
    assert len(with_both.entries) == 2
    assert with_both.patient[0].value == "A1"
    assert with_two.patient == ()
