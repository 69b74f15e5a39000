"""Files that are damaged or meant to do harm: one clear error each, in bounded time and memory."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion.dicom import Bounds, Dicom
from medshare.conversion.dicom.errors import InstanceMissingError, InstanceUnreadableError
from medshare.errors import InputError
from tests.unit.conversion.dicom.samples import (
    BIG,
    DATA,
    DEFLATED,
    IMPLICIT,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    convert,
    data_set,
    deflated,
    element,
    implicit,
    item,
    part10,
)

GOOD = data_set()
LAST = (0x0040, 0x0275)
"""A sequence that may stand after all that is indexed."""


def code_of(content: bytes, form: Dicom | None = None) -> str:
    try:
        convert(content, form)
    except InputError as error:
        return error.code
    return ""


def nested(depth: int, *, defined: bool) -> bytes:
    content = b""
    for _ in range(depth):
        inner = item(content) if defined else item(content, UNDEFINED) + ITEM_END
        content = element(*LAST, b"SQ", inner) if defined else element(*LAST, b"SQ", inner, UNDEFINED) + SEQUENCE_END
    return content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "dicom.preamble-missing"),
        (b"DICM" + GOOD, "dicom.preamble-missing"),
        (bytes(128) + b"DICN", "dicom.preamble-missing"),
        (bytes(128) + b"DICM", "dicom.transfer-syntax-unknown"),
        (part10(GOOD, ""), "dicom.transfer-syntax-unknown"),
        (part10(GOOD, "1.2.3.4"), "dicom.transfer-syntax-unknown"),
        (part10(GOOD, "1.2.840\x00\x1f"), "dicom.transfer-syntax-unknown"),
        (part10(GOOD)[:-3], "dicom.instance-truncated"),
        (part10(GOOD) + b"\x20\x00\x10", "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"OB", b"", 0xFFFFFFFE)), "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"SQ", b"", 0xFFFFFFF0)), "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"SQ", item(b"", 0xFFFFFFF0))), "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"SQ", item(element(8, 5, b"CS", b"", 10)))), "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"UT", b"", UNDEFINED)), "dicom.structure-broken"),
        (part10(GOOD + element(*LAST, b"SQ", b"", UNDEFINED)), "dicom.instance-truncated"),
        (part10(GOOD + element(*LAST, b"SQ", GOOD, UNDEFINED)), "dicom.structure-broken"),
        (part10(GOOD + element(*LAST, b"ZZ", b"")), "dicom.value-representation-unknown"),
        (part10(GOOD, IMPLICIT), "dicom.instance-truncated"),
        (part10(GOOD, BIG), "dicom.value-representation-unknown|dicom.instance-truncated"),
        (part10(GOOD + GOOD), "dicom.structure-broken"),
        (part10(GOOD + ITEM_END), "dicom.structure-broken"),
        (part10(GOOD + bytes(8) + b"\1"), "dicom.structure-broken"),
        (part10(GOOD + element(0x7FE0, 0x0010, b"OB", item(b"", UNDEFINED), UNDEFINED)), "dicom.structure-broken"),
        (part10(GOOD + element(0x7FE0, 0x0010, b"OB", item(b"", 99), UNDEFINED)), "dicom.instance-truncated"),
        (part10(GOOD + nested(33, defined=False)), "dicom.sequences-too-deep"),
        (part10(GOOD + nested(33, defined=True)), "dicom.sequences-too-deep"),
        (part10(GOOD + nested(20_000, defined=False)), "dicom.sequences-too-deep"),
        (part10(deflated(GOOD)[:-4], DEFLATED), "dicom.deflate-broken"),
        (part10(GOOD, DEFLATED), "dicom.deflate-broken"),
        (part10(b"", DEFLATED), "dicom.deflate-broken"),
        (part10(data_set({(8, 0x18, b"UI"): None})), "dicom.attribute-missing"),
        (part10(data_set({(8, 0x18, b"UI"): "1.02.3"})), "dicom.attribute-missing"),
        (part10(data_set({(8, 0x16, b"UI"): "x"})), "dicom.attribute-missing"),
        (part10(data_set({(0x20, 0xD, b"UI"): "1." * 40 + "1"})), "dicom.attribute-missing"),
        (part10(GOOD, media="1.2.840.10008.1.3.10"), "dicom.media-directory"),
    ],
)
def test_each_fault_is_one_clear_error(content: bytes, code: str):
    assert code_of(content) in code.split("|")


@pytest.mark.parametrize(
    "content",
    [
        part10(GOOD),
        part10(GOOD + bytes(20)),
        part10(deflated(GOOD), DEFLATED),
        part10(deflated(GOOD) + b"\0", DEFLATED),
        part10(GOOD + nested(32, defined=False)),
        part10(GOOD + nested(32, defined=True)),
        part10(GOOD + element(0x7FE0, 0x0010, b"OB", item(b"") + item(b"ab") + SEQUENCE_END, UNDEFINED)),
        part10(GOOD + element(0x0041, 0x0010, b"UN", item(implicit(8, 5, b"")) + SEQUENCE_END, UNDEFINED)),
        part10(GOOD + element(0x0041, 0x0010, b"UN", b"\xff" * 9)),
    ],
)
def test_what_is_allowed_is_read(content: bytes):
    assert code_of(content) == ""


def test_implicit_sequences_are_followed_as_the_dictionary_says():
    uids = b"".join(
        implicit(group, number, value)
        for group, number, value in (
            (0x0008, 0x0016, b"1.2"),
            (0x0008, 0x0018, b"1.2.3.4 "),
            (0x0008, 0x1032, item(implicit(0x0008, 0x0104, b"Chest CT"))),
            (0x0020, 0x000D, b"1.2.3 "),
            (0x0020, 0x000E, b"1.2.3.1 "),
        )
    )
    study = convert(part10(uids, IMPLICIT)).entries[1]["resource"]
    assert study["procedureCode"] == [{"coding": [{"display": "Chest CT"}]}]
    private = implicit(0x0041, 0x1001, item(b"", UNDEFINED) + ITEM_END + SEQUENCE_END, UNDEFINED)
    assert code_of(part10(uids + private, IMPLICIT)) == ""
    deep = implicit(*LAST, item(implicit(*LAST, b"", 9)))
    assert code_of(part10(uids + deep, IMPLICIT)) == "dicom.instance-truncated"


def peak_of(content: bytes, form: Dicom | None = None) -> tuple[str, int]:
    tracemalloc.start()
    code = code_of(content, form)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return code, peak


def test_a_deflated_bomb_is_refused_without_holding_it():
    bomb = part10(deflated(bytes(64 * 2**20)), DEFLATED)
    code, peak = peak_of(bomb, Dicom(bounds=Bounds(inflated=2**20)))
    assert code == "dicom.deflate-expands-too-far"
    assert peak < 6 * 2**20


def test_a_deflated_set_within_its_limit_but_of_many_elements_is_refused():
    many = b"".join(element(0x0041, number, b"LO", b"") for number in range(16, 3000))
    assert code_of(part10(GOOD + many), Dicom(bounds=Bounds(elements=2000))) == "dicom.elements-too-many"
    assert code_of(part10(GOOD + many), Dicom(bounds=Bounds(elements=4000))) == ""


@pytest.mark.parametrize("size", [2**16, 2**17, 200_000, 300_000])
def test_what_is_still_in_the_inflater_at_the_end_counts_too(size: int):
    content = part10(deflated(GOOD + element(0x7FE0, 0x0010, b"OB", bytes(size))), DEFLATED)
    assert code_of(content) == ""
    assert code_of(content, Dicom(bounds=Bounds(inflated=size))) == "dicom.deflate-expands-too-far"


def test_four_gigabytes_that_a_length_promises_are_not_asked_for():
    code, peak = peak_of(part10(GOOD + element(0x7FE0, 0x0010, b"OW", b"", 0xFFFFFFFE)))
    assert code == "dicom.instance-truncated"
    assert peak < 2**20


def test_pixels_are_not_read_twice():
    content = part10(GOOD + element(0x7FE0, 0x0010, b"OW", bytes(8 * 2**20)))
    code, peak = peak_of(content)
    assert code == ""
    assert peak < 2 * 8 * 2**20 + 2**20


def test_nothing_of_a_file_goes_into_a_log_or_a_warning(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
):
    for kind in (b"DA", b"IS", b"PN", b"UI"):
        code_of(part10(data_set({(0x0008, 0x0020, b"DA"): "Kaposi", (0x0010, 0x0021, kind): "Kaposi" * 20})))
    code_of(part10(GOOD, "Kaposi"))
    assert caplog.records == []
    assert list(recwarn) == []


def test_a_file_over_the_limit_is_not_read_and_refused(tmp_path: Path):
    path = tmp_path / "big.dcm"
    with path.open("wb") as file:
        file.write(part10(GOOD))
        file.truncate(2**40)  # a sparse file of a tebibyte
    form = Dicom()
    (source,) = form.items(path)
    assert len(source.content) == 132
    with pytest.raises(InputError, match="larger than 134217728 bytes"):
        form.convert(source)
    assert code_of(part10(GOOD), Dicom(bounds=Bounds(file=100))) == "dicom.instance-too-large"


def test_files_are_found_by_their_beginning_or_ending_and_links_are_not_followed(tmp_path: Path):
    good = part10(GOOD)
    for name in ("b.dcm", "a", "1.2.840.1", "c/d.IMA", "hidden.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(good)
    for name in ("notes.txt", ".DS_Store", "DICOMDIR"):
        (tmp_path / name).write_bytes(b"text")
    (tmp_path / "link.dcm").symlink_to(tmp_path / "b.dcm")
    assert [one.file for one in Dicom().items(tmp_path)] == ["1.2.840.1", "a", "b.dcm", "c/d.IMA", "hidden.txt"]


def test_where_there_is_nothing_to_read_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for path in (tmp_path, tmp_path / "none.dcm"):
        with pytest.raises(InstanceMissingError):
            next(Dicom().items(path))
    with pytest.raises(InstanceUnreadableError):
        next(Dicom().items(Path("/dev/null")))

    def refuse(*_: object) -> None:
        raise PermissionError

    (tmp_path / "x.txt").write_bytes(part10(GOOD))
    monkeypatch.setattr(Path, "open", refuse)
    for path in (tmp_path, tmp_path / "x.txt"):
        with pytest.raises(InstanceUnreadableError):
            next(Dicom().items(path))


SEEDS = [path.read_bytes() for path in sorted((DATA / "images").glob("*.dcm"))]
SEEDS = [seed for seed in SEEDS if len(seed) < 8000] + [part10(GOOD + nested(3, defined=False))]


@settings(max_examples=150)
@given(st.sampled_from(SEEDS), st.data())
def test_a_damaged_file_is_read_or_refused_and_never_anything_else(seed: bytes, data: st.DataObject):
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(min_value=1, max_value=6))):
        at = data.draw(st.integers(min_value=0, max_value=min(len(content) - 1, 1500)))
        content[at : at + data.draw(st.integers(min_value=0, max_value=4))] = data.draw(st.binary(max_size=4))
    code_of(bytes(content))


@given(st.binary(max_size=200))
def test_any_bytes_after_the_preamble_are_read_or_refused(content: bytes):
    code_of(bytes(128) + b"DICM" + content)
    code_of(part10(GOOD + content))
    code_of(part10(content, IMPLICIT))
    code_of(part10(struct.pack("<HHL", 8, 0x1032, UNDEFINED) + content, IMPLICIT))
