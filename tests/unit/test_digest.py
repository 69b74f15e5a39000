"""Two hashes and one encoding, as the chain and the standards have them."""

from __future__ import annotations

import hashlib

import pytest
from eth_abi import encode
from eth_abi.exceptions import EncodingError
from eth_hash.auto import keccak as reference
from hypothesis import given
from hypothesis import strategies as st

from medshare.digest import WordLength, digest_of, keccak, sha256

# NIST FIPS 180-4 example "abc"; Keccak-256 of the same and of nothing, as Ethereum has it (not SHA-3).
ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
ABC_KECCAK = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
EMPTY_KECCAK = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_known_answers():
    assert sha256(b"abc").hex() == ABC_SHA256
    assert keccak(b"abc").hex() == ABC_KECCAK
    assert keccak(b"").hex() == EMPTY_KECCAK
    assert keccak(b"abc") != hashlib.sha3_256(b"abc").digest()


@given(st.binary(max_size=400))
def test_keccak_is_that_of_the_ethereum_libraries(data: bytes):
    assert keccak(data) == reference(data)
    assert len(keccak(data)) == len(sha256(data)) == 32


def test_a_digest_is_over_the_padded_encoding():
    account = "0x" + "ab" * 20
    encoded = bytes(12) + bytes.fromhex("ab" * 20) + (7).to_bytes(32, "big") + bytes(range(32))
    assert digest_of(["address", "uint8", "bytes32"], account, 7, bytes(range(32))) == keccak(encoded)


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32))
def test_the_short_way_for_words_gives_what_the_library_gives(account: bytes, word: bytes):
    """Also for an address in another case, which takes the long way, and where a value is in neither form."""
    types, expected = ("address", "bytes32"), keccak(encode(("address", "bytes32"), (account, word)))
    assert digest_of(types, "0x" + account.hex(), word) == expected
    assert digest_of(types, "0x" + account.hex().upper(), word) == expected
    assert digest_of(("bytes32", "bytes"), word, word) == keccak(encode(("bytes32", "bytes"), (word, word)))


@given(st.integers(-3, 2**256 + 3), st.sampled_from(["uint8", "uint64", "uint96", "uint256"]))
def test_the_short_way_for_whole_numbers_gives_what_the_library_gives(number: int, kind: str):
    """Also where the number does not fit, which the library refuses, and for a truth value, which it does not take."""
    if number in range(2 ** int(kind[4:])):
        assert digest_of([kind], number) == keccak(encode([kind], [number]))
    else:
        with pytest.raises(EncodingError):
            digest_of([kind], number)
    with pytest.raises(EncodingError):
        digest_of([kind], True)


def test_values_are_not_joined_so_no_two_lists_look_alike():
    """E16: `encodePacked` would give both the same bytes."""
    assert digest_of(["string", "string"], "ab", "c") != digest_of(["string", "string"], "a", "bc")


@pytest.mark.parametrize(("kind", "value"), [("uint8", 256), ("uint8", -1), ("address", "0x00"), ("bytes32", "text")])
def test_a_value_that_does_not_fit_its_type_has_no_digest(kind: str, value: object):
    with pytest.raises(EncodingError):
        digest_of([kind], value)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_word_of_another_length_is_not_padded(length: int):
    """Case E15: the library pads 31 bytes."""
    with pytest.raises(WordLength, match=f"has {length}"):
        digest_of(["uint8", "bytes32"], 1, bytes(length))


def test_as_many_values_as_types():
    with pytest.raises(ValueError, match="argument"):
        digest_of(["uint8"], 1, 2)
