"""Every signed message of MedShare, defined once (design, sections 3.1 and 11; decision record 0002).

The classes below are the definition: the name of a class is the name of the EIP-712 struct, its
fields in order are the members (`not_before` becomes `notBefore`), their types are those of
`medshare.typed_data.fields`. Types, hashes and `messages.json` are made from them. Changing a
line here makes every signature of that kind void.

Each message says who signs it and which contract's domain it has; what no contract checks has the
ParticipantRegistry's.
"""

from __future__ import annotations

from dataclasses import dataclass

from medshare.typed_data.domain import Contract
from medshare.typed_data.fields import Account, Flag, Text, Uint8, Uint16, Uint32, Uint40, Uint64, Word32
from medshare.typed_data.message import Message, signed

# --- checked by the ConsentRegistry ---------------------------------------------------------------


@signed("patient, or a delegate with the power to grant", checked_by=Contract.CONSENTS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Message):
    """Who may do what for which purpose until when; `statement` says it in the patient's words."""

    patient: Account
    grantee: Account
    scope: Uint64
    purposes: Uint64
    actions: Uint8
    not_before: Uint40
    not_after: Uint40
    issued_at: Uint32
    request: Word32
    statement: Text


@signed("patient, or a delegate with the power to revoke", checked_by=Contract.CONSENTS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke(Message):
    """Ends one consent for ever, granted already or not."""

    patient: Account
    grantee: Account
    terms: Word32


@signed("patient, or a delegate with the power to lock", checked_by=Contract.CONSENTS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Lockdown(Message):
    """Voids every consent and delegation issued at or before `time`, in seconds."""

    patient: Account
    time: Uint40


# --- checked by the RecordRegistry ----------------------------------------------------------------


@signed("patient (the last successor), or a delegate with the power to erase", checked_by=Contract.RECORDS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Message):
    """Puts a tombstone on one leaf."""

    patient: Account
    inner: Word32


@signed("patient (the last successor), and the recovery address where one is named", checked_by=Contract.RECORDS)
@dataclass(frozen=True, slots=True, kw_only=True)
class EraseAll(Message):
    """Closes every leaf of the address."""

    patient: Account


@signed("validator, by the institution's own account", checked_by=Contract.RECORDS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Message):
    """Says that a validator checked an anchor."""

    provider: Account
    root: Word32


# --- checked by the ParticipantRegistry -----------------------------------------------------------


@signed("patient")
@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Message):
    """Makes an address a patient, with the digest of its directory."""

    patient: Account
    directory: Word32


@signed("patient")
@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(Message):
    """Names the digest of the patient's newest directory."""

    patient: Account
    digest: Word32
    seq: Uint40


@signed("patient while none is named, then the recovery address")
@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Message):
    """Names the address that may move the patient to a new one."""

    patient: Account
    recovery: Account
    seq: Uint40


@signed("the next address")
@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Message):
    """Says that `next` takes over from `patient`."""

    patient: Account
    next: Account


@signed("patient")
@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate(Message):
    """Lets `delegate` act for the patient, with `powers`, until `not_after`."""

    patient: Account
    delegate: Account
    powers: Uint8
    issued_at: Uint40
    not_after: Uint40
    seq: Uint40


@signed("staff account")
@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Message):
    """Says that a staff account accepts to act for an institution; valid seven days from `at`."""

    institution: Account
    staff: Account
    roles: Uint16
    at: Uint40


# --- checked by no contract: the ParticipantRegistry's domain ---------------------------------------


@signed("patient")
@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol(Message):
    """Ties a person to an address at an institution's desk."""

    patient: Account
    institution: Account
    nonce: Word32
    directory: Word32
    institution_key: Word32
    expiry: Uint40


@signed("patient, or a delegate with the power to refuse")
@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Message):
    """Refuses a request, with a coded reason."""

    request: Word32
    reason: Uint8
    at: Uint40


@signed("accessor")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest(Message):
    """Asks a gateway for a leaf, or for the list of what a consent covers."""

    gateway: Account
    consent_id: Word32
    patient: Account
    accessor: Account
    slot: Uint8
    purpose: Uint8
    action: Uint8
    leaf: Word32
    history: Flag
    nonce: Word32
    at: Uint40


@signed("gateway")
@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Message):
    """Says what a gateway decided on a `ReadRequest`, at which block."""

    gateway: Account
    patient: Account
    seq: Uint64
    previous: Word32
    read_request: Word32
    decision: Uint8
    reason: Uint8
    released: Word32
    count: Uint32
    block: Word32
    at: Uint40


@signed("provider, or its active staff")
@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Message):
    """Hands a capsule to a gateway and names its category and epoch."""

    provider: Account
    patient: Account
    leaf: Word32
    compartment: Uint8
    epoch: Uint32
    capsule: Word32
    cid: Word32
    at: Uint40


@signed("agent key")
@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Message):
    """Says that the patient's agent sealed this envelope; `digest` is Keccak-256 of its bytes."""

    consent_id: Word32
    grantee_key: Word32
    seq: Uint64
    digest: Word32
    at: Uint40


@signed("agent key of the last successor's directory")
@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(Message):
    """Puts a re-wrapped capsule in the place of an old one."""

    leaf: Word32
    seq: Uint64
    old_capsule: Word32
    new_capsule: Word32


@signed("agent key")
@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve(Message):
    """Adds a leaf to a folder, with a capsule under the folder's key."""

    leaf: Word32
    folder: Uint8
    epoch: Uint32
    seq: Uint64
    capsule: Word32


@signed("the holder")
@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Message):
    """Says that a holder destroyed its copies."""

    leaf: Word32
    holder: Account
    at: Uint40


@signed("patient or agent key")
@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Message):
    """Says what is wrong with a document."""

    leaf: Word32
    reason: Uint8
    text_digest: Word32


@signed("provider, or its active staff")
@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Message):
    """Asks validators to check an anchor.

    `superseded` is Keccak-256 of the superseded leaves in a row, `items` that of the canonical JSON
    of the items.
    """

    provider: Account
    root: Word32
    count: Uint32
    superseded: Word32
    items: Word32
    at: Uint40


@signed("validator")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Message):
    """Says which leaf of an anchor a validator will not confirm, and why."""

    provider: Account
    root: Word32
    leaf: Word32
    reason: Uint8
    at: Uint40


@signed("agent key")
@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue(Message):
    """Says what a category holds; `digest` is Keccak-256 of the sealed catalogue."""

    patient: Account
    category: Uint8
    seq: Uint64
    digest: Word32
    at: Uint40


@signed("agent key")
@dataclass(frozen=True, slots=True, kw_only=True)
class State(Message):
    """Says which backup of the agent is the newest; `digest` is Keccak-256 of its sealed bytes."""

    patient: Account
    seq: Uint64
    digest: Word32
    at: Uint40


@signed("gateway")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Message):
    """Gives a patient the blinded tag of its line in the gateway's audit tree."""

    gateway: Account
    patient: Account
    tag: Word32
    at: Uint40


@signed("patient (the last successor), or a delegate with the power to read")
@dataclass(frozen=True, slots=True, kw_only=True)
class Objection(Message):
    """Says that a patient does not recognise a receipt of her line; `receipt` is its digest."""

    gateway: Account
    patient: Account
    seq: Uint64
    receipt: Word32
    reason: Uint8
    at: Uint40


@signed("provider")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Message):
    """Answers a patient's dispute, whose digest is `dispute`. Outcome 1: the document stands; 2: it is taken back."""

    leaf: Word32
    dispute: Word32
    outcome: Uint8
    at: Uint40
