"""What is missing on a machine is named in one sentence with the remedy; what is there is not touched."""

from __future__ import annotations

import pytest

from scripts import environments
from scripts.environments import (
    MissingError,
    check_node,
    ensure_node,
    ensure_python,
    python_program,
    stamped,
    write_stamp,
)


def versions(**table):
    return lambda program: table.get(program.replace(".", "_"))


def test_python_3_12_is_taken_when_python3_is_too_new(monkeypatch):
    monkeypatch.setattr(environments.sys, "executable", "python3")
    assert python_program(versions(python3=(3, 14, 0), python3_12=(3, 12, 1))) == "python3.12"


def test_a_machine_with_only_an_old_python_is_told_which_one_to_install(monkeypatch):
    monkeypatch.setattr(environments.sys, "executable", "python3")
    with pytest.raises(MissingError, match=r"needs Python 3.11 or 3.12 and only 3.9.2 is here: install"):
        python_program(versions(python3=(3, 9, 2)))


def test_node_20_with_npm_is_enough():
    assert check_node(versions(node=(20, 1, 0), npm=(10, 0, 0))) == (20, 1, 0)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "`node` is not on PATH: install Node.js 20"),
        ({"node": (18, 19, 1)}, "18.19.1 is here: install Node.js 20"),
        ({"node": (22, 0, 0)}, "`npm` is not on PATH: install npm"),
    ],
)
def test_a_machine_without_a_usable_node_is_told_what_to_install(table, words):
    with pytest.raises(MissingError) as caught:
        check_node(versions(**table))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stamp_fits_only_what_the_folder_was_made_from(tmp_path):
    assert not stamped(tmp_path, b"a")
    write_stamp(tmp_path, b"a")
    assert stamped(tmp_path, b"a")
    assert not stamped(tmp_path, b"b")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A project of its own, whose set-up commands are recorded instead of run."""
    (tmp_path / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\n[project]\nname = 'x'\n[dependency-groups]\n[tool.uv]\n"
    )
    for name in ("uv.lock", "package.json", "package-lock.json"):
        (tmp_path / name).write_text("1")
    for folder in (".venv", "node_modules"):
        (tmp_path / folder).mkdir()
    ran = []
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "run", lambda command, *_, **__: ran.append(command[:2]))
    monkeypatch.setattr(environments, "version_of", lambda *_: (3, 11, 7))
    monkeypatch.setattr(environments, "check_node", lambda: (20, 0, 0))
    return tmp_path, ran


def test_a_second_set_up_runs_nothing(tree):
    _, ran = tree
    for _ in range(2):
        ensure_python("package")
        ensure_node()
    assert len(ran) == 2


def test_a_changed_lock_is_set_up_again(tree):
    root, ran = tree
    ensure_python("package")
    (root / "uv.lock").write_text("2")
    ensure_python("package")
    assert len(ran) == 2


def test_a_set_up_that_failed_leaves_no_stamp(tree, monkeypatch):
    root, _ = tree

    def fail(*_, **__):
        raise MissingError

    monkeypatch.setattr(environments, "run", fail)
    with pytest.raises(MissingError):
        ensure_node()
    assert not (root / "node_modules" / environments.STAMP).exists()
