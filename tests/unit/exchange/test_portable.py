"""An export: pages for people, FHIR for programs, and nothing in it needs MedShare.

given a record
    every document should be there byte for byte, and again put together
    every file should be in the manifest with its digest
    consents, looks and proofs should be there in words and as data
given something that is missing
    it should be said which and why
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.exchange.assembly import Held, Missing
from medshare.exchange.consent import GivenConsent, Standing
from medshare.exchange.portable import OwnConsent, OwnDocument, OwnLook, OwnRecord, bulk_files, files_of
from medshare.exchange.portable.markup import element, page
from medshare.intake import Document, take_in
from medshare.intake.errors import DocumentsIncompleteError
from tests.unit.exchange.chart import chart
from tests.unit.exchange.samples import FACTS, given_of
from tests.unit.exchange.test_hostile import Tags, check_pages
from tests.unit.intake.samples import counting

AT = 1_700_000_000


@pytest.fixture(scope="module")
def documents() -> tuple[Document, ...]:
    return take_in(chart(), entropy=counting()).documents


@pytest.fixture(scope="module")
def given() -> GivenConsent:
    return given_of(FACTS["care"], standing=Standing.REVOKED)


@pytest.fixture(scope="module")
def record(documents: tuple[Document, ...], given: GivenConsent) -> OwnRecord:
    look = OwnLook(
        at=AT,
        who="Hill <b>Hospital</b>",
        what="Laboratory",
        why="Treatment",
        allowed="0x9c2e",
        receipt="0x7d3a",
        line={"at": AT, "accessor": "0x11"},
    )
    return OwnRecord(
        patient="0x" + "ab" * 20,
        at=AT,
        instant="2023-11-14T22:13:20Z",
        identifier="urn:uuid:3f0c2e5a-7f1b-4c38-9a5e-5d8a1c9b2f10",
        language="en",
        documents=tuple(
            OwnDocument(
                leaf=bytes([number]) * 32,
                category=one.category,
                provider="City Hospital",
                at=AT,
                held=Held(media_type=one.media_type, content=one.text),
            )
            for number, one in enumerate(documents)
        ),
        missing=(),
        consents=(OwnConsent(given=given, state="revoked", grantee="Hill Hospital"),),
        looks=(look,),
        proof=b'{"proof":1}',
        events=({"resourceType": "AuditEvent"},),
    )


@pytest.fixture(scope="module")
def files(record: OwnRecord) -> dict[str, bytes]:
    return files_of(record)


def test_every_file_is_in_the_manifest_with_its_digest(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    assert manifest["schema"] == "medshare/export/1"
    assert manifest["files"].keys() == files.keys() - {"manifest.json"}
    for name, row in manifest["files"].items():
        assert row == {"bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}


def test_every_document_is_there_as_it_was_sealed_and_again_put_together(
    files: dict[str, bytes], documents: tuple[Document, ...]
) -> None:
    sealed = {files[name] for name in files if name.startswith("documents/")}
    assert sealed == {one.text for one in documents}
    bundle = json.loads(files["fhir/Bundle.json"])
    assert len(bundle["entry"]) == sum(one.resources for one in documents) + 1
    outcome = bundle["entry"][-1]["resource"]
    assert outcome["issue"][0]["diagnostics"] == f"{len(documents)} documents listed, {len(documents)} received."
    assert json.loads(files["summary.json"])["type"] == "document"


def test_the_bulk_manifest_has_each_type_with_count_and_digest(files: dict[str, bytes], record: OwnRecord) -> None:
    manifest = json.loads(files["fhir/manifest.json"])
    assert manifest["requiresAccessToken"] is False
    assert [row["type"] for row in manifest["error"]] == ["OperationOutcome"]
    for row in (*manifest["output"], *manifest["error"]):
        data = files[f"fhir/{row['url']}"]
        assert row["count"] == len(data.splitlines())
        assert row["extension"]["urn:medshare:sha256"] == hashlib.sha256(data).hexdigest()
        assert {json.loads(line)["resourceType"] for line in data.splitlines()} == {row["type"]}
    alone = bulk_files(record.assembly, instant=record.instant, outcome=record.outcome)
    assert alone == {
        name.removeprefix("fhir/"): files[name] for name in files if name[:5] == "fhir/" and "Bundle" not in name
    }


def test_consents_are_there_as_signed_in_words_and_as_fhir(files: dict[str, bytes], given: GivenConsent) -> None:
    stem = f"consents/{given.document.consent_id.hex()[:16]}"
    assert files[f"{stem}.txt"].decode() == given.document.statement
    assert files[f"{stem}.json"] == given.document.to_bytes()
    assert json.loads(files["consents/Consent.ndjson"])["status"] == "inactive"


def test_looks_are_there_with_their_proofs(files: dict[str, bytes]) -> None:
    assert json.loads(files["looks/log.json"]) == [{"at": AT, "accessor": "0x11"}]
    assert files["looks/proof.json"] == b'{"proof":1}'
    assert json.loads(files["looks/AuditEvent.ndjson"])["resourceType"] == "AuditEvent"


@pytest.mark.parametrize(("language", "title"), [("en", "Your medical record"), ("zh-Hant", "您的病歷")])
def test_the_pages_can_be_read_without_eyes_and_nothing_in_them_runs(
    record: OwnRecord, language: str, title: str
) -> None:
    """[F-004]"""
    files = files_of(replace(record, language=language))
    index = files["index.html"].decode()
    assert f'<html lang="{language}">' in index
    assert f"<h1>{title}</h1>" in index
    assert index.count("<caption>") == index.count("<table>") > 2
    assert "Hill &lt;b&gt;Hospital&lt;/b&gt;" in index
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in files["record.html"].decode()
    check_pages(files)


def test_what_is_missing_is_said_with_the_reason_and_what_is_apart_too(record: OwnRecord) -> None:
    """[F-002]"""
    lost = Missing(leaf=b"\x9c" * 32, why=DocumentsIncompleteError())
    there = tuple(one for one in record.documents if one.category != Category.ENCOUNTERS)
    short = replace(record, documents=there, missing=(lost,), proof=b"", no_proof="The log is broken.")
    files = files_of(short)
    index, entries = files["index.html"].decode(), files["record.html"].decode()
    assert "What is missing" in index
    assert "0x9c9c9c9c9c9c9c9c" in index
    assert DocumentsIncompleteError.cause in index
    assert f"{len(there) + 1} documents listed, {len(there)} received." in index
    assert "There is no proof of the receipts: The log is broken." in index
    assert "looks/proof.json" not in files
    assert "stay apart" in entries


def test_an_empty_record_says_so(record: OwnRecord) -> None:
    files = files_of(replace(record, documents=(), consents=(), looks=(), events=()))
    assert "There is nothing." in files["record.html"].decode()
    assert files["index.html"].decode().count("There is nothing.") == 3
    assert files["consents/Consent.ndjson"] == b""


def test_a_long_text_is_not_in_the_page_but_in_the_file_for_programs(record: OwnRecord) -> None:
    held = Held(media_type="application/pdf", content=b"%PDF" * 4000)
    paper = replace(record.documents[0], held=held)
    files = files_of(replace(record, documents=(paper,)))
    assert len(files["record.html"]) < 4000
    assert "A text of 21,336 characters" in files["record.html"].decode()
    assert [name for name in files if name.endswith(".bin")] == [f"documents/{paper.stem}.bin"]


def test_only_the_builder_makes_markup() -> None:
    """[F-004]"""
    made = element("p", "<i>", element("b", "&"), title='"x"')
    assert made.text == '<p title="&quot;x&quot;">&lt;i&gt;<b>&amp;</b></p>'
    found = Tags()
    found.feed(page("</title><script>", "en").decode())
    assert "script" not in found.tags
