"""From a result to JSON, and from its class to a JSON Schema (2020-12).

A result is a frozen dataclass of texts, numbers, yes and no, bytes (written as lower-case 0x hex), tuples,
mappings by text, and dataclasses of these. Names are the fields' own. What a class does not say is not in
the JSON, so the schema is exact: no further names, nothing left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

FORM: Final = 1
"""Of the documents that the command line prints."""


def to_json(value: object) -> Any:
    """Return `value` as JSON.

    Raises:
        TypeError: It holds something that no result may hold.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value.value, int) else value.value
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(name): to_json(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(inner) for inner in value]
    if is_dataclass(value):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    raise TypeError(type(value).__name__)


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of a result class, or of the type of one of its fields.

    Raises:
        TypeError: No result may hold such a type.
    """
    simple: dict[Any, dict[str, Any]] = {
        str: {"type": "string"},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
        NoneType: {"type": "null"},
        bytes: {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
    }
    if kind in simple:
        return simple[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return {"anyOf": [schema_of(one) for one in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [to_json(one) for one in kind]}
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [one.name for one in fields(kind)]
        return {
            "type": "object",
            "properties": {name: schema_of(hints[name]) for name in names},
            "required": names,
            "additionalProperties": False,
        }
    raise TypeError(str(kind))


def document_schema(command: str, result: Any, plan: Any | None) -> dict[str, Any]:
    """Return the schema of everything that `command` prints with --json.

    Args:
        command: Its words.
        result: The class of its result.
        plan: The class of what --dry-run prints; None where nothing is sent.
    """
    error = {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "cause": {"type": "string"},
            "remedy": {"type": "string"},
            "exit_code": {"type": "integer"},
        },
        "required": ["code", "cause", "remedy", "exit_code"],
        "additionalProperties": False,
    }
    outcomes = {"result": schema_of(result), "error": error}
    if plan is not None:
        outcomes["dry_run"] = schema_of(plan)
    return {
        "type": "object",
        "properties": {"medshare": {"const": FORM}, "command": {"const": command}, **outcomes},
        "required": ["medshare", "command"],
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in outcomes],
    }
