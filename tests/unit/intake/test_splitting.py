"""What a document shows, what is sealed and where, and how all come together again.

a reference
inside its document stays; out of it becomes logical, with a random value
its original is sealed with the target, or with the stricter source
free text
of an ordinary resource is sealed with the strictest side and made again
reassembly
needs every document, each once, of one Bundle
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake import Document, Intake, reassemble, take_in
from medshare.intake import errors as causes
from medshare.intake.json_text import dumps
from medshare.intake.splitting import FRAME
from tests.unit.intake.samples import (
    CONFIDENTIALITY,
    ENCOUNTER,
    EVERYTHING,
    LOW,
    PATIENT,
    SERTRALINE,
    SUBJECT,
    bundle,
    concept,
    condition,
    counting,
    observation,
    parts,
    prescription,
    shown,
    take,
)

VISIT = {"reference": "Encounter/e"}
TOKEN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def resource_of(intake: Intake, identity: str) -> dict[str, Any]:
    return next(
        entry["resource"]
        for document in intake.documents
        for entry in shown(document)
        if entry["resource"].get("id") == identity
    )


def holder_of(intake: Intake, original: Any) -> list[Document]:
    """The documents that keep an original sealed."""
    return [document for document in intake.documents if original in parts(document)["sealed"].values()]


def test_a_document_has_one_category_and_one_visit() -> None:
    second = ENCOUNTER | {"id": "e2"}
    intake = take(
        observation("a", encounter=VISIT),
        observation("b", encounter=VISIT),
        observation("c", encounter={"reference": "Encounter/e2"}),
        observation("d"),
        condition("f", encounter=VISIT),
        ENCOUNTER,
        second,
        PATIENT,
    )
    found = {
        (document.category, document.encounter): [entry["resource"]["id"] for entry in shown(document)]
        for document in intake.documents
    }
    assert found == {
        (Category.DEMOGRAPHICS, None): ["p"],
        (Category.ENCOUNTERS, "Encounter/e"): ["e"],
        (Category.ENCOUNTERS, "Encounter/e2"): ["e2"],
        (Category.PROBLEMS, "Encounter/e"): ["f"],
        (Category.LABORATORY, "Encounter/e"): ["a", "b"],
        (Category.LABORATORY, "Encounter/e2"): ["c"],
        (Category.LABORATORY, None): ["d"],
        (Category.UNLABELLED, None): [],
    }


def test_the_full_url_names_a_visit_where_there_is_one() -> None:
    entry = {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": ENCOUNTER}
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry, {"resource": PATIENT}]})
    intake = take_in(text.encode())
    assert {document.encounter for document in intake.documents} == {None, entry["fullUrl"]}


def test_a_reference_inside_of_its_document_stays() -> None:
    intake = take(observation(derivedFrom=[{"reference": "Observation/other"}]), observation("other"), PATIENT)
    assert resource_of(intake, "o")["derivedFrom"] == [{"reference": "Observation/other"}]


def test_a_reference_to_another_document_becomes_logical_and_loses_its_display() -> None:
    """[I-004]"""
    original = VISIT | {"type": "Encounter", "display": "visit for a cold"}
    intake = take(observation(encounter=original), ENCOUNTER, PATIENT)
    masked = resource_of(intake, "o")["encounter"]
    assert list(masked) == ["identifier"]
    assert masked["identifier"]["system"] == "urn:ietf:rfc:3986"
    assert TOKEN.fullmatch(masked["identifier"]["value"])
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.ENCOUNTERS


def test_the_value_is_random_for_each_document_and_the_same_within_one() -> None:
    seen = [observation(name, encounter=VISIT) for name in ("a", "b")]
    intake = take(*seen, condition(encounter=VISIT), ENCOUNTER, PATIENT)
    first, second, other = (resource_of(intake, name)["encounter"] for name in ("a", "b", "c"))
    assert first == second
    assert first != other


def test_the_original_is_sealed_with_the_stricter_source() -> None:
    original = VISIT | {"display": "the visit at noon"}
    intake = take(condition(code=LOW, encounter=original), ENCOUNTER, PATIENT)
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.MENTAL_HEALTH


def test_the_original_is_sealed_with_the_stricter_target() -> None:
    original = {"reference": "Encounter/v", "display": "the visit at noon"}
    intake = take(observation(encounter=original), ENCOUNTER | {"id": "v", "reasonCode": [LOW]}, PATIENT)
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.MENTAL_HEALTH
    assert "the visit at noon" not in str([shown(d) for d in intake.documents if d.category not in SENSITIVE])


def test_between_two_sensitive_categories_the_target_keeps_what_is_said_of_it() -> None:
    visit = ENCOUNTER | {"id": "v", "reasonCode": [LOW]}
    original = {"reference": "Encounter/v"}
    intake = take(condition(code=concept("http://snomed.info/sct", "86406008"), encounter=original), visit, PATIENT)
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.MENTAL_HEALTH


def test_a_reference_out_of_the_bundle_is_restricted_and_reported() -> None:
    original = {"reference": "Practitioner/away", "display": "Dr. Away"}
    intake = take(prescription(requester=original), PATIENT)
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.UNLABELLED
    (issue,) = intake.report.issues
    assert (issue.severity, issue.code) == ("information", "reference-outside")
    assert issue.path == "Bundle.entry[0].resource..requester"


def test_a_sensitive_source_keeps_its_reference_out_of_the_bundle() -> None:
    original = {"reference": "Practitioner/away"}
    intake = take(prescription(code=SERTRALINE, requester=original), PATIENT)
    (holder,) = holder_of(intake, original)
    assert holder.category == Category.MENTAL_HEALTH


def test_the_sealed_parts_do_not_say_where_a_thing_was_taken_from() -> None:
    intake = take(observation(encounter=VISIT), ENCOUNTER, PATIENT)
    (holder,) = holder_of(intake, VISIT)
    assert set(parts(holder)) == {"medshare", "entries", "sealed"}
    assert "Observation" not in str(parts(holder))


def test_a_narrative_is_made_again_from_what_remains() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Glucose, lives <b>alone</b></div>'}
    quantity = {"value": 5.5, "unit": "mmol/L <a>"}
    given = observation(text=text, valueQuantity=quantity, effectiveDateTime="2026-10-02")
    intake = take(given, PATIENT)
    made = resource_of(intake, "o")["text"]
    assert made["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml">Observation. Glucose. final. 5.5 mmol/L &lt;a&gt;. 2026-10-02.</div>'
    )
    (holder,) = holder_of(intake, text)
    assert holder.category == Category.UNLABELLED


def test_a_narrative_that_tells_is_sealed_with_what_it_tells() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">on sertraline</div>'}
    intake = take(condition(text=text), PATIENT)
    (holder,) = holder_of(intake, text)
    assert holder.category == Category.MENTAL_HEALTH
    assert resource_of(intake, "c")["text"]["status"] == "generated"
    assert resource_of(intake, "c")["resourceType"] == "Condition"


def test_a_narrative_is_sealed_with_the_sensitive_thing_that_its_resource_refers_to() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">noted at noon</div>'}
    visit = ENCOUNTER | {"id": "v", "reasonCode": [LOW]}
    intake = take(observation(text=text, encounter={"reference": "Encounter/v"}), visit, PATIENT)
    (holder,) = holder_of(intake, text)
    assert (holder.category, holder.encounter) == (Category.MENTAL_HEALTH, "Encounter/v")


def test_a_sensitive_resource_keeps_its_own_narrative() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">low since spring</div>'}
    assert resource_of(take(condition(code=LOW, text=text), PATIENT), "c")["text"] == text


def test_a_contained_narrative_is_taken_out_as_well() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">lives alone</div>'}
    inner = {"resourceType": "Organization", "id": "x", "text": text, "name": "Clinic"}
    intake = take(condition(contained=[inner], asserter={"reference": "#x"}), PATIENT)
    assert "alone" not in str(resource_of(intake, "c"))
    assert resource_of(intake, "c")["asserter"] == {"reference": "#x"}


@pytest.mark.parametrize(
    ("elements", "path"),
    [
        ({"note": [{"text": "lives alone"}]}, ("note", 0, "text")),
        ({"valueString": "lives alone"}, ("valueString",)),
    ],
)
def test_what_a_person_typed_is_restricted(elements: dict[str, Any], path: tuple[str | int, ...]) -> None:
    intake = take(observation(**elements), PATIENT)
    value: Any = resource_of(intake, "o")
    for step in path:
        value = value[step]
    assert re.fullmatch(rf"\[Kept apart: {TOKEN.pattern}\]", value)
    (holder,) = holder_of(intake, "lives alone")
    assert holder.category == Category.UNLABELLED


def test_what_a_person_typed_stays_where_the_source_labelled_it_and_it_tells_nothing() -> None:
    meta = {"security": [{"system": CONFIDENTIALITY, "code": "N"}]}
    intake = take(observation(meta=meta, note=[{"text": "fasting"}, {"text": "asked about HIV"}]), PATIENT)
    first, second = resource_of(intake, "o")["note"]
    assert first == {"text": "fasting"}
    assert "HIV" not in second["text"]


def test_an_attachment_is_taken_out_of_an_ordinary_resource() -> None:
    photo = {"contentType": "image/png", "data": "AAAA", "title": "at the clinic"}
    intake = take(PATIENT | {"photo": [photo]})
    (stand_in,) = resource_of(intake, "p")["photo"]
    assert set(stand_in) == {"id", "title"}
    (holder,) = holder_of(intake, photo)
    assert holder.category == Category.UNLABELLED


def test_the_address_of_an_attachment_in_another_document_does_not_dangle() -> None:
    attachment = {"contentType": "application/pdf", "url": "Binary/b"}
    note = {
        "resourceType": "DocumentReference",
        "id": "n",
        "status": "current",
        "content": [{"attachment": attachment}, {"attachment": {"url": "https://web.example/x", "contentType": "x/y"}}],
        "context": {"encounter": [VISIT]},
    }
    binary = {"resourceType": "Binary", "id": "b", "contentType": "application/pdf"}
    intake = take(note, binary, ENCOUNTER, PATIENT)
    first, second = resource_of(intake, "n")["content"]
    assert "url" not in first["attachment"]
    assert second["attachment"]["url"] == "https://web.example/x"
    assert holder_of(intake, attachment)


def test_the_planted_drug_is_in_no_ordinary_document() -> None:
    """A sertraline prescription in an ordinary visit, its claim, and narratives that speak of it."""
    intake = take_in(EVERYTHING, entropy=counting())
    for document in intake.documents:
        if document.category != Category.MENTAL_HEALTH:
            whole = str((shown(document), parts(document))).lower()
            assert "312941" not in whole
            assert "sertraline" not in whole
            assert "planted" not in whole
    assert resource_of(intake, "cold")["resourceType"] == "Encounter"


def test_the_frame_is_restricted_and_belongs_to_no_visit() -> None:
    intake = take(PATIENT, id="b1", timestamp="2026-01-01T00:00:00Z")
    (frame,) = (document for document in intake.documents if "frame" in parts(document))
    assert (frame.category, frame.encounter) == (FRAME[0], None)
    assert ["id", "b1"] in parts(frame)["frame"]["bundle"]
    Bundle.model_validate_json(frame.text)


def test_an_unknown_type_is_kept_whole_and_reported() -> None:
    odd = {"resourceType": "NoSuchThing", "meta": {"security": 3}, "text": {"div": "x"}, "coding": [1], "id": 4}
    intake = take(odd, {"resourceType": "x/../y"}, PATIENT)
    assert [issue.code for issue in intake.report.issues] == ["unknown-type", "unknown-type"]
    assert reassemble(intake.documents)["entry"][0]["resource"] == odd


def test_an_attachment_that_is_not_what_it_says_is_kept_all_the_same() -> None:
    odd = {"resourceType": "NoSuchThing", "content": {"contentType": "text/plain", "data": "A"}}
    assert take(odd, PATIENT).documents[-1].category == Category.UNLABELLED


def test_a_summary_of_something_without_words_says_its_type() -> None:
    text = {"status": "generated", "div": "<div>x</div>"}
    code = concept("http://snomed.info/sct", "38341003")
    assert resource_of(take(condition(text=text, code=code), PATIENT), "c")["text"]["div"].endswith(">Condition.</div>")


def test_a_labelled_writing_keeps_what_is_in_it() -> None:
    meta = {"security": [{"system": CONFIDENTIALITY, "code": "N"}]}
    text = {"status": "generated", "div": "<div>more water</div>"}
    note = {"resourceType": "Composition", "id": "n", "meta": meta, "text": text, "status": "final", "date": "2026"}
    note |= {
        "type": concept("http://loinc.org", "34133-9", "Summary"),
        "author": [{"display": "x"}],
        "title": "Summary",
    }
    assert resource_of(take(note, PATIENT), "n")["text"] == text


def test_reassembly_needs_every_document() -> None:
    intake = take_in(EVERYTHING, entropy=counting())
    for index in range(len(intake.documents)):
        with pytest.raises(causes.DocumentsIncompleteError):
            reassemble(intake.documents[:index] + intake.documents[index + 1 :])


def test_reassembly_takes_each_document_once_and_of_one_bundle() -> None:
    intake, other = take_in(EVERYTHING), take_in(EVERYTHING)
    with pytest.raises(causes.DocumentsForeignError):
        reassemble([*intake.documents, intake.documents[0]])
    with pytest.raises(causes.DocumentsForeignError):
        reassemble([*intake.documents, other.documents[0]])
    bare, bare_other = take_in(bundle()), take_in(bundle())
    with pytest.raises(causes.DocumentsForeignError):
        reassemble([*bare.documents, *bare_other.documents])
    with pytest.raises(causes.DocumentsIncompleteError):
        reassemble([])


@pytest.mark.parametrize(
    "text",
    [
        bundle(PATIENT),
        b"[]",
        b'{"entry": []}',
        bundle({"resourceType": "Binary", "contentType": "application/vnd.medshare.intake+json", "data": "!"}),
        bundle({"resourceType": "Binary", "contentType": "application/vnd.medshare.intake+json", "data": "W10="}),
        bundle({"resourceType": "Binary", "contentType": "application/vnd.medshare.intake+json", "data": "e30="}),
    ],
)
def test_reassembly_takes_nothing_that_intake_did_not_make(text: bytes) -> None:
    document = take(PATIENT).documents[0]
    with pytest.raises(causes.NotADocumentError):
        reassemble([dataclasses.replace(document, text=text)])


def test_a_document_of_another_form_is_refused() -> None:
    document = take(PATIENT).documents[0]
    value = json.loads(document.text)
    value["entry"].insert(0, {"resource": PATIENT})
    with pytest.raises(causes.NotADocumentError):
        reassemble([dataclasses.replace(document, text=json.dumps(value).encode())])


def test_entropy_that_repeats_itself_hands_nothing_on() -> None:
    with pytest.raises((causes.RoundTripError, causes.DocumentsForeignError, causes.DocumentsIncompleteError)):
        take_in(EVERYTHING, entropy=bytes)


def test_a_fault_of_ours_hands_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """[I-002]"""
    monkeypatch.setattr("medshare.intake.bundles.reassemble", lambda *_, **__: {"resourceType": "Bundle"})
    with pytest.raises(causes.RoundTripError):
        take(PATIENT)


def test_a_stand_in_that_stood_in_the_input_comes_back_as_it_was() -> None:
    token = "urn:uuid:00000000-0000-4000-8000-000000000001"
    odd = observation(
        performer=[{"identifier": {"system": "urn:ietf:rfc:3986", "value": token}}, {"identifier": {}}],
        note=[{"text": f"[Kept apart: {token}]"}],
        method=concept(text=f"[Kept apart: {token}]"),
    )
    intake = take_in(bundle(odd, PATIENT))
    assert json.loads(dumps(reassemble(intake.documents)))["entry"][0]["resource"] == odd
    assert SUBJECT["reference"] == "Patient/p"
