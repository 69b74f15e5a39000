"""DICOM files, the studies made of them, and whether intake takes what was made."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from medshare.conversion.dicom import Bounds, Dicom, merge
from medshare.intake import take_in
from medshare.intake.json_text import dumps
from tests.fuzz.harness import Harness, convert_all, files

FORM = Dicom(ZoneInfo("Europe/Berlin"), bounds=Bounds(inflated=2**22, elements=20_000))


def play(data: bytes) -> None:
    for one in convert_all(FORM, data, ".dcm"):
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(merge([*one.entries, *one.entries]))}
        take_in(dumps(bundle))


def seeds():
    return files("dicom", "*.dcm", "4*")


HARNESS = Harness(name="dicom", play=play, seeds=seeds)
