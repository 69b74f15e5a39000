"""The instances of a file in FHIR Shorthand as JSON values: as much of the language as IHE's consent examples use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_INSTANCE = re.compile(
    r"^Instance: +(\S+)\nInstanceOf: +(\S+)\n(.*?)(?=^(?:Instance|Profile|ValueSet|RuleSet): |\Z)",
    re.MULTILINE | re.DOTALL,
)
_RULE = re.compile(r"^\* (\S+) = (.+)$", re.MULTILINE)
_REPEATED = frozenset(("security", "category", "performer", "organization", "policy", "purpose", "actor", "data")) | {
    "securityLabel",
    "coding",
}
_CONCEPTS = frozenset(("scope", "category", "role"))


def instances(file: Path, of: re.Pattern[str]) -> dict[str, dict[str, Any]]:
    """Return the instances whose profile matches `of`, as Consents, by id."""
    found = {}
    for name, kind, body in _INSTANCE.findall(file.read_text()):
        if of.fullmatch(kind):
            value: dict[str, Any] = {"resourceType": "Consent", "id": name}
            for path, text in _RULE.findall(body):
                _put(value, path, _value(text.split(" //")[0].strip(), path))
            found[name] = value
    return found


def _value(text: str, path: str) -> Any:
    if match := re.fullmatch(r"Reference\((\S+)\)", text):
        return {"reference": match.group(1)}
    if match := re.fullmatch(r'(http\S*)#(\S+)(?: "(.*)")?', text):
        coding = {"system": match.group(1), "code": match.group(2)}
        return {"coding": [coding]} if re.sub(r"\[.*?\]", "", path).split(".")[-1] in _CONCEPTS else coding
    return text.removeprefix("#").strip('"')


def _put(value: dict[str, Any], path: str, found: Any) -> None:
    steps = path.split(".")
    for depth, step in enumerate(steps):
        name, *marks = re.findall(r"\w+|\[[^\]]*\]", step)
        last = depth == len(steps) - 1
        repeated = name in _REPEATED or (name == "provision" and depth == 1)
        if not repeated:
            if last:
                value[name] = found
            else:
                value = value.setdefault(name, {})
            continue
        rows = value.setdefault(name, [])
        if not rows or "[+]" in marks:
            rows.append({})
        if last:
            rows[-1] = found
        else:
            value = rows[-1]
