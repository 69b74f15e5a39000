"""Compartment seeds: an epoch gives the older ones and never a newer one. Cases K03, K15."""

from __future__ import annotations

import hashlib
import hmac
import itertools

import pytest
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from medshare.age import decrypt, encrypt
from medshare.age.errors import NoIdentityMatches
from medshare.keys.compartments import (
    CATEGORIES,
    INBOX,
    LAST_EPOCH,
    SELF,
    Compartments,
    CompartmentSeed,
    agent_key,
)
from medshare.keys.errors import CompartmentUnknown, EpochNewer, EpochOutOfRange
from medshare.keys.root import RootSecret
from medshare.keys.secret import WrongSecretLength
from medshare.typed_data.signing import CURVE_ORDER
from tests.unit.keys.actors import KEYS, OTHER_KEYS, ROOT
from tests.vectors.generate_keys import FOLDER, text_of, vectors


def slow_seed(root, compartment, epoch):
    """RFC 5869 written out with nothing but HMAC."""
    extracted = hmac.new(bytes(64), root, hashlib.sha512).digest()
    info = b"medshare/v1/compartment" + b"\x00" + bytes([compartment])
    seed = hmac.new(extracted, info + b"\x01", hashlib.sha512).digest()[:32]
    for _ in range(LAST_EPOCH - epoch):
        seed = HKDFExpand(algorithm=SHA512(), length=32, info=b"medshare/v1/older").derive(seed)
    return seed


def test_the_vectors_are_fresh():
    assert (FOLDER / "compartments.json").read_text(encoding="utf-8") == text_of(vectors())


@pytest.mark.parametrize(
    ("compartment", "epoch"), [(0, 4095), (7, 4094), (23, 4031), (31, 4030), (254, 3000), (255, 1)]
)
def test_a_seed_is_the_one_of_the_design(compartment, epoch):
    expected = slow_seed(ROOT.secret_bytes(), compartment, epoch)
    assert KEYS.seed(compartment, epoch).secret_bytes() == expected
    assert Compartments(ROOT).seed(compartment, epoch).secret_bytes() == expected


def test_the_order_of_questions_does_not_change_the_answers():
    epochs = [1, 4095, 4031, 4030, 4032, 64, 63, 65, 2]
    one, other = Compartments(ROOT), Compartments(ROOT)
    answers = {epoch: one.seed(3, epoch) for epoch in epochs}
    assert all(other.seed(3, epoch) == answers[epoch] for epoch in reversed(epochs))


def test_a_seed_gives_every_older_epoch_of_its_compartment():
    """[K-001]."""
    seed = KEYS.seed(7, 100)
    for epoch in (100, 99, 36, 1):
        assert seed.at(epoch) == KEYS.seed(7, epoch)
        assert seed.at(epoch).epoch == epoch


@pytest.mark.parametrize("epoch", [101, 4095])
def test_a_seed_gives_no_newer_epoch(epoch):
    """[K-001]."""
    with pytest.raises(EpochNewer):
        KEYS.seed(7, 100).at(epoch)
    with pytest.raises(EpochNewer):
        KEYS.seed(7, 100).identity(epoch)


def test_nothing_below_an_epoch_is_the_epoch_above_it():
    """One way: the seed of epoch 2 does not appear among what epoch 1 gives."""
    newer, older = KEYS.seed(7, 2), KEYS.seed(7, 1)
    assert newer.secret_bytes() != older.secret_bytes()
    assert HKDFExpand(algorithm=SHA512(), length=32, info=b"medshare/v1/older").derive(older.secret_bytes()) != (
        newer.secret_bytes()
    )


def test_all_seeds_of_all_compartments_and_people_differ():
    compartments = [*range(32), INBOX, SELF]
    seeds = [keys.seed(c, e).secret_bytes() for keys in (KEYS, OTHER_KEYS) for c in compartments for e in (4094, 4095)]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("compartment", [-1, 32, 100, 253, 256, "7", True, None])
def test_there_are_only_the_compartments_of_the_design(compartment):
    with pytest.raises(CompartmentUnknown):
        KEYS.seed(compartment, 1)


@pytest.mark.parametrize("epoch", [0, -1, 4096, "1", True, None])
def test_epochs_go_from_1_to_4095(epoch):
    with pytest.raises(EpochOutOfRange):
        KEYS.seed(7, epoch)
    with pytest.raises(EpochOutOfRange):
        KEYS.seed(7, 3).at(epoch)
    with pytest.raises(EpochOutOfRange):
        CompartmentSeed(bytes(32), epoch=epoch)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_has_32_bytes(length):
    with pytest.raises(WrongSecretLength):
        CompartmentSeed(bytes(length), epoch=1)


def test_what_is_sealed_to_an_epoch_opens_with_its_own_seed_or_a_newer_one_and_not_with_an_older():
    file = encrypt(b"a document", [KEYS.identity(7, 9).recipient])
    assert decrypt(file, [KEYS.seed(7, 9).identity()]) == b"a document"
    assert decrypt(file, [KEYS.seed(7, 12).identity(9)]) == b"a document"
    with pytest.raises(NoIdentityMatches):
        decrypt(file, [KEYS.seed(7, 8).identity()])
    with pytest.raises(NoIdentityMatches):
        decrypt(file, [KEYS.identity(8, 9)])


def test_the_agent_key_is_48_bytes_of_hkdf_on_the_curve():
    extracted = hmac.new(bytes(64), ROOT.secret_bytes(), hashlib.sha512).digest()
    block = hmac.new(extracted, b"medshare/v1/agent\x01", hashlib.sha512).digest()[:48]
    number = int.from_bytes(block, "big") % (CURVE_ORDER - 1) + 1
    assert agent_key(ROOT).secret_bytes() == number.to_bytes(32, "big")
    assert KEYS.agent == agent_key(ROOT).address == KEYS.agent_key.address


def test_the_inbox_changes_with_the_epoch_and_the_self_key_never():
    assert KEYS.inbox(1).recipient != KEYS.inbox(2).recipient
    assert KEYS.inbox(2).recipient == KEYS.identity(INBOX, 2).recipient
    assert KEYS.self_identity.recipient == KEYS.identity(SELF, LAST_EPOCH).recipient


def test_two_people_share_no_key():
    pairs = itertools.product((KEYS,), (OTHER_KEYS,))
    for one, other in pairs:
        assert one.agent != other.agent
        assert all(one.identity(c, 1).recipient != other.identity(c, 1).recipient for c in range(CATEGORIES))


def test_the_same_words_give_the_same_keys():
    again = Compartments(RootSecret.from_secret_words(ROOT.secret_words()))
    assert again.agent == KEYS.agent
    assert again.seed(23, 17) == KEYS.seed(23, 17)
