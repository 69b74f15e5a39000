"""Sealing many documents: here, or in other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from medshare.age import Entropy, Recipient
from medshare.record.manifest import RecordFacts
from medshare.record.sealing import SealedRecord, seal


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingJob:
    """One document to be sealed to the key of its compartment."""

    text: bytes = field(repr=False)
    facts: RecordFacts
    recipient: Recipient


Sealing = Callable[[Iterable[SealingJob]], Iterator[SealedRecord]]
"""Seals documents and gives them back in their order."""


def sealing_here(entropy: Entropy) -> Sealing:
    """Return a sealing in this very process."""

    def seal_each(jobs: Iterable[SealingJob]) -> Iterator[SealedRecord]:
        return (seal(job.text, job.facts, job.recipient, entropy=entropy) for job in jobs)

    return seal_each
