"""One row of a table as FHIR entries, by a mapping.

An object whose columns are all empty on a row is left out, with the constants in it: no Quantity without its value.
A resource of which nothing comes from the row is left out too.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from medshare.conversion.item import Entry, Identifier
from medshare.conversion.naming import full_url
from medshare.conversion.tabular.errors import (
    CellMissingError,
    NothingMadeError,
    PatientMissingError,
    RowNotFhirError,
)
from medshare.conversion.tabular.mapping import (
    PATIENT,
    Branch,
    Cell,
    Condition,
    Constant,
    Leaf,
    Link,
    Mapping,
    ResourcePlan,
    Template,
)
from medshare.conversion.tabular.values import is_number, read_value
from medshare.intake.errors import InvalidResourceError
from medshare.intake.validation import check_resources


@dataclass(slots=True, kw_only=True)
class Built:
    """What was made of a row.

    Attributes:
        patient: The identifiers of the patient.
        entries: The Patient first.
        said: Columns whose cell FHIR now says.
        ambiguous: Columns with a local time that came twice that day.
    """

    patient: tuple[Identifier, ...] = ()
    entries: tuple[Entry, ...] = ()
    said: set[str] = field(default_factory=set)
    ambiguous: set[str] = field(default_factory=set)


class Builder:
    """Builds the entries of one row.

    Args:
        mapping: What the columns mean.
        zone: For times that name none.
        cells: The text of each column that holds something on this row.
        numbers: The number of each column.
        place: The row, in words.
        digest: Stands for the row where no key says which rows mean the same resource.
    """

    def __init__(
        self,
        mapping: Mapping,
        *,
        zone: tzinfo | None,
        cells: Table[str, str],
        numbers: Table[str, int],
        place: str,
        digest: str,
    ) -> None:
        self._mapping = mapping
        self._zone = zone
        self._cells = cells
        self._numbers = numbers
        self._place = place
        self._digest = digest
        self._built = Built()
        self._urls: dict[str, str] = {}

    def build(self) -> Built:
        """Return what was made.

        Raises:
            InputError: A cell is not what the mapping declares; one class per cause.
        """
        for column in self._mapping.required:
            self._text(column, required=True)
        self._built.patient = self._identifiers()
        plans = [plan for plan in self._mapping.resources if all(map(self._holds, plan.conditions))]
        self._urls = {plan.name: self._url(plan) for plan in plans}
        # A resource that turns out to hold nothing of the row takes the references to it with it.
        while empty := [plan for plan in plans if self._object(plan.tree)[0] is None]:
            plans = [plan for plan in plans if plan not in empty]
            self._urls = {plan.name: self._urls[plan.name] for plan in plans}
        if self._mapping.resources and not plans:
            raise NothingMadeError(place=self._place)
        first = self._built.patient[0]
        self._urls[PATIENT] = full_url("patient", first.system, first.value)
        self._built.said.clear()
        self._built.said |= {one.column for one in self._mapping.identifiers} & self._cells.keys()
        self._built.entries = tuple(self._entry(plan) for plan in (self._mapping.patient, *plans))
        return self._built

    def _identifiers(self) -> tuple[Identifier, ...]:
        found = tuple(
            Identifier(one.system, self._cells[one.column])
            for one in self._mapping.identifiers
            if one.column in self._cells
        )
        if not found:
            raise PatientMissingError(place=self._place)
        return found

    def _url(self, plan: ResourcePlan) -> str:
        """Return the name of a resource: by its key within the systems of this table, or by the row."""
        own = [self._text(column, required=True) for column in plan.key] or [self._digest]
        return full_url("csv", plan.type, plan.name, *(one.system for one in self._mapping.identifiers), *own)

    def _entry(self, plan: ResourcePlan) -> Entry:
        made = self._object(plan.tree)[0] or {}
        if plan.name == PATIENT:
            made = {"identifier": [{"system": one.system, "value": one.value} for one in self._built.patient]} | made
        resource = {"resourceType": plan.type, **made}
        try:
            check_resources([(0, resource)])
        except InvalidResourceError as fault:
            paths = str(fault.facts["paths"]).replace("Bundle.entry[0].resource", plan.type)
            raise RowNotFhirError(place=self._place, kind=plan.type, paths=paths) from None
        return {"fullUrl": self._urls[plan.name], "resource": resource}

    def _object(self, branch: Branch) -> tuple[dict[str, Any] | None, bool, bool]:
        """Return an object, whether something in it comes from the row, and whether something could have."""
        made: dict[str, Any] = {}
        comes = could = False
        for name, several in branch.below.items():
            values = []
            for one in several.values():
                value, came, may = self._leaf(one) if isinstance(one, Leaf) else self._object(one)
                comes, could = comes or came, could or may
                if value is not None:
                    values.append(value)
            if values:
                made[name] = values[0] if None in several else values
        if could and not comes:
            return None, False, True
        return made or None, comes, could

    def _leaf(self, leaf: Leaf) -> tuple[Any, bool, bool]:
        source = leaf.source
        if isinstance(source, Constant):
            return source.value, False, False
        if isinstance(source, Link):
            url = self._urls.get(source.resource)
            return (None if url is None else {"reference": url}), False, False
        value = self._template(source) if isinstance(source, Template) else self._cell(source)
        if value is None and leaf.required:
            raise CellMissingError(place=self._place, column=self._numbers[leaf.columns[0]])
        return value, value is not None, True

    def _cell(self, source: Cell) -> Any:
        text = self._cells.get(source.column)
        if text is None:
            return None
        number = self._numbers[source.column]
        value, ambiguous = read_value(text, source, zone=self._zone, place=self._place, column=number)
        if value is not None:
            self._built.said.add(source.column)
        if ambiguous:
            self._built.ambiguous.add(source.column)
        return value

    def _template(self, source: Template) -> str | None:
        if not all(column in self._cells for column in source.columns):
            return None
        self._built.said.update(source.columns)
        return "".join(before + (self._cells[column] if column is not None else "") for before, column in source.pieces)

    def _holds(self, condition: Condition) -> bool:
        text = self._cells.get(condition.column)
        if condition.holds:
            number = text is not None and is_number(text)
            return {
                "something": text is not None,
                "nothing": text is None,
                "number": number,
                "text": text is not None and not number,
            }[condition.holds]
        return ((text or "") in condition.words) != condition.negated

    def _text(self, column: str, *, required: bool) -> str:
        if required and column not in self._cells:
            raise CellMissingError(place=self._place, column=self._numbers[column])
        return self._cells.get(column, "")
