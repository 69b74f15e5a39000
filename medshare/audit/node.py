"""The AuditLog that an export names, read from a node: for whoever has the file, a chain's URL and nothing else.

Nothing is sent and no other contract is needed. The code at both addresses is compared with the one that this
package was built with; whether they are the contracts that one means, only who knows the deployment can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from medshare.audit.errors import ExportForeign
from medshare.deployment.artefact import artefact
from medshare.hexadecimal import Address, to_hex
from medshare.ledger.abi import event_shapes, function, topic_of
from medshare.ledger.acts import AUDIT, PARTICIPANTS
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.events import Event, Log, ReceiptsAnchored
from medshare.ledger.types import Block, DeploymentInfo


class AnchorLog(Protocol):
    """What a verdict asks of a chain. Every `Ledger` is one."""

    @property
    def deployment(self) -> DeploymentInfo:
        """The chain id and the addresses of ParticipantRegistry and AuditLog."""
        ...

    def block(self, number: int) -> Block:
        """Return the canonical block at `number`; `BlockGone` if there is none."""
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

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = (ReceiptsAnchored,)
    ) -> Iterator[Log]:
        """Yield the anchors of these blocks, in order; the AuditLog has no other event."""
        question = {
            "fromBlock": hex(from_block),
            "toBlock": "latest" if to_block is None else hex(to_block),
            "address": self.deployment.addresses[AUDIT],
            "topics": [[to_hex(topic_of(kind)) for kind in kinds]],
        }
        shapes = event_shapes(AUDIT)
        for entry in self._rpc.request("eth_getLogs", question):
            topics = [self._rpc.data(topic) for topic in entry["topics"]]
            yield Log(
                event=shapes[topics[0]].decode(topics, self._rpc.data(entry["data"])),
                block_number=self._rpc.number(entry["blockNumber"]),
                block_hash=self._rpc.data(entry["blockHash"]),
                transaction=self._rpc.data(entry["transactionHash"]),
                index=self._rpc.number(entry["logIndex"]),
            )
