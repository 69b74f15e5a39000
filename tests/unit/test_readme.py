"""README's first example runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medshare.demo.stage import chart
from medshare.intake.limits import Limits
from medshare.intake.reading import read_source

README = Path(__file__).resolve().parents[2] / "README.md"


def example() -> str:
    """The block that README marks as run by this test."""
    found = re.search(
        r"<!-- run by tests/unit/test_readme.py -->\n```python\n(.*?)\n```", README.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return found.group(1)


def test_the_example_in_readme_reads_what_was_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever copies it sees a laboratory document."""
    (tmp_path / "chart.json").write_bytes(read_source(chart("Jacob"), limits=Limits()))
    monkeypatch.chdir(tmp_path)
    exec(compile(example(), "README.md", "exec"), {})  # noqa: S102 (the example is ours)
    assert '"resourceType":"Bundle"' in capsys.readouterr().out.replace(" ", "")


def test_the_example_in_readme_has_fifteen_lines() -> None:
    """It stays short enough to be read."""
    assert len([line for line in example().splitlines() if line.strip()]) <= 16
