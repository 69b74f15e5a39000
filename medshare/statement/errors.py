"""Why a statement is refused, one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, RefusedError


class UnknownTemplate(InputError):
    """Raised when a statement names a template that MedShare never had."""

    code = "statement.unknown-template"
    cause = "There is no statement template {template!r} in {language!r}."
    remedy = "Update MedShare; templates are kept for ever."


class NotAStatement(InputError):
    """Raised when a text is not, to the letter, what a template renders."""

    code = "statement.not-a-statement"
    cause = "This text is not a statement of a known template: {why}."
    remedy = "Let MedShare write the statement, and sign nothing else."


class BadName(InputError):
    """Raised when a name could deceive the eye. The name itself is not repeated here."""

    code = "statement.bad-name"
    cause = "This name cannot stand in a statement: {why}."
    remedy = "Let the accreditation record carry a plain name of visible characters."


class BadRecord(InputError):
    """Raised when bytes are not an accreditation record."""

    code = "statement.bad-record"
    cause = "This is not an accreditation record: {why}."
    remedy = "Take the bytes from the registry's event."


class BadFolder(InputError):
    """Raised when a folder's facts cannot be true."""

    code = "statement.bad-folder"
    cause = "Folder {number} cannot stand in a statement: {why}."
    remedy = "Freeze the folder again and take its facts from there."


class BadDigest(InputError):
    """Raised when a digest, a request or a nonce is not 32 bytes."""

    code = "statement.bad-digest"
    cause = "A digest, a request or a nonce has {length} bytes instead of 32."
    remedy = "Give exactly 32 bytes."


class BadMoment(InputError):
    """Raised when a time does not fit its field."""

    code = "statement.bad-moment"
    cause = "The time of {field} does not fit 32 bits: {value}."
    remedy = "Give seconds since 1970."


class SensitiveNotAlone(RefusedError):
    """Raised when a sensitive category or folder stands with anything else."""

    code = "statement.sensitive-not-alone"
    cause = "A sensitive category or folder stands alone in a consent."
    remedy = "Let the patient sign one consent for it and another for the rest."


class CareWithResearchOrMarketing(RefusedError):
    """Raised when care stands with research or marketing."""

    code = "statement.care-with-research-or-marketing"
    cause = "A consent for care cannot also be one for research or marketing."
    remedy = "Ask for each in a consent of its own."


class WriteNotAlone(RefusedError):
    """Raised when writing stands with another action."""

    code = "statement.write-not-alone"
    cause = "A consent to write permits nothing else."
    remedy = "Ask for reading in a consent of its own."


class WriteNotEverything(RefusedError):
    """Raised when a write-only consent does not cover all 24 categories, or names a folder."""

    code = "statement.write-not-everything"
    cause = "A consent to write covers all 24 categories and no folder, since validators cannot tell them apart."
    remedy = "Name all categories."


class GranteeIsCustodian(RefusedError):
    """Raised when the grantee keeps the patient's capsules: it would hold both halves."""

    code = "statement.grantee-is-custodian"
    cause = "{grantee} is one of the patient's custodians."
    remedy = "Choose another custodian first, or another grantee."


class ResearcherMissing(RefusedError):
    """Raised when de-identified or aggregate use names no researcher."""

    code = "statement.researcher-missing"
    cause = "De-identified or aggregate use names the researcher for whom the processor acts."
    remedy = "Give the researcher's accreditation record."


class ResearcherWithoutUse(RefusedError):
    """Raised when a researcher is named and nothing is done for them."""

    code = "statement.researcher-without-use"
    cause = "A researcher is named, but neither de-identified nor aggregate use."
    remedy = "Leave the researcher out, or name the use."


class ResearcherIsProcessor(RefusedError):
    """Raised when the researcher processes for themselves: then more than results leaves."""

    code = "statement.researcher-is-processor"
    cause = "The processor and the researcher are the same account."
    remedy = "Name an accredited processor as the grantee."


class GranteeNotProcessor(RefusedError):
    """Raised when de-identified or aggregate use is granted to one that is not an accredited processor."""

    code = "statement.grantee-not-processor"
    cause = "{grantee} is not accredited as a processor."
    remedy = "Name an accredited processor as the grantee."


class WordsDiffer(IntegrityError):
    """Raised when a consent's words do not say what its numbers say."""

    code = "statement.words-differ"
    cause = "The words of this consent differ from its numbers or from the accreditation record: {fields}."
    remedy = "Do not act on it; ask for a consent that MedShare wrote."
