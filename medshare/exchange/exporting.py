"""From an audit export to AuditEvents: what anybody who has the file can write, so no name and no category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from medshare.audit.export import Export
from medshare.conversion.naming import full_url
from medshare.exchange.audit_event import Access, audit_event
from medshare.exchange.systems import Json


def accesses_of(export: Export) -> Iterator[Access]:
    """Give every receipt of an export, line by line."""
    for exported in export.lines:
        for entry in exported.line.entries:  # [Z-005]
            yield Access(
                chain_id=export.chain_id,
                receipt=entry.receipt,
                digest=entry.receipt.digest(export.domains),
                asked=entry.asked,
                leaves=entry.leaves,
            )


def events_of(accesses: Iterable[Access]) -> Json:
    """Return a Bundle of the AuditEvents, one for each receipt (FHIR R4, Bundle of the type collection)."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": full_url("receipt", one.digest.hex()), "resource": audit_event(one)} for one in accesses],
    }
