"""The account key: secp256k1, independent of the root secret. Its address is who one is on the chain."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Self

from coincurve import PrivateKey
from eth_account import Account

from medshare.age.entropy import Entropy, draw
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.errors import AccountKeyRange, DigestLength
from medshare.keys.secret import Secret
from medshare.typed_data.signing import CURVE_ORDER, account_of


class AccountKey(Secret):
    """A private key of 32 bytes that signs digests and transactions.

    Raises:
        WrongSecretLength: Not 32 bytes.
        AccountKeyRange: Zero, or not below the order of the curve.
    """

    __slots__ = ("_address", "_key")

    LENGTH = 32

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        if not 0 < int.from_bytes(data, "big") < CURVE_ORDER:
            raise AccountKeyRange
        key = PrivateKey(data)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_address", account_of(key.public_key.format(compressed=False)))

    @classmethod
    def generate(cls, entropy: Entropy = secrets.token_bytes) -> Self:
        """Return a fresh key. What falls outside the curve, once in 2^128, is drawn again."""
        while True:
            try:
                return cls(draw(entropy, 32))
            except AccountKeyRange:
                continue

    @property
    def address(self) -> Address:
        """The account of this key."""
        address: Address = object.__getattribute__(self, "_address")
        return address

    def sign_digest(self, digest: Bytes32) -> bytes:
        """Return 65 bytes: r, s in the lower half, v 27 or 28 (RFC 6979: the same digest, the same bytes).

        Raises:
            DigestLength: Not 32 bytes.
        """
        if len(digest) != 32:
            raise DigestLength(length=len(digest))
        key: PrivateKey = object.__getattribute__(self, "_key")
        signature: bytes = key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def sign_transaction(self, transaction: Mapping[str, object]) -> bytes:
        """Return the raw signed bytes of an EIP-1559 transaction.

        The mapping has chainId, nonce, to (absent when a contract is created), value, gas,
        maxFeePerGas, maxPriorityFeePerGas (numbers) and data (bytes).
        """
        fields = {"type": 2, **transaction}
        if "to" in fields:
            fields["to"] = bytes.fromhex(str(fields["to"])[2:])
        return bytes(Account.sign_transaction(fields, self.secret_bytes()).raw_transaction)
