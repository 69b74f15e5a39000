"""The three stores, and bodies to put into them."""

from __future__ import annotations

import pytest

from medshare.store import BlockStore, MemoryStore
from medshare.store.kubo import KuboStore
from tests.unit.store.kubo_double import running_kubo


@pytest.fixture
def kubo():
    with running_kubo() as double:
        yield double


@pytest.fixture
def blocks(tmp_path):
    return BlockStore(tmp_path / "store", durable=False)


@pytest.fixture(params=["memory", "blocks", "kubo"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    if request.param == "blocks":
        return request.getfixturevalue("blocks")
    return KuboStore(request.getfixturevalue("kubo").address, fetch_seconds=2)
