"""A file appears by rename at the end, or not at all. Case S11."""

from __future__ import annotations

import io

import pytest

from medshare.age import (
    CHUNK,
    FileKey,
    decrypt,
    decrypt_payload_to_file,
    decrypt_to_file,
    encrypt,
    join,
    open_header,
    rewrap,
    seal_header,
    seal_payload,
    split,
)
from medshare.age.errors import CannotWriteTarget, HeaderError, NoIdentityMatches, PayloadDamaged
from medshare.age.files import appearing
from tests.unit.age.actors import CLINIC, ELDER, PASSPHRASE, PATIENT, RIGHT, STRANGER, fresh

PLAIN = b"0123456789abcdef" * (3 * CHUNK // 16) + b"end"
FILE = encrypt(PLAIN, [PATIENT.recipient])


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("recipient", "identity"), [(PATIENT.recipient, PATIENT), (ELDER.recipient, ELDER), (PASSPHRASE, RIGHT)]
)
def test_a_file_opens_for_its_recipient_and_not_for_a_stranger(recipient, identity):
    file = encrypt(b"a document", [recipient])
    assert decrypt(file, [identity]) == b"a document"
    with pytest.raises(NoIdentityMatches):
        decrypt(file, [STRANGER])


def test_header_and_payload_apart_are_the_file_together():
    file_key = FileKey.generate()
    body = seal_payload(file_key, b"a document")
    capsule = seal_header(file_key, [PATIENT.recipient])
    assert split(join(capsule, body)) == (capsule, body)
    assert decrypt(join(capsule, body), [PATIENT]) == b"a document"


def test_a_rewrapped_header_opens_the_same_payload_for_somebody_else():
    header, payload = split(FILE)
    other = rewrap(header, PATIENT, [CLINIC.recipient])
    assert decrypt(join(other, payload), [CLINIC]) == PLAIN
    with pytest.raises(NoIdentityMatches):
        decrypt(join(other, payload), [PATIENT])
    with pytest.raises(NoIdentityMatches):
        rewrap(header, STRANGER, [STRANGER.recipient])


def test_a_large_file_is_opened_into_a_file(tmp_path):
    target = tmp_path / "record.json"
    assert decrypt_to_file(io.BytesIO(FILE), target, [STRANGER, PATIENT]) == len(PLAIN)
    assert target.read_bytes() == PLAIN
    assert target.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["record.json"]


@pytest.mark.parametrize("position", [-1, -20, -CHUNK, -2 * CHUNK])
def test_no_file_appears_when_the_last_chunk_is_damaged_and_an_old_one_stays(tmp_path, position):
    """Case S11."""
    damaged = bytearray(FILE)
    damaged[position] ^= 1
    fresh_target, old = tmp_path / "new", tmp_path / "old"
    old.write_bytes(b"as it was")
    for target in (fresh_target, old):
        with pytest.raises(PayloadDamaged):
            decrypt_to_file(io.BytesIO(damaged), target, [PATIENT])
    assert names(tmp_path) == ["old"]
    assert old.read_bytes() == b"as it was"


def test_no_file_appears_for_a_stranger_or_a_file_of_another_format(tmp_path):
    """Case S11."""
    with pytest.raises(NoIdentityMatches):
        decrypt_to_file(io.BytesIO(FILE), tmp_path / "new", [STRANGER])
    with pytest.raises(HeaderError):
        decrypt_to_file(io.BytesIO(b"PK\x03\x04"), tmp_path / "new", [PATIENT])
    assert names(tmp_path) == []


def test_a_payload_alone_is_opened_into_a_file(tmp_path):
    header, payload = split(FILE)
    decrypt_payload_to_file(open_header(header, [PATIENT]), io.BytesIO(payload), tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == PLAIN


def test_an_interrupted_write_leaves_nothing(tmp_path):
    """Case S11: the person presses control-C."""

    def interrupted():
        with appearing(tmp_path / "new") as sink:
            sink.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(tmp_path) == []


def test_a_target_in_no_directory_is_refused_before_decrypting(tmp_path):
    with pytest.raises(CannotWriteTarget):
        decrypt_payload_to_file(fresh(), io.BytesIO(), tmp_path / "missing" / "new")


def test_a_target_that_is_a_directory_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWriteTarget):
        decrypt_to_file(io.BytesIO(FILE), tmp_path / "folder", [PATIENT])
    assert names(tmp_path) == ["folder"]
