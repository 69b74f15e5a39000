"""FHIR R4 resources checked against the R4B models of `fhir.resources`.

R4B (4.3.0) is what the library has; R4 (4.0.1) it does not. For the resource types that hospitals
exchange about patients the two agree. Types that R4B dropped, renamed or made anew (evidence, medicinal
product and substance definitions) are unknown here: they are kept, restricted, with a warning. Cardinality,
types, primitive formats and unknown elements are checked; value sets, profiles and invariants are not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from medshare.intake.errors import InvalidResourceError
from medshare.intake.json_text import to_plain

if TYPE_CHECKING:
    from fhir_core.fhirabstractmodel import FHIRAbstractModel

_NAME = re.compile("[A-Z][A-Za-z]{2,50}")
_MADE_ANEW = frozenset(("Evidence", "EvidenceVariable"))
"""Types whose elements in R4B are not those of R4."""
_BESIDE_A_VALUE = re.compile(r"_value[A-Z][A-Za-z0-9]+")
"""The extensions of the value of an extension (R4, json: primitive elements): the models do not know them."""
SHOWN = 5
"""Paths that an error names."""


def is_known_type(resource_type: str) -> bool:
    """Whether R4B has this resource type as R4 has it."""
    from fhir.resources.R4B.resource import Resource

    if resource_type in _MADE_ANEW or not _NAME.fullmatch(resource_type):
        return False
    try:
        return issubclass(_model(resource_type), Resource)
    except ValueError:
        return False


def check_resources(resources: list[tuple[int, dict[str, Any]]]) -> None:
    """Check resources, given with the number of their entry, and the types that are known.

    Raises:
        InvalidResourceError: With the paths of up to five elements, never their content.
    """
    paths: list[str] = []
    for number, resource in resources:
        paths += _faults(resource["resourceType"], resource, f"Bundle.entry[{number}].resource")
    _refuse(paths)


def check_frame(bundle: dict[str, Any]) -> None:
    """Check the Bundle itself, without its resources.

    Raises:
        InvalidResourceError: As above.
    """
    given = bundle.get("entry", [])
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        _refuse(["Bundle.entry"])
    entries = [{key: value for key, value in entry.items() if key != "resource"} for entry in given]
    # An entry that held nothing but its resource would be empty, which FHIR does not allow.
    frame = {**bundle, "entry": [entry or {"fullUrl": "urn:empty"} for entry in entries]}
    if not entries:
        del frame["entry"]
    _refuse(_faults("Bundle", frame, "Bundle"))


def _faults(resource_type: str, value: dict[str, Any], path: str) -> list[str]:
    try:
        _model(resource_type).model_validate(to_plain(value))
    except ValidationError as fault:
        found: list[str] = []
        for error in fault.errors(include_input=False, include_url=False, include_context=False):
            is_extra = error["type"] == "extra_forbidden"
            if is_extra and _is_beside_a_value(error["loc"]):
                found += _faults("Element", _at(value, error["loc"]), path + _spelled(error["loc"], drop_last=False))
            else:
                found.append(path + _spelled(error["loc"], drop_last=is_extra))
        return found
    return []


def _is_beside_a_value(location: tuple[int | str, ...]) -> bool:
    return (
        len(location) > 2
        and location[-3] in {"extension", "modifierExtension"}
        and _BESIDE_A_VALUE.fullmatch(str(location[-1])) is not None
    )


def _at(value: Any, location: tuple[int | str, ...]) -> Any:
    for step in location:
        value = value[step]
    return value


def _spelled(location: tuple[int | str, ...], *, drop_last: bool) -> str:
    """Spell a location; the name of an unknown element is content and is left out."""
    known = location[:-1] if drop_last else location
    spelled = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in known)
    return spelled + (" (unknown element)" if drop_last else "")


def _refuse(paths: list[str]) -> None:
    if paths:
        raise InvalidResourceError(count=len(paths), paths="; ".join(paths[:SHOWN]))


def _model(resource_type: str) -> type[FHIRAbstractModel]:
    from fhir.resources.R4B import get_fhir_model_class

    model: type[FHIRAbstractModel] = get_fhir_model_class(resource_type)
    return model
