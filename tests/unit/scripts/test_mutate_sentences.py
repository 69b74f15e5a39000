"""Only the tests that name a sentence and run its code judge a deletion, and the tree stays as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import mutate_sentences, worktree
from scripts.mutate_sentences import commands, judge, pick, verdict
from scripts.specification import Place, read


def test_the_same_seed_picks_the_same_sentences():
    sentences = {f"A-{number:03}": "" for number in range(50)}
    assert pick(sentences, 20, 7) == pick(sentences, 20, 7) != pick(sentences, 20, 8)
    assert len(pick(sentences, 20, 7)) == 20
    assert len(pick(sentences, 99, 7)) == 50


def test_solidity_is_judged_by_forge_and_brownie_and_python_by_the_rest():
    tests = [
        Place("tests/unit/a/test_a.py", 3, "TestA::test_a"),
        Place("tests/forge/A.t.sol", 4, "test_a"),
        Place("tests/contracts/a/test_a.py", 5, "test_a"),
        Place("tests/contracts/a/world.py", 5),
        Place("tests/live/test_l.py", 5, "test_l"),
    ]
    assert [run.words[0] for run in commands("sol", tests)] == ["forge", ".venv-brownie/bin/python"]
    python = commands("py", tests)
    assert [run.words[0] for run in python] == [".venv/bin/python", ".venv-brownie/bin/python"]
    assert python[0].words[-1] == "tests/unit/a/test_a.py::TestA::test_a"


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (0, "", "passed"),
        (1, "", "failed"),
        (1, "Compiler run failed", "do not compile"),
        (2, "", "cannot be loaded"),
        (5, "", "no such test"),
        (124, "", "code 124"),
    ],
)
def test_only_a_failed_test_counts_as_noticed(code, said, expected):
    assert expected in verdict(code, said, mutate_sentences.Command(("pytest",)))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A little project: one rule, one test that names it, and one that only seems to."""
    files = {
        "docs/specification.md": "- **A-001** Zero is refused.\n- **A-002** One is welcome.\n",
        "medshare/__init__.py": "",
        "medshare/rule.py": "def check(x):\n    if x == 0:  # [A-001]\n        raise ValueError\n    y = x  # [A-002]\n    return x\n",
        "tests/unit/rule/test_rule.py": (
            "import pytest\nfrom medshare.rule import check\n"
            'def test_zero():\n    """[A-001]"""\n    with pytest.raises(ValueError):\n        check(0)\n'
            'def test_one():\n    """[A-002]"""\n    assert check(1) == 1\n'
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # four short runs of pytest: no plugin, no wait
    with worktree.copy(tmp_path) as copy:
        yield tmp_path, copy


def test_a_deletion_is_noticed_or_not_and_the_original_is_never_touched(tree):
    root, copy = tree
    specification = read(root)
    before = (root / "medshare" / "rule.py").read_text()
    assert judge(copy, "A-001", "py", specification) == ""
    assert judge(copy, "A-002", "py", specification) == "its tests pass without the code"
    assert "no test that names it runs Solidity" in judge(copy, "A-001", "sol", specification)
    assert (root / "medshare" / "rule.py").read_text() == before
    assert (Path(copy) / "medshare" / "rule.py").read_text() == before
