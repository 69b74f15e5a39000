"""How much of a document was said: its entries, and within them each element that holds something."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.xml import SDTC, V3, find, name_of
from medshare.conversion.item import Coverage

_FIXED: Final = frozenset(("templateId", "typeId", "realmCode", "sequenceNumber", "seperatableInd"))
_FIXED_CODES: Final = frozenset(("CONC", "ASSERTION", "SEV"))
_PARTS: Final = frozenset(
    (
        *("entryRelationship", "component", "act", "encounter", "observation", "organizer", "procedure", "supply"),
        *("substanceAdministration", "author", "performer", "participant", "participantRole", "playingEntity"),
        *("playingDevice", "scopingEntity", "assignedAuthor", "assignedEntity", "assignedPerson", "consumable"),
        *("representedOrganization", "product", "manufacturedProduct", "manufacturedMaterial", "specimen"),
        *("manufacturerOrganization", "referenceRange", "observationRange", "specimenRole", "informant", "subject"),
        *("relatedSubject", "precondition", "criterion", "reference", "specimenPlayingEntity", "relatedEntity"),
        *("assignedAuthoringDevice", "relatedPerson"),
    )
)
"""Elements that hold others; any other element is one thing said, with all that stands in it."""


def count_elements(draft: Draft, entry: Any) -> Coverage:
    """Count the elements of an entry that hold something, and those that were taken; each other one is an issue."""
    counted = Coverage(elements=0, mapped=0)
    for part in entry:
        if not part.tag.startswith((V3, SDTC)) or name_of(part) in _FIXED or _is_empty(part):
            continue
        if part in draft.taken:
            counted += Coverage(elements=1, mapped=1)
        elif name_of(part) in _PARTS and len(part):
            counted += count_elements(draft, part)
        else:
            draft.issue(part, "element-not-mapped", severity="information")
            counted += Coverage(elements=1, mapped=0)
    return counted


def _is_empty(node: Any) -> bool:
    """Whether an element holds nothing: no words, only a null flavour, a fixed code, or a link to the narrative."""
    name = name_of(node)
    if name == "text" or (name == "reference" and node.get("value", "").startswith("#")):
        return find(node, "reference") is not None or not "".join(node.itertext()).strip()
    if name == "code" and node.get("code") in _FIXED_CODES:
        return True
    if name == "statusCode":
        return node.get("code") in {None, "completed"}
    if len(node) or (node.text or "").strip():
        return bool(node.get("nullFlavor")) and not _holds(node)
    return not any(
        key in node.attrib for key in ("value", "code", "extension", "root", "displayName", "unit", "inversionInd")
    )


def _holds(node: Any) -> bool:
    """Whether anything below an element has a value, a code or words."""
    return any(
        (part.text or "").strip() or any(key in part.attrib for key in ("value", "code", "extension"))
        for part in node.iter()
    )
