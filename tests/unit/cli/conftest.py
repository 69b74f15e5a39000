from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.running import Runner


@pytest.fixture
def medshare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The command line, in a folder of its own, in English."""
    for name in ("MEDSHARE_HOME", "MEDSHARE_NETWORK", "MEDSHARE_ACCOUNT", "MEDSHARE_RPC_URL", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    return Runner(tmp_path)
