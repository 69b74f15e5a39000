"""What a grantee may do, as bits (design, section 11)."""

from __future__ import annotations

from enum import IntFlag
from typing import Final


class Action(IntFlag):
    """One bit for each thing that a consent can permit."""

    READ = 1
    WRITE = 2
    EXPORT = 4
    DEIDENTIFIED = 8
    AGGREGATE = 16


ALL: Final = 31
"""Every bit that means something; the higher three are zero. A plain number: `~` on a flag forgets them."""

BY_PROCESSOR: Final = Action.DEIDENTIFIED | Action.AGGREGATE
"""Uses for which the grantee is an accredited processor and the statement names the researcher."""
