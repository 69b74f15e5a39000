"""What a year is made of: figures that nobody can measure here, each with where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.gateway.anchoring import AnchorRule

ASSUMED: Final = "assumed"
PROTOCOL: Final = "protocol"
OURS: Final = "our rule"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One figure: what it is, its value and unit, and where it is from."""

    name: str
    value: float
    unit: str
    source: str
    remark: str = ""


def _of(*them: Assumption) -> dict[str, Assumption]:
    return {one.name: one for one in them}


ASSUMPTIONS: Final = _of(
    Assumption("patients", 1e8, "", "the question"),
    Assumption("documents", 10, "a patient-year", "the question"),
    Assumption("registrations", 0.1, "a patient-year", ASSUMED, "births, moves, lost keys"),
    Assumption("consents granted unasked", 2, "a patient-year", ASSUMED),
    Assumption("consents that answer a request", 1, "a patient-year", ASSUMED, "opened, and approved"),
    Assumption("revocations", 0.5, "a patient-year", ASSUMED, "the other consents end by their date"),
    Assumption("new directories", 1, "a patient-year", ASSUMED, "a new epoch after a revocation or an end"),
    Assumption("lockdowns", 0.01, "a patient-year", ASSUMED),
    Assumption("erasures", 0.1, "a patient-year", ASSUMED),
    Assumption("reads", 40, "a patient-year", ASSUMED, "each document four times"),
    Assumption("institutions", 1_000, "", ASSUMED, "each with a gateway, a vault, a Kubo node"),
    Assumption("seconds between anchors of records", 3_600, "s", ASSUMED, "each institution"),
    Assumption(
        "seconds between anchors of receipts", AnchorRule().seconds, "s", OURS, "`AnchorRule`; more often when busy"
    ),
    Assumption("copies of a body", 3, "", OURS, "validators keep what they confirm"),
    Assumption("busiest hour", 4, "times the mean", ASSUMED),
    Assumption("bytes of a transaction besides its calldata", 110, "bytes", PROTOCOL, "EIP-1559, RLP, signed"),
    Assumption("gas of a block", 36e6, "gas", ASSUMED, "a consortium sets its own"),
    Assumption("slot", 12, "s", PROTOCOL),
    Assumption("full share of a block in the mean", 0.5, "", PROTOCOL, "EIP-1559's target"),
    Assumption("blobs of a block", 6, "", PROTOCOL, "EIP-7691's target"),
    Assumption(
        "usable bytes of a blob", 4096 * 31, "bytes", PROTOCOL, "EIP-4844: 31 of the 32 in each of 4,096 fields"
    ),
    Assumption("announcements", 10, "a second and node", ASSUMED, "of a Kubo node; not measured"),
    Assumption("seconds between announcements of a body", 22 * 3_600, "s", PROTOCOL, "Kubo's reprovide interval"),
)

YEAR: Final = 365.25 * 86_400
"""Seconds."""


def assumed(name: str) -> float:
    """Return the value of one."""
    return ASSUMPTIONS[name].value
