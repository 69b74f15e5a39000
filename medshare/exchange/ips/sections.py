"""What goes into which section of an International Patient Summary (IPS 2.0, Composition, slices of section)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from medshare.conversion.item import Entry

Resource = Mapping[str, Any]
_OVER: Final = frozenset(("inactive", "remission", "resolved"))
_NOT_TAKEN: Final = frozenset(("completed", "stopped", "cancelled", "entered-in-error", "draft", "not-taken", "ended"))
_WRONG: Final = frozenset(("entered-in-error", "refuted", "cancelled", "registered"))
_NOT_DONE: Final = frozenset(("entered-in-error", "not-done", "preparation", "stopped"))
_TIMES: Final = (
    "effectiveDateTime",
    "effectiveInstant",
    "performedDateTime",
    "occurrenceDateTime",
    "onsetDateTime",
    "authoredOn",
    "recordedDate",
    "issued",
)
_PERIODS: Final = ("effectivePeriod", "performedPeriod", "onsetPeriod", "timingPeriod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: title, LOINC code, what goes in, whether it must be there, whether the newest of a code is enough."""

    title: str
    code: str
    display: str
    takes: Callable[[Resource], bool]
    required: bool = False
    newest: bool = False


def codes_in(concept: Any) -> tuple[tuple[str, str], ...]:
    """Return system and code of each coding of a CodeableConcept, or of a list of them."""
    if isinstance(concept, list):
        return tuple(one for item in concept for one in codes_in(item))
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return tuple(
        (str(one.get("system", "")), str(one["code"]))
        for one in (codings if isinstance(codings, list) else [])
        if isinstance(one, dict) and "code" in one
    )


def time_of(resource: Resource) -> str:
    """Return when it was, as written; empty where it does not say. Texts of one zone sort by time."""
    for name in _TIMES:
        if isinstance(resource.get(name), str):
            return str(resource[name])
    for name in _PERIODS:
        period = resource.get(name)
        if isinstance(period, dict):
            return str(period.get("end") or period.get("start") or "")
    return ""


def _status(resource: Resource, name: str) -> str:
    """Return the code of an element that is a code or a CodeableConcept; empty where it has none."""
    value = resource.get(name)
    found = codes_in(value)
    return value if isinstance(value, str) else found[0][1] if found else ""


def _is(kind: str, resource: Resource) -> bool:
    return resource.get("resourceType") == kind and _status(resource, "verificationStatus") not in _WRONG


def _problem(resource: Resource) -> bool:
    return _is("Condition", resource) and _status(resource, "clinicalStatus") not in _OVER


def _past_problem(resource: Resource) -> bool:
    return _is("Condition", resource) and _status(resource, "clinicalStatus") in _OVER


def _medication(resource: Resource) -> bool:
    kinds = {"MedicationStatement", "MedicationRequest"}
    return resource.get("resourceType") in kinds and _status(resource, "status") not in _NOT_TAKEN


def _immunization(resource: Resource) -> bool:
    return _is("Immunization", resource) and _status(resource, "status") not in _NOT_DONE


def _procedure(resource: Resource) -> bool:
    return _is("Procedure", resource) and _status(resource, "status") not in _NOT_DONE


def _device(resource: Resource) -> bool:
    return _is("DeviceUseStatement", resource) and _status(resource, "status") != "entered-in-error"


def _alert(resource: Resource) -> bool:
    return _is("Flag", resource) and _status(resource, "status") == "active"


def _observed(*categories: str) -> Callable[[Resource], bool]:
    def takes(resource: Resource) -> bool:
        found = {code for _, code in codes_in(resource.get("category"))}
        return (
            _is("Observation", resource) and _status(resource, "status") not in _WRONG and bool(found & set(categories))
        )

    return takes


SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        title="Problems",
        code="11450-4",
        display="Problem list - Reported",
        takes=_problem,
        required=True,
    ),
    Section(
        title="Allergies and intolerances",
        code="48765-2",
        display="Allergies and adverse reactions Document",
        takes=lambda resource: _is("AllergyIntolerance", resource),
        required=True,
    ),
    Section(
        title="Medications",
        code="10160-0",
        display="History of Medication use Narrative",
        takes=_medication,
        required=True,
    ),
    Section(title="Immunizations", code="11369-6", display="History of Immunization note", takes=_immunization),
    Section(
        title="Results",
        code="30954-2",
        display="Relevant diagnostic tests/laboratory data note",
        takes=_observed("laboratory", "imaging"),
        newest=True,
    ),
    Section(
        title="Procedures", code="47519-4", display="History of Procedures Document", takes=_procedure, newest=True
    ),
    Section(title="Medical devices", code="46264-8", display="History of medical device use", takes=_device),
    Section(title="Alerts", code="104605-1", display="Alert", takes=_alert),
    Section(title="Past problems", code="11348-0", display="History of Past illness note", takes=_past_problem),
    Section(
        title="Vital signs",
        code="8716-3",
        display="Vital signs note",
        takes=_observed("vital-signs"),
        newest=True,
    ),
    Section(
        title="Social history",
        code="29762-2",
        display="Social history note",
        takes=_observed("social-history"),
        newest=True,
    ),
)
"""In the order of the document: required, recommended, the others."""


def entries_of(section: Section, entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that go into a section, newest first; those of one time by their fullUrl."""
    found = sorted((entry for entry in entries if section.takes(entry["resource"])), key=lambda one: one["fullUrl"])
    found.sort(key=lambda one: time_of(one["resource"]), reverse=True)
    return _newest(found) if section.newest else found


def _newest(entries: Sequence[Entry]) -> list[Entry]:
    """Return the first entry of each code; one without a code stands for itself."""
    seen: set[frozenset[tuple[str, str]]] = set()
    kept = []
    for entry in entries:
        codes = frozenset(codes_in(entry["resource"].get("code")))
        if not codes or codes not in seen:
            kept.append(entry)
        seen.add(codes)
    return kept
