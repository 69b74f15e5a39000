"""Specimens (C-CDA on FHIR, "C-CDA Specimen to FHIR Specimen")."""

from __future__ import annotations

from typing import Any

from medshare.conversion.ccda.datatypes import concept, identifiers, quantity
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.people import reference
from medshare.conversion.ccda.statements import subject
from medshare.conversion.ccda.times import time_of
from medshare.conversion.ccda.xml import find


def specimen(draft: Draft, node: Any, procedure: Any = None) -> dict[str, Any] | None:
    """Return the reference to the Specimen of a specimen element and of the procedure that collected it."""
    role = find(node, "specimenRole")
    entity = find(role, "specimenPlayingEntity")
    name = draft.one(entity, "name")
    kind = concept(draft, draft.one(entity, "code"))
    note = draft.one(entity, "desc")
    collection = {
        "quantity": quantity(draft, draft.one(entity, "quantity")),
        "bodySite": concept(draft, draft.one(procedure, "targetSiteCode")),
        **time_of(draft, draft.one(procedure, "effectiveTime"), "collected"),
    }
    said = {
        "identifier": identifiers(draft, role),
        "type": kind or ({"text": words(name)} if name is not None and words(name) else None),
        "collection": collection,
        "note": [{"text": words(note)}] if note is not None and words(note) else None,
    }
    if not said["identifier"] and not said["type"] and not any(collection.values()):
        return None
    return reference(draft.share({"resourceType": "Specimen", **said, "subject": subject(draft)}))
