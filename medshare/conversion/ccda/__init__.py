"""C-CDA R2.1 documents into FHIR R4. See `README.md` beside this file for the rules and for what is not mapped."""

from __future__ import annotations

from medshare.conversion.ccda.format import Ccda
from medshare.conversion.ccda.limits import CcdaLimits

__all__ = ["Ccda", "CcdaLimits"]
