"""Account keys in files as wallets write them: the Web3 Secret Storage, version 3."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json

from medshare.age.errors import BadPassphrase
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.keys.errors import KeystoreMalformed, KeystorePassphrase

LARGEST_KEYSTORE: Final = 16_384
"""Bytes. A real one has some 500."""
SCRYPT_WORK: Final = 262_144
"""N of scrypt in what we write: what geth and MetaMask use."""
MOST_SCRYPT_MEMORY: Final = 2**30
"""Bytes (128 · N · r) that a file may ask for."""
MOST_PBKDF2_ROUNDS: Final = 10_000_000


def write_keystore(key: AccountKey, passphrase: str, *, work: int = SCRYPT_WORK) -> bytes:
    """Return a keystore file of `key`. Salt and IV are the system's randomness: eth-keyfile draws them.

    `work` is N of scrypt, a power of two; less than the default is for tests.

    Raises:
        BadPassphrase: It is empty or no text.
    """
    stored = create_keyfile_json(key.secret_bytes(), _encoded(passphrase), kdf="scrypt", iterations=work)
    stored["address"] = key.address[2:]
    return json.dumps(stored, sort_keys=True, indent=2).encode() + b"\n"


def read_keystore(data: bytes, passphrase: str) -> AccountKey:
    """Return the key of a keystore file.

    Raises:
        KeystoreMalformed: No keystore of version 3, or one that asks for unreasonable work.
        KeystorePassphrase: The passphrase does not open it.
        BadPassphrase: It is empty or no text.
        AccountKeyRange: It opened, and holds no key.
    """
    password = _encoded(passphrase)
    stored = _parse(data)
    try:
        secret = decode_keyfile_json(stored, password)
    except (KeyError, TypeError, AttributeError) as error:
        raise KeystoreMalformed(why="a part is missing or of an unknown kind") from error
    except ValueError as error:
        # eth-keyfile has one error for a wrong MAC and for broken hex.
        if "MAC" in str(error):
            raise KeystorePassphrase from None
        raise KeystoreMalformed(why="a part is damaged") from None
    if len(secret) != AccountKey.LENGTH:
        raise KeystoreMalformed(why="it holds a key of another length")
    key = AccountKey(secret)
    named = stored.get("address")
    if named is not None and to_hex(bytes.fromhex(named)) != key.address:
        raise KeystoreMalformed(why="it names another address than its key has")
    return key


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_KEYSTORE:
        raise KeystoreMalformed(why=f"it has more than {LARGEST_KEYSTORE} bytes")
    try:
        stored = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise KeystoreMalformed(why="it is not JSON") from error
    if not isinstance(stored, dict):
        raise KeystoreMalformed(why="it is not an object")
    # ethers and old wallets write "Crypto".
    stored = {name.lower(): value for name, value in stored.items()}
    if stored.get("version") != 3:
        raise KeystoreMalformed(why="it is not of version 3")
    _check_address(stored.get("address"))
    _check_work(stored.get("crypto"))
    return stored


def _check_work(crypto: object) -> None:
    """Refuse a file that asks for an hour of work or all of the memory, before eth-keyfile looks at it."""
    work = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(crypto, dict) or not isinstance(work, dict):
        raise KeystoreMalformed(why="it does not say how the key is derived")
    if crypto.get("cipher") != "aes-128-ctr":
        raise KeystoreMalformed(why="its cipher is not AES-128-CTR")
    if crypto.get("kdf") == "scrypt":
        n, r, p = (_number(work.get(name)) for name in ("n", "r", "p"))
        if 128 * n * r > MOST_SCRYPT_MEMORY or p > 16 or n & (n - 1) or n < 2:
            raise KeystoreMalformed(why="it asks for unreasonable work")
    elif crypto.get("kdf") != "pbkdf2" or work.get("prf") != "hmac-sha256":
        raise KeystoreMalformed(why="its key is derived neither by scrypt nor by PBKDF2 with SHA-256")
    elif _number(work.get("c")) > MOST_PBKDF2_ROUNDS:
        raise KeystoreMalformed(why="it asks for unreasonable work")
    if _number(work.get("dklen")) != 32:
        raise KeystoreMalformed(why="its derived key is not 32 bytes")


def _check_address(named: object) -> None:
    if named is None:
        return
    digits = isinstance(named, str) and len(named) == 40 and all(c in "0123456789abcdefABCDEF" for c in named)
    if not digits:
        raise KeystoreMalformed(why="its address is not 40 hex digits")


def _number(value: object) -> int:
    if type(value) is int and value > 0:
        return value
    raise KeystoreMalformed(why="a number is missing")


def _encoded(passphrase: str) -> str:
    try:
        data = passphrase.encode("utf-8")
    except UnicodeEncodeError:
        # The chained error would hold the passphrase.
        data = b""
    if not data:
        raise BadPassphrase
    # eth-keyfile's hints ask for text, but it hands the value to libraries that read text as Latin-1.
    return cast("str", data)
