"""Keys have one text form each, weak ones are refused, and secret ones show nothing. Cases S08, K01, K02, K15."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.age import (
    HybridIdentity,
    HybridRecipient,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    X25519Recipient,
    bech32,
)
from medshare.age import errors as age
from medshare.keys.secret import Secret, SecretNotExportable, WrongSecretLength
from tests.unit.age.actors import CLINIC, ELDER, OTHER_ELDER, PASSPHRASE, PATIENT, RIGHT, fresh, repeatable

# RFC 7748, 6.1: the first key pair.
PUBLISHED_SECRET = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
PUBLISHED_POINT = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
PRIME = 2**255 - 19
KINDS = [(HybridIdentity, HybridRecipient), (X25519Identity, X25519Recipient)]


def test_the_published_x25519_pair_belongs_together():
    identity = X25519Identity(PUBLISHED_SECRET)
    assert identity.recipient == X25519Recipient(PUBLISHED_POINT)
    assert identity.secret_text().startswith("AGE-SECRET-KEY-1")
    assert identity.recipient.text.startswith("age1")


@pytest.mark.parametrize(("identity_type", "recipient_type"), KINDS)
def test_keys_come_back_from_their_texts(identity_type, recipient_type):
    identity = identity_type.generate(repeatable())
    assert identity_type.from_secret_text(identity.secret_text()) == identity
    assert recipient_type.from_text(identity.recipient.text) == identity.recipient
    assert recipient_type(identity.recipient.key) == identity.recipient
    assert identity_type.generate() != identity


def test_key_texts_begin_as_the_format_says():
    assert PATIENT.secret_text().startswith("AGE-SECRET-KEY-PQ-1")
    assert PATIENT.recipient.text.startswith("age1pq1")
    assert len(PATIENT.recipient.text) == 1959
    assert len(PATIENT.recipient.key) == 1216


def variations(text):
    yield text[:-1]
    yield text + "q"
    yield text.swapcase()
    yield text[:20] + text[20:].swapcase()
    yield text[:20] + ("q" if text[20].lower() != "q" else "p") + text[21:]
    yield text[:20] + "b" + text[21:]
    yield text[:20] + "é" + text[21:]
    yield " " + text
    yield text + "\n"
    yield ""
    yield text[: text.rindex("1") + 4]
    yield text * 200


@pytest.mark.parametrize("change", range(12))
@pytest.mark.parametrize(
    ("text", "parse"),
    [
        (PATIENT.secret_text(), HybridIdentity.from_secret_text),
        (ELDER.secret_text(), X25519Identity.from_secret_text),
        (PATIENT.recipient.text, HybridRecipient.from_text),
        (ELDER.recipient.text, X25519Recipient.from_text),
    ],
)
def test_a_key_text_with_one_fault_is_refused_and_never_repeated(text, parse, change):
    wrong = list(variations(text))[change]
    with pytest.raises(age.NotAKeyText) as error:
        parse(wrong)
    assert not wrong or wrong[:24] not in str(error.value)


def test_a_key_text_of_one_kind_is_no_key_of_another():
    """Case K01."""
    with pytest.raises(age.NotAKeyText):
        X25519Identity.from_secret_text(PATIENT.secret_text())
    with pytest.raises(age.NotAKeyText):
        HybridIdentity.from_secret_text(ELDER.secret_text())
    with pytest.raises(age.NotAKeyText):
        X25519Recipient.from_text(PATIENT.recipient.text)
    with pytest.raises(age.NotAKeyText):
        HybridRecipient.from_text(ELDER.recipient.text)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_the_wrong_length_is_refused(length):
    """Cases S08 and K01."""
    for kind, prefix in ((HybridIdentity, "age-secret-key-pq-"), (X25519Identity, "age-secret-key-")):
        with pytest.raises(WrongSecretLength):
            kind(bytes(length))
        with pytest.raises(age.NotAKeyText):
            kind.from_secret_text(bech32.encode(prefix, bytes(length)).upper())
    with pytest.raises(WrongSecretLength):
        HybridIdentity.from_seed(bytes(length))
    with pytest.raises(age.WrongKeyLength):
        X25519Recipient(bytes(length))
    with pytest.raises(age.WrongKeyLength):
        HybridRecipient(PATIENT.recipient.key[:-1] + bytes(length))


@pytest.mark.parametrize(
    "point",
    [0, 1, PRIME - 1, PRIME, PRIME + 1, 2**255 - 1, 2**255, 2**256 - 1, 2**255 + 9],
    ids=["zero", "one", "minus one", "p", "p + 1", "top", "high bit", "all ones", "high bit and base point"],
)
def test_a_weak_x25519_key_is_refused(point):
    """Case K02: low order or not canonical, alone or as half of a hybrid key."""
    key = point.to_bytes(32, "little")
    with pytest.raises(age.WeakKey):
        X25519Recipient(key)
    with pytest.raises(age.WeakKey):
        HybridRecipient(PATIENT.recipient.key[:1184] + key)


@pytest.mark.parametrize("coefficient", [0, 1, 766, 767])
@pytest.mark.parametrize("value", [3329, 4095])
def test_an_ml_kem_key_with_a_number_out_of_range_is_refused(coefficient, value):
    """Case K02."""
    number = int.from_bytes(PATIENT.recipient.key[:1152], "little")
    shift = 12 * coefficient
    changed = number & ~(4095 << shift) | value << shift
    with pytest.raises(age.WeakKey):
        HybridRecipient(changed.to_bytes(1152, "little") + PATIENT.recipient.key[1152:])


def test_public_keys_are_compared_and_may_be_dictionary_keys():
    assert len({PATIENT.recipient, HybridRecipient(PATIENT.recipient.key), CLINIC.recipient}) == 2
    assert len({ELDER.recipient, X25519Recipient(ELDER.recipient.key), OTHER_ELDER.recipient}) == 2
    assert len(repr(PATIENT.recipient)) < 100


# -- passphrases


@pytest.mark.parametrize("passphrase", ["", "\ud800"])
@pytest.mark.parametrize("kind", [ScryptRecipient, ScryptIdentity])
def test_an_empty_passphrase_is_refused(kind, passphrase):
    with pytest.raises(age.BadPassphrase) as error:
        kind.from_secret_text(passphrase)
    assert error.value.__context__ is None


@pytest.mark.parametrize("work_factor", [-1, 0, 23, 64])
def test_a_work_factor_outside_the_range_is_refused(work_factor):
    with pytest.raises(age.BadWorkFactor):
        ScryptRecipient.from_secret_text("pass", work_factor=work_factor)
    with pytest.raises(age.BadWorkFactor):
        ScryptIdentity.from_secret_text("pass", max_work_factor=work_factor)


def test_the_usual_work_factors():
    assert ScryptRecipient.from_secret_text("pass").work_factor == 18
    assert ScryptIdentity.from_secret_text("pass").work_factor == 20


# -- secrets


@pytest.mark.parametrize("secret", [PATIENT, ELDER, PASSPHRASE, RIGHT, fresh()], ids=repr)
def test_a_secret_shows_nothing(secret):
    """Case K15."""
    raw = secret.secret_bytes()
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>80}", f"{secret!r}"]
    try:
        pickle.dumps(secret)
    except SecretNotExportable as error:
        shown += [str(error), traceback.format_exc()]
    for text in shown:
        assert raw.hex() not in text
        assert repr(raw) not in text
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("secret", [PATIENT, ELDER, PASSPHRASE, RIGHT, fresh()], ids=repr)
def test_a_secret_is_no_dictionary_key_and_is_not_pickled_or_changed(secret):
    """Case K15."""
    assert isinstance(secret, Secret)
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(TypeError):
        bytes(secret)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(SecretNotExportable):
            pickle.dumps(secret, protocol)
    with pytest.raises(SecretNotExportable):
        secret.work_factor = 1
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


# -- Bech32


@given(data=st.binary(max_size=300), prefix=st.sampled_from(["age", "age1pq", "age-secret-key-"]))
@settings(deadline=None, max_examples=60)
def test_bech32_gives_the_same_bytes_back(data, prefix):
    text = bech32.encode(prefix, data)
    assert bech32.decode(text, prefix=prefix, kind="") == data
    assert bech32.decode(text.upper(), prefix=prefix, kind="", upper=True) == data


@pytest.mark.parametrize(
    "text",
    # Valid strings of BIP 173 whose data part is whole bytes, and the empty one.
    ["a12uel5l", "?1ezyfcl"],
)
def test_bech32_agrees_with_the_published_strings(text):
    assert bech32.decode(text, prefix=text[0], kind="") == b""
    assert bech32.encode(text[0], b"") == text


@pytest.mark.parametrize("text", ["li1dgmt3", "de1lg7wt\xff", "A1G7SGD8", "a1qqqqq"])
def test_bech32_refuses_the_published_faults(text):
    with pytest.raises(age.NotAKeyText):
        bech32.decode(text, prefix=text.split("1")[0].lower(), kind="", upper=text.isupper())


@pytest.mark.parametrize(
    ("data", "groups"), [(b"", [0]), (b"\x00", [0, 1]), (b"\xff", [31, 29]), (b"\xff", [31, 28, 0])]
)
def test_bech32_has_no_bits_left_over(data, groups):
    values = bech32._expanded("age") + groups
    checksum = bech32._polymod([*values, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [checksum >> shift & 31 for shift in (25, 20, 15, 10, 5, 0)]
    text = "age1" + "".join(bech32._ALPHABET[value] for value in groups + tail)
    with pytest.raises(age.NotAKeyText):
        bech32.decode(text, prefix="age", kind="")
