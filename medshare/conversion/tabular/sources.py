"""One line of a mapping: an element of FHIR and where its value comes from."""

from __future__ import annotations

import string
from collections.abc import Mapping as Table
from typing import Any, Final, cast

from medshare.conversion.tabular.dates import Kind, Pattern, PatternError, read_pattern
from medshare.conversion.tabular.elements import Element, ElementError, find_element, is_value_of, suggest
from medshare.conversion.tabular.mapping import Cell, CodeTable, Constant, Leaf, Link, Part, Source, Template
from medshare.conversion.tabular.sections import Section
from medshare.intake.json_text import Numeral, to_plain

_DATES: Final = frozenset(("date", "dateTime", "instant", "time"))
_NUMBERS: Final = frozenset(("decimal", "integer", "positiveInt", "unsignedInt"))
_CODE_PARTS: Final = ("code", "display", "system")
_NUMBER_PARTS: Final = ("comparator", "number")
_WAYS: Final = ("constant", "resource", "template", "column")
ISO: Final = "fhir"
"""The format of a date that is written as FHIR writes it."""


def read_leaf(resource_type: str, path: str, section: Section, tables: Table[str, CodeTable]) -> Leaf | None:
    """Read one line of an `element` section; None when it has a fault."""
    faults, before = section.faults, len(section.faults.issues)
    try:
        element = find_element(resource_type, path)
    except ElementError as fault:
        faults.add(section.place, "element-unknown", f"{fault}.", "Write the path of an element of FHIR R4.")
        return None
    ways = [way for way in _WAYS if section.has(way)]
    if len(ways) != 1:
        message = "an element needs exactly one of constant, column, template and resource."
        faults.add(section.place, "source-unclear", message, 'Write for example { column = "..." }.')
        return None
    required = section.boolean("required", default=False)
    source = {"constant": _constant, "resource": _link, "template": _template}.get(ways[0], _cell_in(tables))(
        element, section
    )
    section.close()
    if source is None or len(faults.issues) > before:
        return None
    return Leaf(path=path, element=element, source=source, required=required)


def _constant(element: Element, section: Section) -> Source | None:
    value = section.raw("constant")
    if not _is_primitive(element, section):
        return None
    fits = {"boolean": (bool,), "decimal": (int, Numeral)}.get(
        element.type, (int,) if element.type in _NUMBERS else (str,)
    )
    right = isinstance(value, fits) and (element.type == "boolean" or not isinstance(value, bool))
    if not right or value == "" or not is_value_of(element, to_plain(value)):
        message = f"this constant is not a FHIR {element.type}."
        section.faults.add(section.at("constant"), "type-wrong", message, f"Write a {element.type}.")
        return None
    return Constant(value)


def _link(element: Element, section: Section) -> Source | None:
    if element.type != "Reference":
        message = f"a resource can only be named where FHIR has a Reference; this is a {element.type}."
        section.faults.add(section.at("resource"), "type-wrong", message, 'Write for example "subject".')
        return None
    return Link(section.text("resource"))


def _template(element: Element, section: Section) -> Source | None:
    if not _is_primitive(element, section):
        return None
    if element.type in _DATES | _NUMBERS | {"boolean", "base64Binary"}:
        message = f"a template gives text, and this is a FHIR {element.type}."
        section.faults.add(section.at("template"), "type-wrong", message, "Name a column.")
        return None
    try:
        parsed = list(string.Formatter().parse(section.text("template")))
    except ValueError:
        parsed = []
    pieces = tuple((before, column) for before, column, _, _ in parsed)
    formless = all(not form and not conversion and column != "" for _, column, form, conversion in parsed)
    if not formless or not any(column for _, column in pieces):
        message = "a template is a text with columns in braces, such as {Ward}-{Bed}."
        section.faults.add(
            section.at("template"), "template-wrong", message, "Name a column in braces; write {{ for a brace."
        )
        return None
    return Template(pieces)


def _cell_in(tables: Table[str, CodeTable]) -> Any:
    def read(element: Element, section: Section) -> Source | None:
        return _cell(element, section, tables)

    return read


def _cell(element: Element, section: Section, tables: Table[str, CodeTable]) -> Source | None:
    if not _is_primitive(element, section):
        return None
    kind = element.type
    codes = _codes(section, tables)
    part = _part(element, section, codes)
    decimal, group = ".", ""
    if kind in _NUMBERS:
        decimal = section.text("decimal", ".", among=(".", ","))
        group = section.text("group", "", among=("", ",", ".", " ", "'"))
        if decimal == group:
            section.faults.add(section.at("group"), "value-not-allowed", "both marks are the same.", "Change one.")
    true, false = frozenset(section.texts("true")), frozenset(section.texts("false"))
    if (kind == "boolean") != bool(true and false) or true & false:
        message = "a boolean, and nothing else, declares the words for true and for false, none of them twice."
        section.faults.add(section.place, "type-wrong", message, 'Write true = ["Y"], false = ["N"].')
    pattern = _pattern(kind, section)
    column = section.text("column")
    return Cell(
        column=column,
        type=kind,
        codes=codes,
        part=part,
        decimal=decimal,
        group=group,
        pattern=pattern,
        true=true,
        false=false,
    )


def _codes(section: Section, tables: Table[str, CodeTable]) -> CodeTable | None:
    name = section.text("codes")
    if name and name not in tables:
        message = f"there is no table [codes.{name}]{suggest(name, tables)}"
        section.faults.add(section.at("codes"), "codes-unknown", f"{message}.", f"Add [codes.{name}].")
    return tables.get(name)


def _part(element: Element, section: Section, codes: CodeTable | None) -> Part:
    last = element.steps[-1].name
    if codes is not None:
        default = last if last in _CODE_PARTS else "code"
        return cast("Part", section.text("part", default, among=_CODE_PARTS))
    if last == "comparator" or element.type == "decimal":
        return cast("Part", section.text("part", "", among=_NUMBER_PARTS))
    return ""


def _pattern(kind: str, section: Section) -> Pattern | None:
    if kind not in _DATES:
        return None
    written = section.text("format", required=True)
    minguo = section.text("calendar", "gregorian", among=("gregorian", "minguo")) == "minguo"
    if written in {ISO, ""}:
        return None
    try:
        return read_pattern(written, kind=cast("Kind", kind), minguo=minguo)
    except PatternError as fault:
        remedy = f"Write a pattern such as %Y-%m-%d, or {ISO}."
        section.faults.add(section.at("format"), "format-wrong", f"{fault}.", remedy)
        return None


def _is_primitive(element: Element, section: Section) -> bool:
    if not element.is_primitive:
        message = f"this is a {element.type}, which has elements of its own."
        section.faults.add(section.place, "type-wrong", message, "Name one of them in the path.")
    return element.is_primitive
