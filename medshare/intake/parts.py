"""The form of a document: a FHIR Bundle, labelled as a whole, with the sealed parts in a Binary as its last entry.

What stands in place of something sealed elsewhere carries a random token; the token and the original
stand in the parts of the stricter document. The parts never say where a thing was taken from::

    {"medshare": "intake/1",
     "entries": [[key, [names of the entry's elements in order], {elements besides fullUrl and resource}] ...],
     "sealed":  {token: original ...},
     "frame":   {"bundle": [[name, value] ...], "order": [key | entry ...], "sealed": count}}   in one document only
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from medshare.intake.errors import NotADocumentError
from medshare.intake.json_text import dumps, parse
from medshare.intake.limits import Limits
from medshare.intake.narrative import in_div
from medshare.intake.security_labels import SecurityLabel

FORM: Final = "intake/1"
CONTENT_TYPE: Final = "application/vnd.medshare.intake+json"
MEDIA_TYPE: Final = "application/fhir+json"
_URI_SYSTEM: Final = "urn:ietf:rfc:3986"
_APART: Final = "Kept apart"
_TOKEN: Final = re.compile(r"urn:uuid:[0-9a-f-]{36}")
_TEXT: Final = re.compile(rf"\[{_APART}: (urn:uuid:[0-9a-f-]{{36}})\]")


def new_token(random: bytes) -> str:
    """Return 16 random bytes as a version 4 UUID (RFC 9562), written as a URN."""
    number = int.from_bytes(random, "big") & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
    digits = f"{number:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def stand_in_reference(token: str) -> dict[str, Any]:
    """Return the logical reference that replaces a literal one."""
    return {"identifier": {"system": _URI_SYSTEM, "value": token}}


def stand_in_narrative(token: str, div: str = "") -> dict[str, Any]:
    """Return the narrative that replaces another."""
    return {"id": token, "status": "generated", "div": div or in_div(f"{_APART}.")}


def stand_in_attachment(token: str) -> dict[str, Any]:
    """Return the attachment that replaces another."""
    return {"id": token, "title": f"{_APART}."}


def stand_in_text(token: str) -> str:
    """Return the string that replaces another."""
    return f"[{_APART}: {token}]"


def put_back(value: Any, sealed: dict[str, Any]) -> Any:
    """Return `value` with every stand-in whose token is in `sealed` replaced by the original."""
    if isinstance(value, dict):
        token = value.get("id")
        if token is None and len(value) == 1 and isinstance(value.get("identifier"), dict):
            token = value["identifier"].get("value")
        if isinstance(token, str) and token in sealed:
            return sealed[token]
        return {key: put_back(item, sealed) for key, item in value.items()}
    if isinstance(value, list):
        return [put_back(item, sealed) for item in value]
    if isinstance(value, str):
        match = _TEXT.fullmatch(value)
        return sealed.get(match[1], value) if match else value
    return value


def stand_ins(value: Any) -> Iterator[str]:
    """Give the token of every stand-in in `value`."""
    if isinstance(value, dict):
        token = _token_of(value)
        if token is not None:
            yield token
            return
        for item in value.values():
            yield from stand_ins(item)
    elif isinstance(value, list):
        for item in value:
            yield from stand_ins(item)
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value)):
        yield match[1]


def _token_of(value: dict[str, Any]) -> str | None:
    """Return the token of a stand-in for a reference, a narrative or an attachment."""
    token = value.get("id")
    if value.keys() == {"identifier"} and isinstance(value["identifier"], dict):
        token = value["identifier"].get("value") if value["identifier"].get("system") == _URI_SYSTEM else None
    elif value.keys() not in ({"id", "status", "div"}, {"id", "title"}):
        return None
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None


def write_document(
    entries: list[dict[str, Any]], parts: dict[str, Any], *, token: str, security: Iterable[SecurityLabel]
) -> bytes:
    """Return the bytes of a document; `token` names its Binary, `security` labels the whole of it."""
    binary = {
        "resourceType": "Binary",
        "contentType": CONTENT_TYPE,
        "data": base64.b64encode(dumps({"medshare": FORM, **parts})).decode(),
    }
    last = {"fullUrl": token, "resource": binary}
    meta = {"security": [label.coding() for label in security]}
    return dumps({"resourceType": "Bundle", "meta": meta, "type": "collection", "entry": [*entries, last]})


def read_document(text: bytes, *, limits: Limits) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the entries of a document and its parts.

    Raises:
        NotADocumentError: It is another Bundle, or none.
        InputError: As `json_text.parse`.
    """
    value = parse(text, limits=limits)
    try:
        *entries, last = value["entry"]
        binary = last["resource"]
        if binary["resourceType"] != "Binary" or binary["contentType"] != CONTENT_TYPE:
            raise NotADocumentError
        parts = parse(base64.b64decode(binary["data"], validate=True), limits=limits)
        if parts["medshare"] != FORM or len(parts["entries"]) != len(entries):
            raise NotADocumentError
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise NotADocumentError from None
    return entries, parts
