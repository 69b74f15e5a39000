"""Transactions are encoded as the Yellow Paper and EIP-1559 say; eth-account, which does it too, agrees."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.ledger import raw, rlp
from medshare.ledger.types import UnsignedTransaction

KEY = AccountKey(b"\x07" * 32)
ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(ITEMS)
def test_whatever_is_encoded_is_decoded_again(item: rlp.Item) -> None:
    assert rlp.decode(rlp.encode(item)) == item


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\x00", "00"),
        (b"\x0f", "0f"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (
            b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
            "b838" + b"Lorem ipsum dolor sit amet, consectetur adipisicing elit".hex(),
        ),
    ],
)
def test_the_examples_of_the_yellow_paper_are_encoded_alike(item: rlp.Item, text: str) -> None:
    assert rlp.encode(item).hex() == text


@pytest.mark.parametrize(
    "text",
    ["", "83646f", "83646f6767", "8100", "b800", "b83801", "b90001", "c2", "c18300", "c3820400ff", "f800", "c28301"],
)
def test_bytes_that_are_cut_lengthened_or_not_the_shortest_form_are_refused(text: str) -> None:
    with pytest.raises(rlp.NotRlp):
        rlp.decode(bytes.fromhex(text))


@given(
    to=st.none() | st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex()),
    data=st.binary(max_size=300),
    gas=st.integers(21_000, 2**40),
    fee=st.integers(0, 2**60),
    tip=st.integers(0, 2**60),
    nonce=st.integers(0, 2**40),
    chain_id=st.integers(1, 2**40),
)
def test_a_signed_transaction_is_the_one_that_eth_account_makes(
    to: str | None, data: bytes, gas: int, fee: int, tip: int, nonce: int, chain_id: int
) -> None:
    unsigned = UnsignedTransaction(to=to, data=data, gas=gas, fee=fee, tip=tip)
    signed = raw.sign(unsigned, KEY, nonce=nonce, chain_id=chain_id)
    fields = {
        "type": 2, "chainId": chain_id, "nonce": nonce, "gas": gas, "maxFeePerGas": fee,
        "maxPriorityFeePerGas": tip, "value": 0, "data": data, **({} if to is None else {"to": bytes.fromhex(to[2:])}),
    }  # fmt: skip
    theirs = Account.from_key(b"\x07" * 32).sign_transaction(fields)
    assert signed.raw == bytes(theirs.raw_transaction)
    assert signed.hash == bytes(theirs.hash) == keccak(signed.raw)
    assert signed.sender == KEY.address
    assert Account.recover_transaction(signed.raw).lower() == KEY.address
    assert raw.unsigned_of(signed.raw) == unsigned


@pytest.mark.parametrize("data", [b"", b"\x01\xc0", b"\x02\xc0", b"\x02\x80", b"\x02" + rlp.encode([[]] * 12)])
def test_what_is_no_transaction_is_refused(data: bytes) -> None:
    with pytest.raises(rlp.NotRlp):
        raw.unsigned_of(data)


def test_a_field_that_is_a_list_is_refused() -> None:
    signed = raw.sign(raw.filler(KEY.address, fee=2, tip=1), KEY, nonce=1, chain_id=1)
    fields = rlp.decode(signed.raw[1:])
    assert isinstance(fields, list)
    for place in (2, 5):
        bad = [*fields]
        bad[place] = []
        with pytest.raises(rlp.NotRlp):
            raw.unsigned_of(raw.TYPE + rlp.encode(bad))


@given(fee=st.integers(0, 2**60), tip=st.integers(0, 2**60), now=st.integers(0, 2**60))
def test_a_replacement_offers_an_eighth_more_of_both_and_no_less_than_the_market(fee: int, tip: int, now: int) -> None:
    old = UnsignedTransaction(to=None, data=b"", gas=1, fee=fee, tip=tip)
    new = raw.dearer(old, fee=now, tip=1)
    assert new.fee * 8 >= old.fee * 9
    assert new.tip * 8 >= old.tip * 9
    assert new.fee >= now


def test_a_filler_sends_nothing_to_its_own_account() -> None:
    unsigned = raw.filler(KEY.address, fee=2, tip=1)
    assert raw.is_filler(unsigned, KEY.address)
    assert not raw.is_filler(unsigned, "0x" + "11" * 20)
    assert unsigned.gas == 21_000
