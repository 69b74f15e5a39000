"""How long a plaintext becomes, so that its size says little.

Source: Nikitin, Barman, Lueks, Underwood, Hubaux and Ford, "Reducing Metadata Leakage from Encrypted
Files and Communication with PURBs", Proceedings on Privacy Enhancing Technologies 2019(4), 6-33,
section 4, "Padmé". A length of L bits leaks O(log log L) bits; the cost is at most 12 %.
"""

from __future__ import annotations

SMALLEST = 2048
"""Bytes. Below this all plaintexts look alike (design, section 11)."""


def padded_length(length: int) -> int:
    """Return Padmé(max(length, 2048)), in bytes.

    Only the leading bits of the result may be set: with E = floor(log2 L) and S = floor(log2 E) + 1,
    the lowest E - S bits are zero.
    """
    length = max(length, SMALLEST)
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()
    mask = (1 << (exponent - kept)) - 1
    return (length + mask) & ~mask
