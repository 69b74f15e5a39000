"""Research purposes as GA4GH data use codes, and back (Data Use Ontology, release 2021-02-23).

DUO has one permission and any number of modifiers. The bridge to v3-ActReason is ours, not a standard:

====  ============================================  ==============================================================
GRU   general research use                          HRESCH
HMB   health, medical or biomedical research        BIORCH
DS    disease specific research                     DSRCH; no consent of ours names the disease, so it is never said
POA   population origins or ancestry research       POARCH
NRES  no restriction                                HRESCH: less than it says
CC    clinical care, a modifier                     TREAT, in a consent of its own
====  ============================================  ==============================================================

What goes out is never wider than the consent: of several purposes the widest permission that it holds whole is said,
the others are listed. A permission is limited to one institution (IS), to the accounts that it names (US) and to its
months (TS), all of which the chain enforces; HRESCH without clinical trials is limited in kind (RS). DUO has no code
against re-identification: the HL7 refrain NORELINK stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from medshare.consent.actions import BY_PROCESSOR
from medshare.consent.purposes import bit, closure, codes_of, descendants, mask_of
from medshare.exchange.consent import ConsentDraft
from medshare.exchange.data_use_terms import DATA_USE_TERMS
from medshare.exchange.errors import DataUseNotKnown, DataUseNotOne, NoDataUse, NothingPermitted

NORELINK: Final = "NORELINK"
"""v3-ActCode, a refrain: prohibit linking back to who it is about."""
MONTH: Final = 31 * 86_400
"""Seconds of the longest month: a number of months is never more than the consent has."""

_PERMISSIONS: Final = {"NRES": "HRESCH", "GRU": "HRESCH", "HMB": "BIORCH", "DS": "DSRCH", "POA": "POARCH"}
_SAID: Final = (("HRESCH", "GRU"), ("BIORCH", "HMB"), ("POARCH", "POA"))
"""What is said of a mask: the widest first."""
_HELD: Final = frozenset(("IS", "US", "TS", "NPOA", "NMDS", "CC"))
"""Modifiers that a consent keeps: one accredited grantee, an end, and purposes that are not named."""
_TRIALS: Final = frozenset(("CLINTRCH",)) | descendants("CLINTRCH")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUseTerm:
    """A term of DUO: `DUO:0000042`, `GRU`, and its label. A group of terms has no shorthand and is never assigned."""

    code: str
    shorthand: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """A consent as data use codes.

    `terms` is the permission and then the modifiers. `months` is what TS means. `beside` are HL7 refrains that DUO
    lacks. `unsaid` are the purposes of the consent that the terms do not hold: they permit less than it.
    """

    terms: tuple[DataUseTerm, ...]
    months: int
    beside: tuple[str, ...]
    unsaid: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUsePurposes:
    """What data use codes ask a patient for.

    `purposes` are closed masks, one for each consent that would have to be signed. `unbound` are the modifiers that no
    consent of ours binds anybody to: they have to be agreed elsewhere.
    """

    purposes: tuple[int, ...]
    unbound: tuple[DataUseTerm, ...]


@cache
def terms() -> dict[str, DataUseTerm]:
    """Return the terms by code and by shorthand."""
    rows = [
        DataUseTerm(code=f"DUO:{digits}", shorthand=shorthand, label=label)
        for digits, shorthand, label in (line.split(" ", 2) for line in DATA_USE_TERMS.strip().splitlines())
    ]
    return {name: row for row in rows for name in (row.code, row.shorthand)}


def data_use_of(draft: ConsentDraft) -> DataUse:
    """Return the data use codes of a consent for research.

    Raises:
        NoDataUse: It has no purpose that a DUO permission holds.
    """
    found = next(((purpose, term) for purpose, term in _SAID if draft.purposes >> bit(purpose) & 1), None)  # [Z-003]
    if found is None:
        raise NoDataUse
    purpose, permission = found
    names = [permission]
    if permission == "GRU" and mask_of(_TRIALS) & ~draft.purposes:
        names.append("RS")
    names.append("IS")
    if draft.researcher is not None:
        names.append("US")
    months = (draft.not_after - draft.not_before) // MONTH
    if months:
        names.append("TS")
    held = closure((purpose,)) | (mask_of(_TRIALS) if permission == "GRU" else 0)
    left = draft.purposes & ~held
    return DataUse(
        terms=tuple(terms()[name] for name in names),
        months=months,
        beside=(NORELINK,) if draft.actions & BY_PROCESSOR else (),
        unsaid=codes_of(left) if left else (),
    )


def purposes_of(codes: Iterable[str]) -> DataUsePurposes:
    """Return the purposes that data use codes ask for; codes as `DUO:0000042`, `DUO_0000042` or `GRU`.

    Raises:
        DataUseNotKnown: One is no assignable term; its place is told.
        DataUseNotOne: Not exactly one permission.
        NothingPermitted: The modifiers take everything away.
    """
    given: dict[str, DataUseTerm] = {}
    for number, code in enumerate(codes, start=1):
        term = terms().get(code.strip().replace("DUO_", "DUO:"))
        if term is None:
            raise DataUseNotKnown(number=number)
        given[term.shorthand] = term
    permissions = [name for name in given if name in _PERMISSIONS]
    if len(permissions) != 1:
        raise DataUseNotOne(count=len(permissions))
    mask = closure((_PERMISSIONS[permissions[0]],))
    if "NPOA" in given:
        mask &= ~mask_of(("HRESCH", "POARCH"))  # a parent without one of its children is none
    if not mask:
        raise NothingPermitted
    masks = (mask, closure(("TREAT",))) if "CC" in given else (mask,)
    unbound = tuple(term for name, term in given.items() if name not in _PERMISSIONS and name not in _HELD)
    disease = (given["DS"],) if "DS" in given else ()
    return DataUsePurposes(purposes=masks, unbound=(*disease, *unbound))
