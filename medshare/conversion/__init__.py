"""Conversion: what hospitals really have into FHIR R4, nothing lost. See `README.md` beside this file."""

from __future__ import annotations

from medshare.conversion.item import Converted, Coverage, Entry, Format, Identifier, SourceItem
from medshare.conversion.naming import full_url
from medshare.conversion.original import with_original

__all__ = ["Converted", "Coverage", "Entry", "Format", "Identifier", "SourceItem", "full_url", "with_original"]
