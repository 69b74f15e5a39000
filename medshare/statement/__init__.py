"""The statement: a consent in the patient's own language, rendered from its numbers."""

from __future__ import annotations

from medshare.statement.accreditation import AccreditationRecord
from medshare.statement.check import check, draft
from medshare.statement.facts import Folder, Party, StatementFacts
from medshare.statement.rendering import language_of, parse, render

__all__ = (
    "AccreditationRecord",
    "Folder",
    "Party",
    "StatementFacts",
    "check",
    "draft",
    "language_of",
    "parse",
    "render",
)
