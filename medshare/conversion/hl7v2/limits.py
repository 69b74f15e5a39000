"""How much a message may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLimits:
    """Limits of one message. Conversion takes about 20 µs for each part (measured), so 200,000 take seconds.

    Attributes:
        message_bytes: Bytes of one message, its frame not counted.
        parts: Segments, fields, repetitions, components and subcomponents together, the empty ones too.
    """

    message_bytes: int = 16 * MEBIBYTE
    parts: int = 200_000


DEFAULT_LIMITS: Final = MessageLimits()
