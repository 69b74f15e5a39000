"""What the documents of the synthetic patients take when they are sealed: the bytes of body and capsule."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator
from pathlib import Path

from medshare.age import HybridIdentity
from medshare.intake import take_in
from medshare.record import RecordFacts, seal
from scripts.scaling.growth import Kind, Reading

ENGINE = "documents"
PATIENTS = Path(__file__).resolve().parents[2] / "tests" / "data" / "fhir"


def measure(count: int) -> Iterator[Reading]:
    """Yield the mean sizes over all documents of so many patients."""
    recipient = HybridIdentity.from_seed(secrets.token_bytes(32)).recipient
    bodies, capsules, texts = [], [], []
    people = sorted(PATIENTS.glob("*.json.gz"))[:count]
    for person in people:
        for document in take_in(gzip.decompress(person.read_bytes()), entropy=secrets.token_bytes).documents:
            facts = RecordFacts(
                chain_id=1,
                registry=f"0x{'4e' * 20}",
                patient=f"0x{'a1' * 20}",
                provider=f"0x{'b1' * 20}",
                category=int(document.category),
                record_id=secrets.token_bytes(32),
                version=1,
                media_type=document.media_type,
            )
            sealed = seal(document.text, facts, recipient)
            bodies.append(len(sealed.body))
            capsules.append(len(sealed.capsule))
            texts.append(len(document.text))

    def reading(name: str, value: float, unit: str = "bytes") -> Reading:
        return Reading(
            engine=ENGINE, name=name, kind=Kind.EACH, units="synthetic patients", unit=unit, n=len(people), value=value
        )

    yield reading("documents of a patient", len(bodies) / len(people), "documents")
    yield reading("text of a document", sum(texts) / len(texts))
    yield reading("body of a document", sum(bodies) / len(bodies))
    yield reading("capsule of a document", sum(capsules) / len(capsules))
    yield reading("bodies of up to 64 KiB", sum(size <= 2**16 for size in bodies) / len(bodies), "share")
