"""Why a consent does not permit an access, in the contract's numbers (design, section 11)."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The first thing that stands in the way; `PERMITTED` if nothing does."""

    PERMITTED = 0
    NEVER = 1
    REVOKED = 2
    LOCKED = 3
    EARLY = 4
    ENDED = 5
    SLOT = 6
    PURPOSE = 7
    ACTION = 8
    GRANTEE_SUSPENDED = 9
    NOT_ACCESSOR = 10
    ACCESSOR_SUSPENDED = 11
