"""The files of an export, by name.

::

    index.html                  begin here
    record.html                 every entry, for people
    documents/<category>-….json each document as it was sealed, byte for byte
    fhir/Bundle.json            all of them put together, references restored
    fhir/<Type>.ndjson          the same as NDJSON, with fhir/manifest.json
    summary.json                International Patient Summary
    consents/…                  the words that were signed, the document as it was signed, and as FHIR Consent
    looks/…                     who looked, as data, as AuditEvent, and with proofs
    manifest.json               each file with its length and SHA-256
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from medshare.exchange.assembly import as_bundle
from medshare.exchange.consent_r4 import consent_r4
from medshare.exchange.ips import summary
from medshare.exchange.portable.bulk import MANIFEST, bulk_files
from medshare.exchange.portable.pages import contents_page, record_page
from medshare.exchange.portable.record import OwnDocument, OwnRecord
from medshare.intake.json_text import dumps
from medshare.intake.parts import MEDIA_TYPE

FORM: Final = "medshare/export/1"


def files_of(record: OwnRecord) -> dict[str, bytes]:
    """Return every file of an export by its path; the manifest is the last one."""
    files = dict(_files(record))
    rows = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    manifest = {"schema": FORM, "patient": record.patient, "made": record.instant, "files": rows}
    return {**files, MANIFEST: _json(manifest)}


def file_of(document: OwnDocument) -> str:
    """Return where a document lies in an export."""
    return f"documents/{document.stem}.{'json' if document.held.media_type == MEDIA_TYPE else 'bin'}"


def _files(record: OwnRecord) -> Iterator[tuple[str, bytes]]:
    names = {one.stem: file_of(one) for one in record.documents}
    yield "index.html", contents_page(record, names)
    yield "record.html", record_page(record)
    for document in record.documents:
        yield names[document.stem], document.held.content
    yield "fhir/Bundle.json", dumps(as_bundle(record.assembly, at=record.instant, outcome=record.outcome))
    for name, data in bulk_files(record.assembly, instant=record.instant, outcome=record.outcome).items():
        yield f"fhir/{name}", data
    made = summary(record.assembly.entries, at=record.instant, identifier=record.identifier)
    yield "summary.json", dumps(made)
    yield from _consents(record)
    yield "looks/log.json", _json([dict(one.line) for one in record.looks])
    yield "looks/AuditEvent.ndjson", b"".join(dumps(one) + b"\n" for one in record.events)
    if record.proof:
        yield "looks/proof.json", record.proof


def _consents(record: OwnRecord) -> Iterator[tuple[str, bytes]]:
    lines = []
    for one in record.consents:
        document = one.given.document
        stem = f"consents/{document.consent_id.hex()[:16]}"
        yield f"{stem}.txt", document.statement.encode()
        yield f"{stem}.json", document.to_bytes()
        lines.append(dumps(consent_r4(one.given)) + b"\n")
    yield "consents/Consent.ndjson", b"".join(lines)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
