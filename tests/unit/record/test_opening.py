"""A document comes out only when every check passed. Cases S02 to S07, S10, S11."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.age.errors import CannotWriteTarget, NoIdentityMatches, PayloadDamaged
from medshare.digest import sha256
from medshare.errors import IntegrityError
from medshare.record import VerifiedDocument, VerifiedFile, open_document, open_to_file, opening, seal, seal_stream
from medshare.record.errors import (
    BodyMismatch,
    BodyUnreadable,
    CapsuleMismatch,
    DocumentTooLarge,
    LeafMismatch,
    OtherChain,
    PadWrongSize,
    ProofMismatch,
    TargetUnwritable,
)
from tests.vectors.forging import (
    DOCUMENT,
    IDENTITY,
    STRANGER,
    Parcel,
    expect_leaf,
    facts,
    forge,
    manifest_of,
    parcel,
    plaintext_of,
    seeded,
)

GOOD = parcel("good")
LARGE = seal(seeded("large")(300_000), facts(), IDENTITY.recipient)
CHUNK = 65_552


def open_parcel(given: Parcel, **more) -> VerifiedDocument:
    return open_document(capsule=given.capsule, body=given.body, identity=IDENTITY, expected=given.expected, **more)


def names(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def open_large(body: bytes, **changes) -> VerifiedDocument:
    expected = expect_leaf(LARGE.leaf, **changes)
    return open_document(capsule=LARGE.capsule, body=body, identity=IDENTITY, expected=expected)


def test_a_whole_record_gives_its_document_and_says_what_was_checked():
    document = open_parcel(GOOD)
    assert document.content == DOCUMENT
    assert document.manifest.media_type == "application/fhir+json"
    assert (document.leaf, document.root) == (GOOD.expected.leaf, GOOD.expected.root)
    assert document.body_digest == sha256(GOOD.body)
    assert document.text_digest == sha256(DOCUMENT)


def test_a_record_opens_without_knowing_its_body_digest():
    assert open_parcel(replace(GOOD, expected=replace(GOOD.expected, body_digest=None))).content == DOCUMENT


def test_an_empty_document_is_a_document():
    assert open_parcel(forge("empty", document=b"", manifest=None)).content == b""


def test_nobody_else_makes_a_verified_document():
    manifest = open_parcel(GOOD).manifest
    common = {"manifest": manifest, "leaf": bytes(32), "root": bytes(32), "body_digest": b"", "text_digest": b""}
    with pytest.raises(TypeError):
        VerifiedDocument(**common, content=b"forged", seal=None)
    with pytest.raises(TypeError):
        VerifiedFile(**common, path=pathlib.Path("forged"), seal=object())


def test_a_verified_document_does_not_print_what_it_holds():
    document = open_parcel(GOOD)
    assert "Observation" not in repr(document)
    assert "category" not in repr(document)


def test_a_record_for_another_key_stays_shut():
    """[E-001]."""
    with pytest.raises(NoIdentityMatches):
        open_document(capsule=GOOD.capsule, body=GOOD.body, identity=STRANGER, expected=GOOD.expected)


@given(st.integers(0, len(GOOD.body) * 8 - 1))
def test_a_body_with_any_bit_turned_over_gives_nothing(place: int):
    """S03."""
    body = bytearray(GOOD.body)
    body[place // 8] ^= 1 << place % 8
    with pytest.raises(BodyMismatch):
        open_parcel(replace(GOOD, body=bytes(body)))
    with pytest.raises(PayloadDamaged):
        open_parcel(replace(GOOD, body=bytes(body), expected=replace(GOOD.expected, body_digest=None)))


@given(st.integers(0, len(GOOD.capsule) * 8 - 1))
def test_a_capsule_with_any_bit_turned_over_gives_nothing(place: int):
    """S03."""
    capsule = bytearray(GOOD.capsule)
    capsule[place // 8] ^= 1 << place % 8
    with pytest.raises(IntegrityError):
        open_parcel(replace(GOOD, capsule=bytes(capsule)))


@pytest.mark.parametrize(
    "cut", [border + step for border in (0, 16, CHUNK + 16, 2 * CHUNK + 16, 4 * CHUNK + 16) for step in (-1, 0, 1)]
)
def test_a_body_cut_at_a_border_of_a_chunk_is_refused(cut: int):
    """[E-003] S04: one outward error wherever it was cut."""
    body = LARGE.body[: max(cut, 0)]
    with pytest.raises(BodyMismatch):
        open_large(body, body_digest=LARGE.body_digest)
    with pytest.raises(PayloadDamaged):
        open_large(body)


@pytest.mark.parametrize("more", [b"\0", bytes(16), LARGE.body[16 : CHUNK + 16], LARGE.body[-200:]], ids=len)
def test_a_body_with_something_after_it_is_refused(more: bytes):
    """[E-003, O-004] S05."""
    with pytest.raises(BodyMismatch):
        open_large(LARGE.body + more, body_digest=LARGE.body_digest)
    with pytest.raises(PayloadDamaged):
        open_large(LARGE.body + more)


def test_a_body_with_chunks_in_another_order_is_refused():
    """[E-003] S06."""
    nonce, chunks = LARGE.body[:16], [LARGE.body[at : at + CHUNK] for at in range(16, len(LARGE.body), CHUNK)]
    swapped = [chunks[1], chunks[0], *chunks[2:]]
    doubled = [chunks[0], *chunks]
    missing = chunks[1:]
    for order in (swapped, doubled, missing):
        with pytest.raises(PayloadDamaged):
            open_large(nonce + b"".join(order))


def test_a_record_of_another_chain_is_refused_though_the_key_is_right():
    """[O-002] S07."""
    with pytest.raises(OtherChain):
        open_parcel(replace(GOOD, expected=replace(GOOD.expected, chain_id=1)))


def test_the_version_before_is_refused_in_place_of_the_present_one():
    """[O-002] S10."""
    first = seal(DOCUMENT, facts(), IDENTITY.recipient)
    second = seal(DOCUMENT + b" ", facts(version=2, previous_leaf=first.leaf), IDENTITY.recipient)
    with pytest.raises(LeafMismatch):
        open_parcel(Parcel(first.capsule, first.body, expect_leaf(second.leaf)))


def test_a_swapped_capsule_is_told_from_a_swapped_body():
    """[O-002]."""
    other = parcel("other", record_id=sha256(b"another"))
    with pytest.raises(CapsuleMismatch):
        open_parcel(replace(GOOD, capsule=other.capsule))
    with pytest.raises(BodyMismatch):
        open_parcel(replace(GOOD, body=other.body))


def test_the_proof_is_checked_before_anything_is_decrypted():
    """[O-003]."""
    broken = replace(GOOD.expected, root=bytes(32))
    with pytest.raises(ProofMismatch):
        open_parcel(Parcel(b"", b"", broken))
    with pytest.raises(ProofMismatch):
        open_parcel(Parcel(b"", b"", replace(broken, body_digest=None)))


def test_a_document_larger_than_the_limit_is_refused():
    assert open_parcel(GOOD, limit=len(DOCUMENT)).content == DOCUMENT
    with pytest.raises(DocumentTooLarge):
        open_parcel(GOOD, limit=len(DOCUMENT) - 1)


def test_a_pad_may_cross_the_border_of_a_chunk():
    sealed = seal(bytes(131_000), facts(), IDENTITY.recipient)
    assert len(open_parcel(Parcel(sealed.capsule, sealed.body, expect_leaf(sealed.leaf))).content) == 131_000


def test_a_document_may_end_before_the_last_chunk_and_the_pad_be_too_long_there():
    long_pad = forge("long pad", plaintext=plaintext_of(manifest_of().to_bytes()) + b"\n" * 200_000)
    with pytest.raises(PadWrongSize):
        open_parcel(long_pad)


# --- to a file ---------------------------------------------------------------------------------------------------


def to_file(body: io.BufferedIOBase, path: pathlib.Path, record=LARGE, **changes) -> VerifiedFile:
    expected = expect_leaf(record.leaf, **changes)
    return open_to_file(capsule=record.capsule, body=body, identity=IDENTITY, expected=expected, path=path)


def test_a_document_appears_as_a_file_that_only_its_owner_reads(tmp_path: pathlib.Path):
    found = to_file(io.BytesIO(LARGE.body), tmp_path / "document", body_digest=LARGE.body_digest)
    assert found.path.read_bytes() == seeded("large")(300_000)
    assert found.path.stat().st_mode & 0o777 == 0o600
    assert found.leaf == LARGE.leaf
    assert names(tmp_path) == ["document"]


@pytest.mark.parametrize("place", [16, 100_000, -1])
def test_a_file_that_was_there_stays_as_it_was_when_opening_fails(tmp_path: pathlib.Path, place: int):
    """[E-006] S11."""
    target = tmp_path / "document"
    target.write_bytes(b"what was there")
    body = bytearray(LARGE.body)
    body[place] ^= 1
    with pytest.raises(PayloadDamaged):
        to_file(io.BytesIO(body), target)
    with pytest.raises(BodyMismatch):
        to_file(io.BytesIO(body), target, body_digest=LARGE.body_digest)
    assert target.read_bytes() == b"what was there"
    assert names(tmp_path) == ["document"]


def test_a_wrong_leaf_found_at_the_very_end_leaves_no_file(tmp_path: pathlib.Path):
    """[E-006, O-001] S11."""
    with pytest.raises(LeafMismatch):
        to_file(io.BytesIO(LARGE.body), tmp_path / "document", record=replace(LARGE, leaf=sha256(b"another")))
    assert names(tmp_path) == []


def test_a_body_digest_told_wrong_is_found_at_the_end_too(tmp_path: pathlib.Path):
    with pytest.raises(BodyMismatch):
        to_file(io.BytesIO(LARGE.body), tmp_path / "document", body_digest=sha256(b"another"))
    assert names(tmp_path) == []


class _FullDisk:
    """A disk with room for the first bytes only."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, part) -> int:
        self.room -= len(part)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(part)


@pytest.mark.parametrize("reason", ["No space left on device", None])
def test_a_full_disk_leaves_no_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, reason: str | None):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, reason) if reason else OSError

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TargetUnwritable):
        to_file(io.BytesIO(LARGE.body), tmp_path / "document")
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_while_writing_leaves_no_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    genuine = opening._CheckingSink
    monkeypatch.setattr(
        opening, "_CheckingSink", lambda expected, _target, limit: genuine(expected, _FullDisk(100_000), limit)
    )
    with pytest.raises(TargetUnwritable):
        to_file(io.BytesIO(LARGE.body), tmp_path / "document")
    assert names(tmp_path) == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: pathlib.Path):
    with pytest.raises(CannotWriteTarget):
        to_file(io.BytesIO(LARGE.body), tmp_path / "nowhere" / "document")


@pytest.mark.parametrize("why", [None, "Input/output error"])
def test_a_body_that_cannot_be_read_to_its_end_leaves_no_file(tmp_path: pathlib.Path, why: str | None):
    class Broken(io.BytesIO):
        def read(self, size=-1, /):
            if self.tell() > 100_000:
                raise OSError(errno.EIO, why) if why else OSError
            return super().read(size)

    with pytest.raises(BodyUnreadable):
        to_file(Broken(LARGE.body), tmp_path / "document")
    assert names(tmp_path) == []


class _Zeros:
    """A document of zeros that is never all in memory."""

    def __init__(self, length: int) -> None:
        self.left = length

    def read(self, size: int) -> bytes:
        part = bytes(min(size, self.left))
        self.left -= len(part)
        return part


def test_a_large_body_opens_in_little_memory_and_a_flaw_at_its_end_leaves_nothing(tmp_path: pathlib.Path):
    """S02, S11: 64 MiB here; the size does not matter to a stream."""
    length = 64 * 2**20
    body = tmp_path / "body"
    with body.open("wb") as sink:
        head = seal_stream(_Zeros(length), length, sink, facts(), IDENTITY.recipient)
    assert body.stat().st_size == head.body_length
    tracemalloc.start()
    with body.open("rb") as stream:
        found = to_file(stream, tmp_path / "document", record=head)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20
    assert found.path.stat().st_size == length
    found.path.unlink()
    with body.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\0")
    with body.open("rb") as stream, pytest.raises(PayloadDamaged):
        to_file(stream, tmp_path / "document", record=head)
    assert names(tmp_path) == ["body"]
