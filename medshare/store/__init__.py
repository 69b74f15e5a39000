"""Where bodies lie, by CID: on disk, in memory, or in Kubo (`store.kubo`, imported only where a node is used)."""

from __future__ import annotations

from medshare.store.blocks import BlockStore
from medshare.store.cid import Cid
from medshare.store.dag import Readable, cid_of
from medshare.store.memory import MemoryStore
from medshare.store.protocol import DEFAULT_LIMIT, Store

__all__ = ["DEFAULT_LIMIT", "BlockStore", "Cid", "MemoryStore", "Readable", "Store", "cid_of"]
