"""Where bodies lie, by CID: on disk, in Kubo, or in memory."""

from __future__ import annotations

from medshare.store.blocks import BlockStore
from medshare.store.cid import Cid
from medshare.store.dag import Readable, cid_of
from medshare.store.kubo import KuboStore
from medshare.store.memory import MemoryStore
from medshare.store.protocol import DEFAULT_LIMIT, Store

__all__ = ["DEFAULT_LIMIT", "BlockStore", "Cid", "KuboStore", "MemoryStore", "Readable", "Store", "cid_of"]
