"""The labelled corpus in `tests/data/labels`, and what intake makes of it.

A sensitive item is *recalled* when it is filed in the category it belongs to or in a stricter sensitive one, *held
back* when it is filed as restricted (17), and *missed* when a reader of ordinary or laxer documents would see it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake import Document, take_in
from medshare.intake.strictness import grade, rank
from tests.unit.intake.samples import DATA

CORPUS: Final = DATA / "labels"
LISTED: Final = "listed.tsv"
HANDWRITTEN: Final = "handwritten.tsv"
RESOURCES: Final = "resources.ndjson"

_SYSTEMS: Final = {
    "snomed": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "icd-10": "http://hl7.org/fhir/sid/icd-10",
    "icd-10-cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd-9-cm": "http://hl7.org/fhir/sid/icd-9-cm",
    "tw-icd-10": "https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/icd-10-cm-2023-tw",
    "tw-icd-9": "https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/icd-9-cm-2001-tw",
    "oid-icd-10-cm": "urn:oid:2.16.840.1.113883.6.90",
    "atc": "http://www.whocc.no/atc",
    "tw-atc": "https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/medcation-atc-tw",
    "oid-atc": "urn:oid:2.16.840.1.113883.6.73",
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "local": "https://hospital.example/codes",
    "none": "",
}
_SUBJECT: Final = {"reference": "Patient/p"}
_BESIDE: Final[tuple[dict[str, Any], ...]] = (
    {"resourceType": "Patient", "id": "p"},
    {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}, "subject": _SUBJECT},
)
_OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"

Resource: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One labelled item.

    Attributes:
        name: Its id in the corpus.
        expected: Where it belongs; None for any ordinary category.
        resources: The resource that is judged, then those beside it.
        group: The file that it stands in.
    """

    name: str
    expected: Category | None
    resources: tuple[Resource, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An item and the category that intake gave it."""

    item: Item
    category: Category

    @property
    def verdict(self) -> str:
        """Return recalled, held back or missed; for what is not sensitive: right, held back or false alarm."""
        expected, given = self.item.expected, self.category
        if expected is None or grade(expected) < 2:
            if grade(given) == 2:
                return "false alarm"
            return "right" if grade(given) == grade(expected or Category.PROBLEMS) else "held back"
        if rank(given) >= rank(expected):
            return "recalled"
        return "held back" if grade(given) == 1 else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was measured for one category.

    Attributes:
        items: Items that belong to it.
        recalled: Of these, filed in it or in a stricter sensitive category.
        held_back: Of these, filed as restricted.
        missed: Names of the rest.
        filed: Items filed in it, wherever they belong.
        right: Of these, those that belong to it.
    """

    items: int
    recalled: int
    held_back: int
    missed: tuple[str, ...]
    filed: int
    right: int

    @property
    def recall(self) -> float:
        """Return the share of its items that were recalled."""
        return self.recalled / self.items if self.items else 1.0

    @property
    def precision(self) -> float:
        """Return the share of what is filed in it that belongs to it."""
        return self.right / self.filed if self.filed else 1.0


def read_corpus(folder: Path = CORPUS) -> list[Item]:
    """Return every item of the corpus."""
    items = [_from_row(line, group) for group in (LISTED, HANDWRITTEN) for line in _lines(folder / group)]
    return items + [_from_json(json.loads(line)) for line in _lines(folder / RESOURCES)]


def judge(items: Iterable[Item]) -> list[Judgement]:
    """Take each item in, in a Bundle of its own with a patient and a visit."""
    return [Judgement(item=item, category=_category(item.resources)) for item in items]


def measure(judgements: list[Judgement]) -> dict[Category, Row]:
    """Return recall and precision for each sensitive category."""
    return {
        category: Row(
            items=len(own := [one for one in judgements if one.item.expected == category]),
            recalled=sum(one.verdict == "recalled" for one in own),
            held_back=sum(one.verdict == "held back" for one in own),
            missed=tuple(one.item.name for one in own if one.verdict == "missed"),
            filed=len(filed := [one for one in judgements if one.category == category]),
            right=sum(one.item.expected == category for one in filed),
        )
        for category in sorted(SENSITIVE)
    }


def verdicts(judgements: Iterable[Judgement], *, sensitive: bool) -> Counter[str]:
    """Count the verdicts on what is sensitive, or on what is not."""
    return Counter(one.verdict for one in judgements if (one.item.expected in SENSITIVE) == sensitive)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def _expected(name: str) -> Category | None:
    return None if name == "ORDINARY" else Category[name]


def _from_row(line: str, group: str) -> Item:
    name, expected, kind, system, code, words, _ = line.split("\t")
    coding = {"system": _SYSTEMS[system], "code": code, "display": words}
    concept = {"coding": [{key: value for key, value in coding.items() if value}]}
    resource = _resource(kind, concept)
    return Item(name=name, expected=_expected(expected), resources=(resource, *_BESIDE), group=group)


def _from_json(value: dict[str, Any]) -> Item:
    resources = [value["resource"], *value.get("beside", [])]
    named = {(resource["resourceType"], resource.get("id")) for resource in resources}
    resources += [one for one in _BESIDE if (one["resourceType"], one["id"]) not in named]
    return Item(name=value["id"], expected=_expected(value["expected"]), resources=tuple(resources), group=RESOURCES)


def _resource(kind: str, concept: Resource) -> Resource:
    """Return the resource that an entry of a list becomes in a hospital's export."""
    about = {"subject": _SUBJECT, "id": "it"}
    if kind in {"laboratory", "survey"}:
        category = {"coding": [{"system": _OBSERVATION_CATEGORY, "code": kind}]}
        return {"resourceType": "Observation", "status": "final", "category": [category], "code": concept, **about}
    if kind == "medication":
        drug = {"status": "active", "intent": "order", "medicationCodeableConcept": concept}
        return {"resourceType": "MedicationRequest", **drug, **about}
    if kind == "procedure":
        return {"resourceType": "Procedure", "status": "completed", "code": concept, **about}
    if kind == "vaccine":
        given = {"status": "completed", "vaccineCode": concept, "occurrenceDateTime": "2024-01-01"}
        return {"resourceType": "Immunization", **given, "patient": _SUBJECT, "id": "it"}
    return {"resourceType": "Condition", "code": concept, **about}


def _category(resources: tuple[Resource, ...]) -> Category:
    entries = [{"resource": resource} for resource in resources]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    documents = take_in(json.dumps(bundle).encode()).documents
    return next(document.category for document in documents if _shows(document, resources[0]))


def _shows(document: Document, resource: Resource) -> bool:
    wanted = (resource["resourceType"], resource["id"])
    entries = json.loads(document.text)["entry"][:-1]
    return any((entry["resource"]["resourceType"], entry["resource"].get("id")) == wanted for entry in entries)
