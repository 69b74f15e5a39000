"""All parts together: what fails is stopped again, and two commands do not work on one network."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scripts.network.consortium import Consortium
from scripts.network.errors import LeftBehindError, NetworkError
from scripts.network.folder import Folder, Ports
from tests.unit.scripts.network.ports import free_range


class Running:
    """Processes that only remember what they were told."""

    def __init__(self) -> None:
        self.there = {"geth-1": 11, "postgresql": 12, "kubo-2": 13}
        self.stopped: list[str] = []
        self.forgotten: dict[int, str] = {}

    def names(self) -> list[str]:
        return list(self.there)

    def stop(self, *names) -> None:
        self.stopped += [name for name in names if self.there.pop(name, None)]

    def carrying_mark(self) -> dict[int, str]:
        return self.forgotten


def failing(*_, **__):
    raise NetworkError("the second half does not start")


@pytest.fixture
def parts(tmp_path):
    running = Running()
    consortium = Consortium(
        folder=Folder(tmp_path),
        processes=running,
        pairs=SimpleNamespace(make=lambda: None, start=failing),
        swarm=SimpleNamespace(made=True, start=lambda *_: None),
        databases=SimpleNamespace(made=True, start=lambda: None, stop=lambda: running.stop("postgresql")),
        institutions=SimpleNamespace(make_homes=(tmp_path / "homes").mkdir),
        monitoring=None,
        tell=lambda text: None,
    )
    return consortium, running


def test_a_start_that_fails_half_way_leaves_nothing_running(parts):
    consortium, running = parts
    with pytest.raises(NetworkError, match="second half"):
        consortium.start(Ports(base=free_range()))
    assert running.there == {}


def test_what_others_stand_on_is_stopped_last(parts):
    consortium, running = parts
    consortium.stop()
    assert running.stopped == ["kubo-2", "geth-1", "postgresql"]


def test_a_process_that_is_left_is_named(parts):
    consortium, running = parts
    running.forgotten = {77: "geth --datadir x"}
    with pytest.raises(LeftBehindError, match="77 geth"):
        consortium.stop()


def test_two_commands_do_not_work_on_one_network(parts):
    consortium, _ = parts
    with consortium.alone(), pytest.raises(NetworkError, match="another command works"), consortium.alone():
        pass
    with consortium.alone():
        pass
