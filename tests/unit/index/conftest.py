"""A chain and an empty index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medshare.index import Index
from tests.scenarios.scripted_node import ScriptedChain


@pytest.fixture
def chain() -> ScriptedChain:
    return ScriptedChain()


@pytest.fixture
def index() -> Iterator[Index]:
    with Index.open("sqlite://", limit=8) as opened:
        yield opened
