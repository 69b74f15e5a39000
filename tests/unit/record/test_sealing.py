"""A document becomes a capsule, a body and a leaf; every version has keys of its own. Cases S02, S08, S12."""

from __future__ import annotations

import base64
import io
import json
import pathlib
import tracemalloc

import pytest

from medshare.age import FileKey, open_header, open_payload, payload_size
from medshare.age.errors import EntropyBroken, FileKeySpent
from medshare.digest import sha256
from medshare.record import (
    AnchorItem,
    ExpectedRecord,
    new_record_id,
    open_document,
    padded_length,
    seal,
    seal_stream,
)
from medshare.record.errors import BodyUnreadable, FactsInvalid, LengthDiffers
from tests.vectors.forging import DOCUMENT, IDENTITY, expect_leaf, facts, plaintext_of, seeded

SEALED = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "record" / "sealed.json").read_text())["cases"]


def expected_of(record) -> ExpectedRecord:
    return expect_leaf(record.leaf, body_digest=record.body_digest)


def opened(record) -> bytes:
    return open_document(
        capsule=record.capsule, body=record.body, identity=IDENTITY, expected=expected_of(record)
    ).content


@pytest.mark.parametrize("size", [0, 1, 1300, 2047, 2048, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 2**22 + 1])
def test_a_document_of_any_size_comes_back_byte_for_byte(size: int):
    """S02."""
    document = seeded("document")(size)
    record = seal(document, facts(), IDENTITY.recipient)
    assert opened(record) == document
    assert record.body_length == len(record.body)


@pytest.mark.parametrize("document", [b"\n", b"\n\n\n", b"\n{}", b"{}\n", b"a\nb", b"\n" * 3000, b"\0", b"{}\n{}\n"])
def test_line_feeds_in_a_document_are_kept(document: bytes):
    assert opened(seal(document, facts(), IDENTITY.recipient)) == document


@pytest.mark.parametrize("case", SEALED, ids=lambda case: case["name"])
def test_records_sealed_by_earlier_versions_still_open(case):
    document = open_document(
        capsule=base64.b64decode(case["capsule"]),
        body=base64.b64decode(case["body"]),
        identity=type(IDENTITY).from_seed(bytes.fromhex(case["seed"])),
        expected=expect_leaf(
            bytes.fromhex(case["leaf"]),
            root=bytes.fromhex(case["root"]),
            proof=tuple(map(bytes.fromhex, case["proof"])),
            body_digest=bytes.fromhex(case["bodyDigest"]),
        ),
    )
    assert document.content == base64.b64decode(case["document"])


@pytest.mark.parametrize("case", SEALED, ids=lambda case: case["name"])
def test_body_and_hashes_follow_from_document_facts_and_randomness(case):
    record = seal(
        base64.b64decode(case["document"]), facts(), IDENTITY.recipient, entropy=seeded(f"sealed {case['name']}")
    )
    assert record.body == base64.b64decode(case["body"])
    found = [record.body_digest, record.text_digest, record.text, record.inner, record.leaf]
    assert [each.hex() for each in found] == [
        case[name] for name in ("bodyDigest", "textDigest", "text", "inner", "leaf")
    ]


def test_capsule_and_body_together_are_an_age_file_with_the_pinned_plaintext():
    record = seal(DOCUMENT, facts(), IDENTITY.recipient)
    plaintext = open_payload(open_header(record.capsule, [IDENTITY]), record.body)
    line, rest = plaintext.split(b"\n", 1)
    assert plaintext == plaintext_of(line)
    assert rest[: len(DOCUMENT)] == DOCUMENT
    assert len(plaintext) == padded_length(len(line) + len(DOCUMENT) + 2)


def test_small_documents_have_bodies_of_one_size():
    sizes = {seal(bytes(size), facts(), IDENTITY.recipient).body_length for size in (0, 1, 10, 100, 1000)}
    assert sizes == {payload_size(2048)} == {2080}


def test_every_version_has_a_fresh_key_salt_and_nonce():
    """S12, by doing it."""
    records = [seal(DOCUMENT, facts(), IDENTITY.recipient) for _ in range(300)]
    keys = {open_header(record.capsule, [IDENTITY]).secret_bytes() for record in records}
    assert len(keys) == 300
    assert len({record.body[:16] for record in records}) == 300
    assert len({record.leaf for record in records}) == 300
    assert len({record.text for record in records}) == 300
    assert len({record.text_digest for record in records}) == 1


def test_a_hundred_thousand_file_keys_are_all_different():
    """S12."""
    assert len({FileKey.generate().secret_bytes() for _ in range(100_000)}) == 100_000


def test_the_key_of_a_sealed_record_cannot_encrypt_again():
    """S12: impossible by type."""
    key = open_header(seal(DOCUMENT, facts(), IDENTITY.recipient).capsule, [IDENTITY])
    with pytest.raises(FileKeySpent):
        key.spend()


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_randomness_of_another_length_seals_nothing(length: int):
    """S08."""
    with pytest.raises(EntropyBroken):
        seal(DOCUMENT, facts(), IDENTITY.recipient, entropy=lambda _: bytes(length))
    with pytest.raises(EntropyBroken):
        new_record_id(lambda _: bytes(length))


def test_a_record_id_is_32_random_bytes():
    assert len(new_record_id()) == 32
    assert new_record_id() != new_record_id()
    assert new_record_id(seeded("an id")) == seeded("an id")(32)


def test_nothing_that_may_not_leave_is_printed():
    record = seal(DOCUMENT, facts(), IDENTITY.recipient)
    printed = repr(record)
    for hidden in (record.capsule, record.body, record.text_digest):
        assert repr(hidden) not in printed
    assert "category" not in printed


def test_a_sealed_record_says_what_its_anchor_needs():
    record = seal(DOCUMENT, facts(version=2, previous_leaf=sha256(b"before")), IDENTITY.recipient)
    item = record.anchor_item()
    assert item == AnchorItem(patient=record.facts.patient, inner=record.inner, previous_leaf=sha256(b"before"))
    assert item.leaf == record.leaf
    assert not record.anchor_item(supersedes=False).supersedes


class _Endless:
    """A document of zeros that is never all in memory."""

    def __init__(self, length: int) -> None:
        self.left = length

    def read(self, size: int) -> bytes:
        part = bytes(min(size, self.left))
        self.left -= len(part)
        return part


class _Counting:
    """A sink that keeps nothing."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, part) -> int:
        self.size += len(part)
        return len(part)


def test_a_large_document_is_sealed_in_little_memory():
    """S02: less than 64 MiB, here less than one, for a document of 64 MiB."""
    length = 64 * 2**20
    sink = _Counting()
    tracemalloc.start()
    head = seal_stream(_Endless(length), length, sink, facts(), IDENTITY.recipient)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    assert head.body_length == sink.size == payload_size(padded_length(length + 800))


@pytest.mark.parametrize("said", [-1, 1])
def test_a_document_of_another_length_than_was_said_is_refused(said: int):
    with pytest.raises(LengthDiffers):
        seal_stream(io.BytesIO(DOCUMENT), len(DOCUMENT) + said, io.BytesIO(), facts(), IDENTITY.recipient)


def test_a_length_out_of_range_is_refused():
    with pytest.raises(FactsInvalid):
        seal_stream(io.BytesIO(), -1, io.BytesIO(), facts(), IDENTITY.recipient)


@pytest.mark.parametrize("why", [None, "Input/output error"])
def test_a_document_that_cannot_be_read_is_its_own_error(why: str | None):
    class Broken(io.BytesIO):
        def read(self, _size=-1, /):
            raise OSError(5, why) if why else OSError

    with pytest.raises(BodyUnreadable):
        seal_stream(Broken(), 10, io.BytesIO(), facts(), IDENTITY.recipient)
