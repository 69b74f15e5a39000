"""Wallets open our keystore files and words, and we open theirs."""

from __future__ import annotations

import json
import pathlib
import random
import subprocess

from medshare.digest import keccak
from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.keys.keystore import read_keystore, write_keystore
from medshare.keys.root import RootSecret

PROGRAM = pathlib.Path(__file__).with_name("reference.mjs")
KEY = AccountKey(keccak(b"key"))
PASSPHRASES = ["correct horse", "電池 é"]


def ask(**request):
    done = subprocess.run(
        ["node", str(PROGRAM)], input=json.dumps(request), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout)


def test_ethers_opens_our_keystore_files():
    stores = [{"json": write_keystore(KEY, text, work=1024).decode(), "passphrase": text} for text in PASSPHRASES]
    for found in ask(keystores=stores)["keys"]:
        assert found["privateKey"] == to_hex(KEY.secret_bytes())
        assert found["address"].lower() == KEY.address


def test_we_open_a_keystore_file_of_ethers():
    for text in PASSPHRASES:
        file = ask(encrypt={"privateKey": to_hex(KEY.secret_bytes()), "passphrase": text})["keystore"]
        assert read_keystore(file.encode(), text).same_secret(KEY)


def test_a_thousand_roots_have_the_words_of_ethers():
    source = random.Random("words")
    roots = [RootSecret(source.randbytes(32)) for _ in range(1_000)]
    entropies = ask(words=[root.secret_words() for root in roots])["entropies"]
    assert entropies == [to_hex(root.secret_bytes()) for root in roots]
