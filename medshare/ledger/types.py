"""What the chain says, as frozen values: blocks, accounts, consents, records, transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.ledger.events import Log
from medshare.typed_data.domain import Domains
from medshare.typed_data.signing import SigningKey

FOR_EVER = 2**40 - 1
"""The lockdown mark of a retired address: the greatest `uint40`. Nothing is signed after it."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: every read of one decision names the same one.

    `time` is in seconds since 1970, UTC.
    """

    number: int
    hash: Bytes32
    time: int


class Role(IntFlag):
    """What an account may be (design, section 11, "roles")."""

    NONE = 0
    PATIENT = 1
    INSTITUTION = 2
    CUSTODIAN = 4
    VALIDATOR = 8
    RESEARCHER = 16
    INSURER = 32
    SPONSOR = 64
    SERVICE = 128
    REGULATOR = 256
    PROCESSOR = 512
    GATEWAY = 1024


class Power(IntFlag):
    """What a delegate may do (design, section 11, "powers")."""

    NONE = 0
    GRANT = 1
    REVOKE = 2
    LOCK = 4
    ERASE = 8
    READ = 16
    REFUSE = 32


class AccountStatus(IntEnum):
    """Where an account stands in the ParticipantRegistry."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    REMOVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """The account word, unpacked.

    From the top bit: zero 16, roles 16, status 8, jurisdiction 16, institution 160, seq 40.

    `jurisdiction` is an ISO 3166 numeric code. `institution` is the institution a staff account
    belongs to, else the zero address. `seq` counts the signed changes of the account.
    """

    address: Address
    roles: Role = Role.NONE
    status: AccountStatus = AccountStatus.NONE
    jurisdiction: int = 0
    institution: Address = ZERO_ADDRESS
    seq: int = 0

    @property
    def active(self) -> bool:
        """Whether the account is registered or accredited, and neither suspended nor removed."""
        return self.status is AccountStatus.ACTIVE

    def has(self, role: Role) -> bool:
        """Return whether the account is active and has every bit of `role`."""
        return self.active and self.roles & role == role

    @classmethod
    def unpack(cls, address: Address, word: int) -> Participant:
        """Return the account of `address` whose packed word is `word`, as `AccountWord.sol` packs it."""
        return cls(
            address=address,
            roles=Role(word >> 224),
            status=AccountStatus(word >> 216 & 0xFF),
            jurisdiction=word >> 200 & 0xFFFF,
            institution=f"0x{word >> 40 & (1 << 160) - 1:040x}",
            seq=word & (1 << 40) - 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom an account acts for: itself, or the active participant whose active staff it is.

    All zero for a patient, a stranger, a suspended account. `staff_roles` is the staff account's own
    gateway bit; none when it acts for itself.
    """

    address: Address = ZERO_ADDRESS
    roles: Role = Role.NONE
    staff_roles: Role = Role.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What a patient lets a delegate do, and when it was signed and ends (seconds)."""

    powers: Power = Power.NONE
    issued_at: int = 0
    not_after: int = 0


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """The slot of one consent: the packed word of design section 11, its low byte the status.

    Status 0 never granted, 1 granted, 2 revoked.
    """

    word: int

    @property
    def granted(self) -> bool:
        """Whether it was granted and not revoked; a lockdown and the times are not looked at."""
        return self.word & 0xFF == 1

    @property
    def revoked(self) -> bool:
        """Whether it was revoked, for ever."""
        return self.word & 0xFF == 2


class RecordStatus(IntEnum):
    """Where a record version stands (design, section 3.3), in the contract's numbers."""

    UNKNOWN = 0
    ANCHORED = 1
    CONFIRMED = 2
    SUPERSEDED = 3
    RETRACTED = 4
    ERASED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordState:
    """The answer of `RecordRegistry.status`: the status, the confirmations, the anchor's second."""

    status: RecordStatus
    confirmations: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorState:
    """One anchored root: when, how many leaves, how many confirmations; all zero if unknown."""

    time: int = 0
    count: int = 0
    confirmations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordQuery:
    """The arguments of `RecordRegistry.status`."""

    provider: Address
    root: Bytes32
    patient: Address
    inner: Bytes32
    proof: tuple[Bytes32, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedConsent:
    """One item of `grant_batch`, signed by the patient's own key. `word` has status 0."""

    patient: Address
    grantee: Address
    word: int
    request: Bytes32 = ZERO_32
    statement_hash: Bytes32
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRevocation:
    """One item of `revoke_batch`, signed by the patient's own key."""

    patient: Address
    grantee: Address
    terms: Bytes32
    signature: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One state-changing call: the contract's name, the function's name, its arguments in order."""

    contract: str
    function: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedTransaction:
    """A transaction without a nonce and a signature. `to` is None where it creates a contract.

    `fee` is the most that it pays for a unit of gas, `tip` how much of that goes to the block's maker; in wei.
    """

    to: Address | None
    data: bytes
    gas: int
    fee: int
    tip: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A call that was tried out and can be signed: at what price, after which nonce, at which head.

    `next_nonce` is the account's next one as the node sees it, pending ones counted. `head` is a block's number.
    """

    transaction: UnsignedTransaction
    next_nonce: int
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """A transaction ready to be sent; the same bytes may be sent again. Save it before sending it."""

    sender: Address
    nonce: int
    hash: Bytes32
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a call would cost if it were mined now: gas, and the most wei it can take."""

    gas: int
    max_fee_wei: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A mined transaction that succeeded."""

    hash: Bytes32
    block: Block
    sender: Address
    gas_used: int
    logs: tuple[Log, ...] = field(default=())


Signer = SigningKey
"""Who pays for a transaction: an account with `address` and `sign_digest`; `medshare.keys.AccountKey` is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentInfo:
    """Where the contracts stand and how the chain is to be trusted (design, section 8).

    `addresses` by contract name. `finality` is a block tag of JSON-RPC: "finalized", "safe" or
    "latest". A gateway that has not anchored its receipts for `anchor_seconds` is late. Times in seconds.
    Every confirmed body must lie on `copies` nodes.
    """

    chain_id: int
    addresses: Mapping[str, Address]
    slot_seconds: int = 12
    head_max_age: int = 36
    finality: str = "finalized"
    anchor_seconds: int = 3600
    copies: int = 3

    @property
    def domains(self) -> Domains:
        """What messages for these contracts are signed under."""
        return Domains(
            chain_id=self.chain_id,
            participants=self.addresses["ParticipantRegistry"],
            consents=self.addresses["ConsentRegistry"],
            requests=self.addresses["AccessRequests"],
            records=self.addresses["RecordRegistry"],
            audit=self.addresses["AuditLog"],
        )
