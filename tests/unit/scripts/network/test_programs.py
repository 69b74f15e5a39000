"""Programs are built once for each state of their pins, and what the machine lacks is named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.network import programs
from scripts.network.errors import MissingProgramsError, NetworkError
from scripts.network.programs import MODULES, Module, build_command, cache_folder, ensure, key, missing

HERE = Path("/usr/lib/postgresql/18/bin")


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """A machine that has everything, a cache of its own, and a Go that writes down what it is asked."""
    asked = []

    def go(command, folder):
        asked.append(folder.name)
        target = Path(command[command.index("-o") + 1])
        for package in command[command.index("-o") + 2 :]:
            (target / package.rpartition("/")[2]).touch()

    monkeypatch.setenv("MEDSHARE_PROGRAMS", str(tmp_path))
    monkeypatch.setattr(programs, "go_version", lambda: "go1.26.8")
    monkeypatch.setattr(programs.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(programs, "server_programs", lambda *_, **__: HERE)
    monkeypatch.setattr(programs, "run_go", go)
    return asked


def test_a_second_start_builds_nothing(builds):
    first = ensure(lambda _: None)
    assert builds == ["geth", "prysm", "kubo", "prometheus"]
    assert all(path.is_file() for path in first.paths.values())
    assert ensure(lambda _: None) == first
    assert len(builds) == 4


def test_a_build_that_fails_leaves_nothing_that_looks_built(builds, monkeypatch, tmp_path):
    def fails(command, folder):
        raise NetworkError(folder.name)

    monkeypatch.setattr(programs, "run_go", fails)
    with pytest.raises(NetworkError, match="geth"):
        ensure(lambda _: None)
    assert [place.name for place in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize("changed", ["go.mod", "go.sum", "packages", "tags", "go"])
def test_another_pin_is_another_folder(monkeypatch, tmp_path, changed):
    monkeypatch.setattr(programs, "MODULES_FOLDER", tmp_path)
    for name in ("go.mod", "go.sum"):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / name).write_text("1")
    before, module, go = key(Module("x", ("a",)), "go1"), Module("x", ("a",)), "go1"
    assert key(module, go) == before
    match changed:
        case "packages":
            module = Module("x", ("b",))
        case "tags":
            module = Module("x", ("a",), ("t",))
        case "go":
            go = "go2"
        case _:
            (tmp_path / "x" / changed).write_text("2")
    assert key(module, go) != before


@pytest.mark.parametrize(
    ("go", "compiler", "postgresql", "words"),
    [
        ("", "/usr/bin/cc", HERE, ["`go` is not on PATH: install Go 1.21 or later"]),
        ("go1.19.4", "/usr/bin/cc", HERE, ["go1.19.4 is too old: install Go 1.21 or later"]),
        ("go1.26.8", None, HERE, ["a C compiler and none is on PATH: install one, for example apt install gcc"]),
        ("go1.26.8", "/usr/bin/cc", None, ["No PostgreSQL server is here: install the system's package"]),
        ("", None, None, ["`go` is not on PATH", "C compiler", "PostgreSQL"]),
        ("go1.21.0", "/usr/bin/cc", HERE, []),
    ],
)
def test_what_a_machine_lacks_is_named_with_its_remedy(go, compiler, postgresql, words):
    found = missing(go, compiler=compiler, postgresql=postgresql)
    assert len(found) == len(words)
    for sentence, part in zip(found, words, strict=True):
        assert part in sentence


def test_everything_that_is_missing_is_named_at_once(builds, monkeypatch):
    monkeypatch.setattr(programs, "go_version", lambda: "")
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    with pytest.raises(MissingProgramsError) as caught:
        ensure(lambda _: None)
    assert len(caught.value.missing) == 2
    assert builds == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_is_built_is_pinned_with_its_sum(module, tmp_path):
    assert "-mod=readonly" in build_command(module, tmp_path)
    required = (module.folder / "go.mod").read_text()
    sums = (module.folder / "go.sum").read_text()
    project = "/".join(module.packages[0].split("/")[:3])
    version = next(line for line in required.splitlines() if project in line and " v" in line and "=>" not in line)
    name, number = version.replace("require", "").split()[:2]
    assert f"{name} {number} h1:" in sums
    assert f"{name} {number}/go.mod h1:" in sums


def test_programs_are_kept_in_the_cache_of_the_user_or_where_they_say():
    assert cache_folder({"MEDSHARE_PROGRAMS": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_folder({"XDG_CACHE_HOME": "/b"}) == Path("/b/medshare/programs")
