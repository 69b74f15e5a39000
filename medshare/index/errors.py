"""What can go wrong with the index, one class per cause.

`IntegrityError`s are raised where a node and the chain it shows do not agree: they stop the index and
stay as its alarm, until following succeeds again or the index is rebuilt.
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


class IndexUnreachable(UnreachableError):
    """Raised when the database does not answer, is locked for too long, or cannot be written."""

    code = "index.unreachable"
    cause = "The index at {place} does not answer."
    remedy = "Check that the database runs, that the address is right, and that nobody holds it."


class IndexMissing(NotFoundError):
    """Raised when there is no index and none is to be made."""

    code = "index.missing"
    cause = "There is no index at {place}."
    remedy = "Run `medshare index run`, or give the right place."


class NotAnIndex(InputError):
    """Raised when a database is not an index, or is damaged."""

    code = "index.not-an-index"
    cause = "The database at {place} is not an index."
    remedy = "Give the place of an index, or of a new database; an index holds nothing that cannot be read again."


class IndexVersion(InputError):
    """Raised when an index was made by another version of MedShare."""

    code = "index.version"
    cause = "This index has version {found}, this MedShare reads version {expected}."
    remedy = "Rebuild the index in a new place, or use the MedShare that wrote it."


class IndexNeverOlder(InputError):
    """Raised when an index is to be taken back to an older form."""

    code = "index.never-older"
    cause = "An index is never taken back to an older form."
    remedy = "Rebuild it with the older MedShare."


class OtherDeployment(InputError):
    """Raised when an index was made of other contracts than those it is to follow."""

    code = "index.other-deployment"
    cause = "This index is of another deployment."
    remedy = "Use one index for each deployment, or rebuild this one."


class IndexEmpty(NotFoundError):
    """Raised when an index that never read a chain is asked."""

    code = "index.empty"
    cause = "The index has read no block yet."
    remedy = "Run `medshare index run`."


class IndexStopped(IntegrityError):
    """Raised when an index is asked that stopped with an alarm."""

    code = "index.stopped"
    cause = "The index stopped with the alarm {alarm} and answers nothing."
    remedy = "Find out why; then follow an honest node, or rebuild the index."


class ReaderEnded(UnreachableError):
    """Raised when the second process, which reads the node, ended by itself."""

    code = "index.reader-ended"
    cause = "The process that reads the node ended before it was done."
    remedy = "Start again: the index goes on where it stopped."


class NodeBehind(UnreachableError):
    """Raised when a node's head is older than what the index has seen on the same chain."""

    code = "index.node-behind"
    cause = "The node is at block {found}, the index was at block {known} already."
    remedy = "Wait until the node has caught up, or use another."


class HeadTooOld(UnreachableError):
    """Raised when a node's newest block is older than the deployment allows."""

    code = "index.head-too-old"
    cause = "The node's newest block is {age} seconds old; {allowed} are allowed."
    remedy = "Check that the node is in step with the chain and this machine's clock is right."


class ReorganisationTooDeep(IntegrityError):
    """Raised when the chain changed further back than the index may roll back."""

    code = "index.reorganisation-too-deep"
    cause = "The chain changed more than {limit} blocks before block {known}."
    remedy = "Find out why: this breaks finality. If the chain is right, rebuild the index."


class ChainReplaced(IntegrityError):
    """Raised when a node with the right chain id shows another chain."""

    code = "index.chain-replaced"
    cause = "Block {number} is not the one from which the index began: this is another chain with the same id."
    remedy = "Use a node of the deployment's chain; if the chain was made anew, rebuild the index."


class HeaderDiffers(IntegrityError):
    """Raised when a header is not the one that its hash names."""

    code = "index.header-differs"
    cause = "The header of block {number} is not the one that its hash names."
    remedy = "Use another node. After an upgrade of the chain, use a MedShare that knows the new header."


class ParentDiffers(IntegrityError):
    """Raised when a node shows blocks that do not follow from one another."""

    code = "index.parent-differs"
    cause = "Block {number} does not follow from the block before it."
    remedy = "Use another node."


class LogForged(IntegrityError):
    """Raised when a log cannot be of the block that it names."""

    code = "index.log-forged"
    cause = "A log that the node gave cannot be of block {number}."
    remedy = "Use another node."


class LogsMissing(IntegrityError):
    """Raised when a block has logs of the contracts that the node did not give."""

    code = "index.logs-missing"
    cause = "The node did not give the logs of block {number} as its receipts have them."
    remedy = "Use another node, or let this one build its index of logs again."


class ReceiptsDiffer(IntegrityError):
    """Raised when receipts are not those that the header commits to."""

    code = "index.receipts-differ"
    cause = "The receipts of block {number} are not those that its header commits to."
    remedy = "Use another node."


class NodesDisagree(IntegrityError):
    """Raised when two nodes show different blocks at a number that is settled."""

    code = "index.nodes-disagree"
    cause = "Two nodes show different blocks at number {number}."
    remedy = "Find out which of them follows the chain before you use either."
