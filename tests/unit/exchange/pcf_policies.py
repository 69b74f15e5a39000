"""The kinds of consent that IHE PCF 1.1 gives examples of, as facts in our own words, and the FHIR Consents built of them.

The kinds are those of PCF's 23 examples: basic (one decision for everybody), intermediate (limits by time, author,
visit, document and purpose) and advanced (limits by label). None of PCF's text or files stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
CARE: Final = ("TREAT", "HPAYMT", "HOPERAT")
YEAR_2022: Final = {"start": "2022-01-01", "end": "2022-12-31"}
DOCTOR: Final = "Practitioner/doctor"
RESEARCHERS: Final = "Organization/researchers"
EMERGENCY: Final = "Group/emergency"
VISIT: Final = "Encounter/visit"
READINGS: Final = (VISIT, *(f"Observation/reading-{number}" for number in range(1, 6)))


def _coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def _label(code: str) -> dict[str, str]:
    return _coding(HL7 + ("v3-Confidentiality" if code in {"N", "R"} else "v3-ActCode"), code)


def provision(
    kind: str,
    *,
    purposes: Iterable[str] = (),
    labels: Iterable[str] = (),
    actor: str = "",
    data: Mapping[str, Iterable[str]] | None = None,
    but: Mapping[str, Any] | None = None,
    **elements: Any,
) -> dict[str, Any]:
    """Return a provision. `data` is references by how data relate to them; `but` is the provision inside."""
    role = {"coding": [_coding(HL7 + "v3-ParticipationType", "IRCP")]}
    related = [{"meaning": how, "reference": {"reference": one}} for how, all_ in (data or {}).items() for one in all_]
    parts = {
        "purpose": [_coding(HL7 + "v3-ActReason", code) for code in purposes],
        "securityLabel": [_label(code) for code in labels],
        "actor": [{"role": role, "reference": {"reference": actor}}] if actor else [],
        "data": related,
        "provision": [dict(but)] if but else [],
    }
    return {"type": kind, **{name: value for name, value in parts.items() if value}, **elements}


def consent(name: str, base: dict[str, Any], *, performer: str = "Patient/patient") -> dict[str, Any]:
    """Return the elements that PCF's profiles ask of every consent, around a base provision."""
    return {
        "resourceType": "Consent",
        "id": name,
        "status": "active",
        "scope": {"coding": [_coding(HL7 + "consentscope", "patient-privacy")]},
        "category": [{"coding": [_coding("http://loinc.org", "59284-0")]}],
        "patient": {"reference": "Patient/patient"},
        "dateTime": "2022-06-13",
        "performer": [{"reference": performer}],
        "organization": [{"reference": "Organization/hospital"}],
        "sourceReference": {"reference": "DocumentReference/signed-form"},
        "policy": [{"uri": "https://hospital.example/privacy-policy"}],
        "provision": base,
    }


def _care(**limits: Any) -> dict[str, Any]:
    return provision("permit", purposes=CARE, **limits)


def _normal(**limits: Any) -> dict[str, Any]:
    return _care(labels=("N",), **limits)


_DATA: Final[dict[str, dict[str, Iterable[str]]]] = {
    "author": {"authoredby": (DOCTOR,)},
    "visit": {"related": (VISIT,)},
}
_POLICIES: Final[dict[str, dict[str, Any]]] = {
    "care": _care(),
    "care-signed-on-paper": _care(),
    "care-until-the-end-of-2022": _care(period={"end": "2022-12-31"}),
    "no-care": provision("deny", purposes=CARE),
    "research": provision("permit", purposes=("HRESCH",)),
    "time": _care(dataPeriod=YEAR_2022),
    "but-time": _care(but=provision("deny", dataPeriod=YEAR_2022)),
    **{name: _care(data=data) for name, data in _DATA.items()},
    **{f"but-{name}": _care(but=provision("deny", data=data)) for name, data in _DATA.items()},
    "documents": _care(data={"instance": READINGS}),
    "but-documents": _care(but=provision("deny", data={"instance": READINGS[-1:]})),
    "purpose-of-its-own": provision(
        "permit", actor=RESEARCHERS, purpose=[_coding("https://hospital.example/purposes", "registry")]
    ),
    "broken-glass-alone": provision("deny", but=provision("permit", purposes=("BTG",), actor=EMERGENCY)),
    "normal": _normal(),
    "normal-and-restricted": _care(labels=("N", "R")),
    "normal-but-restricted": _normal(but=provision("deny", labels=("R",))),
    "normal-and-restricted-to-one": _normal(but=provision("permit", labels=("R",), actor=DOCTOR)),
    "normal-and-mental-to-one": _normal(but=provision("permit", labels=("PSY",), actor=DOCTOR)),
    "normal-and-mental-or-violence-to-one": _normal(but=provision("permit", labels=("PSY", "SDV"), actor=DOCTOR)),
    "normal-and-restricted-to-broken-glass": _normal(
        but=provision("permit", purposes=("BTG",), labels=("R",), actor=EMERGENCY)
    ),
}
POLICIES: Final[dict[str, dict[str, Any]]] = {
    **{name: consent(name, base) for name, base in _POLICIES.items()},
    "care-of-an-infant": consent("care-of-an-infant", _care(), performer="RelatedPerson/mother"),
}
"""A FHIR Consent of each kind, by a name of our own."""
