"""A secret is masked, compared in constant time, and leaves only by a method with *secret* in its name. Case K15."""

from __future__ import annotations

import copy
import pickle

import pytest

from medshare.keys.secret import Secret, SecretNotExportable, WrongSecretLength


class Seed(Secret):
    __slots__ = ()
    LENGTH = 4


class Word(Secret):
    __slots__ = ()


def test_a_secret_leaves_by_its_own_method_only():
    assert Seed(b"seed").secret_bytes() == b"seed"
    assert Seed(bytearray(b"seed")).secret_bytes() == b"seed"
    assert repr(Seed(b"seed")) == str(Seed(b"seed")) == f"{Seed(b'seed')}" == "<Seed masked>"


@pytest.mark.parametrize("data", [b"", b"see", b"seeds"])
def test_a_secret_of_a_fixed_length_has_that_length(data):
    with pytest.raises(WrongSecretLength) as error:
        Seed(data)
    assert "Seed has 4 bytes" in str(error.value)


def test_a_secret_of_any_length_is_not_empty():
    assert Word(b"w").secret_bytes() == b"w"
    with pytest.raises(WrongSecretLength):
        Word(b"")


def test_equal_secrets_of_one_type_are_the_same_and_others_are_not():
    assert Seed(b"seed").same_secret(Seed(b"seed"))
    assert Seed(b"seed") == Seed(b"seed")
    assert Seed(b"seed") != Seed(b"sees")
    assert Seed(b"seed") != Word(b"seed")
    assert Seed(b"seed") != b"seed"
    assert Word(b"a") != Word(b"ab")


def test_a_secret_cannot_be_hashed_pickled_or_changed():
    secret = Seed(b"seed")
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(SecretNotExportable):
        pickle.dumps(secret)
    with pytest.raises(SecretNotExportable):
        secret.__getstate__()
    with pytest.raises(SecretNotExportable):
        secret.data = b"other"
    with pytest.raises(SecretNotExportable):
        del secret.data
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
