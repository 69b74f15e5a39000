"""A message of `medshare.typed_data` together with its signature, as it travels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from medshare.hexadecimal import Address, Bytes32
from medshare.typed_data import Domains, Message, check_signature, digest, sign
from medshare.typed_data.signing import SigningKey

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(Generic[M]):
    """What somebody signed. `signer` says who; `check` proves it.

    `signature` has 65 bytes: r, s (low), v (27 or 28). A contract wallet's signature (ERC-1271) may
    have another form; only the chain can check that one.
    """

    message: M
    signer: Address
    signature: bytes

    @classmethod
    def by(cls, key: SigningKey, message: M, domains: Domains) -> Signed[M]:
        """Return `message` signed with `key`."""
        return cls(message=message, signer=key.address, signature=sign(message, domains, key))

    def check(self, domains: Domains, *, signer: Address) -> M:
        """Return the message if `signer` signed it.

        Raises:
            The errors of `medshare.typed_data`: malformed, or somebody else's signature.
        """
        check_signature(self.message, domains, self.signature, signer)
        return self.message

    def digest(self, domains: Domains) -> Bytes32:
        """Return the 32 bytes that were signed."""
        return digest(self.message, domains)
