"""What a gateway answers about its log: a tag with its key, a proof of one receipt, a period for the regulator."""

from __future__ import annotations

from dataclasses import dataclass, field

from medshare.audit.anchors import Period
from medshare.audit.tags import check_tag
from medshare.audit.trees import LineHead
from medshare.hexadecimal import Address, Bytes32
from medshare.record.merkle import Proof
from medshare.signed import Signed
from medshare.typed_data import Domains, Erased, Objection, ReadRequest, Receipt, Refuse, Tag

RECOGNISED = 0
"""Reason of an `Objection` that takes an earlier one back."""
NOT_RECOGNISED = 1
"""Reason of an `Objection`: I do not recognise this."""
NOT_AGREED = 2
"""Reason of an `Objection`: I did not agree to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedTag:
    """The blinded tag of a patient at a gateway, signed, and the key that makes it."""

    signed: Signed[Tag]
    key: bytes = field(repr=False)

    def check(self, domains: Domains, *, gateway: Address, patient: Address) -> Bytes32:
        """Return the tag if it is the patient's at the gateway, signed by it.

        Raises:
            TagForeign: It is somebody else's, or not made from the key.
            The errors of `medshare.typed_data`: The gateway did not sign it.
        """
        message = self.signed.check(domains, signer=gateway)
        check_tag(message.tag, key=self.key, gateway=message.gateway, patient=message.patient)
        check_tag(message.tag, key=self.key, gateway=gateway, patient=patient)
        return message.tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptProof:
    """In which period a receipt stands: the head of the period, and the proof under its root."""

    head: Bytes32
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedReceipt:
    """A receipt as a regulator gets it: what was asked, and no category and no consent document beside it."""

    receipt: Signed[Receipt]
    asked: Signed[ReadRequest] | Signed[Refuse]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedPeriod:
    """One period as a regulator gets it.

    `steps` are the ends of the lines that grew in it; with those of the periods before they make the
    whole tree. `objections` are the ones that patients left to receipts of the period.
    """

    period: Period
    steps: tuple[LineHead, ...]
    receipts: tuple[HandedReceipt, ...]
    objections: tuple[Signed[Objection], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedErasure:
    """An erased document of a gateway: who may hold copies, and the signed words of those that destroyed theirs."""

    leaf: Bytes32
    at: int
    holders: tuple[Address, ...]
    erased: tuple[Signed[Erased], ...]
