"""The 62 HL7 v3 purposes of use as bits of one mask (v3-ActReason 4.0.0; design, section 11).

Bit i is the i-th code in ASCII order. A parent permits its children: a mask is *closed* before it
is signed, so that the chain compares one bit and knows no hierarchy. Eight codes are never added
by the closure; they count only where they are named themselves. So `CLINTRCH` closes to itself
alone: its three children are on that list too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from medshare.consent.errors import BadPurposes, PurposesNotClosed, UnknownPurpose

CHILDREN: Final[dict[str, tuple[str, ...]]] = {
    "HOPERAT": (
        "CAREMGT",
        "DONAT",
        "FRAUD",
        "GOV",
        "HACCRED",
        "HCOMPL",
        "HDECD",
        "HDIRECT",
        "HDM",
        "HLEGAL",
        "HOUTCOMS",
        "HPRGRP",
        "HQUALIMP",
        "HSYSADMIN",
        "MEMADMIN",
        "MILCDM",
        "MLTRAINING",
        "PATADMIN",
        "PATSFTY",
        "PERFMSR",
        "RECORDMGT",
        "SYSDEV",
        "TRAIN",
    ),
    "HSYSADMIN": ("LABELING", "METAMGT"),
    "SYSDEV": ("HTEST",),
    "HPAYMT": ("CLMATTCH", "COVAUTH", "COVERAGE", "PMTDS", "REMITADV"),
    "COVERAGE": ("ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG"),
    "HRESCH": ("BIORCH", "CLINTRCH", "DSRCH", "POARCH", "TRANSRCH"),
    "CLINTRCH": ("CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH"),
    "PATRQT": ("FAMRQT", "PWATRNY", "SUPNWK"),
    "PUBHLTH": ("DISASTER", "THREAT"),
    "TREAT": ("CLINTRL", "COC", "ETREAT", "POPHLTH", "TREATDS"),
    "ETREAT": ("BTG", "ERTREAT"),
}
"""The is-a children of each parent."""

ROOTS: Final = ("HMARKT", "HOPERAT", "HPAYMT", "HRESCH", "PATRQT", "PUBHLTH", "TREAT")
"""The codes directly under PurposeOfUse."""

PURPOSES: Final[tuple[str, ...]] = tuple(sorted({*ROOTS, *(code for codes in CHILDREN.values() for code in codes)}))
"""The 62 codes in ASCII order: the index is the bit."""

ALL: Final = (1 << len(PURPOSES)) - 1
"""Every bit that means something; bits 62 and 63 are zero."""

NEVER_ADDED: Final = frozenset(
    ("BTG", "CLINTRL", "CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH", "POPHLTH", "MLTRAINING")
)
"""Codes that a parent does not permit; they must be named themselves."""

CARE: Final = frozenset(("TREAT", "COC", "TREATDS", "ETREAT", "ERTREAT", "BTG"))
"""Care of this patient (design, section 11)."""

MARKETING: Final = frozenset(("HMARKT",))

_BITS: Final = {code: bit for bit, code in enumerate(PURPOSES)}


def bit(code: str) -> int:
    """Return the bit number of `code`, 0 to 61.

    Raises:
        UnknownPurpose: Not one of the 62 codes.
    """
    try:
        return _BITS[code]
    except KeyError:
        raise UnknownPurpose(purpose=code) from None


def mask_of(codes: Iterable[str]) -> int:
    """Return the mask of exactly these codes, without their children."""
    mask = 0
    for code in codes:
        mask |= 1 << bit(code)
    return mask


def codes_of(mask: int) -> tuple[str, ...]:
    """Return the codes of `mask`, in ASCII order.

    Raises:
        BadPurposes: No bit is set, or one above 61, or the mask is negative.
    """
    if mask == 0 or mask & ~ALL:
        raise BadPurposes(purposes=mask)
    return tuple(code for code, number in _BITS.items() if mask >> number & 1)


def descendants(code: str) -> frozenset[str]:
    """Return the is-a children of `code` transitively, `code` itself not."""
    bit(code)
    found: set[str] = set()
    waiting = list(CHILDREN.get(code, ()))
    while waiting:
        child = waiting.pop()
        found.add(child)
        waiting.extend(CHILDREN.get(child, ()))
    return frozenset(found)


RESEARCH: Final = frozenset(("HRESCH", "CLINTRL", "MLTRAINING")) | descendants("HRESCH")
"""Secondary use for knowledge: the whole research branch, and two codes that HL7 keeps elsewhere:
the trial under TREAT and the training of models under HOPERAT."""


def closure(codes: Iterable[str]) -> int:
    """Return the mask of `codes` with all that they permit.

    Added are the is-a children transitively, but none of `NEVER_ADDED`. A child of a code that
    was not added is still added if it is not on that list itself.
    """
    mask = 0
    for code in codes:
        mask |= mask_of((code,)) | mask_of(descendants(code) - NEVER_ADDED)  # [S-008]
    return mask


def closed(mask: int) -> int:
    """Return `mask` if its closure adds nothing.

    Raises:
        BadPurposes: As `codes_of`.
        PurposesNotClosed: A parent stands without a child that it permits.
    """
    missing = closure(codes_of(mask)) & ~mask
    if missing:
        raise PurposesNotClosed(missing=" ".join(codes_of(missing)))
    return mask


CARE_BITS: Final = mask_of(CARE)
RESEARCH_BITS: Final = mask_of(RESEARCH)
MARKETING_BITS: Final = mask_of(MARKETING)
