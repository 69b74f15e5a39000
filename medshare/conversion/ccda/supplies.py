"""Supplies that are no medication: Non-Medicinal Supply Activity to SupplyDelivery; planned ones are in `plans`.

The guide has no page for them; FHIR R4's definition of SupplyDelivery is followed.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.datatypes import absent, concept, quantity
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.medications import dispense, order, product
from medshare.conversion.ccda.procedures import devices
from medshare.conversion.ccda.statements import ROOT, common, status, subject
from medshare.conversion.ccda.times import time_of
from medshare.conversion.ccda.xml import find, templates

_STATUS: Final = {
    "active": "in-progress",
    "new": "in-progress",
    "completed": "completed",
    "aborted": "abandoned",
    "cancelled": "abandoned",
    "nullified": "entered-in-error",
}


def supply(draft: Draft, node: Any, focus: str) -> str:
    """Add a supply: of a medicine a dispense or an order, of anything else a SupplyDelivery."""
    if ROOT + "18" in templates(node):
        return dispense(draft, node, focus)
    if ROOT + "17" in templates(node) or find(node, "product/manufacturedProduct/manufacturedMaterial") is not None:
        return order(draft, node, focus)
    said, url = supplied(draft, node)
    return draft.add(
        {
            "resourceType": "SupplyDelivery",
            "identifier": common(draft, node)["identifier"],
            "status": status(draft, node, _STATUS, "in-progress"),
            "patient": subject(draft),
            "suppliedItem": {
                "quantity": quantity(draft, draft.one(node, "quantity")),
                **({"itemReference": {"reference": url}} if url else {"itemCodeableConcept": said}),
            },
            **time_of(draft, draft.one(node, "effectiveTime"), "occurrence"),
        },
        node,
    )


def supplied(draft: Draft, node: Any) -> tuple[dict[str, Any], str]:
    """Return what is supplied: its code, or why there is none; and the full URL of its Device, if it has one."""
    found = devices(draft, node)
    _, material, _ = product(draft, node)
    code = draft.one(node, "code")
    said = concept(draft, code) or concept(draft, material)
    if not said and not found:
        text = draft.text_of(find(node, "text"))
        said = {"text": text} if text else None
    return said or absent(code), found[0] if found else ""
