"""A CID has one form."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.store.cid import DAG_PB, RAW, Cid
from medshare.store.errors import BlockCorrupted, CidMalformed

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def test_a_cid_is_written_as_kubo_writes_it():
    assert str(Cid.of(RAW, b"")) == EMPTY
    assert Cid.parse(EMPTY) == Cid(RAW, hashlib.sha256(b"").digest())


@given(st.sampled_from([RAW, DAG_PB]), st.binary(min_size=32, max_size=32))
def test_a_cid_comes_back_as_it_was_written(codec: int, digest: bytes):
    cid = Cid(codec, digest)
    assert Cid.parse(str(cid)) == Cid.from_bytes(cid.to_bytes()) == cid
    assert len(str(cid)) == 59


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        EMPTY[:-1],
        EMPTY + "a",
        EMPTY.upper(),
        "B" + EMPTY[1:],
        EMPTY + "\n",
        " " + EMPTY,
        "/ipfs/" + EMPTY,
        EMPTY[:-1] + "v",  # the same bytes with a stray bit
        EMPTY[:10] + "1" + EMPTY[11:],
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
        "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",  # dag-cbor
        "bafkrgihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",  # another hash
        None,
        7,
        EMPTY.encode(),
    ],
    ids=repr,
)
def test_any_other_text_is_refused(text: object):
    with pytest.raises(CidMalformed):
        Cid.parse(text)


@pytest.mark.parametrize("data", [b"", b"\x01\x55\x12\x20" + bytes(31), b"\x00\x55\x12\x20" + bytes(32)])
def test_any_other_binary_form_is_refused(data: bytes):
    with pytest.raises(CidMalformed):
        Cid.from_bytes(data)


def test_a_block_is_checked_against_its_name():
    Cid.of(RAW, b"block").check(b"block")
    with pytest.raises(BlockCorrupted):
        Cid.of(RAW, b"block").check(b"blocK")
