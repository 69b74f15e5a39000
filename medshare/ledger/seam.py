"""The seam `Ledger`: what MedShare asks of a chain, and what it tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.acts import Acts
from medshare.ledger.events import Event, Log
from medshare.ledger.questions import Answer, Question
from medshare.ledger.types import (
    AnchorState,
    Block,
    Call,
    ConsentStatus,
    Delegation,
    DeploymentInfo,
    Estimate,
    Participant,
    Power,
    Principal,
    Quote,
    RecordQuery,
    RecordState,
    SignedTransaction,
    Signer,
    Transaction,
    UnsignedTransaction,
)


class Ledger(Acts[Signer, Transaction], Protocol):
    """The five contracts on one chain.

    A read takes `block` and answers as of that block, found by its hash; without one it answers as
    of the head. Take one `head()` and pass it to every read of one decision.

    A write sends one transaction, waits until it is mined, and returns it. When a contract refuses,
    it raises the one class of that custom error (`medshare.ledger.reverts.CLASSES`), `NodeUnreachable` when the node
    does not answer, `BlockGone` when `block` is not (or no longer) on the chain.
    """

    @property
    def deployment(self) -> DeploymentInfo:
        """The chain id, the addresses, and how the chain is to be trusted."""
        ...

    @property
    def dry_run(self) -> Acts[Address, Estimate]:
        """The same acts, only estimated: a refusal raises as it would when mined. Nothing is sent."""
        ...

    @property
    def prepared(self) -> Acts[Signer, SignedTransaction]:
        """The same acts, only signed: save the bytes, then `send` them. A refusal raises here."""
        ...

    # One node

    def pinned(self) -> Ledger:
        """Return the ledger as the one node shows it that is asked now, however long it is used.

        Behind one node that is the ledger itself.

        Raises:
            NoGoodNode: None of several nodes can be used.
        """
        ...

    def decision(self) -> AbstractContextManager[None]:
        """Let whatever the running thread asks until the end be answered by one node; nested, it is one decision."""
        ...

    # Blocks

    def head(self) -> Block:
        """Return the newest block."""
        ...

    def final(self) -> Block:
        """Return the last block at the deployment's finality tag; `NothingFinal` while there is none."""
        ...

    def block(self, number: int) -> Block:
        """Return the canonical block at `number`; `BlockGone` if there is none."""
        ...

    def block_named(self, block_hash: Bytes32) -> Block:
        """Return the canonical block with this hash; `BlockGone` if it is not, or no longer, on the chain."""
        ...

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = ()
    ) -> Iterator[Log]:
        """Yield the contracts' events from `from_block` to `to_block` (both included), in order.

        Args:
            from_block: The first block's number.
            to_block: The last block's number; without it, the head's.
            kinds: Only these classes of event; none means every class.
        """
        ...

    # Transactions

    def quote(self, call: Call, sender: Address) -> Quote:
        """Try `call` out and return what is needed to sign it. Nothing is signed or sent.

        Raises:
            WrongChain: The node follows another chain now.
            NoFunds: The account cannot pay.
            The class of the contract's refusal.
        """
        ...

    def sign(self, unsigned: UnsignedTransaction, sender: Signer, *, nonce: int) -> SignedTransaction:
        """Return `unsigned` signed by `sender` under `nonce`; the node is not asked."""
        ...

    def unsigned(self, transaction: bytes) -> UnsignedTransaction:
        """Return what stands in signed bytes, apart from the nonce and the signature; `NotRlp` if they are none."""
        ...

    def fees(self) -> tuple[int, int]:
        """Return what a transaction should offer now: the most per gas, and the tip, in wei."""
        ...

    def mined_nonce(self, account: Address, *, final: bool = False) -> int:
        """Return how many transactions of the account are mined, at the head or at the final block.

        Raises:
            WrongChain: The node follows another chain now.
            NothingFinal: No block is final yet.
        """
        ...

    def balance_of(self, account: Address) -> int:
        """Return what the account holds at the head, in wei."""
        ...

    def send(self, transaction: SignedTransaction) -> None:
        """Hand over signed bytes; sending the same bytes again, mined or not, changes nothing.

        Raises:
            NoFunds: The account cannot pay.
            NonceTaken: Another transaction with this nonce was mined.
            Underpriced: It offers too little, for the block or to replace another one.
            NodeRefused: The node does not take it for another reason.
        """
        ...

    def mined(self, transaction: Bytes32) -> Transaction | None:
        """Return the mined transaction, or None while it is not mined; raises if it was refused."""
        ...

    def wait(self, transaction: Bytes32) -> Transaction:
        """Return the transaction once it is mined; `NotMined` when that takes too long."""
        ...

    # Contract wallets

    def wallet_accepts(self, wallet: Address, signed: Bytes32, signature: bytes, *, block: Block | None = None) -> bool:
        """Return whether there is a contract at `wallet` that accepts `signature` of `signed` (ERC-1271)."""
        ...

    def is_contract(self, account: Address, *, block: Block) -> bool:
        """Return whether the account has code; without it only its key signs."""
        ...

    # Several contracts

    def answers(self, questions: Sequence[Question], *, block: Block) -> tuple[Answer, ...]:
        """Return the answer to each question, asked together."""
        ...

    # ParticipantRegistry

    def account(self, account: Address, *, block: Block | None = None) -> Participant:
        """Return the account; status NONE if it is unknown."""
        ...

    def principal_of(self, account: Address, *, block: Block | None = None) -> Principal:
        """Return whom the account acts for; all zero if for nobody."""
        ...

    def successor_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the address `patient` moved to, or the zero address."""
        ...

    def recovery_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the recovery address, or the zero address."""
        ...

    def delegation_of(self, patient: Address, delegate: Address, *, block: Block | None = None) -> Delegation:
        """Return the delegation as stored; times and lockdown are for the caller to look at."""
        ...

    def digest_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of the directory or of the key document; 32 zero bytes if unset."""
        ...

    def record_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of the accreditation record; 32 zero bytes if there is none."""
        ...

    def path_of(self, patient: Address, *, block: Block | None = None) -> tuple[Address, ...]:
        """Return the successors of `patient`, in order, `patient` left out; empty if it did not move.

        Raises:
            PathTooLong: More than eight.
        """
        ...

    # ConsentRegistry

    def consent_of(
        self, patient: Address, grantee: Address, terms: Bytes32, *, block: Block | None = None
    ) -> ConsentStatus:
        """Return the slot of one consent."""
        ...

    def mark_of(self, patient: Address, *, block: Block | None = None) -> int:
        """Return the lockdown mark in seconds: what was issued at or before it is void. 0 if none."""
        ...

    def empowered(self, patient: Address, delegate: Address, powers: Power, *, block: Block | None = None) -> int:
        """Return until when `delegate` holds every power in `powers`; 0 if it does not at that block."""
        ...

    def permits(self, query: Query, *, block: Block | None = None) -> bool:
        """Return whether the consent permits this. Necessary, never sufficient (decoy slots)."""
        ...

    def why_not(self, query: Query, *, block: Block | None = None) -> Reason:
        """Return the first reason against it, `Reason.PERMITTED` if there is none."""
        ...

    def why_not_each(self, queries: Sequence[Query], *, block: Block | None = None) -> tuple[Reason, ...]:
        """Return `why_not` of each query, asked together."""
        ...

    def holds(
        self,
        *,
        patient: Address,
        grantee: Address,
        terms: Bytes32,
        accessor: Address,
        action: int,
        block: Block | None = None,
    ) -> bool:
        """Return whether the consent is in force with `action`, whatever slot and purpose."""
        ...

    # AccessRequests

    def deadline_of(self, requester: Address, digest: Bytes32, *, block: Block | None = None) -> int:
        """Return the deadline of an open (or lapsed) request, 0 if there is none."""
        ...

    # RecordRegistry

    def record_status(self, query: RecordQuery, *, block: Block | None = None) -> RecordState:
        """Return where a record version stands."""
        ...

    def record_status_each(
        self, queries: Sequence[RecordQuery], *, block: Block | None = None
    ) -> tuple[RecordState, ...]:
        """Return `record_status` of each query, asked together."""
        ...

    def anchor_of(self, provider: Address, root: Bytes32, *, block: Block | None = None) -> AnchorState:
        """Return the anchor of `root` by `provider`."""
        ...

    def closed_by(self, provider: Address, leaf: Bytes32, *, block: Block | None = None) -> int:
        """Return what closed the leaf: 0 nothing, below 256 a retraction's reason, else the successor's root."""
        ...

    def is_erased(self, leaf: Bytes32, *, block: Block | None = None) -> bool:
        """Return whether the leaf has its own tombstone."""
        ...

    def is_erased_all(self, patient: Address, *, block: Block | None = None) -> bool:
        """Return whether every leaf of the address has its tombstone."""
        ...

    def quorum(self, *, block: Block | None = None) -> int:
        """Return how many validators confirm an anchor."""
        ...

    # AuditLog

    def head_of(self, gateway: Address, *, block: Block | None = None) -> Bytes32:
        """Return the gateway's last anchored head; 32 zero bytes if there is none."""
        ...
