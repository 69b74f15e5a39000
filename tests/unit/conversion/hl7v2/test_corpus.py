"""Every message of the corpus: valid FHIR R4 with its original, or its own fault; and how much of it FHIR says."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from medshare.conversion import Converted, SourceItem, with_original
from medshare.conversion.hl7v2 import Hl7v2, total_coverage
from medshare.errors import InputError
from medshare.intake import take_in
from medshare.intake.json_text import dumps
from tests.unit.conversion.hl7v2.messages import CORPUS

FOLDERS = sorted(path for path in CORPUS.iterdir() if path.is_dir())
RECORDED = "2026-01-01T00:00:00Z"


@cache
def converted(folder: Path) -> tuple[tuple[Converted, ...], tuple[tuple[SourceItem, str], ...]]:
    """Return what was converted of a folder, and what was not with the code of its fault."""
    done, faults = [], []
    for item in Hl7v2().items(folder):
        try:
            done.append(Hl7v2().convert(item))
        except InputError as fault:
            faults.append((item, fault.code))
    return tuple(done), tuple(faults)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_converted_is_valid_fhir_and_comes_back_whole(folder: Path):
    for one in converted(folder)[0]:
        whole = with_original(one, recorded=RECORDED)
        bundle = dumps({"resourceType": "Bundle", "type": "collection", "entry": list(whole.entries)})
        assert take_in(bundle).report.resources == len(one.entries) + 2, one.item.file
        urls = [entry["fullUrl"] for entry in whole.entries]
        assert len(urls) == len(set(urls)), one.item.file


def test_the_same_message_gives_the_same_entries():
    for one in converted(CORPUS / "handmade")[0]:
        again = Hl7v2().convert(one.item)
        assert dumps(list(again.entries)) == dumps(list(one.entries))
        assert again == one


def test_read_is_converted_and_refused_together_and_each_fault_is_known():
    faults = Counter(code for folder in FOLDERS for _, code in converted(folder)[1])
    done = sum(len(converted(folder)[0]) for folder in FOLDERS)
    assert done + faults.total() == sum(1 for _ in Hl7v2().items(CORPUS)) == 148
    assert faults == {"hl7v2.unsupported-type": 32, "hl7v2.header-too-short": 4, "hl7v2.no-patient": 4}


def test_at_least_ninety_five_of_a_hundred_fields_are_mapped():
    total = total_coverage(one for folder in FOLDERS for one in converted(folder)[0])
    assert total.elements > 3500
    assert total.mapped / total.elements >= 0.95


def test_every_field_that_is_not_mapped_is_told_once():
    for folder in FOLDERS:
        for one in converted(folder)[0]:
            paths = [issue.path for issue in one.issues if issue.code == "not-mapped"]
            assert len(paths) == len(set(paths)) == one.coverage.elements - one.coverage.mapped


def test_no_issue_repeats_what_a_patient_is_called():
    for one in converted(CORPUS / "handmade")[0]:
        names = [entry["resource"] for entry in one.entries if entry["resource"]["resourceType"] == "Patient"]
        families = {name["family"] for patient in names for name in patient.get("name", []) if "family" in name}
        told = " ".join(f"{issue.path} {issue.message} {issue.remedy}" for issue in one.issues)
        assert not any(re.search(rf"\b{family}\b", told) for family in families)


def test_references_lead_to_entries_of_the_same_message():
    for folder in FOLDERS:
        for one in converted(folder)[0]:
            urls = {entry["fullUrl"] for entry in one.entries}
            text = dumps([entry["resource"] for entry in one.entries]).decode()
            found = json.loads(text, object_hook=lambda node: node)
            assert _references(found) <= urls, one.item.file


def _references(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_references, node)) if node else set()
    if isinstance(node, dict):
        own = {node["reference"]} if isinstance(node.get("reference"), str) else set()
        return own.union(*map(_references, node.values()))
    return set()


def test_the_corpus_has_the_types_and_versions_that_hospitals_send():
    heads = [one.item.content.split(b"\r")[0].split(b"\n")[0] for folder in FOLDERS for one in converted(folder)[0]]
    piped = [head.split(b"|") for head in heads if head.startswith(b"MSH|")]
    kinds = {head[8].split(b"^")[0].decode() for head in piped}
    versions = {head[11].split(b"^")[0].decode() for head in piped if len(head) > 11}
    assert kinds >= {"ADT", "ORU", "ORM", "OML", "MDM", "VXU", "RDE", "OMP"}
    assert versions >= {"2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.8"}
