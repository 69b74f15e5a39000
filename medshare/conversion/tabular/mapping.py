"""What a mapping says once it was read and found to be without faults."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, TypeAlias

from medshare.conversion.tabular.dates import Pattern
from medshare.conversion.tabular.elements import Element
from medshare.conversion.tabular.rows import Dialect

PATIENT = "patient"
"""The name by which other resources refer to the patient."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a local code means; a part that the user did not give is empty."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """A table of local codes.

    Attributes:
        name: Its name in the mapping.
        codes: The meaning of each local code.
        leave_unknown: Whether a code that is not here leaves its element out; else it makes the row fail.
    """

    name: str
    codes: Table[str, Code]
    leave_unknown: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value on each row."""

    value: Any


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to another resource of the row."""

    resource: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with the texts of columns in it: pairs of what stands before a column, and the column or nothing."""

    pieces: tuple[tuple[str, str | None], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in it."""
        return tuple(column for _, column in self.pieces if column is not None)


Part: TypeAlias = Literal["", "system", "code", "display", "comparator", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The cell of a column, read as a type of FHIR.

    Attributes:
        column: The column.
        type: A primitive type of FHIR.
        codes: The table that its local codes are looked up in.
        part: Which part of a code, or of a number with a comparator such as "<5".
        decimal: The mark before the fraction.
        group: The mark between thousands, or nothing.
        pattern: The form of a date or time; none where the cell is written as FHIR writes it.
        true: Words that mean yes.
        false: Words that mean no.
    """

    column: str
    type: str
    codes: CodeTable | None = None
    part: Part = ""
    decimal: str = "."
    group: str = ""
    pattern: Pattern | None = None
    true: frozenset[str] = frozenset()
    false: frozenset[str] = frozenset()


Source: TypeAlias = Constant | Link | Template | Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An element and where its value comes from."""

    path: str
    element: Element
    source: Source
    required: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the value comes from."""
        if isinstance(self.source, Cell):
            return (self.source.column,)
        return self.source.columns if isinstance(self.source, Template) else ()


@dataclass(frozen=True, slots=True)
class Branch:
    """Elements below one element, by name and by their index among several; None for one that does not repeat."""

    below: Table[str, Table[int | None, Branch | Leaf]]

    def leaves(self) -> Iterator[Leaf]:
        """Return all leaves below."""
        for several in self.below.values():
            for one in several.values():
                if isinstance(one, Leaf):
                    yield one
                else:
                    yield from one.leaves()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a resource is made.

    Attributes:
        column: The column that is looked at.
        words: What the cell must be, or must not be.
        negated: Whether it must not.
        holds: Or what it must hold: something, nothing, a number, or a text that is no number.
    """

    column: str
    words: frozenset[str] = frozenset()
    negated: bool = False
    holds: Literal["", "something", "nothing", "number", "text"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePlan:
    """How one resource is made of a row.

    Attributes:
        name: Its name in the mapping.
        type: Its resource type.
        key: Columns that say which rows mean the same resource; none is each row its own.
        conditions: All of them must hold.
        tree: Its elements.
    """

    name: str
    type: str
    key: tuple[str, ...]
    conditions: tuple[Condition, ...]
    tree: Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientColumn:
    """A column with an identifier of the patient, and the system of it."""

    column: str
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What the columns of a table mean.

    Attributes:
        dialect: How the table is written.
        header: The number of the row with the names of the columns.
        empty: Words for a cell that holds nothing.
        zone: The zone of times that name none, where the mapping names one.
        required: Columns that must be filled in.
        identifiers: The patient's.
        patient: How the Patient is made.
        resources: What else is made of a row.
        ignored: Columns that are left out on purpose, with the reason.
    """

    dialect: Dialect
    header: int
    empty: frozenset[str]
    zone: tzinfo | None
    required: tuple[str, ...]
    identifiers: tuple[PatientColumn, ...]
    patient: ResourcePlan
    resources: tuple[ResourcePlan, ...]
    ignored: Table[str, str]

    @property
    def plans(self) -> tuple[ResourcePlan, ...]:
        """All resources, the Patient first."""
        return (self.patient, *self.resources)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the mapping names."""
        found = {*self.required, *self.ignored, *(one.column for one in self.identifiers)}
        for plan in self.plans:
            found |= {*plan.key, *(one.column for one in plan.conditions)}
            found |= {column for leaf in plan.tree.leaves() for column in leaf.columns}
        return frozenset(found)

    @property
    def needs_zone(self) -> bool:
        """Whether a time is read that may name no zone."""
        patterns = [
            leaf.source.pattern
            for plan in self.plans
            for leaf in plan.tree.leaves()
            if isinstance(leaf.source, Cell) and leaf.source.pattern is not None and leaf.source.type != "time"
        ]
        return any(one.is_timed and not one.is_zoned for one in patterns)
