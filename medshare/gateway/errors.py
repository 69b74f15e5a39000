"""What a gateway refuses, one class per cause."""

from __future__ import annotations

from medshare.consent.names import reason_text
from medshare.consent.reasons import Reason
from medshare.errors import InputError, IntegrityError, NotFoundError, RefusedError
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Receipt

WORDS: dict[Ground, str] = {
    Ground.OTHER_GATEWAY: "the request names another gateway",
    Ground.REQUEST_TIME: "the request is older than ten minutes, or from the future",
    Ground.NONCE_USED: "the request was answered before",
    Ground.STALE_HEAD: "the gateway's view of the chain is too old",
    Ground.NOT_THE_PATIENT: "only the patient, or a delegate with the power to read, asks without a consent",
    Ground.CONSENT_UNKNOWN: "the gateway holds no such consent",
    Ground.REVOCATION_SEEN: "a revocation or a lockdown of this consent was seen",
    Ground.ERASURE_SEEN: "an erasure of this document was seen",
    Ground.OTHER_PATIENT: "the document is another patient's",
    Ground.SLOT_NOT_OF_CATEGORY: "the slot is not the one that the consent gives to this document",
    Ground.NOT_FINAL: "the consent is not yet in a final block",
    Ground.LEAF_UNKNOWN: "there is no such document",
    Ground.NOT_CONFIRMED: "the document is not confirmed yet",
    Ground.SUPERSEDED: "the document was replaced, and its history was not asked for",
    Ground.RETRACTED: "the provider took the document back",
    Ground.ERASED: "the document was erased",
    Ground.REFUSED_BY_PATIENT: "the patient said no",
}
"""The gateway's own grounds in words; the contract's are in `medshare.consent.names`."""


def ground_words(ground: Ground) -> str:
    """Return why, in English."""
    return WORDS[ground] if ground in WORDS else reason_text(Reason(ground), "en").removesuffix(".")


class Refused(RefusedError):
    """Raised when the release rule says no. `receipt` is the gateway's signed record of it."""

    code = "gateway.refused"
    cause = "Refused: {why}."
    remedy = "Ask the patient, or ask for what the consent grants; the refusal is in her log."

    def __init__(self, *, ground: Ground, receipt: Signed[Receipt]) -> None:
        self.ground = ground
        self.receipt = receipt
        super().__init__(why=ground_words(ground))


class NotEnrolled(RefusedError):
    """Raised when something is left for a patient whom this gateway does not serve."""

    code = "gateway.not-enrolled"
    cause = "This gateway does not serve the patient {patient}."
    remedy = "Enrol the patient at the desk first, or use a custodian that her directory names."


class NotAPatient(NotFoundError):
    """Raised when a line of receipts is asked for, or would begin, for an address that is no patient's."""

    code = "gateway.not-a-patient"
    cause = "The address {patient} is not registered as a patient."
    remedy = "Register it first; only patients have lines of receipts."


class NotEmpoweredHere(RefusedError):
    """Raised when a message is signed by somebody who may not sign it."""

    code = "gateway.not-empowered"
    cause = "The account {signer} may not sign this {kind}."
    remedy = "Let the patient, the institution or its active staff sign it."


class DirectoryUnknown(NotFoundError):
    """Raised when the gateway lacks the bytes of the directory whose digest is on the chain."""

    code = "gateway.directory-unknown"
    cause = "The directory of {patient} that is on the chain is not here."
    remedy = "Wait for the patient's agent to send it; until then nothing can be sealed."


class EpochClosed(RefusedError):
    """Raised when a document was sealed to an epoch that is over."""

    code = "gateway.epoch-closed"
    cause = "The document is sealed to epoch {epoch}; the directory is at {current}."
    remedy = "Seal it again to the directory that is on the chain."


class NotWhatWasSigned(IntegrityError):
    """Raised when bytes do not have the digest that stands in the signed message."""

    code = "gateway.not-what-was-signed"
    cause = "The {what} is not the one that was signed."
    remedy = "Send the very bytes that were signed."


class LockdownInFuture(InputError):
    """Raised when a lockdown is dated after now: kept, it would shut what is not signed yet."""

    code = "gateway.lockdown-in-future"
    cause = "The lockdown is dated {seconds} seconds from now."
    remedy = "Sign it with the present time."


class ErasedHere(RefusedError):
    """Raised when a document is left here that was erased."""

    code = "gateway.erased-here"
    cause = "This document was erased; it is not taken in again."
    remedy = "Ask the patient; an erasure is final."


class ErasureUnseen(RefusedError):
    """Raised when a holder says that it destroyed what was not erased, or not by then."""

    code = "gateway.erasure-unseen"
    cause = "This gateway has seen no erasure of this document, or none by that time."
    remedy = "Destroy the copies once the patient has erased the document, and sign the word then."


class PlacementForeign(IntegrityError):
    """Raised when the place of a leaf is not its provider's anchor on the chain."""

    code = "gateway.placement-foreign"
    cause = "The document does not stand where it is said to: {why}."
    remedy = "Place it under a root that its provider anchored, with the proof of that tree."


class ConsentNotOnChain(NotFoundError):
    """Raised when a consent document is left here whose consent the chain does not have."""

    code = "gateway.consent-not-on-chain"
    cause = "The chain has no such consent."
    remedy = "Have the consent granted first, then leave its document."


class RequestClosed(InputError):
    """Raised when a request is left here that is not open on the chain."""

    code = "gateway.request-closed"
    cause = "The request is not open on the chain."
    remedy = "Open it first, or open a new one."


class ReplicaRefused(RefusedError):
    """Raised when a gateway keeps no copy of a body."""

    code = "gateway.replica-refused"
    cause = "No copy is kept here: {why}."
    remedy = "Ask another institution that checks documents of others."
