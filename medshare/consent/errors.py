"""What can be wrong with a consent, one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, RefusedError


class UnknownPurpose(InputError):
    """Raised when a purpose is not one of the 62 codes."""

    code = "consent.unknown-purpose"
    cause = "There is no purpose of use with the code {purpose!r}."
    remedy = "Take a code of HL7 v3 PurposeOfUse."


class PurposesNone(InputError):
    """Raised when a consent has no purpose."""

    code = "consent.purposes-none"
    cause = "This consent has no purpose."
    remedy = "Name at least one."


class PurposesUnknown(InputError):
    """Raised when a mask of purposes has bits beyond the 62 codes."""

    code = "consent.purposes-unknown"
    cause = "The purposes {purposes:#x} have bits that no code owns."
    remedy = "Use bits 0 to 61."


class PurposesNotClosed(InputError):
    """Raised when a parent stands without a child that it permits."""

    code = "consent.purposes-not-closed"
    cause = "These purposes permit others that are not set: {missing}."
    remedy = "Close the purposes before signing."


class NonceLength(InputError):
    """Raised when a nonce is not 32 bytes."""

    code = "consent.nonce-length"
    cause = "The nonce has {length} bytes."
    remedy = "Give 32 random bytes."


class CategoriesNone(InputError):
    """Raised when a consent has no category."""

    code = "consent.categories-none"
    cause = "This consent has no category."
    remedy = "Name at least one category or folder."


class CategoryTwice(InputError):
    """Raised when a category is named twice."""

    code = "consent.category-twice"
    cause = "A category is named twice."
    remedy = "Name each one once."


class ScopeNotThirtyTwo(InputError):
    """Raised when a scope does not have 32 of 64 bits."""

    code = "consent.scope-not-thirty-two"
    cause = "The scope {scope:#x} does not have 32 of 64 bits set."
    remedy = "Make the scope with MedShare, which fills it up with decoys."


class ScopeWithoutCategory(InputError):
    """Raised when a scope has nothing but decoys."""

    code = "consent.scope-without-category"
    cause = "The scope holds decoys only."
    remedy = "Check that nonce and scope belong to the same consent."


class WordRange(InputError):
    """Raised when a field does not fit its bits."""

    code = "consent.word-range"
    cause = "The field {field} does not fit {bits} bits: {value}."
    remedy = "Give a number from 0 to 2^{bits} - 1."


class WordStatus(InputError):
    """Raised when a word that is to be granted already has a status."""

    code = "consent.word-status"
    cause = "The status of a consent to be granted is {status}, not 0."
    remedy = "Leave the status to the registry."


class ActionsNone(InputError):
    """Raised when a consent permits no action."""

    code = "consent.actions-none"
    cause = "This consent permits no action."
    remedy = "Name at least one: read, write, export, de-identified use or aggregate use."


class ActionsUnknown(InputError):
    """Raised when the actions have bits that mean nothing."""

    code = "consent.actions-unknown"
    cause = "The actions {actions:#x} have bits that mean nothing."
    remedy = "Use bits 0 to 4."


class StartZero(InputError):
    """Raised when a consent starts at zero."""

    code = "consent.start-zero"
    cause = "This consent has no start."
    remedy = "Give the first second in which it holds."


class PeriodEmpty(InputError):
    """Raised when a consent ends before it starts, or in the same second."""

    code = "consent.period-empty"
    cause = "This consent starts at {not_before} and ends at {not_after}."
    remedy = "Give an end after the start."


class PeriodTooLong(InputError):
    """Raised when a consent would hold for more than five years from its signing."""

    code = "consent.period-too-long"
    cause = "This consent ends at {not_after}; signed at {issued_at} it may end at {latest} at most."
    remedy = "Give an end within five years, and ask again then."


class SignedInFuture(RefusedError):
    """Raised when a consent is signed later than now."""

    code = "consent.signed-in-future"
    cause = "This consent is signed at {issued_at}, and now is {now}."
    remedy = "Check the clock of the device that signed."


class SignatureTooOld(RefusedError):
    """Raised when a consent was signed seven days ago or more and never sent."""

    code = "consent.signature-too-old"
    cause = "This consent was signed at {issued_at}, seven days or more before {now}."
    remedy = "Let the patient sign again."


class GranteeZero(InputError):
    """Raised when the grantee is the zero address."""

    code = "consent.grantee-zero"
    cause = "The grantee is the zero address."
    remedy = "Name the account that may use the record."


class AlreadyRevoked(RefusedError):
    """Raised when a revoked consent is granted again: revocation is final."""

    code = "consent.already-revoked"
    cause = "This consent was revoked, and that is final."
    remedy = "Let the patient sign a new one."


class NotTheSigner(RefusedError):
    """Raised when an account acts for a patient who gave it no such power."""

    code = "consent.not-the-signer"
    cause = "This account may not act for this patient: {why}."
    remedy = "Let the patient sign, or name a delegate with the power."


class DelegateTooLong(RefusedError):
    """Raised when a delegate grants beyond the end of the delegation."""

    code = "consent.delegate-too-long"
    cause = "This consent ends at {not_after}, after the delegation at {delegation_end}."
    remedy = "Let the consent end with the delegation, or let the patient sign."


class LockdownTime(InputError):
    """Raised when a lockdown is at zero or in the future."""

    code = "consent.lockdown-time"
    cause = "A lockdown cannot be at {time} when now is {now}."
    remedy = "Give the present second."


class CategoryNotCovered(RefusedError):
    """Raised when a consent does not cover a category. The category is not named."""

    code = "consent.category-not-covered"
    cause = "This consent does not cover that category."
    remedy = "Ask the patient for a consent that does."


class NotAConsentDocument(InputError):
    """Raised when a document does not have the form of a consent."""

    code = "consent.not-a-document"
    cause = "This is not a consent document: {why}."
    remedy = "Use the document as MedShare wrote it."


class StatementForm(InputError):
    """Raised when a statement is not UTF-8 in NFC with LF between lines and a nonce at its end."""

    code = "consent.statement-form"
    cause = "This statement does not have the form of one: {why}."
    remedy = "Let MedShare write the statement."


class TermsDiffer(IntegrityError):
    """Raised when a consent document is not the consent that stands on the chain."""

    code = "consent.terms-differ"
    cause = "This consent document does not hash to the terms on the chain."
    remedy = "Ask for the document that was signed."


class RequestUnknown(NotFoundError):
    """Raised when no request is open under this requester and digest."""

    code = "request.unknown"
    cause = "No such request is open."
    remedy = "Check requester and digest; it may have been answered, withdrawn or lapsed."
