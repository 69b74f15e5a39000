"""FHIR R4 in JSON, from files, folders, lines and servers. See `README.md` beside this file."""

from __future__ import annotations

from medshare.conversion.fhir.compartment import (
    Closure,
    Tie,
    closure,
    identifiers_of,
    subject_of,
    subjects_of,
    tie_of,
)
from medshare.conversion.fhir.server import PageLimits, Patience, Server, read_token
from medshare.conversion.fhir.source import Fhir
from medshare.conversion.fhir.whole import BundleSummary, one_patient, summarise

__all__ = [
    "BundleSummary",
    "Closure",
    "Fhir",
    "PageLimits",
    "Patience",
    "Server",
    "Tie",
    "closure",
    "identifiers_of",
    "one_patient",
    "read_token",
    "subject_of",
    "subjects_of",
    "summarise",
    "tie_of",
]
