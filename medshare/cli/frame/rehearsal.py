"""What a relay would send for a patient: worked out on her own node, before anything leaves her agent.

Another pays, so the transaction is another's; its cost and whether the contract takes it can be known here.
"""

from __future__ import annotations

from collections.abc import Callable

from medshare.actors.patient import Patient
from medshare.cli.frame.plan import PlannedTransaction
from medshare.cli.frame.sending import planned
from medshare.cli.frame.session import Session
from medshare.gateway.door import Door
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.chain.ledger import ChainLedger
from medshare.ledger.types import Call, Signer, Transaction
from medshare.relay import Relay
from medshare.relay_budget import Budget
from medshare.signed import Signed
from medshare.typed_data import Message
from medshare.vault.sql import memory_vault


class _WorkedOut(Exception):
    def __init__(self, transaction: PlannedTransaction) -> None:
        self.transaction = transaction
        super().__init__(transaction)


class _EstimatingLedger(ChainLedger):
    """A chain to which nothing is sent: the first act ends with its cost."""

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Raise what `call` would cost."""
        raise _WorkedOut(planned(call, sender.address, self.estimate(call, sender.address)))


class _Payer:
    """The account of a relay, which never signs here."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def sign_digest(self, digest: Bytes32) -> bytes:
        """Never sign."""
        raise AssertionError(digest)


def _knows(patient: Address) -> bool:
    return bool(patient)


def what_a_relay_sends(session: Session, door: Door, carry: Callable[[Relay], Transaction]) -> PlannedTransaction:
    """Return the transaction by which the relay at `door` would carry something.

    Raises:
        The errors of the contracts: They would refuse it.
    """
    ledger = _EstimatingLedger(session.rpc, session.deployment.info)
    # What it would cost is asked, not what the relay may still pay today: only the relay knows that.
    relay = Relay(ledger, _Payer(door.address), _knows, Budget(memory_vault(), session.clock), ledger)
    try:
        carry(relay)
    except _WorkedOut as found:
        return found.transaction
    raise AssertionError(door.address)


def consider_message(session: Session, agent: Patient, *messages: Message, recovery_signature: bytes = b"") -> None:
    """Show what carrying `messages` sends and ask, before any door hears of them; with --dry-run stop there.

    `recovery_signature` is the recovery address's of an `EraseAll`.

    Raises:
        As `Session.consider` and `what_a_relay_sends`.
    """
    path = agent.ledger.path_of(agent.address)

    def carried(signed: Signed[Message]) -> Callable[[Relay], Transaction]:
        return lambda relay: relay.carry(signed, path=path, recovery_signature=recovery_signature)

    session.consider(*(what_a_relay_sends(session, agent.door, carried(agent.sign(one))) for one in messages))


def own_relay(session: Session) -> Relay:
    """Return a relay whose payer is the acting account: it carries anything of anybody, and asks first."""
    return Relay(session.ledger, session.account(), _knows, Budget(memory_vault(), session.clock), session.ledger)
