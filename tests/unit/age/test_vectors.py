"""The published vectors of the age format (C2SP/CCTV): every outcome as flagged. Case S01."""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from medshare.age import (
    FileKey,
    HybridIdentity,
    Identity,
    PayloadReader,
    ScryptIdentity,
    X25519Identity,
    decrypt_payload,
    decrypt_to_file,
    encrypt_payload,
    open_header,
    open_payload,
    parse_header,
    read_header,
    split,
)
from medshare.age.errors import HeaderError, HeaderForged, NoIdentityMatches, PayloadDamaged
from medshare.errors import MedShareError

FOLDER = Path(__file__).parents[2] / "vectors" / "age" / "testdata"
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("."))
ERRORS: dict[str, type[MedShareError]] = {
    "header failure": HeaderError,
    "no match": NoIdentityMatches,
    "HMAC failure": HeaderForged,
    "payload failure": PayloadDamaged,
}
# Flagged as failures of the header, because the reference program reads the payload's nonce along with it. Here, and in
# the specification, the nonce is the start of the payload.
NONCE_FILES = {"stream_no_nonce", "stream_short_nonce"}


@dataclass(frozen=True)
class Vector:
    """One file: the outcome, the hash of what a stream gives out, the keys, and the age file."""

    expect: str
    payload: str | None
    file_key: bytes
    identities: list[Identity]
    file: bytes


def load(path: Path) -> Vector:
    head, _, file = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in head.decode().split("\n")]
    facts = dict(pairs)
    identities: list[Identity] = []
    for key, value in pairs:
        if key == "identity":
            kind = HybridIdentity if value.startswith("AGE-SECRET-KEY-PQ-1") else X25519Identity
            identities.append(kind.from_secret_text(value))
        elif key == "passphrase":
            identities.append(ScryptIdentity.from_secret_text(value))
    return Vector(
        expect="payload failure" if path.name in NONCE_FILES else facts["expect"],
        payload=facts.get("payload"),
        file_key=bytes.fromhex(facts["file key"]),
        identities=identities,
        file=zlib.decompress(file) if facts.get("compressed") == "zlib" else file,
    )


def expected(path: Path) -> str:
    """Return what the first line of the file says will happen."""
    return path.read_bytes().split(b"\n", 1)[0].decode().removeprefix("expect: ")


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def vector(request):
    return load(request.param)


@pytest.fixture(params=[path for path in FILES if expected(path) != "header failure"], ids=lambda path: path.name)
def vector_of_right_form(request):
    return load(request.param)


@pytest.fixture(params=[path for path in FILES if expected(path) == "success"], ids=lambda path: path.name)
def good_vector(request):
    return load(request.param)


def stream(vector, sink):
    source = io.BytesIO(vector.file)
    decrypt_payload(open_header(read_header(source), vector.identities), source, sink)


def test_no_vector_got_lost():
    assert len(FILES) == 110


def test_every_vector_has_its_outcome_when_streamed_and_gives_out_only_what_it_says(vector):
    sink = io.BytesIO()
    if vector.expect == "success":
        stream(vector, sink)
    else:
        with pytest.raises(ERRORS[vector.expect]):
            stream(vector, sink)
    if vector.payload is not None:
        assert hashlib.sha256(sink.getvalue()).hexdigest() == vector.payload


def test_every_vector_has_its_outcome_when_opened_at_once(vector):
    def attempt():
        header, payload = split(vector.file)
        return open_payload(open_header(header, vector.identities), payload)

    if vector.expect == "success":
        assert hashlib.sha256(attempt()).hexdigest() == vector.payload
    else:
        with pytest.raises(ERRORS[vector.expect]):
            attempt()


def test_every_vector_has_its_outcome_with_random_access(vector):
    """Random access sees the last chunk first, so a damaged payload may fail early; it never gives out anything else."""

    def attempt():
        header, payload = split(vector.file)
        reader = PayloadReader(open_header(header, vector.identities), io.BytesIO(payload))
        backwards = [reader.chunk(index) for index in reversed(range(reader.chunks))]
        return b"".join(reversed(backwards))

    if vector.expect == "success":
        assert hashlib.sha256(attempt()).hexdigest() == vector.payload
    else:
        with pytest.raises(ERRORS[vector.expect]):
            attempt()


def test_no_file_appears_for_a_vector_that_fails(vector, tmp_path):
    """Case S11."""
    target = tmp_path / "plain"
    if vector.expect == "success":
        decrypt_to_file(io.BytesIO(vector.file), target, vector.identities)
        assert hashlib.sha256(target.read_bytes()).hexdigest() == vector.payload
    else:
        with pytest.raises(ERRORS[vector.expect]):
            decrypt_to_file(io.BytesIO(vector.file), target, vector.identities)
        assert list(tmp_path.iterdir()) == []


def test_a_header_of_the_right_form_encodes_to_the_same_bytes(vector_of_right_form):
    header, _ = split(vector_of_right_form.file)
    parsed = parse_header(header)
    lines = b"".join(stanza.encode() for stanza in parsed.stanzas)
    assert parsed.covered == b"age-encryption.org/v1\n" + lines + b"---"
    assert parsed.size == len(header)


def test_a_good_payload_encrypts_to_the_same_bytes_again(good_vector):
    _, payload = split(good_vector.file)
    key = FileKey(good_vector.file_key)
    again = io.BytesIO()
    plain = open_payload(key, payload)
    encrypt_payload(key, io.BytesIO(plain), again, lambda _length: payload[:16])
    assert again.getvalue() == payload
