"""Intake: FHIR R4 Bundles in, documents of one category and one visit out, nothing lost.

See `README.md` beside this file for the rules and for what the tables do not cover.
"""

from __future__ import annotations

from medshare.intake.bundles import (
    Document,
    Intake,
    IntakeReport,
    Issue,
    read_bundle,
    reassemble,
    take_in,
    take_in_bundle,
)
from medshare.intake.json_text import Numeral
from medshare.intake.limits import Limits
from medshare.intake.preferences import Preferences
from medshare.intake.security_labels import SecurityLabel, security_labels
from medshare.intake.terminology import table_versions

__all__ = [
    "Document",
    "Intake",
    "IntakeReport",
    "Issue",
    "Limits",
    "Numeral",
    "Preferences",
    "SecurityLabel",
    "read_bundle",
    "reassemble",
    "security_labels",
    "table_versions",
    "take_in",
    "take_in_bundle",
]
