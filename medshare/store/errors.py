"""What can go wrong between the package and the place where bodies lie: one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


class CidMalformed(InputError):
    """Raised when a text is not a CID in the one accepted form."""

    code = "store.cid-malformed"
    cause = "This is not a CID that MedShare writes: {why}."
    remedy = "Give CIDv1 in base32: b, then lower-case letters and digits 2 to 7."


class BodyNotFound(NotFoundError):
    """Raised when the store does not hold a body, or nobody hands it over in time."""

    code = "store.body-not-found"
    cause = "The store does not have the body {cid}."
    remedy = "Ask another store or gateway for it."


class BodyTooLarge(InputError):
    """Raised before a body that exceeds the reader's limit is read."""

    code = "store.body-too-large"
    cause = "The body {cid} has {size} bytes; {limit} are allowed here."
    remedy = "Raise the limit if you expect a body of this size."


class BodyPinned(InputError):
    """Raised when a pinned body would be deleted."""

    code = "store.body-pinned"
    cause = "The body {cid} is pinned."
    remedy = "Unpin it first."


class BlockCorrupted(IntegrityError):
    """Raised when the bytes of a block do not hash to its CID."""

    code = "store.block-corrupted"
    cause = "A block of the store does not hash to its name {cid}."
    remedy = "Put the body again from another copy."


class BlockMissing(IntegrityError):
    """Raised when a store holds a body but has lost a block of it."""

    code = "store.block-missing"
    cause = "The store lost the block {cid} of a body that it should have."
    remedy = "Put the body again from another copy."


class TreeForeign(IntegrityError):
    """Raised when the blocks under a CID are not those that MedShare makes for a body."""

    code = "store.tree-foreign"
    cause = "The blocks under {cid} are not in the form of a body: {why}."
    remedy = "Put the body again with MedShare, or with the profile unixfs-v1-2025."


class CidDisagreement(IntegrityError):
    """Raised when a node names a body otherwise than its bytes demand."""

    code = "store.cid-disagreement"
    cause = "The node calls the body {theirs}; its bytes make {ours}."
    remedy = "Set the node to the profile unixfs-v1-2025, and distrust it until both agree."


class StoreFull(UnreachableError):
    """Raised when there is no room for a body. Nothing of it stays."""

    code = "store.full"
    cause = "There is no room left in the store."
    remedy = "Make room and try again: nothing was stored."


class StoreUnreadable(UnreachableError):
    """Raised when the disk or the index under a store fails."""

    code = "store.unreadable"
    cause = "The store at {place} cannot be used: {why}."
    remedy = "Check the disk and the permissions, or restore the folder."


class StoreFromAnotherVersion(InputError):
    """Raised when a folder was made by a version that this one does not know."""

    code = "store.another-version"
    cause = "The store at {place} has version {found}; this program knows {known}."
    remedy = "Use the version of MedShare that made it."


class NodeAddressMalformed(InputError):
    """Raised when a node's address is not a multiaddress."""

    code = "store.node-address-malformed"
    cause = "This is not the address of a node: {node}."
    remedy = "Give a multiaddress such as /ip4/127.0.0.1/tcp/5001."


class NodeUnreachable(UnreachableError):
    """Raised when the Kubo node does not answer at all."""

    code = "store.node-unreachable"
    cause = "The node at {node} does not answer."
    remedy = "Start it, or check its address."


class NodeSlow(UnreachableError):
    """Raised when the Kubo node accepted a request and did not answer in time."""

    code = "store.node-slow"
    cause = "The node at {node} did not answer within {seconds} seconds."
    remedy = "Try again: what was asked may or may not have happened."


class NodeRefused(UnreachableError):
    """Raised when the Kubo node answers with an error of its own."""

    code = "store.node-refused"
    cause = "The node at {node} refused: {why}."
    remedy = "Look into the node's log."


class NodeForeign(UnreachableError):
    """Raised when what answers is not a Kubo node."""

    code = "store.node-foreign"
    cause = "What answers at {node} does not speak as a Kubo node."
    remedy = "Check the address."


class NodeUntested(InputError):
    """Raised when the Kubo node has a version that MedShare was not tested with."""

    code = "store.node-untested"
    cause = "The node at {node} runs Kubo {found}; MedShare is tested with {tested}."
    remedy = "Install a tested version."
