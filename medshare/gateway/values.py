"""What goes into a gateway and what comes out: frozen values, no rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import RecordQuery
from medshare.record.merkle import Proof
from medshare.signed import Signed
from medshare.typed_data import Deposit, Dispute, Erase, EraseAll, Erased, ReadRequest, Receipt, Refuse


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
class Notice:
    """Something that the patient's agent should hear of at its next sync."""

    disputes: tuple[Signed[Dispute], ...] = ()
    erased: tuple[Signed[Erased], ...] = ()
    refusals: tuple[Signed[Refuse], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureSeen:
    """A document that was erased: by a signed message, by what was mined in `block`, or both."""

    leaf: Bytes32
    signed: Signed[Erase] | Signed[EraseAll] | None = None
    block: Bytes32 | None = None
