"""Account keys in keystore files as wallets write them; a strange file is refused before any work. Case K15."""

from __future__ import annotations

import json

import pytest
from eth_account import Account

from medshare.age.errors import BadPassphrase
from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.keys.errors import AccountKeyRange, KeystoreMalformed, KeystorePassphrase
from medshare.keys.keystore import LARGEST_KEYSTORE, read_keystore, write_keystore

KEY = AccountKey(keccak(b"key"))
PASSPHRASE = "correct horse 電池"
FILE = write_keystore(KEY, PASSPHRASE, work=2)
PBKDF2 = json.dumps(Account.encrypt(KEY.secret_bytes(), PASSPHRASE.encode(), kdf="pbkdf2", iterations=2)).encode()

# The two test vectors of the Web3 Secret Storage Definition; the password is "testpassword".
PUBLISHED = [
    b'{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}',
    b'{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}',
]


def changed(path, value, source=FILE):
    stored = json.loads(source)
    part = stored
    *folders, last = path.split(".")
    for folder in folders:
        part = part[folder]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return json.dumps(stored).encode()


@pytest.mark.parametrize("file", PUBLISHED, ids=["pbkdf2", "scrypt"])
def test_the_published_files_open(file):
    secret = read_keystore(file, "testpassword").secret_bytes()
    assert secret.hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


@pytest.mark.parametrize("file", [FILE, PBKDF2], ids=["scrypt", "pbkdf2"])
def test_a_key_comes_back_from_its_file(file):
    assert read_keystore(file, PASSPHRASE).same_secret(KEY)


def test_eth_account_opens_what_we_write():
    assert bytes(Account.decrypt(json.loads(FILE), PASSPHRASE.encode())) == KEY.secret_bytes()
    assert json.loads(FILE)["address"] == KEY.address[2:]


def test_the_names_of_the_parts_may_be_in_upper_case_as_some_wallets_write_them():
    assert read_keystore(FILE.replace(b'"crypto"', b'"Crypto"'), PASSPHRASE).same_secret(KEY)


def test_a_checksummed_address_in_the_file_is_the_same_address():
    assert read_keystore(changed("address", KEY.address[2:].upper()), PASSPHRASE).same_secret(KEY)
    assert read_keystore(changed("address", None), PASSPHRASE).same_secret(KEY)


@pytest.mark.parametrize("file", [FILE, PBKDF2], ids=["scrypt", "pbkdf2"])
def test_another_passphrase_does_not_open_it(file):
    with pytest.raises(KeystorePassphrase):
        read_keystore(file, "correct horse")


@pytest.mark.parametrize("passphrase", ["", "\ud800"])
def test_a_passphrase_is_some_text(passphrase):
    with pytest.raises(BadPassphrase) as got:
        read_keystore(FILE, passphrase)
    assert got.value.__context__ is None
    with pytest.raises(BadPassphrase):
        write_keystore(KEY, passphrase, work=2)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 1),
        ("version", 4),
        ("version", None),
        ("address", "00" * 20),
        ("address", "0x" + "00" * 20),
        ("address", 7),
        ("address", "g" * 40),
        ("crypto", None),
        ("crypto", []),
        ("crypto.cipher", "aes-256-ctr"),
        ("crypto.cipher", None),
        ("crypto.kdf", "argon2id"),
        ("crypto.kdf", None),
        ("crypto.kdfparams", None),
        ("crypto.kdfparams", 1),
        ("crypto.kdfparams.n", 3),
        ("crypto.kdfparams.n", 1),
        ("crypto.kdfparams.n", 2**40),
        ("crypto.kdfparams.n", -2),
        ("crypto.kdfparams.n", "2"),
        ("crypto.kdfparams.n", None),
        ("crypto.kdfparams.r", 2**30),
        ("crypto.kdfparams.p", 17),
        ("crypto.kdfparams.dklen", 16),
        ("crypto.kdfparams.salt", None),
        ("crypto.kdfparams.salt", 5),
        ("crypto.kdfparams.salt", "xy"),
        ("crypto.mac", None),
        ("crypto.ciphertext", "0"),
        ("crypto.cipherparams", None),
    ],
)
def test_a_strange_file_is_refused(path, value):
    with pytest.raises(KeystoreMalformed):
        read_keystore(changed(path, value), PASSPHRASE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("crypto.kdfparams.c", 10_000_001),
        ("crypto.kdfparams.c", 0),
        ("crypto.kdfparams.prf", "hmac-sha1"),
        ("crypto.kdfparams.prf", None),
    ],
)
def test_a_strange_pbkdf2_file_is_refused(path, value):
    with pytest.raises(KeystoreMalformed):
        read_keystore(changed(path, value, PBKDF2), PASSPHRASE)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000, b" " * (LARGEST_KEYSTORE + 1)])
def test_what_is_no_json_object_is_refused(data):
    with pytest.raises(KeystoreMalformed):
        read_keystore(data, PASSPHRASE)


@pytest.mark.parametrize(("secret", "error"), [(bytes(32), AccountKeyRange), (b"\x01" * 16, KeystoreMalformed)])
def test_a_file_that_opens_and_holds_no_key_is_refused(secret, error, monkeypatch):
    monkeypatch.setattr("medshare.keys.keystore.decode_keyfile_json", lambda *_: secret)
    with pytest.raises(error):
        read_keystore(FILE, PASSPHRASE)
