"""The AuditLog that an export names, read from a node: for whoever has the file, a chain's URL and nothing else.

Nothing is sent and no other contract is needed. The code at both addresses is compared with the one that this
package was built with; whether they are the contracts that one means, only who knows the deployment can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from medshare.audit.errors import ExportForeign
from medshare.audit.signatures import Wallets
from medshare.deployment.artefact import artefact
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger.abi import EventShape, event_shapes, function, topic_of
from medshare.ledger.acts import AUDIT, PARTICIPANTS
from medshare.ledger.chain.ledger import LOG_BLOCKS
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.chain.wallets import wallet_accepts
from medshare.ledger.errors import BlockGone
from medshare.ledger.events import Event, Log, ReceiptsAnchored
from medshare.ledger.types import Block, DeploymentInfo, Participant


class AnchorLog(Wallets, Protocol):
    """What a verdict asks of a chain. Every `Ledger` is one."""

    @property
    def deployment(self) -> DeploymentInfo:
        """The chain id and the addresses of ParticipantRegistry and AuditLog."""
        ...

    def block(self, number: int) -> Block:
        """Return the canonical block at `number`; `BlockGone` if there is none."""
        ...

    def head_of(self, gateway: Address) -> Bytes32:
        """Return the head of the gateway's newest anchor; zero if it has none."""
        ...

    def account(self, account: Address) -> Participant:
        """Return the account; status NONE if it is unknown."""
        ...

    def successor_of(self, patient: Address) -> Address:
        """Return the address `patient` moved to, or the zero address."""
        ...

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = ()
    ) -> Iterator[Log]:
        """Yield the contracts' events of these kinds."""
        ...


class NodeAnchors:
    """The anchors of one AuditLog on the chain behind `rpc`.

    Args:
        rpc: The node.
        chain_id: The chain that it must be on.
        participants: The ParticipantRegistry that the AuditLog must know.
        audit: The AuditLog.

    Raises:
        ExportForeign: It is another chain, no such contract stands there, or it knows another registry.
        NodeUnreachable: The node does not answer.
    """

    def __init__(self, rpc: Rpc, *, chain_id: int, participants: Address, audit: Address) -> None:
        self._rpc = rpc
        if rpc.chain_id() != chain_id:  # [B-024]
            raise ExportForeign(field="chain")
        addresses = {PARTICIPANTS: participants, AUDIT: audit}
        for name, address in addresses.items():
            if not artefact(name).is_code(rpc.code(address)):  # [B-024]
                raise ExportForeign(field=name)
        known = function(AUDIT, "participants")
        if known.decode(rpc.call(audit, known.encode(())))[0] != participants:  # [B-024]
            raise ExportForeign(field=PARTICIPANTS)
        self.deployment = DeploymentInfo(chain_id=chain_id, addresses=addresses)

    def block(self, number: int) -> Block:
        """Return the canonical block at `number`; `BlockGone` if there is none."""
        return self._rpc.block(number)

    def block_named(self, block_hash: Bytes32) -> Block:
        """Return the canonical block with this hash; `BlockGone` if it is not on the chain."""
        found = self._rpc.block_by_hash(block_hash)
        # A node may still know blocks that a reorganisation took off the chain.
        if self._rpc.block(found.number).hash != block_hash:
            raise BlockGone(block=to_hex(block_hash))
        return found

    def head_of(self, gateway: Address) -> Bytes32:
        """Return the head of the gateway's newest anchor; zero if it has none."""
        return bytes(self._ask(AUDIT, "headOf", gateway))

    def account(self, account: Address) -> Participant:
        """Return the account; status NONE if it is unknown."""
        return Participant.unpack(account, self._ask(PARTICIPANTS, "account", account))

    def successor_of(self, patient: Address) -> Address:
        """Return the address `patient` moved to, or the zero address."""
        return str(self._ask(PARTICIPANTS, "movedTo", patient))

    def wallet_accepts(self, wallet: Address, signed: Bytes32, signature: bytes, *, block: Block | None = None) -> bool:
        """Return whether the contract at `wallet` accepts a signature."""
        return wallet_accepts(self._rpc, wallet, signed, signature, block)

    def is_contract(self, account: Address, *, block: Block) -> bool:
        """Return whether the account has code; without it only its key signs."""
        return bool(self._rpc.code(account, block=hex(block.number)))

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = (ReceiptsAnchored,)
    ) -> Iterator[Log]:
        """Yield the anchors of these blocks, in order; the AuditLog has no other event."""
        shapes = event_shapes(AUDIT)
        last = self._rpc.block("latest").number if to_block is None else to_block
        for start in range(from_block, last + 1, LOG_BLOCKS):
            question = {
                "fromBlock": hex(start),
                "toBlock": hex(min(start + LOG_BLOCKS - 1, last)),
                "address": self.deployment.addresses[AUDIT],
                "topics": [[to_hex(topic_of(kind)) for kind in kinds]],
            }
            yield from self._logs(question, shapes)

    def _logs(self, question: Mapping[str, object], shapes: Mapping[Bytes32, EventShape]) -> Iterator[Log]:
        for entry in self._rpc.request("eth_getLogs", question):
            topics = [self._rpc.data(topic) for topic in entry["topics"]]
            yield Log(
                event=shapes[topics[0]].decode(topics, self._rpc.data(entry["data"])),
                block_number=self._rpc.number(entry["blockNumber"]),
                block_hash=self._rpc.data(entry["blockHash"]),
                transaction=self._rpc.data(entry["transactionHash"]),
                index=self._rpc.number(entry["logIndex"]),
            )

    def _ask(self, contract: str, name: str, account: Address) -> Any:
        view = function(contract, name)
        return view.decode(self._rpc.call(self.deployment.addresses[contract], view.encode((account,))))[0]
