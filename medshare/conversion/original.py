"""The original of a mapped item: its very bytes, tied to what was made of them.

A Binary holds the bytes; a Provenance names every entry as its target and the Binary as the source (FHIR R4,
Provenance.entity with the role `source`). Intake gives both the strictest label of what they refer to.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Final

from medshare.conversion.item import Converted, Entry
from medshare.conversion.naming import full_url

_ENTITY_ROLE_SOURCE: Final = "source"
_ACTIVITY: Final = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle",
            "code": "transform",
            "display": "Transform/Translate Record Lifecycle Event",
        }
    ]
}
_AGENT: Final = {
    "type": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                "code": "assembler",
                "display": "Assembler",
            }
        ]
    },
    "who": {"display": "MedShare, conversion"},
}


def with_original(converted: Converted, *, recorded: str) -> Converted:
    """Return the item with its original among the entries.

    Args:
        converted: What was made of the item.
        recorded: When it was converted, a FHIR instant.
    """
    content = converted.item.content
    digest = hashlib.sha256(content).hexdigest()
    binary: Entry = {
        "fullUrl": full_url("original", digest),
        "resource": {
            "resourceType": "Binary",
            "contentType": converted.item.media_type,
            "data": base64.b64encode(content).decode("ascii"),
        },
    }
    provenance: Entry = {
        "fullUrl": full_url("provenance", digest),
        "resource": {
            "resourceType": "Provenance",
            "target": [{"reference": entry["fullUrl"]} for entry in converted.entries],
            "recorded": recorded,
            "activity": _ACTIVITY,
            "agent": [_AGENT],
            "entity": [{"role": _ENTITY_ROLE_SOURCE, "what": {"reference": binary["fullUrl"]}}],
        },
    }
    return replace(converted, entries=(*converted.entries, binary, provenance))
