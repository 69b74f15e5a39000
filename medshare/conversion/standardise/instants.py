"""Times with their zone.

FHIR R4, datatypes, dateTime: "If hours and minutes are specified, a time zone SHALL be populated".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from medshare.conversion.standardise.errors import ZoneUnknownError

_WITHOUT_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?")
NAMES: Final = frozenset(
    ("answerDateTime", "articleDate", "authored", "authoredOn", "abatementDateTime", "collectedDateTime", "created")
) | {
    *("createdDateTime", "creation", "date", "dateAccessed", "dateAsserted", "dateDateTime", "dateTime", "dateWritten"),
    *("deceasedDateTime", "defaultValueDateTime", "defaultValueInstant", "detected", "effectiveDateTime"),
    *("effectiveInstant", "effectiveTime", "end", "enteredDate", "event", "expirationDate", "expiry", "fixedDateTime"),
    *("fixedInstant", "identifiedDateTime", "ifModifiedSince", "issued", "lastModified", "lastOccurrence"),
    *("lastPerformed", "lastRevisionDate", "lastUpdated", "manufactureDate", "maxValueDateTime", "maxValueInstant"),
    *("minValueDateTime", "minValueInstant", "occurredDateTime", "occurrenceDateTime", "onset", "onsetDateTime"),
    *("participantEffectiveDateTime", "patternDateTime", "patternInstant", "performedDateTime", "presentationDate"),
    *("publicationDate", "received", "receivedTime", "recorded", "recordedDate", "recordedOn", "releaseDate"),
    *("restoreDate", "sent", "start", "started", "statusDate", "studyEffectiveDateTime", "time", "timeDateTime"),
    *("timestamp", "timingDateTime", "useBy", "validTo", "validationDate", "valueDateTime", "valueInstant"),
    *("verificationDate", "when", "whenHandedOver", "whenPrepared", "paymentDate"),
}
"""Elements that may hold a dateTime or an instant."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where clocks without a zone hang: an IANA name, such as Asia/Taipei."""

    name: str

    def __post_init__(self) -> None:
        """Look the name up.

        Raises:
            ZoneUnknownError: There is no such zone.
        """
        try:
            ZoneInfo(self.name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
            raise ZoneUnknownError from None

    def of(self, local: datetime) -> str | None:
        """Return the offset of a clock's time there, or None in the hour that comes twice or never."""
        zone = ZoneInfo(self.name)
        first = local.replace(tzinfo=zone, fold=0).utcoffset()
        second = local.replace(tzinfo=zone, fold=1).utcoffset()
        if first is None or first != second or first % timedelta(minutes=1):
            return None
        minutes = int(first.total_seconds()) // 60
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def lacks_zone(text: str) -> bool:
    """Whether a text is a date with a time and no zone."""
    return _WITHOUT_ZONE.fullmatch(text) is not None


def with_zone(text: str, zone: Zone) -> str | None:
    """Return the same time with its offset, or None where that is not certain."""
    try:
        local = datetime.fromisoformat(text[:19])
    except ValueError:
        return None
    offset = zone.of(local)
    return None if offset is None else text + offset
