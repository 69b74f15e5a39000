"""What a Kubo node says of itself, as far as it decides whether data is safe there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node: its `config` as `ipfs config show` gives it, without its private key.

    `addresses` are the multiaddresses under which it says that it listens, `bootstrap` those of the peers that it
    seeks when it starts. `size` and `most` are the bytes of its repository and what its settings allow.
    """

    config: Mapping[str, Any]
    addresses: tuple[str, ...]
    bootstrap: tuple[str, ...]
    size: int
    most: int

    def setting(self, path: str) -> Any:
        """Return the setting at a dotted `path`; None where it is not written, so that the node's default counts."""
        found: Any = self.config
        for name in path.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found
