"""The account key: signs digests and transactions, and never shows itself. Cases E08, K15."""

from __future__ import annotations

import pytest
from eth_account import Account

from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.keys.errors import AccountKeyRange, DigestLength
from medshare.keys.secret import WrongSecretLength
from medshare.typed_data.signing import CURVE_ORDER, recover_digest


def number(value):
    return value.to_bytes(32, "big")


def test_a_key_has_the_address_that_eth_account_gives_it():
    for index in range(50):
        data = keccak(number(index))
        assert AccountKey(data).address == Account.from_key(data).address.lower()


def test_a_signature_is_low_has_v_27_or_28_and_recovers():
    """Case E08: what we make is what we accept."""
    key = AccountKey(keccak(b"key"))
    signatures = [key.sign_digest(keccak(number(index))) for index in range(100)]
    assert {signature[64] for signature in signatures} == {27, 28}
    for index, signature in enumerate(signatures):
        assert int.from_bytes(signature[32:64], "big") <= CURVE_ORDER // 2
        assert recover_digest(keccak(number(index)), signature) == key.address


@pytest.mark.parametrize("length", [0, 31, 33])
def test_only_32_bytes_are_signed(length):
    with pytest.raises(DigestLength):
        AccountKey(keccak(b"key")).sign_digest(bytes(length))


@pytest.mark.parametrize("value", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
def test_a_number_outside_the_curve_is_no_key(value):
    with pytest.raises(AccountKeyRange):
        AccountKey(number(value))


@pytest.mark.parametrize("value", [1, CURVE_ORDER - 1])
def test_the_smallest_and_the_greatest_number_of_the_curve_are_keys(value):
    assert AccountKey(number(value)).address


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length):
    with pytest.raises(WrongSecretLength):
        AccountKey(bytes(length))


def test_a_fresh_key_comes_from_the_given_randomness_and_what_is_no_key_is_drawn_again():
    draws = [bytes(32), b"\xff" * 32, number(7)]
    assert AccountKey.generate(lambda _: draws.pop(0)).address == AccountKey(number(7)).address
    assert AccountKey.generate().address != AccountKey.generate().address


TRANSACTION = {
    "chainId": 31_337,
    "nonce": 3,
    "value": 0,
    "gas": 100_000,
    "maxFeePerGas": 10,
    "maxPriorityFeePerGas": 1,
    "data": b"\x01\x02",
}


@pytest.mark.parametrize("target", [{"to": "0x" + "ab" * 20}, {}])
def test_a_transaction_is_signed_for_a_call_and_for_a_new_contract(target):
    key = AccountKey(keccak(b"key"))
    raw = key.sign_transaction({**TRANSACTION, **target})
    assert raw[0] == 2
    assert Account.recover_transaction(raw).lower() == key.address
