"""Standardising: units, zones, systems and codes added; references and copies found.

See `README.md` beside this file.
"""

from __future__ import annotations

from medshare.conversion.standardise.codes import Code, CodeMap, read_code_map
from medshare.conversion.standardise.copies import Copies, content_digest, find_copies
from medshare.conversion.standardise.instants import Zone
from medshare.conversion.standardise.rules import Settings
from medshare.conversion.standardise.standard import Standardised, apply_rules, dangling, standardise
from medshare.conversion.standardise.units import is_ucum, ucum_of

__all__ = [
    "Code",
    "CodeMap",
    "Copies",
    "Settings",
    "Standardised",
    "Zone",
    "apply_rules",
    "content_digest",
    "dangling",
    "find_copies",
    "is_ucum",
    "read_code_map",
    "standardise",
    "ucum_of",
]
