"""What can be wrong with what a user gives for standardising."""

from __future__ import annotations

from medshare.errors import InputError


class CodeMapError(InputError):
    """Raised when a map of local codes is not one."""

    code = "standardise.code-map"
    cause = "This map of codes is wrong at row {row} (0 for the whole): {reason}."
    remedy = "Give CSV with the header system,code,target_system,target_code,display, or TOML with [[code]] tables."


class ZoneUnknownError(InputError):
    """Raised when a time zone is not one."""

    code = "standardise.zone-unknown"
    cause = "There is no time zone of this name."
    remedy = "Give a name of the IANA database, such as Asia/Taipei."
