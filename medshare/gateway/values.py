"""What goes into a gateway and what comes out: frozen values, no rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from medshare.confirm import SubmissionItem
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.ledger import RecordQuery
from medshare.record.merkle import Proof
from medshare.signed import Signed
from medshare.typed_data import Deposit, Erase, ReadRequest, Receipt, Refuse, Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a leaf stands on the chain: what a reader needs to prove it.

    `proof` leads from the leaf to `root`, anchored by `provider`.
    """

    provider: Address
    root: Bytes32
    patient: Address
    inner: Bytes32
    proof: Proof

    @property
    def query(self) -> RecordQuery:
        """The question to the RecordRegistry."""
        return RecordQuery(
            provider=self.provider, root=self.root, patient=self.patient, inner=self.inner, proof=self.proof
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A document as a gateway keeps it. `capsule` is an age header, `cid` names the body.

    `epoch` says which key of the compartment opens the capsule.
    """

    placement: Placement
    epoch: int
    capsule: bytes = field(repr=False)
    cid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a gateway hands out for one leaf, and the receipt that it wrote first."""

    receipt: Signed[Receipt]
    leaf: Bytes32
    sealed: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One document that a consent covers, or that is the patient's own.

    `slot` is the consent's slot of its category; 255 for the patient. Only the patient gets
    `deposit` and `sealed`: a reader asks for each leaf, and learns no category that way.
    """

    leaf: Bytes32
    slot: int
    previous_leaf: Bytes32
    deposit: Signed[Deposit] | None = None
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The answer to a request without a leaf."""

    receipt: Signed[Receipt]
    rows: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One line of "who looked": the receipt, what was asked, and what was released."""

    receipt: Signed[Receipt]
    asked: Signed[ReadRequest] | Signed[Refuse]
    grantee: Address
    leaves: tuple[Bytes32, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureSeen:
    """A document that was erased, for somebody who may hold copies of it.

    `patient` is the address in its leaf. `signed` is what the patient signed; None where the
    gateway knows it from the chain alone: whoever is told asks the chain.
    """

    leaf: Bytes32
    patient: Address
    signed: Signed[Erase] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftSubmission:
    """A period that a provider left for a validator to check. The bodies are at `source`, the URL of its door."""

    signed: Signed[Submission]
    items: tuple[SubmissionItem, ...]
    superseded: tuple[Bytes32, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Possession:
    """A holder's answer to a challenge.

    `answer` is None where it has no whole copy now. `places` are the other holders that it knows of.
    """

    answer: Bytes32 | None
    places: tuple[Place, ...] = ()
