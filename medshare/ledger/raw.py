"""The bytes of a transaction (EIP-1559): from a call to what a node takes, and back.

Source: EIP-1559 and EIP-2718: `0x02 || rlp([chainId, nonce, tip, fee, gas, to, value, data, accessList, v, r, s])`;
the first nine are what is signed. Nothing here asks a node.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from medshare.digest import keccak
from medshare.hexadecimal import Address, to_hex
from medshare.ledger import rlp
from medshare.ledger.types import SignedTransaction, Signer, UnsignedTransaction

TYPE: Final = b"\x02"
FIELDS: Final = 12

PLAIN_GAS: Final = 21_000
"""What a transaction without calldata costs (Yellow Paper, appendix G)."""

BUMP: Final = 8
"""A replacement offers an eighth more, 12.5 %: geth asks for 10, others for 12.5."""


def sign(unsigned: UnsignedTransaction, sender: Signer, *, nonce: int, chain_id: int) -> SignedTransaction:
    """Return `unsigned` under `nonce`, signed by `sender`: a 32-byte digest is all that it signs."""
    fields = _fields(unsigned, nonce=nonce, chain_id=chain_id)
    signature = sender.sign_digest(keccak(TYPE + rlp.encode(fields)))
    numbers = (signature[64] - 27, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"))
    raw = TYPE + rlp.encode([*fields, *(rlp.number(value) for value in numbers)])
    return SignedTransaction(sender=sender.address, nonce=nonce, hash=keccak(raw), raw=raw)


def unsigned_of(raw: bytes) -> UnsignedTransaction:
    """Return what stands in signed bytes, apart from the nonce and the signature.

    Raises:
        NotRlp: They are not an EIP-1559 transaction.
    """
    fields = rlp.decode(raw[1:])
    if raw[:1] != TYPE or not isinstance(fields, list) or len(fields) != FIELDS:
        raise rlp.NotRlp
    tip, fee, gas, to, data = (fields[place] for place in (2, 3, 4, 5, 7))
    if not (isinstance(tip, bytes) and isinstance(fee, bytes) and isinstance(gas, bytes)):
        raise rlp.NotRlp
    if not (isinstance(to, bytes) and isinstance(data, bytes)):
        raise rlp.NotRlp
    return UnsignedTransaction(
        to=to_hex(to) if to else None,
        data=data,
        gas=int.from_bytes(gas, "big"),
        fee=int.from_bytes(fee, "big"),
        tip=int.from_bytes(tip, "big"),
    )


def filler(account: Address, *, fee: int, tip: int) -> UnsignedTransaction:
    """Return a transaction that does nothing but use up a nonce: nothing, sent to the account itself."""
    return UnsignedTransaction(to=account, data=b"", gas=PLAIN_GAS, fee=fee, tip=tip)


def is_filler(unsigned: UnsignedTransaction, account: Address) -> bool:
    """Return whether a transaction of `account` does nothing."""
    return unsigned.to == account and not unsigned.data


def dearer(unsigned: UnsignedTransaction, *, fee: int, tip: int) -> UnsignedTransaction:
    """Return `unsigned` at a price that replaces it: an eighth more of both, and no less than `fee` and `tip`."""
    return replace(unsigned, fee=max(fee, _bumped(unsigned.fee)), tip=max(tip, _bumped(unsigned.tip)))


def _bumped(wei: int) -> int:
    return wei + wei // BUMP + 1


def _fields(unsigned: UnsignedTransaction, *, nonce: int, chain_id: int) -> list[rlp.Item]:
    numbers = [rlp.number(value) for value in (chain_id, nonce, unsigned.tip, unsigned.fee, unsigned.gas)]
    to = b"" if unsigned.to is None else bytes.fromhex(unsigned.to[2:])
    return [*numbers, to, b"", unsigned.data, []]
