"""A node that does not answer, or not as it should, is one of our errors."""

from __future__ import annotations

from typing import Any

import pytest
from requests.exceptions import ConnectTimeout
from web3.exceptions import Web3Exception

from medshare.hexadecimal import to_hex
from medshare.keys.account import AccountKey
from medshare.ledger import Block, BlockGone, NodeRefused, NodeUnreachable, NotMined, PathTooLong, WrongChain
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.ledger.chain.rpc import BATCH
from medshare.ledger.chain.sender import Sender
from medshare.ledger.chain.wallets import wallet_accepts
from medshare.ledger.chain.writing import check_contracts
from medshare.ledger.errors import MethodMissing, NoFunds, NothingFinal
from medshare.ledger.finality import final_of
from medshare.ledger.memory.writing import ADDRESSES
from medshare.ledger.reverts import RevertedSilently, participants, selector_of
from medshare.ledger.types import DeploymentInfo, SignedTransaction

KEY = AccountKey(b"\x01" * 32)
HASH = "0x" + "aa" * 32


class Node:
    """A provider that answers from a table of method -> answer, or a function of the parameters."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def make_request(self, method: str, params: Any) -> Any:
        self.asked.append((method, params))
        answer = self.answers[method]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(params)
        return answer if _is_answer(answer) else {"result": answer}

    def make_batch_request(self, requests: Any) -> Any:
        if "batch" in self.answers:
            return self.answers["batch"]
        return [self.make_request(method, params) for method, params in requests]


def _is_answer(answer: Any) -> bool:
    return isinstance(answer, dict) and bool({"result", "error", "nonsense"} & set(answer))


def node(**answers: Any) -> Rpc:
    return Rpc(Node(**answers), "test")


def fault(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": -32000, "message": message, **more}}


@pytest.mark.parametrize("error", [ConnectTimeout(), OSError(), ValueError("no JSON"), Web3Exception("x")])
def test_a_node_that_does_not_answer_is_unreachable(error: Exception) -> None:
    with pytest.raises(NodeUnreachable, match="test"):
        node(eth_chainId=error).chain_id()


@pytest.mark.parametrize("answer", [{"nonsense": 1}, {"result": None}, {"result": "0xzz"}, {"result": "text"}])
def test_an_answer_that_is_no_json_rpc_is_unreachable(answer: Any) -> None:
    with pytest.raises(NodeUnreachable):
        node(eth_chainId=answer).chain_id()
    with pytest.raises(NodeUnreachable):
        node(eth_getCode={**answer, "result": "0xz"} if "result" in answer else answer).code("0x" + "00" * 20)


def test_a_refusal_of_the_node_is_told_with_its_message() -> None:
    with pytest.raises(NodeRefused, match="too many requests"):
        node(eth_chainId=fault("too many requests")).chain_id()
    with pytest.raises(NodeRefused):
        node(eth_chainId={"error": "only a text"}).chain_id()


def test_a_refusal_of_a_contract_becomes_its_exception() -> None:
    data = to_hex(selector_of(participants.ZeroDigest))
    with pytest.raises(participants.ZeroDigest):
        node(eth_call=fault("execution reverted", data=data)).call("0x" + "00" * 20, b"")
    with pytest.raises(RevertedSilently):
        node(eth_call=fault("execution reverted")).call("0x" + "00" * 20, b"")


@pytest.mark.parametrize("message", ["header not found", "hash is not currently canonical", "BlockOutOfRangeError"])
def test_a_block_that_is_gone_is_told(message: str) -> None:
    with pytest.raises(BlockGone):
        node(eth_call=fault(message)).call("0x" + "00" * 20, b"", Block(1, b"b" * 32, 1))
    with pytest.raises(BlockGone):
        node(eth_getBlockByNumber={"result": None}).block("finalized")
    with pytest.raises(NodeUnreachable):
        node(eth_getBlockByNumber={"result": {"number": "0x1"}}).block(1)


def test_a_read_names_its_block_by_hash() -> None:
    provider = Node(eth_call="0x")
    Rpc(provider, "test").call("0x" + "00" * 20, b"\x01", Block(7, b"b" * 32, 1))
    assert provider.asked[0][1][1] == {"blockHash": "0x" + "62" * 32, "requireCanonical": True}


def test_a_batch_that_comes_back_in_part_is_refused() -> None:
    with pytest.raises(NodeUnreachable):
        node(batch=[{"result": "0x"}]).calls([("0x" + "00" * 20, b"")] * 2)
    with pytest.raises(NodeUnreachable):
        node(batch={"error": "no batches"}).calls([("0x" + "00" * 20, b"")])
    assert node(eth_call="0x01").calls([("0x" + "00" * 20, b"")] * (BATCH + 1)) == [b"\x01"] * (BATCH + 1)


def test_the_place_of_a_node_shows_no_password_and_no_key() -> None:
    assert Rpc.http("https://name:password@node.example/v3/secret").place == "node.example"
    assert Rpc.http("http://127.0.0.1:8545").place == "http://127.0.0.1:8545"


def test_a_deployment_of_another_chain_is_refused() -> None:
    """[G-002]."""
    with pytest.raises(WrongChain):
        check_contracts(node(eth_chainId="0x1"), DeploymentInfo(chain_id=5, addresses=ADDRESSES))


def sender(provider: Node, **options: Any) -> Sender:
    times = iter(range(1000))
    return Sender(Rpc(provider, "test"), 1, sleep=lambda _: None, monotonic=lambda: float(next(times)), **options)


SENT = SignedTransaction(sender=KEY.address, nonce=3, hash=b"h" * 32, raw=b"raw")


def test_the_same_bytes_again_change_nothing_but_others_under_that_nonce_are_refused() -> None:
    """A02."""
    sender(Node(eth_sendRawTransaction=HASH)).send(SENT)
    sender(
        Node(eth_sendRawTransaction=fault("already known"), eth_getTransactionByHash={"result": {"hash": HASH}})
    ).send(SENT)
    with pytest.raises(NodeRefused):
        sender(Node(eth_sendRawTransaction=fault("nonce too low"), eth_getTransactionByHash={"result": None})).send(
            SENT
        )
    strange = Node(eth_sendRawTransaction=fault("strange"), eth_getTransactionByHash={"result": {"hash": HASH}})
    with pytest.raises(NodeRefused):
        sender(strange).send(SENT)
    with pytest.raises(NoFunds):
        sender(Node(eth_sendRawTransaction=fault("Insufficient funds for gas"))).send(SENT)


def test_a_receipt_is_awaited_and_patience_ends() -> None:
    done = {"status": "0x1", "blockNumber": "0x2"}
    waiting = Node(eth_getTransactionReceipt=[{"result": None}, {"result": None}, {"result": done}])
    assert sender(waiting).wait(b"h" * 32) == done
    with pytest.raises(NotMined, match="2 seconds"):
        sender(Node(eth_getTransactionReceipt={"result": None}), patience=2).wait(b"h" * 32)


def test_a_refused_transaction_whose_reason_is_gone_is_refused_silently() -> None:
    failed = {"status": "0x0", "blockNumber": "0x2", "transactionHash": HASH, "gasUsed": "0x1"}
    sent = {"from": KEY.address, "to": KEY.address, "input": "0x", "gas": "0x9"}
    provider = Node(
        eth_getTransactionReceipt={"result": failed}, eth_getTransactionByHash={"result": sent}, eth_call="0x"
    )
    with pytest.raises(RevertedSilently):
        sender(provider).receipt(b"h" * 32)


def test_a_path_of_more_than_eight_successors_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medshare.ledger.chain.writing.check_contracts", lambda rpc, deployment: None)
    ledger = ChainLedger(node(eth_call="0x" + "00" * 31 + "07"), DeploymentInfo(chain_id=1, addresses=ADDRESSES))
    with pytest.raises(PathTooLong):
        ledger.path_of("0x" + "00" * 19 + "01")
    log = {"address": "0x" + "99" * 20, "topics": [], "data": "0x"}
    assert ledger._log(log) is None
    assert ledger._log({**log, "address": ADDRESSES["AuditLog"]}) is None


@pytest.mark.parametrize(
    "message",
    ["too many requests", "limit exceeded", "the method eth_call does not exist", "execution aborted (timeout = 5s)"],
)
def test_what_a_node_says_of_itself_is_not_taken_for_a_wallets_no(message: str) -> None:
    """[C-005, R-025] A node that is overloaded would otherwise refuse people whose wallets accept."""
    with pytest.raises(NodeRefused):
        wallet_accepts(node(eth_call=fault(message)), "0x" + "11" * 20, b"\x01" * 32, b"", None)


@pytest.mark.parametrize(
    "answer",
    [
        fault("execution reverted"),
        fault("execution reverted", data="0xdeadbeef"),
        fault("out of gas"),
        fault("EVM error OutOfGas"),
        fault("invalid opcode: opcode 0xfe not defined"),
        fault("invalid jump destination"),
        fault("VM execution error."),
    ],
)
def test_a_wallet_whose_code_stops_without_an_answer_does_not_accept(answer: Any) -> None:
    """[C-005, R-025] E11: by a revert, by its gas, or by a step that there is not."""
    assert not wallet_accepts(node(eth_call=answer), "0x" + "11" * 20, b"\x01" * 32, b"", None)


MISSING = {"error": {"code": -32601, "message": "Method not found"}}
"""Besu and Nethermind say it so; it is no block that is not found."""


def test_a_method_that_a_node_does_not_offer_is_named() -> None:
    """[U-020]"""
    with pytest.raises(MethodMissing, match="eth_strange"):
        node(eth_strange=MISSING).request("eth_strange")


@pytest.mark.parametrize(("price", "tip"), [("0x75", 0x11), ("0x64", 1), ("0x10", 1)])
def test_where_a_node_does_not_tell_the_tip_its_price_says_it(price: str, tip: int) -> None:
    """[U-020] The tip is what is above the base fee, and never nothing."""
    block = {"number": "0x9", "hash": HASH, "timestamp": "0x1", "baseFeePerGas": "0x64"}
    asked = Node(eth_getBlockByNumber=block, eth_maxPriorityFeePerGas=MISSING, eth_gasPrice=price)
    assert sender(asked).fees() == (200 + tip, tip)
    told = Node(eth_getBlockByNumber=block, eth_maxPriorityFeePerGas="0x7")
    assert sender(told).fees() == (207, 7)


def test_a_quote_is_made_where_a_node_does_not_tell_the_tip() -> None:
    """[U-020]"""
    block = {"number": "0x9", "hash": HASH, "timestamp": "0x1", "baseFeePerGas": "0x64"}
    provider = Node(
        eth_chainId="0x1",
        eth_estimateGas="0x5208",
        eth_getBlockByNumber=block,
        eth_maxPriorityFeePerGas=MISSING,
        eth_getBalance=hex(10**18),
        eth_getTransactionCount="0x4",
        eth_gasPrice="0x75",
    )
    quote = sender(provider).quote(KEY.address, KEY.address, b"")
    assert (quote.transaction.fee, quote.transaction.tip, quote.next_nonce, quote.head) == (217, 0x11, 4, 9)


@pytest.mark.parametrize("message", ["finalized block not found", "safe block not found", "Unknown block"])
def test_a_tag_that_names_no_block_yet_is_no_fault_of_the_node(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """[G-010] geth 1.17: an error, and not null."""
    monkeypatch.setattr("medshare.ledger.chain.writing.check_contracts", lambda rpc, deployment: None)
    asked = node(eth_getBlockByNumber=fault(message), eth_chainId="0x1", eth_getTransactionCount=fault(message))
    ledger = ChainLedger(asked, DeploymentInfo(chain_id=1, addresses=ADDRESSES))
    with pytest.raises(NothingFinal):
        ledger.final()
    with pytest.raises(NothingFinal):
        ledger.mined_nonce(KEY.address, final=True)
    assert final_of(ledger) is None
