"""The negative corpus as a whole: enough faults, each in a file of its own, with one error, and fresh.

What each file must get is shown beside its format: `record/`, `keys/` and `consent/`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.error_classes import FAMILIES, causes
from tests.vectors import generate_negative, generate_negative_consent, generate_negative_envelope

FOLDER = Path(__file__).parents[1] / "vectors" / "negative"
FILES = sorted(FOLDER.glob("*/*.json"))
GENERATORS = [generate_negative, generate_negative_envelope, generate_negative_consent]
NOT_THE_FAULT = {"fault", "error"}


def test_there_are_more_than_a_hundred_and_fifty_distinct_faults():
    contents = Counter(
        json.dumps({key: item for key, item in json.loads(file.read_text()).items() if key not in NOT_THE_FAULT})
        for file in FILES
    )
    assert len(contents) == len(FILES) > 150
    assert set(contents.values()) == {1}


def test_every_format_of_ours_has_its_faults():
    kinds = Counter(file.stem.split("-")[0] for file in (FOLDER / "record").iterdir())
    assert min(kinds[kind] for kind in ("capsule", "body", "manifest", "proof")) >= 15
    assert len(list((FOLDER / "envelope").iterdir())) >= 60
    assert len(list((FOLDER / "consent").iterdir())) >= 60


@pytest.mark.parametrize("folder", ["record", "envelope", "consent"])
def test_every_file_names_itself_and_exactly_one_error_that_exists(folder: str):
    known = {error.code for error in causes()}
    for file in sorted((FOLDER / folder).iterdir()):
        text = file.read_text()
        assert text.count('"error":') == 1, file
        value = json.loads(text)
        assert value["fault"] == file.stem
        assert value["error"] in known, file


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda module: module.TARGET.name)
def test_the_generator_makes_these_files_and_no_others(generator):
    made = {fault[0]: fault[1] for fault in generator.faults()}
    kept = {file.stem: json.loads(file.read_text())["error"] for file in generator.TARGET.glob("*.json")}
    assert made == kept


def test_the_page_tells_how_many_there_are():
    page = (FOLDER / "README.md").read_text()
    told = {name: int(number) for name, number in re.findall(r"^\| `(\w+)/` \| (\d+) \|", page, re.MULTILINE)}
    assert told == {folder.name: len(list(folder.iterdir())) for folder in FOLDER.iterdir() if folder.is_dir()}
    assert f"**{len(FILES)}**" in page


def test_no_error_of_the_corpus_is_a_family():
    families = {error.code for error in FAMILIES}
    assert not families & {json.loads(file.read_text())["error"] for file in FILES}
