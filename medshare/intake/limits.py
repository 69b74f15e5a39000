"""How much a source may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one source. Peak memory is about 4 x `plain_bytes` plus 350 bytes for each value (measured on 13 MiB).

    Attributes:
        source_bytes: Bytes of the file as given.
        plain_bytes: Bytes after unpacking.
        ratio: How many times its size gzip data may grow, once it passes `ratio_from` bytes.
            The 24 Synthea patients grow 15 to 25 times, pretty-printed.
        ratio_from: Plain bytes from which `ratio` counts; small files may be very regular.
        depth: Levels of JSON.
        values: JSON values of all kinds.
        entries: Entries of the Bundle.
        number: Characters of a number.
        exponent: Largest power of ten, either sign.
    """

    source_bytes: int = 256 * MEBIBYTE
    plain_bytes: int = 256 * MEBIBYTE
    ratio: int = 100
    ratio_from: int = MEBIBYTE
    depth: int = 64
    values: int = 2_000_000
    entries: int = 100_000
    number: int = 64
    exponent: int = 400
