"""What a vault keeps: one frozen class per kind of row.

Each class says in `KEY` which fields find it, and in `RULE` what may happen to it. Bytes are kept as
they came; a `SignedBytes` is the canonical JSON of a message with its signature, so that what was
signed can be shown to anyone later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.audit_rows import AUDIT_ROWS
from medshare.vault.dispute_rows import DisputeRow, SettledRow
from medshare.vault.door_rows import BudgetRow, CarriedRow, DoorKeyRow, SessionRow
from medshare.vault.outbox_rows import ChainTransactionRow, LeaseRow, OfferRow, OutboxRow
from medshare.vault.post import DestructionRow, HolderRow, SubmissionRow, SubmittedRow
from medshare.vault.replica_rows import REPLICA_ROWS
from medshare.vault.row import Row, Rule, SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleRow(Row):
    """The capsule of one document version, as deposited; `seq` counts replacements from 0.

    `compartment` is a category or folder, `deposit` the signed `Deposit`, or for a replaced one the
    signed `Replace`. Destroying it is what erases a document.
    """

    KEY: ClassVar = ("leaf",)
    RULE: ClassVar = Rule.RISING

    leaf: Bytes32
    patient: Address
    provider: Address
    compartment: int
    epoch: int
    capsule: bytes
    cid: str
    seq: int
    deposit: SignedBytes
    replacement: SignedBytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow(Row):
    """Where a leaf stands in an anchored tree. `seq` rises when a leaf is anchored anew.

    `body_digest`, `previous_leaf` and `text` hash to `inner` (design, section 3.3). `size` in bytes
    is that of the body.
    """

    KEY: ClassVar = ("leaf",)
    RULE: ClassVar = Rule.RISING

    leaf: Bytes32
    patient: Address
    provider: Address
    root: Bytes32
    inner: Bytes32
    body_digest: Bytes32
    previous_leaf: Bytes32
    text: Bytes32
    cid: str
    size: int
    proof: tuple[Bytes32, ...]
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRow(Row):
    """The keys that a patient sealed for a grantee under one consent, with the signed `Envelope`."""

    KEY: ClassVar = ("consent_id",)
    RULE: ClassVar = Rule.RISING

    consent_id: Bytes32
    patient: Address
    grantee: Address
    seq: int
    envelope: bytes
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow(Row):
    """The full consent kept off the chain, as canonical JSON."""

    KEY: ClassVar = ("consent_id",)
    RULE: ClassVar = Rule.ONCE

    consent_id: Bytes32
    patient: Address
    grantee: Address
    terms: Bytes32
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRow(Row):
    """A directory, or an institution's key document, by the digest that is on the chain."""

    KEY: ClassVar = ("digest",)
    RULE: ClassVar = Rule.ONCE

    digest: Bytes32
    owner: Address
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRow(Row):
    """An address that this institution enrolled at its desk, with the signed `Enrol`."""

    KEY: ClassVar = ("institution", "patient")
    RULE: ClassVar = Rule.RISING

    institution: Address
    patient: Address
    seq: int
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow(Row):
    """A request's document and opening, sealed to the inbox key of `patient`. `request` is its id."""

    KEY: ClassVar = ("request", "patient")
    RULE: ClassVar = Rule.ONCE

    request: Bytes32
    patient: Address
    requester: Address
    deadline: int
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow(Row):
    """A patient's, or a delegate's, signed `Refuse`; `reply` is sealed to the requester, or empty."""

    KEY: ClassVar = ("request",)
    RULE: ClassVar = Rule.ONCE

    request: Bytes32
    patient: Address
    signed: SignedBytes
    reply: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow(Row):
    """One receipt of a gateway, numbered and linked per patient.

    `digest` is the EIP-712 digest of the `Receipt`, `previous` that of the one before (zero at 1).
    `leaves` are the leaves released, none for a refusal. `leaf` is the one whose document was handed out: none
    for a list of names.
    """

    KEY: ClassVar = ("gateway", "patient", "seq")
    RULE: ClassVar = Rule.NUMBERED

    gateway: Address
    patient: Address
    seq: int
    digest: Bytes32
    previous: Bytes32
    accessor: Address
    grantee: Address
    decision: int
    at: int
    leaves: tuple[Bytes32, ...]
    asked: SignedBytes
    signed: SignedBytes
    leaf: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceRow(Row):
    """A nonce of a signed `ReadRequest` or `Enrol` that was used: nothing is answered twice."""

    KEY: ClassVar = ("signer", "nonce")
    RULE: ClassVar = Rule.ONCE

    signer: Address
    nonce: Bytes32
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow(Row):
    """The sealed `AgentState` of a patient with its signed `State`."""

    KEY: ClassVar = ("patient",)
    RULE: ClassVar = Rule.RISING

    patient: Address
    seq: int
    sealed: bytes
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow(Row):
    """The sealed catalogue of one category with its signed `Catalogue`."""

    KEY: ClassVar = ("patient", "category")
    RULE: ClassVar = Rule.RISING

    patient: Address
    category: int
    seq: int
    sealed: bytes
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRow(Row):
    """The blinded tag of a patient at a gateway (design, section 3.5): `secret` makes it, `signed` proves it."""

    KEY: ClassVar = ("gateway", "patient")
    RULE: ClassVar = Rule.ONCE

    gateway: Address
    patient: Address
    tag: Bytes32
    secret: bytes
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationRow(Row):
    """A revocation that was ever seen: as a signed message, or mined in `block`, on any branch."""

    KEY: ClassVar = ("consent_id",)
    RULE: ClassVar = Rule.ONCE

    consent_id: Bytes32
    patient: Address
    at: int
    signed: SignedBytes | None = None
    block: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockdownRow(Row):
    """The latest lockdown that was ever seen for a patient; `seq` is its mark in seconds."""

    KEY: ClassVar = ("patient",)
    RULE: ClassVar = Rule.RISING

    patient: Address
    seq: int
    signed: SignedBytes | None = None
    block: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow(Row):
    """An erasure that was ever seen, of one leaf (`target`); of a whole address, padded to 32 bytes."""

    KEY: ClassVar = ("target",)
    RULE: ClassVar = Rule.ONCE

    target: Bytes32
    patient: Address
    at: int
    signed: SignedBytes | None = None
    block: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRow(Row):
    """A holder's signed `Erased`: it destroyed capsule and copies of a leaf."""

    KEY: ClassVar = ("leaf", "holder")
    RULE: ClassVar = Rule.ONCE

    leaf: Bytes32
    holder: Address
    at: int
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow(Row):
    """A validator's answer: the signed `Confirm` (`leaf` None) or `Reject`."""

    KEY: ClassVar = ("provider", "root", "validator")
    RULE: ClassVar = Rule.ONCE

    provider: Address
    root: Bytes32
    validator: Address
    leaf: Bytes32 | None
    signed: SignedBytes


ROWS: tuple[type[Row], ...] = (
    CapsuleRow,
    ProofRow,
    EnvelopeRow,
    ConsentRow,
    DirectoryRow,
    EnrolmentRow,
    RequestRow,
    RefusalRow,
    ReceiptRow,
    NonceRow,
    StateRow,
    CatalogueRow,
    TagRow,
    RevocationRow,
    LockdownRow,
    ErasureRow,
    ErasedRow,
    DisputeRow,
    SettledRow,
    SubmissionRow,
    SubmittedRow,
    VerdictRow,
    OfferRow,
    HolderRow,
    DestructionRow,
    OutboxRow,
    ChainTransactionRow,
    LeaseRow,
    *AUDIT_ROWS,
    *REPLICA_ROWS,
    SessionRow,
    DoorKeyRow,
    BudgetRow,
    CarriedRow,
)
"""Every kind of row."""
