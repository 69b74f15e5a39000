"""Elements of FHIR R4 resources by their path, as the R4B models of `fhir.resources` know them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from fhir_core.fhirabstractmodel import FHIRAbstractModel

_STEP: Final = re.compile(r"([A-Za-z]+)(?:\[(\d{1,2})\])?")
_MODEL_OF_TYPE: Final = re.compile(r"(\w+)Type")
_NOT_FROM_A_TABLE: Final = frozenset(("Resource", "xhtml"))
_OF_A_RESOURCE: Final = frozenset(("implicitRules", "contained", "resourceType"))
"""Elements that change how the rest is read; a table has no say in them."""


class ElementError(ValueError):
    """A path leads to no element; the text says why and what was perhaps meant."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: an element, and which of several where it repeats."""

    name: str
    index: int | None

    def __str__(self) -> str:
        return self.name if self.index is None else f"{self.name}[{self.index}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of a resource type.

    Attributes:
        steps: The way to it; an element that repeats has an index.
        type: A primitive type of FHIR ("decimal", "dateTime") or the name of a complex one ("Quantity").
        is_primitive: Which of the two.
        types: The type at each step, complex or primitive.
        choices: The choice at each step ("value" for valueQuantity), or nothing.
        targets: Resource types that a Reference may lead to; none is any.
        parent: The type that has the last step as its own.
    """

    steps: tuple[Step, ...]
    type: str
    is_primitive: bool
    types: tuple[str, ...]
    choices: tuple[str, ...]
    targets: tuple[str, ...]
    parent: str


def type_names() -> frozenset[str]:
    """Return the names of all types of R4B, for saying which one was perhaps meant; none of them is loaded."""
    from fhir.resources.R4B import fhirtypes

    return frozenset(match[1] for name in vars(fhirtypes) if (match := _MODEL_OF_TYPE.fullmatch(name)))


def suggest(wrong: str, right: Iterable[str]) -> str:
    """Return a question with the nearest right word, or nothing."""
    near = difflib.get_close_matches(wrong, sorted(right), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def find_element(resource_type: str, path: str) -> Element:
    """Return the element that a path such as `code.coding[0].code` leads to.

    Raises:
        ElementError: It leads to none.
    """
    model, parent = model_of(resource_type), resource_type
    steps: list[Step] = []
    types: list[str] = []
    choices: list[str] = []
    pieces = path.split(".")
    for number, piece in enumerate(pieces):
        match = _STEP.fullmatch(piece)
        if match is None:
            raise ElementError("a path is names with points between them, such as code.coding[0].code")
        name, index = match[1], match[2]
        field = _fields(model).get(name)
        if field is None or name in _OF_A_RESOURCE:
            raise ElementError(
                f"{model.__name__} has no {name} for a table{suggest(name, set(_fields(model)) - _OF_A_RESOURCE)}"
            )
        inner, repeats = _unwrapped(field.annotation)
        if index is not None and not repeats:
            raise ElementError(f"the element {name} of {model.__name__} does not repeat, so it has no [{index}]")
        steps.append(Step(name, int(index or 0) if repeats else None))
        extra = field.json_schema_extra or {}
        choices.append(str(extra.get("one_of_many", "")))
        complex_type = _MODEL_OF_TYPE.fullmatch(getattr(inner, "__name__", ""))
        type_name = complex_type[1] if complex_type else _primitive(inner)
        types.append(type_name)
        if type_name in _NOT_FROM_A_TABLE:
            raise ElementError(f"the element {name} of {model.__name__} cannot be made from a table")
        if number == len(pieces) - 1:
            targets = tuple(extra.get("enum_reference_types", ()))
            return Element(
                steps=tuple(steps),
                type=type_name,
                is_primitive=complex_type is None,
                types=tuple(types),
                choices=tuple(choices),
                targets=targets,
                parent=parent,
            )
        if complex_type is None:
            raise ElementError(
                f"the element {name} of {model.__name__} is a {type_name} and has no elements of its own"
            )
        model, parent = model_of(type_name), type_name
    raise AssertionError  # a path has at least one piece


def is_value_of(element: Element, value: Any) -> bool:
    """Whether a value is one of the primitive type of an element, as its model checks it."""
    annotation, _ = _unwrapped(_fields(model_of(element.parent))[element.steps[-1].name].annotation)
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


def required_of(type_name: str) -> tuple[tuple[str, ...], ...]:
    """Return the elements that a type must have, each with its choices (one of them is enough)."""
    single: list[tuple[str, ...]] = []
    choices: dict[str, list[str]] = {}
    for name, field in _fields(model_of(type_name)).items():
        extra = field.json_schema_extra or {}
        if extra.get("one_of_many_required"):
            choices.setdefault(extra["one_of_many"], []).append(name)
        elif extra.get("element_required") or field.is_required():
            single.append((name,))
    return (*single, *(tuple(names) for names in choices.values()))


def model_of(type_name: str) -> type[FHIRAbstractModel]:
    """Return the model of a resource or of a complex type."""
    from fhir.resources.R4B import get_fhir_model_class

    model: type[FHIRAbstractModel] = get_fhir_model_class(type_name)
    return model


def _fields(model: type[FHIRAbstractModel]) -> dict[str, Any]:
    """Return the elements of a model by their FHIR names; an extension of a primitive is not among them."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        known = field.alias or name
        if known not in {"fhir_comments", "resource_type"} and not known.startswith("_"):
            found[known] = field
    return found


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """Return a type without `None` and `List`, and whether it was a list."""
    repeats = False
    while True:
        arguments = [one for one in get_args(annotation) if one is not type(None)]
        if hasattr(annotation, "__metadata__") or not arguments:
            return annotation, repeats
        repeats = repeats or get_origin(annotation) is list
        annotation = arguments[0]


def _primitive(annotation: Any) -> str:
    """Return the FHIR name of a primitive type."""
    if annotation is bool:
        return "boolean"
    kind = annotation.__metadata__[-1]
    name = type(kind).__name__ if not isinstance(kind, type) else kind.__name__
    return name[0].lower() + name[1:]
