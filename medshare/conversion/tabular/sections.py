"""Sections of a TOML file, read key by key; every fault is kept with its place, none ends the reading."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from medshare.conversion.tabular.elements import suggest
from medshare.intake import Issue

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


class Faults:
    """The faults of one mapping, in the order in which they were found."""

    def __init__(self) -> None:
        """Begin without any."""
        self.issues: list[Issue] = []

    def add(self, place: str, code: str, message: str, remedy: str) -> None:
        """Keep a fault."""
        self.issues.append(Issue("error", place, code, message[0].upper() + message[1:], remedy))


class Section:
    """A table of a TOML file. Each key that is read is known; `close` reports the others."""

    def __init__(self, value: dict[str, Any], place: str, faults: Faults) -> None:
        """Take the table, its place in the file and where faults are kept."""
        self._value = value
        self._known: set[str] = set()
        self.place = place
        self.faults = faults

    def at(self, key: str) -> str:
        """Return the place of a key."""
        spelled = key if _BARE.fullmatch(key) else f'"{key}"'
        return f"{self.place}.{spelled}" if self.place else spelled

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        self._known.add(key)
        return key in self._value

    def keys(self) -> list[str]:
        """Return all keys, for a section whose keys are the user's own."""
        self._known |= self._value.keys()
        return list(self._value)

    def raw(self, key: str) -> Any:
        """Return a value as it is, or None."""
        self._known.add(key)
        return self._value.get(key)

    def text(self, key: str, default: str = "", *, among: Collection[str] = (), required: bool = False) -> str:
        """Return a text; the default where there is none, or none that is allowed."""
        if not self.has(key):
            if required:
                self.faults.add(self.at(key), "key-missing", "this key is missing.", f"Add {key}.")
            return default
        value = self._value[key]
        if not isinstance(value, str):
            self.wrong_type(key, "a text")
            return default
        if among and value not in among:
            shown = ", ".join(repr(one) for one in among)
            message = f"{value!r} is not allowed here{suggest(value, among)}"
            self.faults.add(self.at(key), "value-not-allowed", f"{message}.", f"Write one of {shown}.")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        value = self._value.get(key, []) if self.has(key) else []
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.wrong_type(key, "a list of texts")
            return ()
        return tuple(listed)

    def integer(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within its limits."""
        value = self._value.get(key, default) if self.has(key) else default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong_type(key, f"a whole number from {least} to {most}")
            return default
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value.get(key, default) if self.has(key) else default
        if not isinstance(value, bool):
            self.wrong_type(key, "true or false")
            return default
        return value

    def section(self, key: str, *, required: bool = False) -> Section:
        """Return a table below this one; an empty one where there is none."""
        if not self.has(key) and required:
            self.faults.add(self.at(key), "key-missing", "this section is missing.", f"Add [{self.at(key)}].")
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            self.wrong_type(key, "a section")
            value = {}
        return Section(value, self.at(key), self.faults)

    def sections(self, key: str) -> list[Section]:
        """Return the tables of a list."""
        value = self._value.get(key, []) if self.has(key) else []
        listed = [value] if isinstance(value, dict) else value
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self.wrong_type(key, "a list of sections")
            return []
        return [Section(one, f"{self.at(key)}[{number}]", self.faults) for number, one in enumerate(listed)]

    def wrong_type(self, key: str, wanted: str) -> None:
        """Report a value of another type."""
        self.faults.add(self.at(key), "type-wrong", f"this must be {wanted}.", f"Write {wanted}.")

    def close(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._value:
            if key not in self._known:
                message = f"there is no such key here{suggest(key, self._known)}"
                self.faults.add(
                    self.at(key), "key-unknown", f"{message}.", f"Known are {', '.join(sorted(self._known))}."
                )
