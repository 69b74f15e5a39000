"""What goes wrong between MedShare and a chain, apart from what the contracts refuse.

The contracts' own errors are in `medshare.ledger.reverts`, each a subclass of `Reverted`.
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, MedShareError, NotFoundError, UnreachableError


class Reverted(MedShareError):
    """Base of what a contract refuses with an error of its own; `facts` hold its arguments.

    The refusals of consents, requests and signatures are classes of `medshare.consent.errors` and
    `medshare.typed_data.errors`: they are raised before sending too. `reverts.REFUSALS` has them all.
    """

    code = "contract"


class NodeUnreachable(UnreachableError):
    """Raised when the node does not answer, or not in time, or not in JSON-RPC."""

    code = "ledger.node-unreachable"
    cause = "The node at {node} does not answer."
    remedy = "Check that it runs and that the address is right."


class NoGoodNode(NodeUnreachable):
    """Raised when none of several nodes can be used now."""

    code = "ledger.no-good-node"
    cause = "None of the nodes can be used: {nodes}."
    remedy = "Run `medshare doctor`; it says what each node lacks."


class NodeRefused(UnreachableError):
    """Raised when the node answers with an error that is not a contract's."""

    code = "ledger.node-refused"
    cause = "The node refused {method}: {message}."
    remedy = "Read the node's message; the request was not carried out."


class MethodMissing(NodeRefused):
    """Raised when the node does not offer a method."""

    code = "ledger.method-missing"
    cause = "The node does not offer {method}: {message}."
    remedy = "Use a node that offers the eth methods of the execution API."


class NonceTaken(NodeRefused):
    """Raised when another transaction with the same nonce was mined already."""

    code = "ledger.nonce-taken"
    cause = "Another transaction of the account has this nonce: {message}."
    remedy = "Sign it again under the account's next nonce; let one vault send for an account."


class Underpriced(NodeRefused):
    """Raised when a transaction offers too little, for the next block or to replace another one."""

    code = "ledger.underpriced"
    cause = "The transaction offers too little: {message}."
    remedy = "Sign it again under the same nonce for an eighth more."


class WrongChain(InputError):
    """Raised when the node is on another chain than the deployment."""

    code = "ledger.wrong-chain"
    cause = "The node is on chain {found}, the deployment on chain {expected}."
    remedy = "Use a node of the deployment's chain, or the deployment file of the node's."


class NoContract(NotFoundError):
    """Raised when there is no code at the address of a contract."""

    code = "ledger.no-contract"
    cause = "{contract} is not deployed on this chain: there is no code at {address}."
    remedy = "Deploy the contracts, or use the deployment file of this chain."


class CodeDiffers(IntegrityError):
    """Raised when the code at an address is not the code of the contract."""

    code = "ledger.code-differs"
    cause = "The code at {address} is not that of {contract}."
    remedy = "Use the deployment file of this chain, or the version of MedShare that deployed it."


class NotMined(UnreachableError):
    """Raised when a transaction is not mined in time; it may still be mined later."""

    code = "ledger.not-mined"
    cause = "The transaction {transaction} was not mined within {seconds} seconds."
    remedy = "Ask for it again later, or send the same bytes again."


class BlockGone(NotFoundError):
    """Raised when a block is not, or no longer, on the chain that the node follows."""

    code = "ledger.block-gone"
    cause = "The node does not know the block {block}."
    remedy = "Take a newer block and decide again."


class NothingFinal(BlockGone):
    """Raised when the chain has no final block yet: it began a moment ago, or the node does not know finality."""

    code = "ledger.nothing-final"
    cause = "The node has no block yet that it calls {block}."
    remedy = "Wait: what needs a final block waits for it, and nothing is lost."


class NoFunds(InputError):
    """Raised when the sender cannot pay for a transaction."""

    code = "ledger.no-funds"
    cause = "The account {sender} cannot pay for the transaction."
    remedy = "Give it ether, or let a relay send it."


class PathTooLong(NotFoundError):
    """Raised when a patient moved more than eight times."""

    code = "ledger.path-too-long"
    cause = "The address {patient} has more than eight successors."
    remedy = "Erase from the newer addresses one by one."


class BadEvent(IntegrityError):
    """Raised when a log is not an event of the contracts."""

    code = "ledger.bad-event"
    cause = "A log of {contract} is not one of its events."
    remedy = "Use the version of MedShare that deployed the contracts."
