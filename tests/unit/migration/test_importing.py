"""A folder of Bundles is taken in once, whatever is stopped; counts add up, and what is faulty waits in quarantine."""

from __future__ import annotations

import gzip
import json
import stat
from functools import partial
from pathlib import Path

import pytest

from medshare.actors import Institution
from medshare.keys.directory import Place
from medshare.migration import depositing
from medshare.migration.errors import NothingRead, UploadsWaiting
from medshare.migration.report import Counts
from medshare.outbox import steps
from medshare.outbox.report import Resumed
from medshare.store import MemoryStore
from medshare.store.errors import StoreFull
from medshare.vault import CapsuleRow, OutboxRow, SubmittedRow
from tests.unit.migration.hospital import Ward, make_ward
from tests.unit.migration.sources import bundle, write
from tests.unit.outbox.stopping import Stopped, moments, reborn, stopped_at


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return make_ward(tmp_path)


def fill(ward: Ward, *numbers: int) -> None:
    for number in numbers:
        write(ward.source, f"{number}.json", bundle(number))


def test_every_item_is_stored_and_anchored(ward):
    """[J-001]."""
    fill(ward, 0, 1)
    (ward.source / "below").mkdir()
    (ward.source / "below" / "2.json.gz").write_bytes(gzip.compress(json.dumps(bundle(2)).encode()))
    report = ward.take()
    assert report.counts == Counts(read=9, stored=9, quarantined=0, duplicate=0)
    assert [one.file for one in report.files] == ["0.json", "1.json", "below/2.json.gz"]
    assert report.documents == len(ward.written()) > 0
    assert report.share == 1.0
    assert {patient for patient, _, _ in ward.written()} == {one.address for one in ward.people}
    assert ward.city.waiting == ()
    ward.people[0].sync()


def test_the_same_import_again_changes_nothing(ward):
    """[J-004]."""
    fill(ward, 0, 1)
    ward.take()
    before, capsules = ward.written(), ward.city.gateway.office.vault.count(CapsuleRow)
    report = ward.take()
    assert report.counts == Counts(read=6, stored=0, quarantined=0, duplicate=6)
    assert (report.run, report.documents) == (2, 0)
    assert ward.written() == before
    assert ward.city.gateway.office.vault.count(CapsuleRow) == capsules


def test_the_same_things_in_another_file_or_twice_in_one_are_duplicates(ward):
    """[J-004]."""
    twice = bundle(0)
    twice["entry"].append(twice["entry"][-1])
    write(ward.source, "a.json", twice)
    write(ward.source, "b.json", bundle(0))
    write(ward.source, "c.json", bundle(0, values=4))
    report = ward.take()
    assert [one.counts for one in report.files] == [
        Counts(read=4, stored=3, quarantined=0, duplicate=1),
        Counts(read=3, stored=0, quarantined=0, duplicate=3),
        Counts(read=5, stored=2, quarantined=0, duplicate=3),
    ]
    closed = [one for one in report.issues if one.code == "reference-closed"]
    assert [(one.count, one.file) for one in closed] == [(2, "c.json")]


def test_a_resource_that_changed_is_stored_and_told_of(ward):
    fill(ward, 0)
    ward.take()
    changed = bundle(0)
    changed["entry"][1]["resource"]["valueQuantity"]["value"] = 99
    write(ward.source, "0.json", changed)
    report = ward.take()
    assert report.counts == Counts(read=3, stored=1, quarantined=0, duplicate=2)
    assert [(one.code, one.severity) for one in report.issues if one.code == "changed"] == [("changed", "information")]


def test_what_is_faulty_goes_to_the_quarantine_and_the_rest_goes_on(ward):
    """[J-001, J-005]."""
    fill(ward, 0, 1)
    (ward.source / "broken.json").write_text("{")
    report = ward.take(index=ward.index([0]))
    assert report.counts == Counts(read=7, stored=3, quarantined=4, duplicate=0)
    held = {one.file: one for one in ward.quarantine.held()}
    assert (held["1.json"].items, held["1.json"].code) == (3, "import.patient-unknown")
    assert (held["broken.json"].items, held["broken.json"].code) == (1, "intake.not-json")
    (kept,) = ward.quarantine.source(held["broken.json"]).iterdir()
    assert kept.read_text() == "{"
    for path in (ward.home / "quarantine").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    again = ward.take(index=ward.index([0]))
    assert again.counts == Counts(read=7, stored=0, quarantined=4, duplicate=3)
    assert len(ward.quarantine.held()) == 2


def test_a_patient_without_a_consent_to_write_is_not_written_for(ward):
    """[J-005]."""
    fill(ward, 0)
    write(ward.source, "stranger.json", bundle(1))
    stranger = ward.sandbox.patient()
    index = ward.index([0])
    index = type(index)(addresses={**index.addresses, next(iter(ward.index([1]).addresses)): stranger.address})
    report = ward.take(index=index)
    assert report.counts == Counts(read=6, stored=3, quarantined=3, duplicate=0)
    assert [one.code for one in ward.quarantine.held()] == ["writer.not-enrolled"]
    assert stranger.address not in {patient for patient, _, _ in ward.written()}


def test_a_dry_run_tells_the_same_and_writes_nothing(ward, tmp_path):
    fill(ward, 0, 1)
    (ward.source / "broken.json").write_text("{")
    report = ward.take(dry_run=True)
    assert report.counts == Counts(read=7, stored=6, quarantined=1, duplicate=0)
    assert report.documents > 0
    assert ward.written() == set()
    assert not ward.home.exists()
    ward.take()
    journal = (ward.home / "journal.db").read_bytes()
    assert ward.take(dry_run=True).counts == Counts(read=7, stored=0, quarantined=1, duplicate=6)
    assert ward.take(dry_run=True).run == 2
    assert (ward.home / "journal.db").read_bytes() == journal


def test_nothing_to_read_is_told(ward, tmp_path):
    with pytest.raises(NothingRead):
        ward.take()
    ward.source.mkdir()
    with pytest.raises(NothingRead):
        ward.take()


STEPS = [
    depositing.BEGUN,
    steps.DRAFTED,
    steps.SEALED,
    steps.BODIES_STORED,
    steps.DEPOSITED,
    depositing.ENDED,
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.MINED,
    steps.PLACED,
    depositing.ANCHORED,
]


def take(ward: Ward, step) -> None:
    ward.take(step=step, anchor_at=1)


def test_these_are_the_steps_of_an_import(ward):
    fill(ward, 0)
    reborn(ward.city).resume()
    assert moments(partial(take, ward)) == STEPS


def test_an_import_that_is_stopped_at_any_step_ends_as_one_that_was_not(tmp_path):
    """[J-002, J-003]: a source of two files for every step, and the last step of the second file."""
    whole = make_ward(tmp_path / "whole")
    fill(whole, 0, 1)
    expected = whole.take(anchor_at=1)
    for number in (*range(len(STEPS)), 2 * len(STEPS) - 1):
        ward = Ward(
            sandbox=whole.sandbox,
            city=whole.city,
            people=whole.people,
            home=tmp_path / f"home{number}",
            source=tmp_path / f"source{number}",
        )
        for file in (0, 1):
            write(ward.source, f"{file}.json", bundle(file, values=3))
        before = ward.written()
        reborn(ward.city).resume()
        assert stopped_at(number, partial(take, ward)) == STEPS[number % len(STEPS)]
        report = ward.take(anchor_at=1)
        assert report.run == 1, "the interrupted run goes on"
        assert report.counts == Counts(read=8, stored=8, quarantined=0, duplicate=0)
        assert len(ward.written() - before) == report.documents == expected.documents
        assert ward.city.waiting == ()
        vault = ward.city.gateway.office.vault
        assert vault.count(OutboxRow, act="draft") == 0


def test_a_batch_that_is_deposited_is_ended_though_its_source_is_gone(ward):
    """[J-003]."""
    fill(ward, 0)
    reborn(ward.city).resume()
    stopped_at(STEPS.index(steps.DRAFTED), partial(take, ward))
    (ward.source / "0.json").unlink()
    fill(ward, 1)
    ward.take()
    fill(ward, 0)
    assert ward.take().counts == Counts(read=6, stored=0, quarantined=0, duplicate=6)


def test_another_process_that_converts_gives_the_same(ward):
    fill(ward, 0, 1, 2)
    write(ward.source, "more.json", bundle(1, values=5))
    report = ward.take(workers=1)
    assert report.counts == Counts(read=15, stored=12, quarantined=0, duplicate=3)


def test_an_interruption_ends_the_import_and_nothing_is_lost(ward):
    fill(ward, 0, 1)

    def interrupted(name: str) -> None:
        if name == depositing.ENDED:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ward.take(step=interrupted, workers=1)
    assert ward.take().counts == Counts(read=6, stored=6, quarantined=0, duplicate=0)


def test_a_batch_of_which_a_part_was_lost_is_completed(ward):
    """[J-002]: what is there already is not sealed again."""
    fill(ward, 0)
    reborn(ward.city).resume()
    stopped_at(STEPS.index(steps.DRAFTED), partial(take, ward))
    vault = ward.city.gateway.office.vault
    drafts = vault.find(OutboxRow, act="draft")
    vault.destroy(OutboxRow, id=drafts[0].id)
    report = ward.take()
    assert report.counts == Counts(read=3, stored=3, quarantined=0, duplicate=0)
    assert len(ward.written()) == len(drafts) == report.documents


def test_a_period_that_nobody_was_asked_about_is_left_with_validators(ward):
    clinic = ward.sandbox.institution("Clinic")
    place = Place(account=clinic.address, url=clinic.url)
    fill(ward, 0)

    def killed(name: str) -> None:
        if name == depositing.ANCHORED:
            raise Stopped(name)

    with pytest.raises(Stopped):
        ward.take(step=killed, validators=[place])
    vault = ward.city.gateway.office.vault
    assert vault.count(SubmittedRow, validator=clinic.address) == 0
    ward.take(validators=[place])
    assert vault.count(SubmittedRow, validator=clinic.address) == 1
    fill(ward, 1)
    ward.take(validators=[place])
    assert vault.count(SubmittedRow, validator=clinic.address) == 2


def test_an_import_waits_until_stopped_uploads_can_be_completed(ward, monkeypatch):
    fill(ward, 0)
    monkeypatch.setattr(Institution, "resume", lambda _: (Resumed(waiting=2), Resumed()))
    with pytest.raises(UploadsWaiting):
        ward.take()


def test_a_store_that_is_full_stops_the_import_and_nothing_is_lost(ward, monkeypatch):
    """[J-002]: a fault of the machine is no fault of an item."""
    fill(ward, 0, 1)
    with monkeypatch.context() as patched:
        patched.setattr(MemoryStore, "put_each", full)
        with pytest.raises(StoreFull):
            ward.take()
    assert ward.quarantine.held() == ()
    assert ward.take().counts == Counts(read=6, stored=6, quarantined=0, duplicate=0)


def full(*_: object) -> None:
    raise StoreFull
