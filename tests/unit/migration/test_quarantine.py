"""What could not be stored waits with its bytes; corrected and replayed it arrives, or it is given up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medshare.migration.errors import NotInQuarantine, QuarantineUnwritable
from medshare.migration.quarantine import ENTRY
from medshare.migration.report import Counts
from tests.unit.migration.hospital import Ward, make_ward
from tests.unit.migration.sources import bundle, write
from tests.unit.migration.test_by_patient import Notes, lines


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return make_ward(tmp_path)


def test_a_patient_who_was_enrolled_afterwards_is_replayed(ward):
    """[J-007]."""
    write(ward.source, "0.json", bundle(0))
    write(ward.source, "1.json", bundle(1))
    ward.take(index=ward.index([0]))
    assert ward.replay(index=ward.index([0])).counts == Counts(read=3, stored=0, quarantined=3, duplicate=0)
    assert len(ward.quarantine.held()) == 1
    assert ward.replay(dry_run=True).counts == Counts(read=3, stored=3, quarantined=0, duplicate=0)
    assert len(ward.quarantine.held()) == 1
    assert ward.replay().counts == Counts(read=3, stored=3, quarantined=0, duplicate=0)
    assert ward.quarantine.held() == ()
    assert ward.take().counts == Counts(read=6, stored=0, quarantined=0, duplicate=6)


def test_an_item_that_was_corrected_leaves_and_the_others_stay(ward):
    """[J-007]."""
    lines(ward, "a.txt", "0|60", "nonsense", "7|80")
    ward.take(of=Notes())
    nonsense = next(one for one in ward.quarantine.held() if one.code == "test.no-number")
    (place,) = ward.quarantine.source(nonsense).iterdir()
    place.write_text("0|99")
    ward.take(of=Notes())
    assert place.read_text() == "0|99", "importing again does not undo a correction"
    assert ward.replay(of=Notes()).counts == Counts(read=2, stored=1, quarantined=1, duplicate=0)
    (left,) = ward.quarantine.held()
    assert left.code == "import.patient-unknown"
    place = next(ward.quarantine.source(left).iterdir())
    place.write_text("rubbish")
    ward.replay(of=Notes())
    (left,) = ward.quarantine.held()
    assert (left.code, left.items) == ("test.no-number", 1)


def test_what_the_format_does_not_find_again_stays(ward):
    """[J-007]: nothing was read, so nothing may leave."""
    write(ward.source, "0.json", bundle(0))
    ward.take(index=ward.index([1]))
    (held,) = ward.quarantine.held()
    (place,) = ward.quarantine.source(held).iterdir()
    place.rename(place.with_suffix(".txt"))
    write(ward.source, "1.json", bundle(2))
    ward.take(index=ward.index([1]))
    assert ward.replay(index=ward.index([0])).counts.read == 3
    assert len(ward.quarantine.held()) == 2


def test_an_entry_is_found_by_the_begin_of_its_id_and_given_up(ward):
    write(ward.source, "0.json", bundle(0))
    ward.take(index=ward.index([1]))
    (held,) = ward.quarantine.held()
    assert ward.quarantine.find(held.id[:4]) == held
    for wrong in ("", "zz"):
        with pytest.raises(NotInQuarantine):
            ward.quarantine.find(wrong)
    ward.quarantine.release(held)
    assert ward.quarantine.held() == ()


def test_a_damaged_quarantine_is_told(ward):
    write(ward.source, "0.json", bundle(0))
    ward.take(index=ward.index([1]))
    (held,) = ward.quarantine.held()
    place = ward.home / "quarantine" / held.id / ENTRY
    place.write_text(json.dumps({"id": 1}))
    with pytest.raises(QuarantineUnwritable):
        ward.quarantine.held()
    place.write_text("{")
    with pytest.raises(QuarantineUnwritable):
        ward.quarantine.held()
