"""A process is known by its number and its start, and only ours is ever touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from scripts.network.errors import LeftBehindError
from scripts.network.processes import Processes, Program, started

WAITS = "import signal; print('here', flush=True); signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True)\nwhile True: signal.pause()"


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path)
    yield made
    made.stop(*made.names(), how=signal.SIGKILL)
    for child in made._children.values():  # one that another `Processes` ended is still this one's child
        child.wait()


def begin(processes: Processes, folder, name: str = "one", code: str = WAITS) -> int:
    """Start a program and wait until it says that it is here."""
    pid = processes.start(Program(name=name, command=(sys.executable, "-c", code), folder=folder))
    while b"here" not in processes.log(name).read_bytes():
        assert processes.running(name)
    return pid


def test_a_process_is_found_again_and_ended_by_its_number(processes, tmp_path):
    pid = begin(processes, tmp_path)
    assert Processes(tmp_path).running("one") == pid
    assert Processes(tmp_path).names() == ["one"]
    Processes(tmp_path).stop("one")
    assert processes.running("one") is None
    assert processes.names() == []


def test_what_runs_is_not_started_twice(processes, tmp_path):
    assert begin(processes, tmp_path) == begin(processes, tmp_path)


def test_a_number_that_belongs_to_another_process_now_is_never_touched(processes, tmp_path):
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout.readline()
        begin(processes, tmp_path)
        record = tmp_path / "processes" / "one.json"
        ours = json.loads(record.read_text())
        record.write_text(json.dumps({**ours, "pid": stranger.pid}))
        processes.stop("one", how=signal.SIGKILL)
        assert stranger.poll() is None
        record.write_text(json.dumps(ours))
        stranger.kill()


def test_a_paused_process_ends_too(processes, tmp_path):
    begin(processes, tmp_path)
    processes.send(signal.SIGSTOP, "one")
    while not processes.paused("one"):
        pass
    processes.stop("one")
    assert processes.running("one") is None


def test_one_that_does_not_listen_is_killed(processes, tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.network.processes.PATIENCE", 0.1)
    begin(processes, tmp_path, code=DEAF)
    processes.stop("one")
    assert processes.running("one") is None


def test_one_that_cannot_be_ended_is_named(processes, tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.network.processes.LONGEST", 0.1)
    begin(processes, tmp_path, code=DEAF)
    with pytest.raises(LeftBehindError, match="one"):
        processes.stop("one")


def test_what_nobody_recorded_is_found_by_its_mark(processes, tmp_path):
    pid = begin(processes, tmp_path)
    (tmp_path / "processes" / "one.json").rename(tmp_path / "kept")
    assert processes.names() == []
    assert list(processes.carrying_mark()) == [pid]
    (tmp_path / "kept").rename(tmp_path / "processes" / "one.json")
    processes.stop("one")
    assert processes.carrying_mark() == {}


def test_a_process_of_another_network_does_not_carry_the_mark(processes, tmp_path):
    begin(processes, tmp_path)
    assert Processes(tmp_path / "other").carrying_mark() == {}


def test_a_number_that_nobody_has_never_started():
    assert started(os.getpid())
    assert started(2**22 + 1) == ""
