"""What is being made of one message: entries so far, the resources that later segments refer to, and the issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final, Literal

from medshare.conversion.hl7v2.standard import table_of
from medshare.conversion.hl7v2.syntax import Message, Segment, Value
from medshare.conversion.item import Entry
from medshare.conversion.naming import full_url
from medshare.intake import Issue
from medshare.intake.json_text import dumps

_KEPT: Final = "It stays in the original that is kept with the record."


@dataclass(slots=True)
class Scene:
    """The state of one conversion.

    Attributes:
        message: What is converted.
        digest: Names the message; full URLs are made from it.
        version: Of the dictionary that speaks for the message.
        zone: Of times without one; None when nobody says.
        authority: The namespace of the sending facility, or of its application.
        trigger: MSH-9.1 and MSH-9.2.
        entries: In the order of the message.
        issues: What a person should look at.
        now: The resource of each type that segments are about until the next one.
        about: The resource that a comment (NTE) or a participation (ROL, PRT) now speaks of.
    """

    message: Message
    digest: str
    version: str
    zone: tzinfo | None
    authority: str
    trigger: tuple[str, str]
    entries: list[Entry] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    now: dict[str, dict[str, Any]] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    _urls: dict[int, str] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)

    def add(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Add a resource that goes on growing, and make it the one of its type that segments are about."""
        kind = resource["resourceType"]
        url = full_url("hl7v2", self.digest, kind, str(len(self.entries)))
        self.entries.append({"fullUrl": url, "resource": resource})
        self._urls[id(resource)] = url
        self.now[kind] = resource
        return resource

    def share(self, resource: dict[str, Any]) -> dict[str, str]:
        """Add a finished resource once, however often the message names it, and return a reference to it."""
        url = full_url("hl7v2", dumps(resource).decode())
        if url not in self._shared:
            self._shared.add(url)
            self.entries.append({"fullUrl": url, "resource": resource})
        return {"reference": url}

    def reference(self, resource: dict[str, Any]) -> dict[str, str]:
        """Return a reference to a resource that was added."""
        return {"reference": self._urls[id(resource)]}

    def refer(self, kind: str) -> dict[str, str] | None:
        """Return a reference to the resource of a type that segments are about, if there is one."""
        resource = self.now.get(kind)
        return self.reference(resource) if resource is not None else None

    def forget(self, *kinds: str) -> None:
        """End what segments were about."""
        for kind in kinds:
            self.now.pop(kind, None)

    def tell(
        self, severity: Literal["warning", "information"], path: str, code: str, message: str, remedy: str = _KEPT
    ) -> None:
        """Note an issue; none of its words is content."""
        self.issues.append(Issue(severity, path, code, message, remedy))

    def field_of(self, value: Value) -> str:
        """Return the table that the codes of a field are of (HL70069), or the field (OBX-3) where it has none."""
        index, number, _ = value.place
        name = self.message.segments[index].name
        return table_of(name, number, self.version) or f"{name}-{number}"

    def path_of(self, value: Value) -> str:
        """Return the path of a repetition of a field: PID[1]-11[2]."""
        index, number, repetition = value.place
        segment = self.message.segments[index]
        return f"{segment_path(segment)}-{number}[{repetition + 1}]"


def segment_path(segment: Segment) -> str:
    """Return the path of a segment: OBX[3]."""
    return f"{segment.name}[{segment.number}]"
