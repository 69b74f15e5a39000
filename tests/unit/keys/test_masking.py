"""No key byte in print, in logs, in tracebacks, in pickles or in a dictionary. Case K15."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest

from medshare.age import HybridIdentity
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments, CompartmentSeed
from medshare.keys.keystore import read_keystore, write_keystore
from medshare.keys.persona import Persona
from medshare.keys.root import RootSecret
from medshare.keys.secret import Secret, SecretNotExportable

CANARY = keccak(b"canary")
PASSPHRASE = "open sesame 77"
WORDS = RootSecret(CANARY).secret_words()
SECRETS = [
    RootSecret(CANARY),
    AccountKey(CANARY),
    CompartmentSeed(CANARY, epoch=3),
    HybridIdentity.from_seed(CANARY),
]
IDS = [type(secret).__name__ for secret in SECRETS]
KEYS = Compartments(RootSecret(CANARY))


def is_clean(text):
    forms = (CANARY.hex(), CANARY.hex().upper(), repr(CANARY)[2:-1], str(int.from_bytes(CANARY, "big")), WORDS[:40])
    return not any(form in text for form in forms)


def test_the_test_finds_a_leak():
    assert not is_clean(f"key: {CANARY.hex()}")
    assert not is_clean(f"key: {CANARY!r}")
    assert not is_clean(WORDS)


@pytest.mark.parametrize("secret", SECRETS, ids=IDS)
def test_a_secret_is_masked_in_every_kind_of_print(secret, caplog):
    """[K-006]."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("medshare").warning("%s %r %s", secret, secret, [secret])
    shown = f"{secret} {secret!r} {secret!s} {secret:>40} {[secret]} { {'key': secret} } {caplog.text}"
    assert is_clean(shown)
    assert f"<{type(secret).__name__} masked>" in shown


@pytest.mark.parametrize("secret", SECRETS, ids=IDS)
def test_a_secret_is_not_pickled_hashed_changed_or_listed(secret):
    for act in (
        lambda: pickle.dumps(secret),
        lambda: hash(secret),
        lambda: {secret: 1},
        lambda: setattr(secret, "_address", "0x"),
        lambda: vars(secret),
    ):
        with pytest.raises((SecretNotExportable, TypeError)) as got:
            act()
        assert is_clean(str(got.value))
    assert copy.deepcopy(secret) is secret


@pytest.mark.parametrize("secret", SECRETS, ids=IDS)
def test_only_methods_with_secret_in_their_name_give_the_bytes(secret):
    """[K-006]."""
    for name in dir(secret):
        if name.startswith("_") or "secret" in name or callable(getattr(type(secret), name, None)):
            continue
        assert is_clean(repr(getattr(secret, name)))


def test_two_types_with_the_same_bytes_are_not_equal():
    for one in SECRETS:
        assert [one == other for other in SECRETS].count(True) == 1
        assert one != CANARY
    assert all(isinstance(secret, Secret) for secret in SECRETS)


def test_the_holder_of_all_keys_is_masked():
    assert repr(KEYS) == str(KEYS) == "<Compartments masked>"
    persona = Persona(label="x", root=RootSecret(CANARY), account=AccountKey(CANARY))
    assert is_clean(repr(persona))


FAILURES = {
    "wrong length": lambda: RootSecret(CANARY + b"\x00"),
    "not on the curve": lambda: AccountKey(b"\xff" * 32),
    "newer epoch": lambda: CompartmentSeed(CANARY, epoch=3).at(4),
    "no such epoch": lambda: KEYS.seed(7, 0),
    "wrong word": lambda: RootSecret.from_secret_words(WORDS + " zoo"),
    "checksum": lambda: RootSecret.from_secret_words(" ".join(["zoo", *WORDS.split()[1:]])),
    "digest": lambda: AccountKey(CANARY).sign_digest(b""),
    "keystore": lambda: read_keystore(write_keystore(AccountKey(CANARY), PASSPHRASE, work=2), "wrong"),
    "root file": lambda: RootSecret.open(RootSecret(CANARY).seal(PASSPHRASE, work_factor=1), "wrong"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_traceback_holds_no_key(name):
    with pytest.raises(MedShareError) as got:
        FAILURES[name]()
    lines = traceback.format_exception(got.value)
    # The source line of a test may name the value; only the bytes themselves count.
    assert is_clean("".join(lines))
    assert PASSPHRASE not in "".join(lines)
    assert all(is_clean(repr(fact)) for fact in got.value.facts.values())
