"""The keys of a home, each in its own sealed file.

Account keys are Ethereum keystores of version 3 (scrypt); root secret and encryption identity are age
files under a passphrase. All are opened here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medshare.cli.frame.errors import KeyMissing, SealedMalformed
from medshare.cli.frame.home import Home

if TYPE_CHECKING:
    from medshare.age import HybridIdentity
    from medshare.keys.account import AccountKey
    from medshare.keys.root import RootSecret

ROOT: Final = "root.age"
ENCRYPTION: Final = "encryption.age"
LIGHT_WORK: Final = 4_096
"""scrypt's N of a light keystore, as geth's --lightkdf: quick, and a passphrase is guessed 64 times sooner."""
LIGHT_FACTOR: Final = 12
"""Its base-2 logarithm, for age files."""


def write_account(home: Home, name: str, key: AccountKey, passphrase: str, *, light: bool = False) -> None:
    """Write an account key under `passphrase`; `light` derives the key quickly.

    Raises:
        BadAccountName, FileKept, HomeUnwritable, BadPassphrase.
    """
    from medshare.keys.keystore import SCRYPT_WORK, write_keystore

    data = write_keystore(key, passphrase, work=LIGHT_WORK if light else SCRYPT_WORK)
    home.write(home.account_file(name), data)


def read_account(home: Home, name: str, passphrase: str) -> AccountKey:
    """Return an account key.

    Raises:
        NoSuchAccount, FileOpen, and the errors of `read_keystore`.
    """
    from medshare.keys.keystore import read_keystore

    return read_keystore(home.read_key_file(home.check_account(name)), passphrase)


def address_of_account(home: Home, name: str) -> str:
    """Return the address that a keystore names, without opening it.

    Raises:
        NoSuchAccount, HomeUnwritable, SealedMalformed.
    """
    import json

    file = home.check_account(name)
    try:
        return "0x" + str(json.loads(home.read(file))["address"]).lower()
    except (ValueError, KeyError, TypeError) as error:
        raise SealedMalformed(place=home.place / file, what="a keystore with an address") from error


def write_root(home: Home, root: RootSecret, passphrase: str, *, light: bool = False) -> None:
    """Write a patient's root secret under `passphrase`. Raises as `write_account`."""
    from medshare.age.passphrase import DEFAULT_WORK_FACTOR

    home.write(ROOT, root.seal(passphrase, work_factor=LIGHT_FACTOR if light else DEFAULT_WORK_FACTOR))


def read_root(home: Home, passphrase: str) -> RootSecret:
    """Return the root secret.

    Raises:
        KeyMissing, FileOpen, and the errors of `RootSecret.open`.
    """
    from medshare.keys.root import RootSecret

    if not home.has(ROOT):
        raise KeyMissing(what="root secret", place=home.place / ROOT)
    return RootSecret.open(home.read_key_file(ROOT), passphrase)


def write_encryption(home: Home, identity: HybridIdentity, passphrase: str, *, light: bool = False) -> None:
    """Write an encryption identity under `passphrase`; any age program opens the file. Raises as `write_account`."""
    from medshare.age import ScryptRecipient, encrypt
    from medshare.age.passphrase import DEFAULT_WORK_FACTOR

    factor = LIGHT_FACTOR if light else DEFAULT_WORK_FACTOR
    recipient = ScryptRecipient.from_secret_text(passphrase, work_factor=factor)
    home.write(ENCRYPTION, encrypt(identity.secret_text().encode() + b"\n", [recipient]))


def read_encryption(home: Home, passphrase: str) -> HybridIdentity:
    """Return the encryption identity.

    Raises:
        KeyMissing, FileOpen, SealedMalformed, and the errors of `medshare.age`.
    """
    from medshare.age import HybridIdentity, ScryptIdentity, decrypt
    from medshare.age.errors import NotAKeyText

    if not home.has(ENCRYPTION):
        raise KeyMissing(what="encryption key", place=home.place / ENCRYPTION)
    text = decrypt(home.read_key_file(ENCRYPTION), [ScryptIdentity.from_secret_text(passphrase)])
    try:
        return HybridIdentity.from_secret_text(text.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, NotAKeyText):
        # Cut the chain: what the file held is nobody's business.
        pass
    raise SealedMalformed(place=home.place / ENCRYPTION, what="an encryption key")
