"""How much a document may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class CcdaLimits:
    """Limits of one document.

    Attributes:
        file_bytes: Bytes of the file, and of what it unpacks to.
        depth: Levels of elements. C-CDA documents have about 30.
        parts: Elements and attributes together, about 600 bytes of memory each (measured); the longest of HL7's
            examples has 8,300.
        issues: Issues of one document; beyond them one issue says how many more there are.
    """

    file_bytes: int = 64 * MEBIBYTE
    depth: int = 100
    parts: int = 400_000
    issues: int = 2_000
