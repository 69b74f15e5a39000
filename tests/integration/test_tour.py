"""The tour of README.md: from an empty folder, only with the command line, as it stands there.

With CI set each command is a process of its own, as it is for a person. Without, they are forked from one that has
imported everything: the same commands in half the time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.integration import forked
from tests.integration.tour import gateways_apart, play, tour

PLAIN = 'medshare() { command medshare "$@" --passphrase-fd 3 3<passphrase; }'


def played(place: Path) -> subprocess.CompletedProcess[str]:
    if os.environ.get("CI"):
        return play(place, PLAIN, tour())
    with tempfile.TemporaryDirectory() as folder, forked.server(f"{folder}/socket"):
        return play(place, PLAIN, gateways_apart(tour()), socket=f"{folder}/socket")


def test_the_tour_of_the_readme_runs_as_it_stands_there(tmp_path: Path):
    done = played(tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "documents are confirmed" in done.stdout
    assert "Refused: " in done.stderr
