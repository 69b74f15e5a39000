"""The tour of README.md: from an empty folder, only with the command line, as it stands there."""

from __future__ import annotations

from pathlib import Path

from tests.integration.tour import play, tour

PLAIN = 'medshare() { command medshare "$@" --passphrase-fd 3 3<passphrase; }'


def test_the_tour_of_the_readme_runs_as_it_stands_there(tmp_path: Path):
    done = play(tmp_path, PLAIN, tour())
    assert done.returncode == 0, done.stderr[-3000:]
    assert "documents are confirmed" in done.stdout
    assert "Refused: " in done.stderr
