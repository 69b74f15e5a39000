"""Runs that are killed, and reading in a second process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import free_port
from medshare.deployment.artefact import DEPLOYED, artefact
from medshare.index import Index, LogsMissing, Progress, ReaderEnded
from medshare.index import apart as second_process
from medshare.index.following import APART_FROM
from medshare.ledger import NodeRefused, NodeUnreachable
from medshare.ledger.chain import Rpc
from medshare.ledger.chain.nodes import Nodes, Route
from tests.scenarios.scripted_node import ScriptedChain, ScriptedNode
from tests.scenarios.served_node import served
from tests.unit.index.people import granted, locked_down

ROOT = Path(__file__).resolve().parents[3]
RUN = """
import sys
from pathlib import Path
from medshare.deployment.file import load
from medshare.index import Index
from medshare.ledger.chain import Rpc
place, url, path, step = sys.argv[1:]
deployment, rpc = load(Path(path)), Rpc.http(url)
print("ready", flush=True)
with Index.open(place) as index:
    head, until = rpc.block("latest").number, 0
    while until < head:
        until += int(step)
        index.follow(rpc, deployment, until=until, progress=lambda progress: print(progress.last, flush=True))
"""
LONG = APART_FROM + 500
"""Blocks of a chain for which a second process is started."""


@pytest.fixture(scope="module")
def long_chain() -> ScriptedChain:
    chain = ScriptedChain()
    for number in range(LONG):
        chain.mine(*[granted(number), locked_down(number)] if number % 3 == 0 else [])
    return chain


@pytest.fixture(scope="module")
def rows(long_chain: ScriptedChain) -> list[str]:
    """What an index has that nobody disturbed."""
    with Index.open("sqlite://") as index:
        index.follow(long_chain.rpc, long_chain.deployment)
        return list(index.dump())


@pytest.fixture(scope="module")
def url(long_chain: ScriptedChain) -> Iterator[str]:
    with served(ScriptedNode(long_chain)) as place:
        yield place


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/index.db"


@pytest.fixture
def deployment_path(long_chain: ScriptedChain, tmp_path: Path) -> Path:
    path = tmp_path / "deployment.json"
    known = {
        "abi_hashes": {name: artefact(name).abi_hash for name in DEPLOYED},
        "code_hashes": {name: artefact(name).code_hash for name in DEPLOYED},
    }
    file.save(path, replace(long_chain.deployment, **known))
    return path


def start(place: str, url: str, deployment_path: Path, step: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RUN, place, url, str(deployment_path), str(step)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def children_of(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def ended(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return not path.exists() or path.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_is_killed_again_and_again_comes_to_the_same_rows(
    seed: int, place: str, url: str, deployment_path: Path, long_chain: ScriptedChain, rows: list[str]
) -> None:
    """[X-007]: at any moment, while rows are written and while indices are made. R10."""
    source = random.Random(seed)
    for _ in range(3):
        with start(place, url, deployment_path, step=source.choice((60, 400, LONG))) as process:
            assert process.stdout is not None
            for _ in range(source.randrange(6)):
                process.stdout.readline()
            time.sleep(source.random() * 0.2)
            process.send_signal(signal.SIGKILL)
    with Index.open(place) as index:
        index.follow(long_chain.rpc, long_chain.deployment)
        assert list(index.dump()) == rows
        assert index.status().indexed
        assert index.status().alarm is None


def test_a_second_process_reads_the_same_rows(place: str, url: str, long_chain: ScriptedChain, rows: list[str]) -> None:
    """[X-001]."""
    with Index.open(place) as index:
        index.follow(Rpc.http(url), long_chain.deployment)
        assert list(index.dump()) == rows


def test_the_second_process_ends_when_the_first_is_killed(place: str, url: str, deployment_path: Path) -> None:
    with start(place, url, deployment_path, step=LONG) as process:
        children: list[int] = []
        while not children and process.poll() is None:
            children = children_of(process)
        process.send_signal(signal.SIGKILL)
    assert children
    latest = time.monotonic() + 180
    while not all(map(ended, children)):
        assert time.monotonic() < latest
        time.sleep(0.05)


def test_a_second_process_that_is_killed_loses_nothing(
    place: str, url: str, long_chain: ScriptedChain, rows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """[X-007]."""
    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[call-overload]
            started.append(self)

    def kill(progress: Progress) -> None:
        started[-1].kill()
        started[-1].wait()

    monkeypatch.setattr(second_process.subprocess, "Popen", Watched)
    with Index.open(place) as index:
        with pytest.raises(ReaderEnded):
            index.follow(Rpc.http(url), long_chain.deployment, progress=kill)
        assert index.status().alarm is None
        assert 0 < index.status().entries < len(rows)
        index.follow(Rpc.http(url), long_chain.deployment)
        assert list(index.dump()) == rows
        assert len(started) == 2


def test_a_run_that_stops_early_ends_its_second_process(
    place: str, url: str, long_chain: ScriptedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Enough(Exception):
        pass

    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[call-overload]
            started.append(self)

    def stop(progress: Progress) -> None:
        raise Enough

    monkeypatch.setattr(second_process.subprocess, "Popen", Watched)
    with Index.open(place) as index, pytest.raises(Enough):
        index.follow(Rpc.http(url), long_chain.deployment, progress=stop)
    assert [process.poll() is not None for process in started] == [True]


def test_what_the_second_process_finds_wrong_is_raised_in_the_first(place: str, long_chain: ScriptedChain) -> None:
    """[X-003] R09."""

    def leave_out(method: str, params: object, result: object) -> object:
        return [] if method == "eth_getLogs" else result

    with served(ScriptedNode(long_chain, bend=leave_out)) as url, Index.open(place) as index:
        with pytest.raises(LogsMissing, match=f"block {long_chain.first + 1} "):
            index.follow(Rpc.http(url), long_chain.deployment)
        assert index.status().alarm == "index.logs-missing"


def test_what_the_node_refuses_to_the_second_process_is_raised_in_the_first(
    place: str, long_chain: ScriptedChain
) -> None:
    with served(ScriptedNode(long_chain, most=1)) as url, Index.open(place) as index:
        with pytest.raises(NodeRefused, match="more than 1 results"):
            index.follow(Rpc.http(url), long_chain.deployment)
        assert index.status().alarm is None


def test_of_several_nodes_the_second_process_reads_the_one_that_answers(
    place: str, long_chain: ScriptedChain, rows: list[str]
) -> None:
    """[G-004, G-008] R04: one run is of one node; the address handed on is that node's."""
    with served(ScriptedNode(long_chain)) as url, Index.open(place) as index:
        nodes = Nodes([Route.http(f"http://127.0.0.1:{free_port()}"), Route.http(url)])
        index.follow(nodes, long_chain.deployment)
        assert list(index.dump()) == rows
        assert nodes.endpoint is not None
        assert nodes.endpoint.url == url


def test_the_address_of_the_node_is_on_no_command_line_and_in_no_error(
    place: str, long_chain: ScriptedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of node services stand in the path."""
    commands: list[list[str]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **named: object) -> None:
            commands.append(command)
            super().__init__(command, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(second_process.subprocess, "Popen", Watched)

    def refuse(method: str, params: object, result: object) -> object:
        if method == "eth_getLogs":
            raise OSError
        return result

    with served(ScriptedNode(long_chain, bend=refuse)) as url, Index.open(place) as index:
        rpc = Rpc.http(f"{url}/v3/secret-key")
        with pytest.raises(NodeUnreachable) as error:
            index.follow(rpc, long_chain.deployment)
        assert "secret-key" not in f"{error.value!r} {error.value} {commands} {rpc.endpoint!r}"
        assert commands
