"""A contract wallet on a chain is asked as our contracts ask it: with as much gas, at one block, and for one exact answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medshare.deployment.anvil import Anvil
from medshare.hexadecimal import Address
from medshare.ledger import Block, BlockGone, NodeUnreachable
from medshare.ledger.chain import Rpc
from medshare.ledger.chain.wallets import MAGIC, WALLET_GAS, wallet_accepts

DIGEST, OTHER = b"\x5a" * 32, b"\x5b" * 32
SIGNATURE = b"\x11" * 65
YES = MAGIC + bytes(28)


def answering(data: bytes) -> bytes:
    """Code that answers any call with `data`: CODECOPY it from the end of the code and return it."""
    head = bytes.fromhex(f"61{len(data):04x}80600b5f395ff3")
    return head + bytes(11 - len(head)) + data


def for_digest(digest: bytes) -> bytes:
    """Code that says yes to one digest: calldata from byte 4, as one word, is compared."""
    compare = bytes.fromhex("600435") + b"\x7f" + digest + bytes.fromhex("14602c57") + bytes.fromhex("5f5ffd")
    assert len(compare) == 43
    return compare.ljust(44, b"\x00") + bytes.fromhex("5b631626ba7e60e01b5f5260205ff3")


def with_gas(least: int, most: int) -> bytes:
    """Code that says yes if it has that much gas left at its first step."""
    # GAS DUP1 PUSH3 most LT, SWAP1 PUSH3 least GT, OR: jump to the no.
    test = bytes.fromhex(f"5a8062{most:06x}109062{least:06x}1117602657")
    yes = bytes.fromhex("631626ba7e60e01b5f5260205ff3")
    return (test + yes).ljust(38, b"\x00") + bytes.fromhex("5b5f5ffd")


@pytest.fixture(scope="module")
def rpc() -> Iterator[Rpc]:
    with Anvil(block_time=0, accounts=1) as running:
        yield running.rpc


def place(rpc: Rpc, number: int, code: bytes) -> Address:
    address = f"0x{0xABC000 + number:040x}"
    rpc.request("anvil_setCode", address, "0x" + code.hex())
    return address


def accepts(rpc: Rpc, wallet: Address, digest: bytes = DIGEST, block: Block | None = None) -> bool:
    return wallet_accepts(rpc, wallet, digest, SIGNATURE, block)


def test_a_wallet_that_says_the_one_word_accepts_and_for_that_digest_alone(rpc: Rpc) -> None:
    """[R-025, C-005]"""
    assert accepts(rpc, place(rpc, 1, answering(YES)))
    wallet = place(rpc, 2, for_digest(DIGEST))
    assert accepts(rpc, wallet)
    assert not accepts(rpc, wallet, OTHER)


@pytest.mark.parametrize(
    "code",
    [
        answering(bytes.fromhex("ffffffff") + bytes(28)),
        answering(MAGIC),
        answering(YES + bytes(32)),
        answering(MAGIC + bytes(27) + b"\x01"),
        answering(b""),
        bytes.fromhex("5f5ffd"),  # reverts without a word
        bytes.fromhex("63deadbeef5f526004601cfd"),  # reverts with an error of its own
        bytes.fromhex("fe"),  # no such instruction
        bytes.fromhex("5b5f56"),  # goes round until its gas is gone
        bytes.fromhex("60015f5500"),  # writes, as if this were a transaction, and says nothing
    ],
)
def test_whatever_else_a_wallet_does_it_does_not_accept(rpc: Rpc, code: bytes) -> None:
    """[R-025, C-005] E11"""
    assert not accepts(rpc, place(rpc, 3, code))


def test_an_account_without_code_and_a_precompile_accept_nothing(rpc: Rpc) -> None:
    """[R-025, C-005]"""
    for number in (0, 1, 2, 4, 9, 0xDEAD):
        assert not accepts(rpc, f"0x{number:040x}")


def test_a_wallet_has_the_gas_that_our_contracts_give_it_and_no_more(rpc: Rpc) -> None:
    """[R-025, C-005] A wallet that is accepted here is accepted there."""
    # GAS tells what is left after it: two less.
    assert accepts(rpc, place(rpc, 4, with_gas(WALLET_GAS - 2, WALLET_GAS - 2)))
    assert not accepts(rpc, place(rpc, 4, with_gas(WALLET_GAS - 1, 10**7)))


def test_a_wallet_is_asked_at_the_block_that_was_named(rpc: Rpc) -> None:
    """[R-025, R-022] A wallet may change its mind from one block to the next."""
    # Says yes until the first word of its storage is set; a call of 32 bytes sets it.
    code = "3660201460" + "1e57" + "5f5460" + "1a57" + "631626ba7e60e01b5f5260205ff3" + "5b5f5ffd" + "5b5f355f5500"
    wallet = place(rpc, 5, bytes.fromhex(code))
    rpc.request("anvil_mine", "0x1")
    before = rpc.block("latest")
    assert accepts(rpc, wallet, block=before)
    (sender,) = rpc.request("eth_accounts")
    rpc.request("eth_sendTransaction", {"from": sender, "to": wallet, "data": "0x" + "00" * 31 + "01"})
    assert rpc.block("latest").number == before.number + 1
    assert not accepts(rpc, wallet)
    assert accepts(rpc, wallet, block=before)
    with pytest.raises(BlockGone):
        accepts(rpc, wallet, block=Block(1, b"\x01" * 32, 1))


def test_a_node_that_does_not_answer_is_no_refusal() -> None:
    with pytest.raises(NodeUnreachable):
        accepts(Rpc.http("http://127.0.0.1:1", timeout=1), "0x" + "11" * 20)
