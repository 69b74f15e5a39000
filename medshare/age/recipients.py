"""What a recipient and an identity are: the seam between the header and the kinds of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from medshare.age.entropy import Entropy
from medshare.age.file_key import FileKey
from medshare.age.stanza import Stanza


class Recipient(Protocol):
    """Whom a file key is wrapped for."""

    @property
    def group(self) -> str:
        """Recipients share a header only with others of the same group; the group `scrypt` stands alone."""
        ...

    def wrap(self, file_key: FileKey, entropy: Entropy) -> Stanza:
        """Return a stanza with the wrapped key."""
        ...


class Identity(Protocol):
    """Who can unwrap a file key."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> FileKey | None:
        """Return the file key of the first stanza that this identity opens, or None.

        Raises:
            HeaderError: A stanza of this identity's kind is malformed.
        """
        ...
