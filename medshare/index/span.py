"""A span: some consecutive blocks, checked, with the rows of their events. What reading hands to writing."""

from __future__ import annotations

from typing import Any, NamedTuple

from medshare.hexadecimal import Bytes32


class Span(NamedTuple):
    """Blocks from `start` on.

    `parent` is the hash of the block before. `blocks` has a hash and a time for each block. `rows` has,
    in the order of the chain, for each event the number of its layout, its position, the hash of its
    block, that of its transaction, the time, and the values of the layout's columns.
    """

    start: int
    parent: Bytes32
    blocks: list[tuple[Bytes32, int]]
    rows: list[tuple[Any, ...]]

    @property
    def end(self) -> int:
        """The last block's number."""
        return self.start + len(self.blocks) - 1
