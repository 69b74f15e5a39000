"""A user's map of local codes is checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.conversion.standardise import Code, read_code_map
from medshare.conversion.standardise.errors import CodeMapError
from medshare.intake.errors import SourceMissingError

HEADER = "system,code,target_system,target_code,display\n"
TOML = '[[code]]\nsystem = "urn:lab"\ncode = "GLU"\ntarget_system = "http://loinc.org"\ntarget_code = "2345-7"\n'
GLUCOSE = Code("http://loinc.org", "2345-7", "")


def at(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_and_toml_say_the_same(tmp_path: Path) -> None:
    rows = HEADER + "urn:lab,GLU,http://loinc.org,2345-7,\r\n" + 'urn:lab,"HB, total",2.16.840.1.113883.6.1,718-7,Hb\n'
    with pytest.raises(CodeMapError):
        read_code_map(at(tmp_path, "bad.csv", rows.replace("2.16.840.1.113883.6.1", "loinc")))
    read = read_code_map(at(tmp_path, "codes.csv", "\ufeff" + rows))
    assert read.meaning("urn:lab", "GLU") == (GLUCOSE,)
    assert read.meaning("urn:lab", "HB, total") == (Code("http://loinc.org", "718-7", "Hb"),)
    assert read.meaning("urn:other", "GLU") == ()
    assert read_code_map(at(tmp_path, "codes.TOML", TOML)).meaning("urn:lab", "GLU") == (GLUCOSE,)


def test_a_local_code_may_mean_several(tmp_path: Path) -> None:
    text = TOML + TOML.replace("loinc.org", "snomed.info/sct")
    assert len(read_code_map(at(tmp_path, "codes.toml", text)).meaning("urn:lab", "GLU")) == 2


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        ("a.csv", "", 1),
        ("a.csv", HEADER, 0),
        ("a.csv", "system,code\n1,2\n", 1),
        ("a.csv", HEADER + "urn:lab,GLU,http://loinc.org,2345-7\n", 1),
        ("a.csv", HEADER + "urn:lab,GLU,http://loinc.org,2345-7,,more\n", 1),
        ("a.csv", HEADER + "urn:lab,,http://loinc.org,2345-7,\n", 1),
        ("a.csv", HEADER + "urn:lab,GLU,http://loinc.org,2345-7,\n" * 2, 2),
        ("a.csv", HEADER + "http://loinc.org,1,http://loinc.org,1,\n", 1),
        ("a.csv", HEADER + "urn:lab,GLU,http://loinc.org,2345-7," + "x" * 2000 + "\n", 1),
        ("a.csv", HEADER + 'urn:lab,"GLU,x\n', 1),
        ("a.csv", HEADER.encode() + b"\xff\n", 0),
        ("a.toml", "not toml", 0),
        ("a.toml", "other = 1", 0),
        ("a.toml", "code = 1", 0),
        ("a.toml", "code = [1]", 0),
        ("a.toml", TOML + "extra = 1", 1),
        ("a.toml", TOML.replace('"GLU"', "1"), 1),
        ("a.toml", "x = " + "[" * 9000, 0),
    ],
)
def test_a_map_that_is_wrong_is_refused_by_its_row(tmp_path: Path, name: str, text: str | bytes, row: int) -> None:
    with pytest.raises(CodeMapError) as refused:
        read_code_map(at(tmp_path, name, text))
    assert refused.value.facts["row"] == row
    assert "GLU" not in str(refused.value)


def test_a_map_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError):
        read_code_map(tmp_path / "none.csv")
