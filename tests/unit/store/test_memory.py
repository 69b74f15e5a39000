"""The twin says what is wrong as the real stores do."""

from __future__ import annotations

import pytest

from medshare.store import MemoryStore
from medshare.store.errors import BlockMissing
from tests.vectors.generate_cid import block


def test_a_lost_block_is_said():
    store = MemoryStore()
    cid = store.put(block(0) + b"end")
    reader = store.get(cid)
    store.blocks.clear()
    with pytest.raises(BlockMissing):
        reader.read()
