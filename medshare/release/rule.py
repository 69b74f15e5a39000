"""The release rule: when a gateway hands out a capsule (design, section 4, "Out").

One pure function. Everything it needs is a value in `Facts`, read at ONE block hash, so that the
same facts always give the same decision and a regulator can repeat it. Whoever gathers the facts
decides nothing.

A gateway refuses for the first clause that does not hold. The order is: who asks, what was seen
shut, what the chain says, what the document is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from medshare.consent.actions import Action
from medshare.consent.purposes import CARE, mask_of
from medshare.consent.rules import Reason
from medshare.hexadecimal import Address
from medshare.ledger import Block, RecordStatus

OWN_SLOT = 255
"""The slot of a request by the patient, or by a delegate with the power to read: no consent is asked."""

CARE_BITS = mask_of(CARE)
"""Purposes for which the head is enough; anything else waits for a final block."""

REQUEST_LIFE = 600
"""Seconds. A `ReadRequest` older than ten minutes, or from the future, is refused."""


class Ground(IntEnum):
    """Why a release was refused; the `reason` of a receipt.

    0 to 11 are the contract's own reasons. From 32 on they are the gateway's.
    """

    RELEASED = 0
    NEVER_GRANTED = Reason.NEVER
    REVOKED = Reason.REVOKED
    LOCKED = Reason.LOCKED
    EARLY = Reason.EARLY
    ENDED = Reason.ENDED
    SLOT = Reason.SLOT
    PURPOSE = Reason.PURPOSE
    ACTION = Reason.ACTION
    GRANTEE_SUSPENDED = Reason.GRANTEE_SUSPENDED
    NOT_ACCESSOR = Reason.NOT_ACCESSOR
    ACCESSOR_SUSPENDED = Reason.ACCESSOR_SUSPENDED
    OTHER_GATEWAY = 32
    REQUEST_TIME = 33
    NONCE_USED = 34
    STALE_HEAD = 35
    NOT_THE_PATIENT = 36
    CONSENT_UNKNOWN = 37
    REVOCATION_SEEN = 38
    ERASURE_SEEN = 39
    OTHER_PATIENT = 40
    SLOT_NOT_OF_CATEGORY = 41
    NOT_FINAL = 42
    LEAF_UNKNOWN = 43
    NOT_CONFIRMED = 44
    SUPERSEDED = 45
    RETRACTED = 46
    ERASED = 47
    REFUSED_BY_PATIENT = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the accessor signed: the fields of `ReadRequest` that the rule looks at.

    `slot` is `OWN_SLOT` for the patient or a delegate. `names_leaf` is false for a list.
    """

    gateway: Address
    patient: Address
    accessor: Address
    slot: int
    purpose: int
    action: int
    history: bool
    at: int
    names_leaf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """What the consent document and the chain say of the consent asked for.

    `terms_match`: the document kept hashes to the terms whose `permits` was asked.
    `reason_at_head` and `reason_at_final` are the contract's answers at the two blocks; the last is
    None where no block is final yet. `not_after` is the word's, in seconds. `slot_granted`: the
    consent's map gives the slot to a category that it grants, so that it is no decoy.
    `revocation_seen`: mined on any branch, or held as a valid signed message.
    """

    terms_match: bool
    reason_at_head: Reason
    reason_at_final: Reason | None
    not_after: int
    revocation_seen: bool
    slot_granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the gateway and the chain know of the document asked for.

    `slot` is the slot that the consent's map gives to the category in the `Deposit`; None without a
    consent. `covered`: the leaf's address is the consent's patient, or its successors end there.
    """

    slot: int | None
    covered: bool
    status: RecordStatus
    erasure_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision rests on, read at one block.

    `now` is the gateway's clock and `head_max_age` the deployment's, in seconds.
    `speaks_for_patient`: the accessor is the patient, or a delegate whose power to read is in force.
    `consented` is None where the gateway holds no such consent; `kept` where it holds no such leaf,
    or where a list was asked for.
    """

    me: Address
    asked: Asked
    now: int
    head: Block
    head_max_age: int
    nonce_used: bool
    speaks_for_patient: bool
    consented: Consented | None
    kept: Kept | None


def decide(facts: Facts) -> Ground:
    """Return `Ground.RELEASED`, or the first clause of the release rule that does not hold."""
    ground = _request(facts)
    if ground is Ground.RELEASED:
        ground = _own(facts) if facts.asked.slot == OWN_SLOT else _consent(facts)
    if ground is Ground.RELEASED and facts.asked.names_leaf:
        ground = _document(facts)
    return ground


def _request(facts: Facts) -> Ground:
    asked = facts.asked
    if asked.gateway != facts.me:
        return Ground.OTHER_GATEWAY
    if not asked.at <= facts.now < asked.at + REQUEST_LIFE:
        return Ground.REQUEST_TIME
    if facts.nonce_used:
        return Ground.NONCE_USED
    if facts.now - facts.head.time > facts.head_max_age:
        return Ground.STALE_HEAD
    if facts.head.time - facts.now > facts.head_max_age:
        return Ground.STALE_HEAD
    return Ground.RELEASED


def _own(facts: Facts) -> Ground:
    if not facts.speaks_for_patient:
        return Ground.NOT_THE_PATIENT
    return Ground.RELEASED


def _consent(facts: Facts) -> Ground:
    consented = facts.consented
    if consented is None or not consented.terms_match:
        return Ground.CONSENT_UNKNOWN
    if consented.revocation_seen:
        return Ground.REVOCATION_SEEN
    if consented.reason_at_head is not Reason.PERMITTED:
        return Ground(consented.reason_at_head)
    if not facts.asked.action & Action.READ:
        return Ground.ACTION
    if facts.now >= consented.not_after:
        return Ground.ENDED
    if not CARE_BITS >> facts.asked.purpose & 1 and consented.reason_at_final is not Reason.PERMITTED:
        return Ground.NOT_FINAL
    if not facts.asked.names_leaf and not consented.slot_granted:
        return Ground.SLOT_NOT_OF_CATEGORY
    return Ground.RELEASED


def _document(facts: Facts) -> Ground:
    kept = facts.kept
    if kept is None or kept.status is RecordStatus.UNKNOWN:
        return Ground.LEAF_UNKNOWN
    if kept.erasure_seen:
        return Ground.ERASURE_SEEN
    if kept.status is RecordStatus.ERASED:
        return Ground.ERASED
    if not kept.covered:
        return Ground.OTHER_PATIENT
    if facts.asked.slot == OWN_SLOT:
        return Ground.RELEASED
    if kept.slot != facts.asked.slot:
        return Ground.SLOT_NOT_OF_CATEGORY
    if kept.status is RecordStatus.ANCHORED:
        return Ground.NOT_CONFIRMED
    if kept.status is RecordStatus.RETRACTED:
        return Ground.RETRACTED
    if kept.status is RecordStatus.SUPERSEDED and not facts.asked.history:
        return Ground.SUPERSEDED
    return Ground.RELEASED
