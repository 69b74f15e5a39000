"""What the contracts say happened: one frozen class per event, named as in `interfaces/`.

Numbers are ints, bytes32 are bytes, addresses are lower-case hex. Where two contracts use one name,
the later class says what it is about (`ReceiptsAnchored`). `CLASSES` finds the class of an event by
its contract and its name in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from medshare.hexadecimal import Address, Bytes32


class Event:
    """Base of every event. `contract` and `name` are those of the Solidity source."""

    __slots__ = ()
    contract: ClassVar[str]
    name: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """An event and where it stands on the chain; `index` is the position within the block."""

    event: Event
    block_number: int
    block_hash: Bytes32
    transaction: Bytes32
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """A patient registered; seq is 1 now."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Registered"
    patient: Address
    directory: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySet(Event):
    """A patient's directory changed."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "DirectorySet"
    patient: Address
    digest: Bytes32
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPublished(Event):
    """An accredited account published its key document."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "KeyPublished"
    account: Address
    digest: Bytes32
    seq: int
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverySet(Event):
    """A patient's recovery address was named or changed."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "RecoverySet"
    patient: Address
    recovery: Address
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated(Event):
    """A patient named, changed or (powers 0) withdrew a delegate."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Delegated"
    patient: Address
    delegate: Address
    powers: int
    issued_at: int
    not_after: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded(Event):
    """The patient moved house: `next` inherits the leaves of `patient`, whose consents are void."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Succeeded"
    patient: Address
    next: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Accredited(Event):
    """The regulator accredited an account or changed its accreditation."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Accredited"
    account: Address
    roles: int
    jurisdiction: int
    digest: Bytes32
    record: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended(Event):
    """The regulator suspended an account."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Suspended"
    account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstated(Event):
    """The regulator lifted a suspension."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "Reinstated"
    account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAdded(Event):
    """An institution added a staff account, or changed its gateway bit."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "StaffAdded"
    institution: Address
    staff: Address
    roles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRemoved(Event):
    """An institution removed a staff account."""

    contract: ClassVar[str] = "ParticipantRegistry"
    name: ClassVar[str] = "StaffRemoved"
    institution: Address
    staff: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Event):
    """A consent came into being. `word` is what the slot holds, status 1."""

    contract: ClassVar[str] = "ConsentRegistry"
    name: ClassVar[str] = "Granted"
    patient: Address
    grantee: Address
    terms: Bytes32
    word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked(Event):
    """A consent ended for ever, or an id that was never granted was made impossible."""

    contract: ClassVar[str] = "ConsentRegistry"
    name: ClassVar[str] = "Revoked"
    patient: Address
    consent_id: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDown(Event):
    """Every consent and delegation of `patient` issued at or before `mark` is void."""

    contract: ClassVar[str] = "ConsentRegistry"
    name: ClassVar[str] = "LockedDown"
    patient: Address
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSkipped(Event):
    """Item `index` of a batch was left out; `reason` is the selector of the error it would have met alone."""

    contract: ClassVar[str] = "ConsentRegistry"
    name: ClassVar[str] = "GrantSkipped"
    index: int
    patient: Address
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSkipped(Event):
    """Item `index` of a batch of revocations was left out; `reason` as in `GrantSkipped`."""

    contract: ClassVar[str] = "ConsentRegistry"
    name: ClassVar[str] = "RevocationSkipped"
    index: int
    patient: Address
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A request may be approved until `deadline`."""

    contract: ClassVar[str] = "AccessRequests"
    name: ClassVar[str] = "Opened"
    requester: Address
    digest: Bytes32
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    """The requester took the request back."""

    contract: ClassVar[str] = "AccessRequests"
    name: ClassVar[str] = "Withdrawn"
    requester: Address
    digest: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(Event):
    """The request was answered by this consent, and closed."""

    contract: ClassVar[str] = "AccessRequests"
    name: ClassVar[str] = "Approved"
    requester: Address
    digest: Bytes32
    consent_id: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored(Event):
    """`provider` anchored `count` leaves under `root`."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "Anchored"
    provider: Address
    root: Bytes32
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(Event):
    """`leaf` of `provider` is replaced by the tree `root`, once that is confirmed."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "Superseded"
    provider: Address
    leaf: Bytes32
    root: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted(Event):
    """`provider` took back its `leaf`, for ever."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "Retracted"
    provider: Address
    leaf: Bytes32
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Event):
    """`leaf` has its tombstone, for ever."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "Erased"
    leaf: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedAll(Event):
    """Every leaf of `patient` has its tombstone, for ever."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "ErasedAll"
    patient: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Event):
    """Validators confirmed `provider`'s tree."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "Confirmed"
    provider: Address
    root: Bytes32
    confirmations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumSet(Event):
    """Governance set how many validators a confirmation needs."""

    contract: ClassVar[str] = "RecordRegistry"
    name: ClassVar[str] = "QuorumSet"
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsAnchored(Event):
    """`gateway`, staff of `institution`, continued its chain."""

    contract: ClassVar[str] = "AuditLog"
    name: ClassVar[str] = "Anchored"
    gateway: Address
    institution: Address
    head: Bytes32
    receipts: Bytes32
    heads: Bytes32
    count: int


CLASSES: Final[dict[tuple[str, str], type[Event]]] = {
    (kind.contract, kind.name): kind
    for kind in (
        Registered,
        DirectorySet,
        KeyPublished,
        RecoverySet,
        Delegated,
        Succeeded,
        Accredited,
        Suspended,
        Reinstated,
        StaffAdded,
        StaffRemoved,
        Granted,
        Revoked,
        LockedDown,
        GrantSkipped,
        RevocationSkipped,
        Opened,
        Withdrawn,
        Approved,
        Anchored,
        Superseded,
        Retracted,
        Erased,
        ErasedAll,
        Confirmed,
        QuorumSet,
        ReceiptsAnchored,
    )
}
