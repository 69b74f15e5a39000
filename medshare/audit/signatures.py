"""Who signed what a log holds: an account's own key, or a contract wallet, which only the chain can say (ERC-1271).

A gateway receipts whatever a contract accepts, also a stranger's contract that accepts everything. So a question
whose signature no key made is no forgery of the gateway's; it stays unproven until the chain says yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from medshare.audit.findings import Fault, Finding
from medshare.consent.document import LONGEST_SIGNATURE
from medshare.errors import MedShareError, NotFoundError, UnreachableError
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, Ledger
from medshare.signed import NOT_A_KEYS, Signed, check_at
from medshare.typed_data import Domains, Message, ReadRequest, Receipt, Refuse


class Wallets(Protocol):
    """What is asked of a chain about contract wallets. Every `Ledger` is one."""

    def block_named(self, block_hash: Bytes32) -> Block:
        """Return the canonical block with this hash; `BlockGone` if it is not on the chain."""
        ...

    def wallet_accepts(self, wallet: Address, signed: Bytes32, signature: bytes, *, block: Block | None = None) -> bool:
        """Return whether there is a contract at `wallet` that accepts `signature` of `signed` (ERC-1271)."""
        ...


def asker(asked: Signed[ReadRequest] | Signed[Refuse]) -> Address:
    """Return who must have signed a question.

    A refusal names no signer: who may refuse for a patient, the gateway has asked the chain.
    """
    return asked.message.accessor if isinstance(asked.message, ReadRequest) else asked.signer


def judge_question(asked: Signed[ReadRequest] | Signed[Refuse], domains: Domains) -> tuple[Fault, str] | None:
    """Return what is wrong with the signature of a question, and the error's code; None where a key made it.

    `Fault.UNPROVEN` is what a contract may have accepted; `Fault.FORGED` what no gateway may have taken.
    """
    signer = asker(asked)
    try:
        asked.check(domains, signer=signer)
    except NOT_A_KEYS as error:
        may_be_a_wallets = signer != ZERO_ADDRESS and len(asked.signature) <= LONGEST_SIGNATURE
        return Fault.UNPROVEN if may_be_a_wallets else Fault.FORGED, error.code  # [B-031]
    return None


def was_accepted(
    asked: Signed[ReadRequest] | Signed[Refuse], domains: Domains, chain: Wallets, block_hash: Bytes32
) -> bool:
    """Return whether the chain says that the asker's contract accepted a question at the receipt's block.

    False also where the node cannot say: it forgot the state of an old block, or a reorganisation took the block.
    """
    try:
        block = chain.block_named(block_hash)
        return chain.wallet_accepts(asker(asked), asked.digest(domains), asked.signature, block=block)  # [B-031]
    except (NotFoundError, UnreachableError):
        return False


def settled(findings: Sequence[Finding], domains: Domains, chain: Wallets) -> tuple[Finding, ...]:
    """Return the findings without the questions that the chain proves."""
    return tuple(one for one in findings if not (one.fault is Fault.UNPROVEN and _proven(one, domains, chain)))


def is_signed(signed: Signed[Message], ledger: Ledger) -> bool:
    """Return whether the signer signed, by a key or by what its contract accepts now.

    Raises:
        NodeUnreachable: The node does not say.
    """
    try:
        check_at(signed, ledger, signer=signed.signer)
    except UnreachableError:
        raise
    except MedShareError:
        return False
    return True


def _proven(finding: Finding, domains: Domains, chain: Wallets) -> bool:
    receipt, asked = (one.message for one in finding.evidence)
    if not isinstance(receipt, Receipt) or not isinstance(asked, ReadRequest | Refuse):
        raise TypeError(type(asked).__name__)
    return was_accepted(finding.evidence[1], domains, chain, receipt.block)  # type: ignore[arg-type]
