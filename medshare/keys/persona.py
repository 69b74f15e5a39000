"""A persona: a second address of the same person, for care that must not be linked (design, section 2).

It has its own random root, account key, directory and consents. Nothing of it is derived from the
person's own root: whoever learns one learns nothing of the other. It is kept in the person's sealed
state, so the 24 words bring it back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Self

from medshare.age.entropy import Entropy
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.root import RootSecret
from medshare.keys.rows import Name, OwnKey, Root, Row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Persona(Row):
    """`label` is the person's own word for it and is seen by nobody else."""

    label: Name
    root: Root
    account: OwnKey

    @classmethod
    def generate(cls, label: str, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a new persona with fresh keys."""
        return cls(label=label, root=RootSecret.generate(entropy), account=AccountKey.generate(entropy))

    @property
    def address(self) -> Address:
        """The persona's address on the chain."""
        return self.account.address

    @property
    def keys(self) -> Compartments:
        """All keys of the persona's own root."""
        return Compartments(self.root)
