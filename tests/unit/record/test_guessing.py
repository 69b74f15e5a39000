"""What a leaf and a size tell somebody who may guess. Cases P02, P05, P07, adapted: the salt stands only inside the body."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

from medshare.consent.categories import CATEGORIES
from medshare.digest import keccak, sha256
from medshare.hexadecimal import ZERO_32
from medshare.intake import take_in
from medshare.record import inner_hash, leaf_hash
from medshare.record.padding import padded_length
from tests.vectors.forging import DOCUMENT, PATIENT, manifest_of, parcel

CHARTS = sorted((Path(__file__).parents[2] / "data" / "fhir").glob("*.json.gz"))


def test_a_leaf_is_guessed_from_no_fact_of_the_document_without_its_salt():
    """[N-001] P02: everything is known but 32 random bytes; each leaf is tried for hundreds of openings."""
    known = parcel("a document whose every word is known")
    body_digest, text_digest = sha256(known.body), sha256(DOCUMENT)
    plain = manifest_of()
    salts = (ZERO_32, text_digest, body_digest, keccak(DOCUMENT), sha256(PATIENT.encode()), plain.record_id)
    tried = set()
    for category, salt, version in product(CATEGORIES, salts, (1,)):
        for given in (body_digest, text_digest, ZERO_32):
            guess = replace(plain, category=category, salt=salt, version=version)
            tried.add(guess.leaf(text_digest=text_digest, body_digest=given))
    # Nor is it the bare hash of anything that stands in the document or names it.
    things = (DOCUMENT, known.body, known.capsule, PATIENT.encode(), text_digest, body_digest)
    tried |= {hashing(thing) for hashing in (keccak, sha256) for thing in things}
    assert len(tried) > 400
    assert known.expected.leaf not in tried
    assert known.expected.root not in tried


def test_the_same_document_sealed_twice_has_two_leaves_that_share_nothing():
    """P02: equal documents look unequal."""
    one, other = parcel("first"), parcel("second", record_id=sha256(b"another record"))
    assert one.expected.leaf != other.expected.leaf
    assert sha256(one.body) != sha256(other.body)


def test_a_kept_body_fits_no_leaf_once_its_salt_is_gone():
    """P05: who kept the body, its digest and the patient's address still lacks 32 bytes for the leaf of the chain."""
    kept = parcel("erased")
    body_digest = sha256(kept.body)
    for text in (ZERO_32, body_digest, sha256(DOCUMENT), keccak(kept.body), sha256(kept.capsule)):
        inner = inner_hash(body_digest=body_digest, previous_leaf=ZERO_32, text=text)
        assert leaf_hash(patient=PATIENT, inner=inner) != kept.expected.leaf


def test_nine_of_ten_documents_share_their_size_with_one_of_another_patient_or_category():
    """P07, on 24 synthetic charts: of some 2,000 documents 95 % hide among others (2026-11-23)."""
    sizes: dict[int, set[tuple[str, int]]] = defaultdict(set)
    documents = []
    for chart in CHARTS:
        for document in take_in(chart).documents:
            size = padded_length(len(manifest_of().to_bytes()) + 1 + len(document.text))
            sizes[size].add((chart.name, document.category))
            documents.append(size)
    hidden = sum(len(sizes[size]) > 1 for size in documents)
    assert len(documents) > 1_000
    assert hidden / len(documents) >= 0.9
