"""Enrolment at the desk: what the institution shows and what the agent answers (design, section 2)."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.consent.document import ConsentDocument
from medshare.errors import InputError, RefusedError
from medshare.hexadecimal import Address, Bytes32
from medshare.signed import Signed
from medshare.typed_data import Enrol, Register

OFFER_LIFE = 900
"""Seconds that an offer stands on the screen of the desk."""


class OfferExpired(RefusedError):
    """Raised when an offer is answered too late."""

    code = "enrolment.offer-expired"
    cause = "The offer of enrolment has expired."
    remedy = "Ask the desk for a new one."


class OfferUnknown(RefusedError):
    """Raised when an answer is to no offer of this desk, or to one that was answered already."""

    code = "enrolment.offer-unknown"
    cause = "This answer is to no open offer of this desk."
    remedy = "Ask the desk for a new offer and answer that."


class OfferForeign(InputError):
    """Raised when an offer is for another chain or registry than the agent's."""

    code = "enrolment.offer-foreign"
    cause = "The offer is for another chain or registry."
    remedy = "Check that the institution and you use the same deployment."


class NotWriteOnly(InputError):
    """Raised when the first consent of an enrolment is not the write-only one for treatment."""

    code = "enrolment.not-write-only"
    cause = "The first consent of an enrolment lets the institution write and nothing else."
    remedy = "Make the answer with MedShare; reading is a second, optional consent."


class IdentityNotChecked(RefusedError):
    """Raised when the desk did not check who the person is."""

    code = "enrolment.identity-not-checked"
    cause = "The person's identity was not checked."
    remedy = "Check an identity document at the desk, then accept the answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentOffer:
    """What the desk shows. `registry` is the ParticipantRegistry, `expiry` in seconds."""

    institution: Address
    url: str
    chain_id: int
    registry: Address
    nonce: Bytes32
    expiry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAnswer:
    """What the agent answers: a signed `Enrol`, the directory's bytes, and consents.

    `register` is there when the address is not on the chain yet. The first consent is write only.
    """

    enrol: Signed[Enrol]
    register: Signed[Register] | None
    directory: bytes
    consents: tuple[ConsentDocument, ...]
