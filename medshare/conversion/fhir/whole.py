"""Whether a file is one patient's record in one Bundle, which `medshare.intake.take_in` takes as a whole.

Whole is better than in items where it can be: the Bundle comes back exactly, and intake sees every reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medshare.conversion.fhir.compartment import closure, directory_of, identifiers_of, tie_of
from medshare.conversion.item import Identifier
from medshare.errors import InputError
from medshare.intake import Limits
from medshare.intake.json_text import parse
from medshare.intake.reading import read_source
from medshare.intake.references import only_here

DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSummary:
    """What a Bundle holds, by its references alone; nothing in it was checked.

    Attributes:
        type: The type of the Bundle; empty where it says none.
        resources: How many entries have a resource.
        patients: The business identifiers of each Patient.
        strangers: How many resources name a patient who is not in the Bundle.
        dangling: How many references can only lead into the Bundle and do not.
    """

    type: str
    resources: int
    patients: tuple[tuple[Identifier, ...], ...]
    strangers: int
    dangling: int

    @property
    def is_one_patient(self) -> bool:
        """Whether it is the record of one patient, whole."""
        return len(self.patients) == 1 and not self.strangers and not self.dangling


def summarise(source: bytes | Path, *, limits: Limits = DEFAULT_LIMITS) -> BundleSummary | None:
    """Return what a Bundle holds, or None for anything else: `Fhir.items` says what is wrong with it.

    Raises:
        NotFoundError: There is no such file.
    """
    try:
        bundle = parse(read_source(source, limits=limits), limits=limits)
    except InputError:
        return None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return None
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        return None
    held = []
    for entry in entries:
        resource = entry.get("resource", {}) if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType", ""), str):
            return None
        if "resourceType" in resource:
            held.append(entry)
    ties = [tie_of(number, entry) for number, entry in enumerate(held)]
    names = directory_of(ties)
    belongs = closure(ties)
    return BundleSummary(
        type=str(bundle.get("type", "")),
        resources=len(held),
        patients=tuple(identifiers_of(held[number]["resource"]) for number in belongs.patients),
        strangers=len(belongs.missing),
        dangling=sum(
            only_here(reference) and not names.find(reference) for tie in ties for reference in tie.references
        ),
    )


def one_patient(source: bytes | Path, *, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Whether a file is a Bundle of exactly one patient with no reference that is lost.

    Raises:
        NotFoundError: There is no such file.
    """
    summary = summarise(source, limits=limits)
    return summary is not None and summary.is_one_patient
