"""What can be wrong with a consent, one class per cause.

The second half mirrors the custom errors of `ConsentRegistry` and `AccessRequests` one to one: the
same name after the underscore, the same arguments. The chain and its in-memory twin raise these.
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, RefusedError


class UnknownPurpose(InputError):
    """Raised when a purpose is not one of the 62 codes."""

    code = "consent.unknown-purpose"
    cause = "There is no purpose of use with the code {purpose!r}."
    remedy = "Take a code of HL7 v3 PurposeOfUse."


class UnknownLanguage(InputError):
    """Raised when MedShare has no words in a language."""

    code = "consent.unknown-language"
    cause = "There are no words for {language!r}."
    remedy = "Use en or zh-Hant."


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
    """Raised when a category is named twice, or a list of them is out of order."""

    code = "consent.category-twice"
    cause = "A category or folder is named twice, out of order, or in the wrong list."
    remedy = "Name each one once, in ascending order."


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


class SensitivePreset(InputError):
    """Raised when a preset would open a sensitive category."""

    code = "consent.sensitive-preset"
    cause = "A preset opens no sensitive category."
    remedy = "Let the patient pick it in a consent of its own."


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


class StatusSet(InputError):
    """Raised when a word that is to be granted already has a status."""

    code = "consent.status-set"
    cause = "The status of a consent to be granted is {status}, not 0."
    remedy = "Leave the status to the registry."


class BadActions(InputError):
    """Raised when no action is set, or a bit above the five known ones."""

    code = "consent.bad-actions"
    cause = "The actions {actions:#x} name none, or one that does not exist."
    remedy = "Name at least one: read, write, export, de-identified use or aggregate use."


class BadPurposes(InputError):
    """Raised when no purpose is set, or bit 62 or a higher one."""

    code = "consent.bad-purposes"
    cause = "The purposes {purposes:#x} name none, or one that does not exist."
    remedy = "Name at least one of the 62 codes of HL7 v3 PurposeOfUse."


class BadScope(InputError):
    """Raised when a scope does not have exactly 32 of its 64 bits set."""

    code = "consent.bad-scope"
    cause = "The scope {scope:#x} does not have 32 of 64 bits set."
    remedy = "Make the scope with MedShare, which fills it up with decoys."


class BadPeriod(InputError):
    """Raised when a consent starts at zero, or does not end after its start."""

    code = "consent.bad-period"
    cause = "This consent starts at {not_before} and ends at {not_after}."
    remedy = "Give a start that is not zero and an end after it."


class TooLong(InputError):
    """Raised when a consent would end more than 1,827 days after it was issued."""

    code = "consent.too-long"
    cause = "This consent, signed at {issued_at}, would end at {not_after}, more than five years later."
    remedy = "Give an end within 1,827 days of signing, and ask again then."


class IssuedInFuture(RefusedError):
    """Raised when a consent is dated later than now."""

    code = "consent.issued-in-future"
    cause = "This consent is signed at {issued_at}, and now is {time}."
    remedy = "Check the clock of the device that signed."


class Stale(RefusedError):
    """Raised when a consent was signed seven days ago or more and never sent."""

    code = "consent.stale"
    cause = "This consent was signed at {issued_at}, seven days or more before {time}."
    remedy = "Let the patient sign again."


class ZeroGrantee(InputError):
    """Raised when the grantee is the zero address."""

    code = "consent.zero-grantee"
    cause = "The grantee is the zero address."
    remedy = "Name the account that may use the record."


class AlreadyRevoked(RefusedError):
    """Raised when a revoked consent is granted again: revocation is final."""

    code = "consent.already-revoked"
    cause = "The consent {consent_id} was revoked, and that is final."
    remedy = "Let the patient sign a new one."


class NotEmpowered(RefusedError):
    """Raised when the signer is neither the patient nor a delegate with the power, now."""

    code = "consent.not-empowered"
    cause = "{signer} may not do this for {patient}: it holds no delegation with power {power} now."
    remedy = "Let the patient sign, or name a delegate with the power."


class OutlivesDelegation(RefusedError):
    """Raised when a delegate's consent would end after the delegation."""

    code = "consent.outlives-delegation"
    cause = "This consent ends at {not_after}, after the delegation at {delegation_end}."
    remedy = "Let the consent end with the delegation, or let the patient sign."


class BadTime(InputError):
    """Raised when a lockdown is dated zero or in the future."""

    code = "consent.bad-time"
    cause = "A lockdown cannot be at {time} when now is {block_time}."
    remedy = "Give the present second or an earlier one."


class BadDeadline(InputError):
    """Raised when a request's deadline is not within the next 90 days."""

    code = "request.bad-deadline"
    cause = "A request cannot be open until {deadline} when now is {time}."
    remedy = "Give a deadline after now and within 90 days."


class AlreadyOpen(RefusedError):
    """Raised when the same digest is open with another deadline."""

    code = "request.already-open"
    cause = "This request is open already, until {deadline}."
    remedy = "Withdraw it first, or leave it."


class NotOpen(NotFoundError):
    """Raised when there is no such request: never opened, withdrawn, or answered by another consent."""

    code = "request.not-open"
    cause = "{requester} has no request {digest} open."
    remedy = "Check requester and digest; it may have been answered or withdrawn."


class Lapsed(RefusedError):
    """Raised when a request is answered at its deadline or later."""

    code = "request.lapsed"
    cause = "This request lapsed at {deadline}, and now is {time}."
    remedy = "Let the requester ask again."


class RequesterNotActive(RefusedError):
    """Raised when the requester is no active accredited account nor active staff of one."""

    code = "request.requester-not-active"
    cause = "{requester} is not accredited and active."
    remedy = "Consent to it directly if you still wish to, or refuse."


class WiderPurposes(RefusedError):
    """Raised when an answer has purposes that were not asked for."""

    code = "request.wider-purposes"
    cause = "The consent has purposes that were not asked for: {given:#x} beyond {asked:#x}."
    remedy = "Answer with the same purposes or fewer."


class WiderActions(RefusedError):
    """Raised when an answer has actions that were not asked for."""

    code = "request.wider-actions"
    cause = "The consent has actions that were not asked for: {given:#x} beyond {asked:#x}."
    remedy = "Answer with the same actions or fewer."


class WiderPeriod(RefusedError):
    """Raised when an answer begins before or ends after what was asked for."""

    code = "request.wider-period"
    cause = "The consent holds from {not_before} to {not_after}, which is more than was asked for."
    remedy = "Answer with the same period or a shorter one."
