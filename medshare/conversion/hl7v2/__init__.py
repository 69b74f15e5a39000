"""HL7 v2 messages as FHIR R4, by HL7's v2-to-FHIR guide. See `README.md` beside this file for the rules."""

from __future__ import annotations

from medshare.conversion.hl7v2.format import Hl7v2, total_coverage
from medshare.conversion.hl7v2.limits import MessageLimits

__all__ = ["Hl7v2", "MessageLimits", "total_coverage"]
