"""Why something does not go out, or does not come in, in a standard's words. Paths and numbers only, no content."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, RefusedError


class PcfCannotSayAction(RefusedError):
    """Raised when IHE PCF, which has no actions, would say more than the consent."""

    code = "exchange.pcf-cannot-say-action"
    cause = "IHE PCF has no actions, and this consent is not to read alone."
    remedy = "Take the plain FHIR form, which says the actions."


class EnforcerMissing(InputError):
    """Raised when IHE PCF asks who enforces a consent and nobody is named."""

    code = "exchange.enforcer-missing"
    cause = "IHE PCF asks for the organisation that enforces the consent, and none is known."
    remedy = "Enrol at an institution first, or take the plain FHIR form."


class NotAConsent(InputError):
    """Raised when a value is no FHIR Consent, R4 or R5."""

    code = "exchange.not-a-consent"
    cause = "This is not a FHIR R4 or R5 Consent: {count} faults, the first at {path}."
    remedy = "Check it with a FHIR validator."


class ConsentOver(RefusedError):
    """Raised when a Consent is not in force and not about to be."""

    code = "exchange.consent-over"
    cause = "The FHIR Consent is over, was rejected or was entered in error."
    remedy = "Take one that is active, proposed or a draft, and not past its end."


class ElementNotKept(RefusedError):
    """Raised when an element says something that MedShare cannot keep to. It is never dropped."""

    code = "exchange.element-not-kept"
    cause = "MedShare cannot keep to what {path} says."
    remedy = "Let the patient say it by categories, purposes, actions and a time."


class ExceptionNotKept(RefusedError):
    """Raised when a nested provision takes something away that MedShare cannot take away."""

    code = "exchange.exception-not-kept"
    cause = "MedShare consents only permit, and cannot keep to the exception at {path}."
    remedy = "Let the patient name what she permits without exceptions but of whole purposes or categories."


class NothingPermitted(RefusedError):
    """Raised when a Consent permits nothing: that is what holds without a consent."""

    code = "exchange.nothing-permitted"
    cause = "The FHIR Consent permits nothing, and without a consent MedShare permits nothing."
    remedy = "Sign nothing; revoke what stands against it."


class CodeNotKnown(RefusedError):
    """Raised when a code means nothing to MedShare, or less than it could keep apart."""

    code = "exchange.code-not-known"
    cause = "MedShare has nothing for the code at {path}."
    remedy = "Use a code that docs/exchange.md lists."


class ActorNotKnown(RefusedError):
    """Raised when somebody is named who is no account."""

    code = "exchange.actor-not-known"
    cause = "MedShare knows no account for who is named at {path}."
    remedy = "Name an accredited account for this reference."


class ActorMissing(RefusedError):
    """Raised when a Consent is for everybody and the patient named nobody."""

    code = "exchange.actor-missing"
    cause = "The FHIR Consent names nobody, and a MedShare consent is for one."
    remedy = "Name to whom the patient gives it."


class PurposeMissing(RefusedError):
    """Raised when a Consent is for any purpose."""

    code = "exchange.purpose-missing"
    cause = "The FHIR Consent names no purpose at {path}."
    remedy = "Let the patient name what for."


class OtherPatient(RefusedError):
    """Raised when a Consent is somebody else's."""

    code = "exchange.other-patient"
    cause = "The FHIR Consent is of another patient."
    remedy = "Let that patient draft it."


class WordsAgainstCodes(IntegrityError):
    """Raised when the attached words say something else than the codes around them."""

    code = "exchange.words-against-codes"
    cause = "The attached statement and the FHIR elements differ in: {fields}."
    remedy = "Do not use it; ask for what was signed."


class ScopeMalformed(InputError):
    """Raised when a text is no SMART scope of a FHIR resource. It is not repeated."""

    code = "exchange.scope-malformed"
    cause = "SMART scope {number} is not of the form that SMART App Launch 2.2 gives: {why}."
    remedy = "Write it as patient/Observation.rs, with the letters of cruds in this order."


class DataUseNotKnown(InputError):
    """Raised when a text is no assignable code of the Data Use Ontology."""

    code = "exchange.data-use-not-known"
    cause = "Data use code {number} is not one that DUO 2021-02-23 lets anybody assign."
    remedy = "Use a code such as DUO:0000042 or GRU."


class DataUseNotOne(InputError):
    """Raised when a list of DUO codes does not have exactly one permission."""

    code = "exchange.data-use-not-one"
    cause = "The data use codes hold {count} permissions, and DUO asks for exactly one."
    remedy = "Name one of NRES, GRU, HMB, DS and POA, and modifiers beside it."


class NoDataUse(RefusedError):
    """Raised when a consent is for nothing that the Data Use Ontology has a permission for."""

    code = "exchange.no-data-use"
    cause = "No data use permission of DUO holds the purposes of this consent."
    remedy = "Take another form; DUO speaks of research: HRESCH, BIORCH or POARCH."
