"""What the package hands out cannot be changed, and is made by naming its parts."""

from __future__ import annotations

import dataclasses
import io

import pytest

from medshare.record import (
    Anchor,
    AnchorItem,
    ExpectedRecord,
    Manifest,
    RecordFacts,
    SealedHead,
    SealedRecord,
    VerifiedDocument,
    VerifiedFile,
    opening,
)
from medshare.record.errors import ManifestMalformed, PadWrongSize
from tests.vectors.forging import manifest_of, parcel, plaintext_of

VALUES = (
    Anchor,
    AnchorItem,
    ExpectedRecord,
    Manifest,
    RecordFacts,
    SealedHead,
    SealedRecord,
    VerifiedDocument,
    VerifiedFile,
)


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_frozen_has_slots_and_takes_names_only(kind: type):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_prints_a_category_a_salt_a_text_digest_a_proof_or_bytes_of_a_file(kind: type):
    hidden = {"category", "salt", "text_digest", "proof", "capsule", "body", "content", "manifest", "seal", "tree"}
    assert not [field.name for field in dataclasses.fields(kind) if field.repr and field.name in hidden]


def test_a_line_that_does_not_end_is_refused_as_soon_as_it_is_too_long():
    sink = opening._CheckingSink(parcel("good").expected, None, None)
    assert sink.write(b"a" * 4096) == 4096
    with pytest.raises(ManifestMalformed):
        sink.write(b"a")


def test_a_pad_without_an_end_is_refused_as_soon_as_it_is_too_long():
    sink = opening._CheckingSink(parcel("good").expected, io.BytesIO(), None)
    assert sink.write(plaintext_of(manifest_of().to_bytes())) == 2048
    with pytest.raises(PadWrongSize):
        sink.write(b"\n")
