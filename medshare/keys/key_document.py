"""The public key document of an institution: the key that envelopes for it are sealed to.

Its bytes stand in an event of the ParticipantRegistry, its Keccak-256 in the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from medshare import canonical_json
from medshare.age import HybridRecipient
from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed
from medshare.keys.form import Form, parse_json
from medshare.typed_data.domain import LARGEST_CHAIN_ID, Domains

VERSION: Final = 1
LARGEST_KEY_DOCUMENT: Final = 8192
"""Bytes: what the contract accepts."""

_KIND: Final = "key document"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDocument:
    """The encryption key of an accredited account."""

    chain_id: int
    registry: Address
    account: Address
    key: HybridRecipient

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "chainId": self.chain_id,
                "registry": self.registry,
                "account": self.account,
                "key": self.key.text,
            }
        )

    @property
    def digest(self) -> Bytes32:
        """Keccak-256 of the canonical bytes: what the chain holds."""
        return keccak(self.to_bytes())

    @classmethod
    def parse(cls, data: bytes, *, digest: Bytes32, domains: Domains, account: Address) -> Self:
        """Return the document of `data`, which must be the one that the chain names for `account` now.

        Raises:
            DigestDiffers: Somebody put another key in its place, or it is an old one.
            DocumentMalformed: Not the exact form.
            DocumentForeign: It is for another chain, registry or account.
        """
        if len(data) > LARGEST_KEY_DOCUMENT:
            raise DocumentMalformed(kind=_KIND, why=f"it has more than {LARGEST_KEY_DOCUMENT} bytes")
        if keccak(data) != digest:  # [K-005]
            raise DigestDiffers(kind=_KIND)
        form = Form(
            _KIND,
            parse_json(_KIND, data, limit=LARGEST_KEY_DOCUMENT),
            ("v", "chainId", "registry", "account", "key"),
        )
        form.integer("v", low=VERSION, high=VERSION)
        try:
            key = HybridRecipient.from_text(form.text("key", longest=LARGEST_KEY_DOCUMENT))
        except InputError as error:
            raise DocumentMalformed(kind=_KIND, why="its key is no honest hybrid key") from error
        document = cls(
            chain_id=form.integer("chainId", low=1, high=LARGEST_CHAIN_ID),
            registry=form.address("registry"),
            account=form.address("account"),
            key=key,
        )
        for field, found, expected in (
            ("chain", document.chain_id, domains.chain_id),
            ("registry", document.registry, domains.participants),
            ("account", document.account, account),
        ):
            if found != expected:
                raise DocumentForeign(kind=_KIND, field=field)
        return document
