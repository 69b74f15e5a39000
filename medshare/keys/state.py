"""The agent's memory and its backup (design, section 5).

`AgentState` is everything that the root secret alone does not bring back. At each sync it goes, as
one padded age file to the self key, to every custodian, with a rising number signed by the agent key.
A new device restores the highest number that is valid. Of two devices the lower number loses, and
says so.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar

from medshare.age import HybridIdentity
from medshare.age.entropy import Entropy
from medshare.canonical_json import LARGEST_INTEGER
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Address
from medshare.keys.compartments import FIRST_EPOCH, LAST_EPOCH, Compartments
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed, NoStateLeft, StateOvertaken
from medshare.keys.form import Form, open_json, seal_json
from medshare.keys.persona import Persona
from medshare.keys.rows import Account, Blob, Count, Leaves, Name, Root, Row, Word32, Yes
from medshare.signed import Signed
from medshare.typed_data import Domains, State
from medshare.typed_data.domain import LARGEST_CHAIN_ID

VERSION: Final = 1
LARGEST_STATE: Final = 64 * 2**20
"""Bytes of plaintext."""
MOST_ROWS: Final = 65_536
"""Of one kind."""

_KIND: Final = "state"
_NAME: Final = re.compile(r"[a-z][a-z0-9:-]{0,127}")
_R = TypeVar("_R", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCopy(Row):
    """The canonical bytes of a consent document."""

    document: Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Row):
    """A hand-picked set of leaves; `number` is 24 to 31. Frozen at its first consent."""

    number: Count
    name: Name
    leaves: Leaves
    frozen: Yes


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment(Row):
    """Where the person enrolled. `key` is the digest of the institution's key document at the desk."""

    patient: Account
    institution: Account
    name: Name
    key: Word32
    at: Count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OldRoot(Row):
    """The root secret of an address that was left, and the last epoch of its keys."""

    patient: Account
    root: Root
    epoch: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleCopy(Row):
    """The agent's own copy of a capsule, with what it needs to find, prove and erase the record."""

    leaf: Word32
    inner: Word32
    previous_leaf: Word32
    record_id: Word32
    version: Count
    patient: Account
    provider: Account
    gateway: Account
    category: Count
    epoch: Count
    cid: Name
    at: Count
    capsule: Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenReceipts(Row):
    """How far the line of receipts of one gateway was read: last number and digest."""

    gateway: Account
    patient: Account
    seq: Count
    digest: Word32


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTag(Row):
    """The blinded tag that a gateway handed out, with its key and signature: a second, different one is evidence."""

    gateway: Account
    patient: Account
    tag: Word32
    key: Blob
    at: Count
    signature: Blob


_TABLES: Final[tuple[tuple[str, str, type[Row]], ...]] = (
    ("consents", "consents", ConsentCopy),
    ("folders", "folders", Folder),
    ("personas", "personas", Persona),
    ("enrolments", "enrolments", Enrolment),
    ("old_roots", "oldRoots", OldRoot),
    ("capsules", "capsules", CapsuleCopy),
    ("receipts", "receipts", SeenReceipts),
    ("tags", "tags", SeenTag),
)
_KEYS: Final = ("v", "chainId", "registry", "patient", "number", "epoch", "counters", "notes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AgentState:
    """What the agent knows. Use `dataclasses.replace` to change it, and raise `number` before each `seal_state`.

    `counters` holds the last number of whatever must rise ("envelope:0x…", "catalogue:7", "replace"):
    names of lower-case letters, digits, colons and hyphens. `notes` holds texts of the person's own.

    Raises:
        DocumentMalformed: A number, name or text that is not what it should be.
    """

    chain_id: int
    registry: Address
    patient: Address
    epoch: int
    number: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    consents: tuple[ConsentCopy, ...] = ()
    folders: tuple[Folder, ...] = ()
    personas: tuple[Persona, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    old_roots: tuple[OldRoot, ...] = ()
    capsules: tuple[CapsuleCopy, ...] = ()
    receipts: tuple[SeenReceipts, ...] = ()
    tags: tuple[SeenTag, ...] = ()

    def __post_init__(self) -> None:
        if not FIRST_EPOCH <= self.epoch <= LAST_EPOCH:
            raise DocumentMalformed(kind=_KIND, why="there is no such epoch")
        for name, count in self.counters.items():
            if not _NAME.fullmatch(name) or type(count) is not int or not 0 <= count <= LARGEST_INTEGER:
                raise DocumentMalformed(kind=_KIND, why="a counter is not what it should be")
        for name, text in self.notes.items():
            if not _NAME.fullmatch(name) or not isinstance(text, str):
                raise DocumentMalformed(kind=_KIND, why="a note is not what it should be")

    def __repr__(self) -> str:
        return f"<AgentState {self.number} masked>"

    def counter(self, name: str) -> int:
        """Return the last number used under `name`; 0 before the first."""
        return self.counters.get(name, 0)

    def to_secret_json(self) -> dict[str, Any]:
        """Return the whole state with its secrets, to be sealed at once."""
        tables = {name: [row.to_json() for row in getattr(self, attribute)] for attribute, name, _ in _TABLES}
        return {
            "v": VERSION,
            "chainId": self.chain_id,
            "registry": self.registry,
            "patient": self.patient,
            "number": self.number,
            "epoch": self.epoch,
            "counters": dict(self.counters),
            "notes": dict(self.notes),
            **tables,
        }

    @classmethod
    def from_secret_json(cls, value: object) -> Self:
        """Return the state that `to_secret_json` wrote.

        Raises:
            DocumentMalformed: Anything else.
        """
        form = Form(_KIND, value, (*_KEYS, *(name for _, name, _ in _TABLES)))
        form.integer("v", low=VERSION, high=VERSION)
        tables: dict[str, Any] = {attribute: _read_rows(form, name, row) for attribute, name, row in _TABLES}
        return cls(
            chain_id=form.integer("chainId", low=1, high=LARGEST_CHAIN_ID),
            registry=form.address("registry"),
            patient=form.address("patient"),
            number=form.integer("number"),
            epoch=form.integer("epoch"),
            counters=form.map("counters", most=MOST_ROWS),
            notes=form.map("notes", most=MOST_ROWS),
            **tables,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedState:
    """A state as custodians keep it: its bytes and the agent's signature."""

    data: bytes
    signed: Signed[State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The state that was restored, and why others of the backups were not usable, by their place."""

    state: AgentState
    unusable: Mapping[int, MedShareError]


def seal_state(
    state: AgentState, keys: Compartments, *, at: int, domains: Domains, entropy: Entropy = secrets.token_bytes
) -> SealedState:
    """Return `state` sealed to the self key and signed by the agent key, under its own number.

    Before pushing it, `check_not_overtaken` tells whether another device was faster.

    Raises:
        DocumentForeign: The state belongs to another deployment.
    """
    if (state.chain_id, state.registry) != (domains.chain_id, domains.participants):
        raise DocumentForeign(kind=_KIND, field="deployment")
    data = seal_json(state.to_secret_json(), keys.self_identity.recipient, entropy=entropy)
    message = State(patient=state.patient, seq=state.number, digest=keccak(data), at=at)
    return SealedState(data=data, signed=Signed.by(keys.agent_key, message, domains))


def restore_state(
    backups: Sequence[SealedState], keys: Compartments, *, patient: Address, domains: Domains
) -> Restored:
    """Return the valid backup with the highest number, for a device that has only words and account.

    A backup that does not open, or that the agent key did not sign, is passed over and reported: one
    bad custodian keeps nobody from restoring.

    Raises:
        NoStateLeft: None of them is valid.
    """
    unusable: dict[int, MedShareError] = {}
    identity, agent = keys.self_identity, keys.agent
    by_number = sorted(range(len(backups)), key=lambda place: -backups[place].signed.message.seq)  # [K-007]
    for place in by_number:
        try:
            state = _open(backups[place], identity, agent, patient=patient, domains=domains)
        except MedShareError as error:
            unusable[place] = error
        else:
            return Restored(state=state, unusable=unusable)
    raise NoStateLeft(count=len(backups))


def check_not_overtaken(
    own: SealedState, found: Sequence[SealedState], keys: Compartments, *, domains: Domains
) -> None:
    """Check that no other device with the same words has saved since.

    Args:
        own: What this device is about to push.
        found: What custodians hold now; what the agent key did not sign counts for nothing.
        keys: The keys of the root.
        domains: The deployment.

    Raises:
        StateOvertaken: Another state has the same number or a higher one. This device lost.
    """
    mine = own.signed.message
    for other in found:
        message = other.signed.message
        if message.patient != mine.patient or message.seq < mine.seq or message.digest == mine.digest:
            continue
        try:
            other.signed.check(domains, signer=keys.agent)
        except MedShareError:
            continue
        raise StateOvertaken(found=message.seq, own=mine.seq)  # [K-007]


def _open(
    backup: SealedState, identity: HybridIdentity, agent: Address, *, patient: Address, domains: Domains
) -> AgentState:
    message = backup.signed.message
    if keccak(backup.data) != message.digest:
        raise DigestDiffers(kind=_KIND)
    if message.patient != patient:
        raise DocumentForeign(kind=_KIND, field="patient")
    backup.signed.check(domains, signer=agent)
    state = AgentState.from_secret_json(open_json(_KIND, backup.data, identity, limit=LARGEST_STATE))
    for field_name, found, expected in (
        ("chain", state.chain_id, domains.chain_id),
        ("registry", state.registry, domains.participants),
        ("patient", state.patient, patient),
        ("number", state.number, message.seq),
    ):
        if found != expected:
            raise DocumentForeign(kind=_KIND, field=field_name)
    return state


def _read_rows(form: Form, name: str, row: type[_R]) -> tuple[_R, ...]:
    return tuple(row.from_json(value) for value in form.rows(name, most=MOST_ROWS))
