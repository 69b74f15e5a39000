"""Every file of the negative corpus gets the error that it names, and no plaintext. Cases S03, S04, S05, S07, S10."""

from __future__ import annotations

import pathlib

import pytest

from medshare.errors import MedShareError
from medshare.record import open_document, open_to_file
from tests.vectors.forging import DOCUMENT
from tests.vectors.generate_negative import TARGET, decode

FILES = sorted(TARGET.glob("*.json"))


def test_the_corpus_has_at_least_eighty_faults():
    assert len(FILES) >= 80


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_record_with_one_fault_gets_its_own_error(file: pathlib.Path):
    """[O-001, O-002, O-003, O-004]."""
    code, parcel, identity = decode(file.read_text())
    with pytest.raises(MedShareError) as caught:
        open_document(capsule=parcel.capsule, body=parcel.body, identity=identity, expected=parcel.expected)
    assert caught.value.code == code
    assert DOCUMENT.decode() not in f"{caught.value} {caught.value.facts}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_file_appears_for_a_record_with_one_fault(file: pathlib.Path, tmp_path: pathlib.Path):
    """[O-001, E-006] S11."""
    code, parcel, identity = decode(file.read_text())
    body = tmp_path / "body"
    body.write_bytes(parcel.body)
    target = tmp_path / "document"
    with body.open("rb") as stream, pytest.raises(MedShareError) as caught:
        open_to_file(capsule=parcel.capsule, body=stream, identity=identity, expected=parcel.expected, path=target)
    assert caught.value.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["body"]
