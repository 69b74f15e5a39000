"""Documents and pictures inside a message: ED[Attachment], RP[Attachment] of the guide, and text as an attachment."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import quote

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import Element, without_empty
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Value

_MEDIA_TYPE: Final = re.compile(r"[\w.+\-]+/[\w.+\-]+")
_URL_MARKS: Final = ":/?#[]@!$&'()*+,;=%~"
PLAIN: Final = "text/plain; charset=utf-8"


def media_type(kind: str, subtype: str) -> str:
    """Return the media type for HL7 tables 0191 and 0291; a type that is in no table stays unknown."""
    for given in (subtype, kind):
        if _MEDIA_TYPE.fullmatch(given):
            return given
    for code in (subtype, kind):
        if target := vocabulary.look_up("TransmissionMedia", code):
            return target.code
    return ""


def encapsulated(value: Value, scene: Scene, _map: str) -> Element | None:
    """ED[Attachment]: the bytes as Base64. Data that is not of the encoding it claims is told, and kept as text."""
    data, encoding = value.part(5), value.part(4).upper()
    if not data:
        return None
    found = media_type(value.part(2), value.part(3))
    title = value.part(1)
    try:
        if encoding == "BASE64":
            content = base64.b64decode("".join(data.split()), validate=True)
        elif encoding == "HEX":
            content = bytes.fromhex(data)
        else:
            content = data.encode()
            found = found if found.startswith(("text/", "application/xml")) else PLAIN
    except (binascii.Error, ValueError):
        scene.tell(
            "warning",
            scene.path_of(value),
            "data-broken",
            "This data is not of the encoding that it claims; it was kept as text.",
            "Send the document again.",
        )
        content, found = data.encode(), PLAIN
    found = found or "application/octet-stream"
    return without_empty(contentType=found, data=base64.b64encode(content).decode("ascii"), title=title)


def pointed(value: Value, _scene: Scene, _map: str) -> Element | None:
    """RP[Attachment]: only where it stands."""
    url = quote(value.part(1), safe=_URL_MARKS)
    if not url:
        return None
    return without_empty(contentType=media_type(value.part(3), value.part(4)), url=url, title=value.part(2))


def of_text(text: str, content_type: str = PLAIN) -> Element:
    """Return text as an attachment."""
    return {"contentType": content_type, "data": base64.b64encode(text.encode()).decode("ascii")}
