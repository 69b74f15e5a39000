"""A mapping file in TOML, read wholly and checked before the first row of any table.

All faults are found in one reading, each with its place in the file. README.md shows what a mapping can say.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from medshare.conversion.tabular.code_tables import read_code_tables
from medshare.conversion.tabular.elements import suggest, type_names
from medshare.conversion.tabular.errors import MappingInvalidError, MappingMissingError
from medshare.conversion.tabular.mapping import PATIENT, Condition, Mapping, PatientColumn, ResourcePlan
from medshare.conversion.tabular.rows import Dialect
from medshare.conversion.tabular.sections import Faults, Section
from medshare.conversion.tabular.trees import read_plan_tree
from medshare.intake import Issue, Numeral
from medshare.intake.validation import is_known_type

LIMIT: Final = 4 * 2**20
"""Bytes of a mapping file or of a file of codes."""
ENCODINGS: Final = (
    *(
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "big5",
        "cp950",
        "big5hkscs",
        "gb18030",
        "gbk",
        "shift_jis",
        "cp932",
    ),
    *(
        "euc-jp",
        "euc-kr",
        "latin-1",
        "iso-8859-2",
        "iso-8859-15",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1255",
        "cp1256",
    ),
)
"""In none of them can a line end or a quote be part of another character."""
_DELIMITERS: Final = (",", ";", "\t", "|", ":")
_QUOTES: Final = ('"', "'", "")
_HOLDS: Final = ("something", "nothing", "number", "text")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SHOWN: Final = 10


def read_mapping(path: Path) -> Mapping:
    """Return the mapping of a TOML file.

    Raises:
        MappingMissingError: There is no such file.
        MappingInvalidError: It has faults; up to ten are in the sentence, `check_mapping` gives all.
    """
    mapping, faults = _read(path)
    if mapping is None:
        shown = "; ".join(f"{one.path}: {one.message.removesuffix('.')}" for one in faults[:_SHOWN])
        raise MappingInvalidError(count=len(faults), faults=shown)
    return mapping


def check_mapping(path: Path) -> tuple[Issue, ...]:
    """Return all that is wrong with a mapping, and what a person should know of one that is not wrong.

    Raises:
        MappingMissingError: There is no such file.
    """
    mapping, faults = _read(path)
    if mapping is None:
        return faults
    notes = [
        Issue(
            "information",
            f'ignored."{column}"',
            "column-ignored",
            f"Left out: {reason}",
            "Map the column if it matters.",
        )
        for column, reason in mapping.ignored.items()
    ]
    if mapping.needs_zone and mapping.zone is None:
        notes.append(
            Issue("warning", "table.zone", "zone-missing", "Times here name no zone.", "Name it, or give one.")
        )
    return tuple(notes)


def check_header(mapping: Mapping, header: Sequence[str]) -> tuple[Issue, ...]:
    """Return what does not fit between a mapping and the header of a table; errors first."""
    known = mapping.columns
    errors = [
        Issue(
            "error", f"column {header.index(name) + 1}", "header-twice", "This name stands twice.", "Rename one column."
        )
        for name, count in Counter(header).items()
        if count > 1
    ]
    for column in sorted(known - set(header)):
        message = f"There is no column {column!r}{suggest(column, set(header) - known)}"
        errors.append(Issue("error", "header", "column-missing", f"{message}.", "Correct the name in the mapping."))
    unmapped = [
        Issue(
            "warning",
            f"column {number}",
            "column-unmapped",
            "The mapping does not name this column.",
            "Map or ignore it.",
        )
        for number, name in enumerate(header, 1)
        if name not in known
    ]
    return (*errors, *unmapped)


def _read(path: Path) -> tuple[Mapping | None, tuple[Issue, ...]]:
    """Return the mapping and no faults, or no mapping and all faults."""
    faults = Faults()
    mapping = None
    value = _toml(path, faults)
    if value is not None:
        mapping = _mapping(Section(value, "", faults), path.parent)
    return (None if faults.issues else mapping), tuple(faults.issues)


def _toml(path: Path, faults: Faults) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise MappingMissingError from None
    except (OSError, ValueError):
        faults.add("", "file-unreadable", "this is not a file that can be read.", "Name a TOML file.")
        return None
    if len(data) > LIMIT:
        faults.add(
            "", "file-too-large", f"the file is over {LIMIT} bytes.", "Move code tables into files of their own."
        )
        return None
    try:
        return tomllib.loads(data.decode("utf-8-sig"), parse_float=_numeral)
    except UnicodeDecodeError:
        faults.add("", "not-utf8", "the file is not UTF-8.", "Save it as UTF-8.")
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"\((at [^()]*)\)\Z", str(fault))
        where = found[1] if found else "somewhere"
        twice = (
            "a name stands twice" if re.match("Cannot (overwrite|declare|mutate)", str(fault)) else "this is not TOML"
        )
        faults.add("", "not-toml", f"{twice}, {where}.", "Correct it there.")
    except (RecursionError, ValueError):  # nested without end, or an integer of thousands of digits
        faults.add("", "not-toml", "a value is nested too deep or too long.", "Write it as README.md shows.")
    return None


def _numeral(text: str) -> Numeral | str:
    """Return a decimal of TOML as JSON writes it; what JSON cannot say stays a text, which no number may be."""
    plain = text.replace("_", "").removeprefix("+")
    return Numeral(plain) if _NUMBER.fullmatch(plain) else plain


def _mapping(root: Section, folder: Path) -> Mapping:
    table = root.section("table")
    tables = read_code_tables(root.section("codes"), folder, limit=LIMIT)
    patient = root.section("patient", required=True)
    identifiers = tuple(
        PatientColumn(column=one.text("column", required=True), system=_system(one))
        for one in patient.sections("identifier")
    )
    if not identifiers:
        message = "no column is named that identifies the patient."
        root.faults.add(patient.at("identifier"), "key-missing", message, 'Write [{ column = "...", system = "..." }].')
    resources = root.sections("resource")
    names = _names(resources)
    patient_plan = ResourcePlan(
        name=PATIENT,
        type="Patient",
        key=(),
        conditions=(),
        tree=read_plan_tree("Patient", patient.section("element"), tables, names, given=("identifier",)),
    )
    plans = tuple(
        ResourcePlan(
            name=name,
            type=kind,
            key=section.texts("key"),
            conditions=tuple(_condition(one) for one in section.sections("when")),
            tree=read_plan_tree(kind, section.section("element", required=True), tables, names),
        )
        for section, (name, kind) in zip(resources, list(names.items())[1:], strict=True)
        if kind
    )
    mapping = Mapping(
        dialect=_dialect(table),
        header=table.integer("header", 1, least=1, most=100),
        empty=frozenset(table.texts("empty")),
        zone=_zone(table),
        required=table.texts("required"),
        identifiers=identifiers,
        patient=patient_plan,
        resources=plans,
        ignored=_ignored(root),
    )
    for section in (root, table, patient, *resources):
        section.close()
    _check_ignored(mapping, root)
    return mapping


def _system(section: Section) -> str:
    system = section.text("system", required=True)
    if system and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", system):
        section.faults.add(section.at("system"), "type-wrong", "this is not a URI.", "Write https://... or urn:oid:...")
    section.close()
    return system


def _names(resources: list[Section]) -> dict[str, str]:
    """Return the type of each resource by its name, the patient first; nothing for a type that there is not."""
    names = {PATIENT: "Patient"}
    for number, section in enumerate(resources):
        kind = section.text("type", required=True)
        name = section.text("name", kind or str(number))
        if name in names:
            message = f"two resources are named {name!r}."
            section.faults.add(section.at("name"), "name-twice", message, "Give each a name of its own.")
            while name in names:
                name += "'"
        known = is_known_type(kind)
        if kind and not known:
            message = f"FHIR R4 has no resource type {kind!r}{suggest(kind, type_names())}"
            section.faults.add(section.at("type"), "type-unknown", f"{message}.", "Write a resource type.")
        if not known:
            for key in ("key", "when", "element"):
                section.has(key)
        names[name] = kind if known else ""
    return names


def _condition(section: Section) -> Condition:
    words, others = section.texts("is"), section.texts("is_not")
    holds = section.text("holds", among=_HOLDS)
    if sum((bool(words), bool(others), bool(holds))) != 1:
        message = "a condition needs exactly one of is, is_not and holds."
        section.faults.add(section.place, "condition-unclear", message, 'Write for example holds = "something".')
    condition = Condition(
        column=section.text("column", required=True),
        words=frozenset(words or others),
        negated=bool(others),
        holds=cast('Literal["", "something", "nothing", "number", "text"]', holds),
    )
    section.close()
    return condition


def _dialect(table: Section) -> Dialect:
    encoding = table.text("encoding", "utf-8", among=ENCODINGS)
    delimiter = table.text("delimiter", ",", among=_DELIMITERS)
    return Dialect(encoding=encoding, delimiter=delimiter, quote=table.text("quote", '"', among=_QUOTES))


def _zone(table: Section) -> ZoneInfo | None:
    name = table.text("zone")
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.faults.add(
            table.at("zone"), "zone-unknown", "there is no such time zone.", "Write for example Asia/Taipei."
        )
        return None


def _ignored(root: Section) -> dict[str, str]:
    section = root.section("ignored")
    reasons = {column: section.text(column) for column in section.keys()}  # noqa: SIM118 - a Section is no dict
    for column, reason in reasons.items():
        if not reason:
            section.faults.add(section.at(column), "reason-missing", "a reason is missing.", "Say why it is left out.")
    return reasons


def _check_ignored(mapping: Mapping, root: Section) -> None:
    said = {column for plan in mapping.plans for leaf in plan.tree.leaves() for column in leaf.columns}
    said |= {one.column for one in mapping.identifiers}
    for column in sorted(said & mapping.ignored.keys()):
        message = "this column is mapped and ignored."
        root.faults.add(f'ignored."{column}"', "column-ignored-and-mapped", message, "Take one of the two out.")
