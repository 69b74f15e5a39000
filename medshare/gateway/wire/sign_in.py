"""The EIP-4361 message that opens a session, and what is signed of it (EIP-191, version 0x45)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from medshare.digest import keccak
from medshare.gateway.wire.answers import NonceForm
from medshare.hexadecimal import Address, Bytes32
from medshare.typed_data import SigningKey

STATEMENT: Final = "Sign in to this MedShare gateway. This signature moves nothing and grants nothing."
"""The one statement of every sign-in message."""


def sign_in_text(nonce: NonceForm, account: Address, *, at: int) -> str:
    """Return the message that `account` signs at second `at` to sign in with `nonce`."""
    # The library builds the grammar of its messages when it is imported: a second that a command without a
    # session does not spend.
    from siwe import ISO8601Datetime, SiweMessage
    from siwe.siwe import VersionEnum

    def written(second: int) -> ISO8601Datetime:
        return ISO8601Datetime.from_datetime(datetime.fromtimestamp(second, UTC), timespec="seconds")

    message = SiweMessage(
        domain=nonce.domain,
        address=checksummed(account),
        uri=nonce.uri,
        version=VersionEnum.one,
        chain_id=nonce.chain_id,
        issued_at=written(at),
        expiration_time=written(nonce.expires),
        nonce=nonce.nonce,
        statement=nonce.statement,
    )
    return str(message.prepare_message())


def personal_digest(text: str) -> Bytes32:
    """Return the 32 bytes that a wallet's `personal_sign` signs."""
    data = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def sign_text(text: str, key: SigningKey) -> bytes:
    """Return the signature of `key` on `text`, as a wallet's `personal_sign` makes it."""
    return key.sign_digest(personal_digest(text))


def checksummed(account: Address) -> str:
    """Return an address with the capitals of EIP-55, as wallets write it."""
    digits = account[2:]
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) >= 8 else digit for digit, mark in zip(digits, marks, strict=False)
    )
