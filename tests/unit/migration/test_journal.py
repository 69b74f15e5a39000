"""The journal tells what is stored, in the home alone and without a word of a record; faults of the disk are told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from medshare.conversion import Coverage
from medshare.migration.digests import canonical, keyed, stream
from medshare.migration.ending import Ending, FileRead
from medshare.migration.errors import JournalUnreachable, NoSuchRun
from medshare.migration.formats import CCDA, CSV, DICOM, FHIR, HL7V2, NAMES, Choices, make_format, standard_of
from medshare.migration.items import IssueLine, Mark, Outcome
from medshare.migration.journal import Journal

LINE = IssueLine(severity="warning", path="a.b", code="c", message="M.", remedy="R.", count=2)
MARK = Mark(file="f", place="p", digest=b"d" * 32, name=b"n" * 32)
ENDING = Ending(
    batch=b"b" * 32,
    patient="0x" + "a" * 40,
    documents=3,
    marks=(MARK, Mark(file="g", place="", digest=b"e" * 32)),
    files=(
        FileRead(file="f", digest=b"x" * 32, coverage=Coverage(elements=5, mapped=4), issues=(LINE,)),
        FileRead(file="g", digest=None),
    ),
    issues=(LINE,),
)


def test_the_end_of_a_batch_is_kept_whole():
    assert Ending.of_text(ENDING.to_text()) == ENDING


def test_a_batch_counts_when_it_is_ended_and_is_forgotten_when_it_is_dropped(tmp_path):
    """[J-003]."""
    journal = Journal(tmp_path / "import")
    run = journal.begin(bytes(32), "fhir", now=0)
    assert run.recorded == "1970-01-01T00:00:00Z"
    assert journal.begin(bytes(32), "fhir", now=9) == run
    journal.begin_batch(run, ENDING)
    journal.begin_batch(run, ENDING)
    assert journal.stored([MARK.digest]) == set()
    assert journal.under_way() == [ENDING]
    journal.drop_batch(ENDING.batch)
    assert journal.under_way() == []
    journal.begin_batch(run, ENDING)
    journal.end_batch(ENDING)
    journal.drop_batch(ENDING.batch)
    assert journal.stored([MARK.digest, b"z" * 32]) == {MARK.digest}
    assert journal.stored_names([b"n" * 32]) == {b"n" * 32}
    journal.note(run, [MARK], Outcome.STORED)
    assert journal.counts(run) == [("f", 1, 0, 0), ("g", 1, 0, 0)]
    assert journal.coverage(run) == Coverage(elements=5, mapped=4)
    assert [(line.count, file) for line, file in journal.issues(run)] == [(4, "f")]
    assert journal.totals(run) == (1, 3)
    journal.end(run)
    assert journal.begin(bytes(32), "fhir", now=9).number == 2
    with pytest.raises(NoSuchRun):
        journal.run(7)
    journal.close()


def test_the_journal_and_its_key_are_the_owners_alone(tmp_path):
    Journal(tmp_path / "import").close()
    assert stat.S_IMODE((tmp_path / "import").stat().st_mode) == 0o700
    for name in ("journal.db", "journal.key"):
        assert stat.S_IMODE((tmp_path / "import" / name).stat().st_mode) == 0o600


def test_a_journal_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnreachable):
        Journal(tmp_path / "file" / "import")
    place = tmp_path / "import"
    Journal(place).close()
    (place / "journal.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalUnreachable):
        Journal(place)


def test_a_digest_needs_the_key_and_keeps_parts_apart():
    assert keyed(b"k", b"ab", b"c") != keyed(b"k", b"a", b"bc")
    assert keyed(b"k", b"a") != keyed(b"l", b"a")
    draw, again = stream(b"k", b"x"), stream(b"k", b"x")
    assert draw(5) + draw(70) == again(75)
    assert canonical({"b": 1, "a": [1]}) == canonical({"a": [1], "b": 1})


def test_every_format_has_its_name(tmp_path: Path):
    mapping = Path(__file__).parents[2] / "data" / "csv" / "medications" / "mapping.toml"
    choices = Choices(mapping=mapping, zone="+01:00")
    assert [make_format(name, choices).name for name in NAMES] == [FHIR, HL7V2, CCDA, CSV, DICOM]
    assert make_format(CCDA, Choices(zone="Europe/Paris")).name == CCDA


def test_codes_and_zone_are_read(tmp_path: Path):
    place = tmp_path / "codes.csv"
    place.write_text("nonsense\n")
    standard = standard_of(Choices(zone="Europe/Paris"))
    assert standard.zone is not None
    assert standard.codes is None
    assert standard_of(Choices(zone="+01:00")).zone is None
