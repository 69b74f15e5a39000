"""Formats by their names: what the user says of a source reaches the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.migration.errors import ZoneUnknown
from medshare.migration.formats import CSV, DICOM, Choices, after_grouping, make_format

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("zone", "ending"), [("Asia/Taipei", "T14:04:38+08:00"), ("-05:00", "T14:04:38-05:00"), ("", "1997-04-24")]
)
def test_a_study_without_an_offset_starts_in_the_zone_that_the_user_names(zone: str, ending: str):
    form = make_format(DICOM, Choices(zone=zone))
    (item,) = form.items(DATA / "dicom" / "images" / "ExplVR_BigEnd.dcm")
    assert form.convert(item).entries[1]["resource"]["started"].endswith(ending)


def test_a_zone_that_there_is_not_is_refused():
    with pytest.raises(ZoneUnknown):
        make_format(DICOM, Choices(zone="Asia/Taipeh"))


def test_instances_of_a_study_are_one_study_once_all_are_there():
    form = make_format(DICOM, Choices())
    entries = [entry for item in form.items(DATA / "dicom" / "study") for entry in form.convert(item).entries]
    assert [entry["resource"]["resourceType"] for entry in after_grouping(DICOM, entries)].count("ImagingStudy") == 3


def test_a_table_is_read_by_the_mapping_that_the_user_names():
    form = make_format(CSV, Choices(mapping=DATA / "csv" / "laboratory" / "mapping.toml"))
    assert len(list(form.items(DATA / "csv" / "laboratory" / "tables"))) == 28
    assert after_grouping(CSV, [{"fullUrl": "urn:uuid:1"}]) == [{"fullUrl": "urn:uuid:1"}]
