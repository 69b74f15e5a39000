"""Who signed what a log holds: an account's own key, or a contract wallet, which only the chain can say (ERC-1271).

A gateway receipts whatever a contract accepts, also a stranger's contract that accepts everything. So a question
whose signature no key made is no forgery of the gateway's; it stays unproven until the chain says yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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

    def is_contract(self, account: Address, *, block: Block) -> bool:
        """Return whether the account has code; without it only its key signs."""
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


def judge_on_chain(
    asked: Signed[ReadRequest] | Signed[Refuse], domains: Domains, chain: Wallets, block_hash: Bytes32
) -> Fault | None:
    """Return what the chain says, at the receipt's block, of a question that no key signed.

    None where the asker's contract accepted it; `Fault.FORGED` where no contract stands, so that only a key could
    sign; else `Fault.UNPROVEN`: a stranger's contract may answer each node as it likes, and a node forgets the state
    of old blocks.
    """
    signer = asker(asked)
    try:
        block = chain.block_named(block_hash)
        if chain.wallet_accepts(signer, asked.digest(domains), asked.signature, block=block):  # [B-031]
            return None
        return Fault.UNPROVEN if chain.is_contract(signer, block=block) else Fault.FORGED  # [B-017]
    except (NotFoundError, UnreachableError):
        return Fault.UNPROVEN


def settled(findings: Sequence[Finding], domains: Domains, chain: Wallets) -> tuple[Finding, ...]:
    """Return the findings with the chain's word on the questions that no key signed."""
    found = []
    for finding in findings:
        fault = _on_chain(finding, domains, chain) if finding.fault is Fault.UNPROVEN else finding.fault
        if fault is not None:
            found.append(replace(finding, fault=fault))
    return tuple(found)


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


def _on_chain(finding: Finding, domains: Domains, chain: Wallets) -> Fault | None:
    receipt, asked = finding.evidence
    if not isinstance(receipt.message, Receipt) or not isinstance(asked.message, ReadRequest | Refuse):
        raise TypeError(type(asked.message).__name__)
    return judge_on_chain(asked, domains, chain, receipt.message.block)  # type: ignore[arg-type]
