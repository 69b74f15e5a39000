"""pydicom's files: every image, every character set, and three studies that are put together."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from medshare.conversion import Coverage, Identifier, with_original
from medshare.conversion.dicom import Dicom, merge
from medshare.errors import MedShareError
from medshare.intake import take_in
from medshare.intake.json_text import dumps
from tests.unit.conversion.dicom.samples import DATA, ZONE

FORM = Dicom(ZONE)
FOLDERS = ("images", "charsets", "study")


def everything(folder: str):
    return {item.file: FORM.convert(item) for item in FORM.items(DATA / folder)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_indexed_attribute_of_the_corpus_is_said(folder: str):
    total = sum((one.coverage for one in everything(folder).values()), Coverage(elements=0, mapped=0))
    assert total.mapped == total.elements
    assert total.elements > 100


@pytest.mark.parametrize("folder", FOLDERS)
def test_intake_takes_every_instance_with_its_original(folder: str):
    for one in everything(folder).values():
        whole = with_original(one, recorded="2026-01-01T00:00:00Z")
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(whole.entries)}
        assert take_in(dumps(bundle)).report.resources == 4


def test_the_kinds_of_instance_are_all_there():
    found = {
        name: (one.entries[1]["resource"]["modality"][0]["code"], one.entries[1]["resource"].get("started"))
        for name, one in everything("images").items()
    }
    assert found["CT_small.dcm"] == ("CT", "2004-01-19T07:27:30-05:00")
    assert found["MR_small.dcm"] == found["MR_small_implicit.dcm"] == ("MR", "2004-08-26T18:50:59-04:00")
    assert found["ExplVR_BigEnd.dcm"] == ("US", "1997-04-24T14:04:38+02:00")  # dates with points, and our zone
    assert found["test-SR.dcm"][0] == "SR"
    assert found["rtplan.dcm"] == ("RTPLAN", "2003-07-16T15:35:57+02:00")
    assert found["rtdose.dcm"][0] == "RTDOSE"
    assert found["image_dfl.dcm"][0] == "OT"


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("chrArab", ["لنزار قباني"]),
        ("chrFrenMulti", ["Jérôme Buc"]),
        ("chrGerm", ["Rüdiger Äneas"]),
        ("chrGreek", ["Διονυσιος"]),
        ("chrH31", ["Tarou Yamada", "山田 太郎", "やまだ たろう"]),
        ("chrH32", ["ﾀﾛｳ ﾔﾏﾀﾞ", "山田 太郎", "やまだ たろう"]),
        ("chrHbrw", ["דבורה שרון"]),
        ("chrI2", ["Gildong Hong", "洪 吉洞", "홍 길동"]),
        ("chrJapMulti", ["たろう やまだ"]),
        ("chrKoreanMulti", ["김희중"]),
        ("chrRuss", ["Люкceмбypг"]),
        ("chrX1", ["XiaoDong Wang", "王 小東"]),
        ("chrX2", ["XiaoDong Wang", "王 小东"]),
    ],
)
def test_names_are_read_in_every_character_set(file: str, names: list[str]):
    patient = everything("charsets")[f"{file}.dcm"].entries[0]["resource"]
    assert [name["text"] for name in patient["name"]] == names
    if len(names) == 3:
        assert [name["extension"][0]["valueCode"] for name in patient["name"]] == ["ABC", "IDE", "SYL"]


def test_files_of_one_folder_become_the_three_studies_of_the_patient():
    found = everything("study")
    assert len(found) == 17
    assert {one.patient for one in found.values()} == {(Identifier("", "98890234"),)}
    merged = merge([entry for one in found.values() for entry in one.entries])
    patient, *studies = [entry["resource"] for entry in merged]
    assert patient["resourceType"] == "Patient"
    shape = sorted(
        (study["description"], [len(series["instance"]) for series in study["series"]], study["numberOfInstances"])
        for study in studies
    )
    assert shape == [("Brain", [1, 3], 4), ("Brain-MRA", [1, 3, 7], 11), ("Carotids", [1, 1], 2)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(merged)}
    assert take_in(dumps(bundle)).report.resources == 4


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("MR_truncated", "dicom.instance-truncated"),
        ("rtplan_truncated", "dicom.instance-truncated"),
        ("meta_missing_tsyntax", "dicom.transfer-syntax-unknown"),
        ("rtstruct", "dicom.preamble-missing"),
        ("SC_rgb_jpeg", "dicom.value-representation-unknown"),
        ("UN_sequence", "dicom.attribute-missing"),
    ],
)
def test_a_broken_file_of_the_corpus_is_one_clear_error(file: str, code: str):
    (item,) = FORM.items(DATA / "broken" / f"{file}.dcm")
    with pytest.raises(MedShareError) as caught:
        FORM.convert(item)
    assert caught.value.code == code


def test_a_media_directory_is_passed_by_in_a_folder_and_refused_by_itself(tmp_path: Path):
    assert "DICOMDIR" not in everything("study")
    (item,) = FORM.items(DATA / "study" / "DICOMDIR")
    with pytest.raises(MedShareError) as caught:
        FORM.convert(item)
    assert caught.value.code == "dicom.media-directory"


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_same_instance_gives_the_same_entries(folder: str):
    assert [one.entries for one in everything(folder).values()] == [one.entries for one in everything(folder).values()]


def test_a_format_goes_to_other_processes_as_it_is():
    form = pickle.loads(pickle.dumps(Dicom(ZONE, systems={"A": "https://h.example"})))  # noqa: S301 - our own bytes
    for one in list(everything("images").values())[:3]:
        assert form.convert(one.item).entries == one.entries
