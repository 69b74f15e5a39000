"""The seam `Door`: a gateway as whoever goes there sees it.

`medshare.gateway.service.Gateway` is the door in the same process. Over HTTP another class stands
in its place, raises the same errors, and whoever goes through it notices no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from medshare.audit.anchors import Period
from medshare.audit.trees import LineProof
from medshare.audit.values import HandedErasure, HandedPeriod, HandedTag, ReceiptProof
from medshare.confirm import SubmissionItem
from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening
from medshare.gateway.dispute import Disputed
from medshare.gateway.values import ErasureSeen, Listing, Logged, Possession, Release
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import KeyDirectory, Place
from medshare.ledger import Transaction
from medshare.signed import Signed
from medshare.typed_data import (
    Catalogue,
    Confirm,
    Deposit,
    Directory,
    Dispute,
    Enrol,
    Envelope,
    Erased,
    Lockdown,
    Message,
    Objection,
    ReadRequest,
    Receipt,
    Refuse,
    Register,
    Reject,
    Replace,
    Revoke,
    Settle,
    State,
    Submission,
)
from medshare.vault import ProofRow, RequestRow


class PostboxDoor(Protocol):
    """What is left at a gateway for somebody else. `medshare.gateway.postbox.Postbox` says what each raises."""

    def enrolled(self, patient: Address) -> bool:
        """Return whether the institution enrolled the address at its desk."""
        ...

    def knows(self, patient: Address) -> bool:
        """Return whether the gateway relays and keeps more than it must for `patient`."""
        ...

    def take_directory(self, data: bytes, signed: Signed[Register] | Signed[Directory] | Signed[Enrol]) -> None:
        """Keep the bytes of a directory."""
        ...

    def directory(self, patient: Address) -> KeyDirectory:
        """Return the directory whose digest is on the chain now."""
        ...

    def take_consent(self, document: ConsentDocument) -> None:
        """Keep the document of a consent that is on the chain."""
        ...

    def consents_for(self, grantee: Address, patient: Address | None = None) -> tuple[ConsentDocument, ...]:
        """Return the consent documents left here for `grantee`."""
        ...

    def take_envelope(self, signed: Signed[Envelope], data: bytes) -> None:
        """Keep an envelope in the place of an older one."""
        ...

    def envelope(self, consent_id: Bytes32) -> tuple[Signed[Envelope], bytes]:
        """Return the newest envelope of a consent."""
        ...

    def leave_request(self, *, patient: Address, requester: Address, digest: Bytes32, sealed: bytes) -> Bytes32:
        """Keep a request that is open on the chain; return its id."""
        ...

    def requests(self, patient: Address) -> tuple[RequestRow, ...]:
        """Return the sealed requests for a patient."""
        ...

    def refusal(self, request: Bytes32) -> Signed[Refuse] | None:
        """Return the patient's no to a request, if there is one."""
        ...

    def take_state(self, signed: Signed[State], sealed: bytes) -> None:
        """Keep the newest state of a patient's agent."""
        ...

    def state(self, patient: Address) -> tuple[Signed[State], bytes] | None:
        """Return the newest state of a patient's agent, if one was left here."""
        ...

    def take_catalogue(self, signed: Signed[Catalogue], sealed: bytes) -> None:
        """Keep the newest catalogue of one category."""
        ...

    def catalogue(self, patient: Address, category: int) -> tuple[Signed[Catalogue], bytes] | None:
        """Return the newest catalogue of one category, if one was left here."""
        ...

    def take_dispute(self, signed: Signed[Dispute]) -> None:
        """Keep a patient's dispute for the provider."""
        ...

    def settle_dispute(self, signed: Signed[Settle]) -> None:
        """Keep a provider's answer to a dispute."""
        ...

    def disputes(self, party: Address) -> tuple[Disputed, ...]:
        """Return the disputes by a patient, or of the documents that a provider wrote, with the answers."""
        ...


class ShelfDoor(Protocol):
    """What happens to capsules. `medshare.gateway.shelf.Shelf` says what each raises."""

    def deposit(self, signed: Signed[Deposit], *, capsule: bytes, cid: str) -> None:
        """Keep the capsule of a document that is about to be anchored."""
        ...

    def place(self, row: ProofRow) -> None:
        """Keep where a deposited leaf stands, after its root was anchored."""
        ...

    def replace(self, signed: Signed[Replace], *, capsule: bytes, epoch: int) -> None:
        """Put a re-wrapped capsule in the place of the old one."""
        ...

    def saw_revoke(self, signed: Signed[Revoke]) -> None:
        """Remember a signed revocation."""
        ...

    def saw_lockdown(self, signed: Signed[Lockdown]) -> None:
        """Remember a signed lockdown."""
        ...

    def erasures_for(self, holder: Address) -> tuple[ErasureSeen, ...]:
        """Return what `holder` got here and must destroy. Whoever asks acts for `holder`."""
        ...

    def acknowledge(self, signed: Signed[Erased]) -> None:
        """Keep a holder's word that it destroyed its copies."""
        ...

    def holders(self, leaf: Bytes32) -> tuple[Address, ...]:
        """Return who may hold copies of a document."""
        ...

    def acknowledged(self, leaf: Bytes32) -> Sequence[Address]:
        """Return the holders that said that they destroyed `leaf`."""
        ...


class SubmissionsDoor(Protocol):
    """What this institution is asked to check. `medshare.gateway.submissions.Submissions` says what each raises."""

    def leave(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        *,
        source: str,
    ) -> None:
        """Keep a submission until the institution's own command answers it. Whoever leaves it acts for the provider."""
        ...

    def verdict(self, provider: Address, root: Bytes32) -> Signed[Confirm] | Signed[Reject] | None:
        """Return this institution's answer to a submission, if it has answered."""
        ...


class CounterDoor(Protocol):
    """Who asks is answered here. `medshare.gateway.counter.Counter` says what each raises."""

    def read(self, request: Signed[ReadRequest]) -> Release:
        """Release one document."""
        ...

    def listing(self, request: Signed[ReadRequest]) -> Listing:
        """Answer a request without a leaf."""
        ...

    def log(self, request: Signed[ReadRequest]) -> tuple[Logged, ...]:
        """Return the newest page of the patient's line of receipts with what was asked."""
        ...

    def lines(self, patient: Address, *, until: int) -> tuple[Logged, ...]:
        """Return the page of the patient's line that ends with number `until`."""
        ...


class AuditDoor(Protocol):
    """What can be proven about the log. `medshare.gateway.audit_desk.AuditDesk` says what each raises."""

    def tag(self, patient: Address) -> HandedTag:
        """Return the patient's blinded tag with its key."""
        ...

    def prove(self, patient: Address, head: Bytes32) -> LineProof:
        """Return what an anchored period says of the patient."""
        ...

    def receipt(self, patient: Address, number: int) -> ReceiptProof:
        """Return the period in which a receipt of the patient's stands, and the proof."""
        ...

    def periods(self, *, after: int = 0) -> tuple[Period, ...]:
        """Return the periods that the chain has, after number `after`."""
        ...

    def object(self, signed: Signed[Objection]) -> None:
        """Keep a patient's objection to a receipt."""
        ...

    def hand_over(self, number: int) -> HandedPeriod:
        """Return one period for a regulator."""
        ...

    def erasures(self) -> tuple[HandedErasure, ...]:
        """Return what was erased, and who has answered, for a regulator."""
        ...


class ReplicasDoor(Protocol):
    """Copies of bodies. `medshare.gateway.replicas.Replicas` says what each raises."""

    def prove(self, leaf: Bytes32, nonce: Bytes32) -> Possession:
        """Return the proof that a body lies here, and where else it lies."""
        ...

    def keep(self, row: ProofRow, source: Place) -> None:
        """Keep a copy of one more confirmed body, to be had from `source`. Whoever asks acts for its account."""
        ...

    def destroyed(self, leaf: Bytes32, patient: Address) -> Signed[Erased] | None:
        """Return the institution's word that nothing of an erased document of `patient` is here."""
        ...


class Door(Protocol):
    """One gateway: its desks (`postbox` to `replicas`), and what goes to the chain through it."""

    @property
    def url(self) -> str:
        """Where others find this door."""
        ...

    @property
    def address(self) -> Address:
        """The gateway's account: what a `ReadRequest` names."""
        ...

    @property
    def institution(self) -> Address:
        """The accredited account that runs the gateway."""
        ...

    @property
    def postbox(self) -> PostboxDoor:
        """Letters."""
        ...

    @property
    def shelf(self) -> ShelfDoor:
        """Capsules."""
        ...

    @property
    def submissions(self) -> SubmissionsDoor:
        """What this institution is asked to check."""
        ...

    @property
    def counter(self) -> CounterDoor:
        """Answers."""
        ...

    @property
    def audit(self) -> AuditDoor:
        """Proofs."""
        ...

    @property
    def replicas(self) -> ReplicasDoor:
        """Copies."""
        ...

    def carry(
        self, signed: Signed[Message], *, path: Sequence[Address] = (), recovery_signature: bytes = b""
    ) -> Transaction:
        """Take in what shuts a door, then relay."""
        ...

    def erase(self, signed: Signed[Message], *, recovery_signature: bytes = b"") -> tuple[Signed[Erased], ...]:
        """Destroy what a signed `Erase` or `EraseAll` names; return the signed words that it is gone."""
        ...

    def body(self, cid: str) -> bytes:
        """Return a body of a document that is kept here."""
        ...

    def grant(self, document: ConsentDocument) -> Transaction:
        """Relay a consent, and keep its document."""
        ...

    def approve(self, opening: Opening, document: ConsentDocument) -> Transaction:
        """Relay a consent that answers a request, and keep its document."""
        ...

    def refuse(self, signed: Signed[Refuse]) -> Signed[Receipt]:
        """Keep a patient's no, with a receipt in her line."""
        ...
