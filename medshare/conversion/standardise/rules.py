"""The rules: each looks at one object of a resource and returns it with what it adds.

Nothing that stands there is changed or taken away, but for one thing: a time without a zone gets one,
because FHIR does not allow it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from medshare.conversion.standardise.codes import CodeMap
from medshare.conversion.standardise.instants import NAMES, Zone, lacks_zone, with_zone
from medshare.conversion.standardise.units import is_ucum, ucum_of
from medshare.intake.bundles import Severity
from medshare.intake.code_systems import UCUM, canonical_url

_QUANTITY: Final = frozenset(("id", "extension", "value", "comparator", "unit", "system", "code")) | {
    *("_value", "_comparator", "_unit", "_system", "_code")
}

Report: TypeAlias = Callable[[Severity, str, str, str, str], None]
"""Takes what an Issue has: severity, path, code, message, remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a hospital says about its own data.

    Attributes:
        zone: Where its clocks hang; None to report a time without a zone.
        identifier_system: The system of its identifiers without one; None to report them.
        codes: What its local codes mean.
    """

    zone: Zone | None = None
    identifier_system: str | None = None
    codes: CodeMap | None = None


class Rules:
    """Applies the rules to one entry."""

    def __init__(self, settings: Settings, report: Report) -> None:
        """Take the settings, and where findings go."""
        self._settings = settings
        self._report = report
        self._steps: list[str | int] = []

    def applied(self, resource: dict[str, Any], path: str) -> Any:
        """Return a resource with what the rules add to it; the same object when they add nothing."""
        self._steps = [path]
        return self._object(resource, "")

    def _object(self, value: dict[str, Any], name: str) -> dict[str, Any]:
        changed: dict[str, Any] | None = None
        for key, item in value.items():
            new = self._element(item, key, key)
            if new is not item:
                changed = changed if changed is not None else dict(value)
                changed[key] = new
        inner = value if changed is None else changed
        if name == "identifier":
            return self._identifier(inner)
        if isinstance(inner.get("coding"), list):
            return self._concept(inner)
        if "unit" in inner or inner.get("system") == UCUM:
            return self._quantity(inner)
        return inner

    def _list(self, value: list[Any], name: str) -> list[Any]:
        changed: list[Any] | None = None
        for number, item in enumerate(value):
            new = self._element(item, name, number)
            if new is not item:
                changed = changed if changed is not None else list(value)
                changed[number] = new
        return value if changed is None else changed

    def _element(self, item: Any, name: str, step: str | int) -> Any:
        if isinstance(item, str):
            if name not in NAMES or not lacks_zone(item):
                return item
        elif not isinstance(item, dict | list):
            return item
        self._steps.append(step)
        new: Any
        if isinstance(item, str):
            new = self._instant(item)
        else:
            new = self._object(item, name) if isinstance(item, dict) else self._list(item, name)
        self._steps.pop()
        return new

    def _say(self, severity: Severity, code: str, message: str, remedy: str, *further: str | int) -> None:
        first, *steps = (*self._steps, *further)
        path = str(first) + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
        self._report(severity, path, code, message, remedy)

    def _instant(self, text: str) -> str:
        zone = self._settings.zone
        if zone is None:
            self._say("error", "zone-missing", "This time has no zone.", _GIVE_ZONE)
            return text
        made = with_zone(text, zone)
        if made is None:
            message = "This time comes twice or never in the zone of the settings."
            self._say("error", "zone-uncertain", message, "Correct it at the source.")
            return text
        self._say("information", "zone-added", "This time got the zone of the settings.", _NOTHING)
        return made

    def _identifier(self, identifier: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(identifier.get("value"), str) or identifier.keys() & {"system", "_system"}:
            return identifier
        system = self._settings.identifier_system
        if system is None:
            self._say("warning", "identifier-without-system", "This identifier has no system.", _GIVE_SYSTEM)
            return identifier
        message = "This identifier got the system of the settings."
        self._say("information", "identifier-system-added", message, _NOTHING)
        return {**identifier, "system": system}

    def _concept(self, concept: dict[str, Any]) -> dict[str, Any]:
        """Add what aliases and the user's map say after the codings that stand there; these come first."""
        codings = list(concept["coding"])
        known = {(one.get("system"), one.get("code")) for one in codings if isinstance(one, dict)}
        added: list[dict[str, Any]] = []
        for number, coding in enumerate(codings):
            if not (isinstance(coding, dict) and isinstance(coding.get("code"), str)):
                continue
            for new, code, message in self._meanings(coding):
                if (new["system"], new["code"]) not in known:
                    known.add((new["system"], new["code"]))
                    added.append(new)
                    self._say("information", code, message, _NOTHING, "coding", number)
                    if code == "code-mapped" and "userSelected" not in coding:
                        codings[number] = coding = {**coding, "userSelected": True}  # noqa: PLW2901
        return {**concept, "coding": [*codings, *added]} if added else concept

    def _meanings(self, coding: dict[str, Any]) -> list[tuple[dict[str, Any], str, str]]:
        system = coding.get("system") if isinstance(coding.get("system"), str) else ""
        found = []
        url = canonical_url(str(system))
        if url != system:
            display = {"display": coding["display"]} if isinstance(coding.get("display"), str) else {}
            made = {"system": url, "code": coding["code"], **display}
            found.append((made, "system-canonical", "The same code was added under the canonical URL of its system."))
        codes = self._settings.codes
        for one in codes.meaning(str(system), coding["code"]) if codes else ():
            made = {"system": one.system, "code": one.code, **({"display": one.display} if one.display else {})}
            found.append((made, "code-mapped", "What the map of codes says was added."))
        return found

    def _quantity(self, quantity: dict[str, Any]) -> dict[str, Any]:
        unit, system, code = (quantity.get(name) for name in ("unit", "system", "code"))
        if not quantity.keys() <= _QUANTITY or not isinstance(unit, str | None):
            return quantity
        if system and canonical_url(str(system)) == UCUM:
            if not (isinstance(code, str) and is_ucum(code)):
                self._say("warning", "ucum-invalid", "The code of this quantity is no UCUM code.", _CORRECT)
            return quantity
        if "system" in quantity or unit is None:
            return quantity
        meant = ucum_of(unit)
        if "code" in quantity and code != meant:
            self._say("warning", "unit-without-system", "The code of a unit here has no system.", _CORRECT)
            return quantity
        if meant is None:
            self._say("information", "unit-unknown", "This unit is no UCUM code and no known name.", _CORRECT)
            return quantity
        self._say("information", "unit-coded", "The UCUM code of this unit was added.", _NOTHING)
        return {**quantity, "system": UCUM, "code": meant}


_NOTHING: Final = "Nothing to do; correct the source if it is wrong."
_GIVE_ZONE: Final = "Give the zone of the hospital's clocks in the settings."
_GIVE_SYSTEM: Final = "Give the system of the hospital's identifiers in the settings."
_CORRECT: Final = "Give the UCUM code of the unit at the source."
