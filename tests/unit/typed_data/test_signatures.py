"""One accepted form of a signature, and only of what was signed. Cases E02, E08, E09, E10, E16.

Given a signature
├── it is not 65 bytes                     -> SignatureLength        (E09)
├── v is not 27 or 28                      -> SignatureRecoveryByte  (E09)
├── r or s is zero or not below the order  -> SignatureScalar        (E10)
├── s is in the upper half                 -> SignatureHighS         (E08)
├── r is on no point                       -> SignatureNobody        (E10)
├── it recovers to somebody else           -> SignatureForeign       (E02, E16)
└── it recovers to the expected account    -> nothing is raised
"""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.digest import digest_of, keccak
from medshare.hexadecimal import ZERO_ADDRESS, from_hex
from medshare.keys.account import AccountKey
from medshare.typed_data import (
    MESSAGES,
    Accept,
    Confirm,
    Consent,
    Erase,
    Register,
    check_signature,
    digest,
    message_type,
    recover,
    sign,
    struct_hash,
)
from medshare.typed_data.errors import (
    SignatureForeign,
    SignatureHighS,
    SignatureLength,
    SignatureNobody,
    SignatureRecoveryByte,
    SignatureScalar,
)
from medshare.typed_data.signing import CURVE_ORDER, recover_digest
from tests.vectors.generate_typed_data import (
    DOMAINS,
    FOLDER,
    SIGNER,
    bad_signatures,
    message_of,
    text_of,
    vectors,
)

MESSAGE = Confirm(provider="0x" + "aa" * 20, root=keccak(b"root"))
GOOD = sign(MESSAGE, DOMAINS, SIGNER)
STRANGER = AccountKey(keccak(b"a stranger"))
BAD = bad_signatures(GOOD)


def s_of(signature):
    return int.from_bytes(signature[32:64], "big")


@pytest.mark.parametrize("name", ["messages.json", "signatures.json"])
def test_the_vectors_are_fresh(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(vectors()[name])


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_who_signed_is_recovered(cls):
    """[T-004]."""
    message = message_of(cls, random.Random(cls.__name__))
    signature = sign(message, DOMAINS, SIGNER)
    assert recover(message, DOMAINS, signature) == SIGNER.address
    check_signature(message, DOMAINS, signature, SIGNER.address)


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_signature_of_somebody_else_is_refused(cls):
    """[T-004]."""
    message = message_of(cls, random.Random(cls.__name__))
    with pytest.raises(SignatureForeign):
        check_signature(message, DOMAINS, sign(message, DOMAINS, STRANGER), SIGNER.address)


@pytest.mark.parametrize("cls", MESSAGES.values(), ids=MESSAGES)
def test_a_signature_for_another_chain_or_contract_is_refused(cls):
    """Case E02. [T-007]"""
    message = message_of(cls, random.Random(cls.__name__))
    signature = sign(message, DOMAINS, SIGNER)
    forks = [dataclasses.replace(DOMAINS, chain_id=1)]
    forks += [
        dataclasses.replace(DOMAINS, participants=other, consents=other, records=other)
        for other in (DOMAINS.audit, "0x" + "99" * 20)
    ]
    for fork in forks:
        with pytest.raises(SignatureForeign):
            check_signature(message, fork, signature, SIGNER.address)


def test_a_signature_of_one_message_is_none_of_another_with_the_same_values():
    """Case E16: `Accept` against `EraseAll`, and every pair with equal values. [T-007]"""
    values = {"patient": "0x" + "aa" * 20}
    pairs = [
        (Register(directory=keccak(b"x"), **values), Erase(inner=keccak(b"x"), **values)),
        (Confirm(provider="0x" + "aa" * 20, root=keccak(b"x")), Erase(inner=keccak(b"x"), **values)),
        (Accept(next="0x" + "bb" * 20, **values), message_type("EraseAll")(**values)),
    ]
    for signed, presented in pairs:
        signature = sign(signed, DOMAINS, SIGNER)
        check_signature(signed, DOMAINS, signature, SIGNER.address)
        with pytest.raises(SignatureForeign):
            check_signature(presented, DOMAINS, signature, SIGNER.address)


def test_all_messages_have_different_type_hashes():
    """Case E16."""
    assert len({cls.type_hash for cls in MESSAGES.values()}) == len(MESSAGES)


@given(field=st.integers(0, 9), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_signature_does_not_survive_a_change_of_any_field(field, seed):
    """Case K03, adapted. [T-004]"""
    source = random.Random(seed)
    message, other = message_of(Consent, source), message_of(Consent, source)
    attribute = Consent.members[field].attribute
    changed = dataclasses.replace(message, **{attribute: getattr(other, attribute)})
    signature = sign(message, DOMAINS, SIGNER)
    if changed == message:
        check_signature(changed, DOMAINS, signature, SIGNER.address)
    else:
        with pytest.raises(SignatureForeign):
            check_signature(changed, DOMAINS, signature, SIGNER.address)


def test_the_upper_twin_of_a_signature_is_refused():
    """Case E08: eth-account accepts it. [T-002]"""
    twin = GOOD[:32] + (CURVE_ORDER - s_of(GOOD)).to_bytes(32, "big") + bytes([55 - GOOD[64]])
    with pytest.raises(SignatureHighS):
        recover(MESSAGE, DOMAINS, twin)


def test_s_may_be_half_the_order_and_not_one_more():
    """Case E08: the edge. [T-002]"""
    half = CURVE_ORDER // 2
    recover(MESSAGE, DOMAINS, GOOD[:32] + half.to_bytes(32, "big") + GOOD[64:])
    with pytest.raises(SignatureHighS):
        recover(MESSAGE, DOMAINS, GOOD[:32] + (half + 1).to_bytes(32, "big") + GOOD[64:])


@pytest.mark.parametrize("v", [v for v in range(256) if v not in {27, 28}])
def test_the_last_byte_is_27_or_28_and_nothing_else(v):
    """Case E09: eth-account accepts 0, 1, 35, 36 and more. [T-003]"""
    with pytest.raises(SignatureRecoveryByte):
        recover(MESSAGE, DOMAINS, GOOD[:64] + bytes([v]))


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 66, 67, 97, 130])
def test_a_signature_has_65_bytes(length):
    """Case E09: the compact form of EIP-2098 has 64, a doubled one 130. [T-001]"""
    with pytest.raises(SignatureLength):
        recover(MESSAGE, DOMAINS, (GOOD * 2)[:length])


@pytest.mark.parametrize("scalar", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
@pytest.mark.parametrize("place", [0, 32])
def test_r_and_s_are_from_one_to_below_the_order(scalar, place):
    """Case E10."""
    bad = GOOD[:place] + scalar.to_bytes(32, "big") + GOOD[place + 32 :]
    with pytest.raises(SignatureScalar):
        recover(MESSAGE, DOMAINS, bad)


def test_a_signature_that_no_key_can_have_made_is_refused():
    """Case E10."""
    with pytest.raises(SignatureNobody):
        recover(MESSAGE, DOMAINS, BAD["r is on no point of the curve"][0])


def test_nobody_is_never_who_signed(monkeypatch):
    """Case E10: `expected` is zero and a broken library recovers zero."""
    with pytest.raises(SignatureForeign):
        check_signature(MESSAGE, DOMAINS, GOOD, ZERO_ADDRESS)
    monkeypatch.setattr("medshare.typed_data.signing.recover_digest", lambda *_: ZERO_ADDRESS)
    with pytest.raises(SignatureForeign):
        check_signature(MESSAGE, DOMAINS, GOOD, ZERO_ADDRESS)


@pytest.mark.parametrize("name", BAD)
def test_each_malformed_twin_has_its_own_error(name):
    """Cases E08, E09, E10, as vectors for Solidity and JavaScript."""
    signature, code = BAD[name]
    with pytest.raises(
        (SignatureLength, SignatureRecoveryByte, SignatureScalar, SignatureHighS, SignatureNobody)
    ) as got:
        check_signature(MESSAGE, DOMAINS, signature, SIGNER.address)
    assert got.value.code == code


def test_the_struct_hash_is_keccak_of_the_encoded_fields():
    assert struct_hash(MESSAGE) == digest_of(
        ["bytes32", "address", "bytes32"], Confirm.type_hash, MESSAGE.provider, MESSAGE.root
    )


def test_the_digest_starts_with_the_two_bytes_of_the_standard():
    separator = DOMAINS.of(MESSAGE).separator
    assert digest(MESSAGE, DOMAINS) == keccak(b"\x19\x01" + separator + struct_hash(MESSAGE))
    assert recover_digest(digest(MESSAGE, DOMAINS), GOOD) == SIGNER.address


def test_the_errors_hold_no_part_of_the_signature():
    for signature, _ in BAD.values():
        with pytest.raises(Exception, match="signature") as got:
            check_signature(MESSAGE, DOMAINS, signature, SIGNER.address)
        assert from_hex("0x" + GOOD.hex())[:8].hex() not in str(got.value)
