"""What can be wrong with what a hospital hands over, one class per cause.

No sentence repeats content: an element is named by its path, which is FHIR's own words and numbers.
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError


class SourceMissingError(NotFoundError):
    """Raised when the path leads to no file."""

    code = "intake.source-missing"
    cause = "There is no file at this path."
    remedy = "Check the path."


class SourceNotAFileError(InputError):
    """Raised when the path is a folder, a device or a pipe, or cannot be read."""

    code = "intake.source-not-a-file"
    cause = "This path is not a file that can be read."
    remedy = "Give one regular file, and the right to read it."


class SourceTooLargeError(InputError):
    """Raised before anything is parsed when a file or its content is over the limit."""

    code = "intake.source-too-large"
    cause = "This source holds more than {limit} bytes."
    remedy = "Split it into one Bundle for each patient, or raise the limit."


class SourceExpandsTooFarError(InputError):
    """Raised while unpacking when gzip data grows like a bomb."""

    code = "intake.source-expands-too-far"
    cause = "This gzip data grows to more than {ratio} times its size."
    remedy = "Hand the file over unpacked if it is genuine."


class GzipBrokenError(InputError):
    """Raised when gzip data is cut off, damaged or followed by something else."""

    code = "intake.gzip-broken"
    cause = "This gzip data is damaged or cut off."
    remedy = "Pack the file again."


class NotUtf8Error(InputError):
    """Raised when the bytes are not UTF-8."""

    code = "intake.not-utf8"
    cause = "These bytes are not UTF-8 text."
    remedy = "Export FHIR JSON as UTF-8."


class NotJsonError(InputError):
    """Raised when the text is not one JSON value."""

    code = "intake.not-json"
    cause = "This text is not JSON: it goes wrong at character {position}."
    remedy = "Export FHIR as JSON; XML and NDJSON are other formats."


class TooDeepError(InputError):
    """Raised when JSON is nested too deeply."""

    code = "intake.too-deep"
    cause = "This JSON is nested deeper than {limit} levels."
    remedy = "No FHIR resource needs that; check the export."


class TooManyValuesError(InputError):
    """Raised when JSON holds more values than memory should hold."""

    code = "intake.too-many-values"
    cause = "This JSON holds more than {limit} values."
    remedy = "Split it into one Bundle for each patient, or raise the limit."


class TooManyEntriesError(InputError):
    """Raised when a Bundle has more entries than one patient's record."""

    code = "intake.too-many-entries"
    cause = "This Bundle has more than {limit} entries."
    remedy = "Split it into one Bundle for each patient, or raise the limit."


class DuplicateKeyError(InputError):
    """Raised when an object has the same key twice: readers would see different records."""

    code = "intake.duplicate-key"
    cause = "An object in this JSON has the same key twice."
    remedy = "Correct the export; which of the two counts is not for us to guess."


class NotANumberError(InputError):
    """Raised for NaN and Infinity, which JSON does not have."""

    code = "intake.not-a-number"
    cause = "This text holds NaN or Infinity, which JSON does not have."
    remedy = "Leave the value out and give a dataAbsentReason."


class NumberTooLongError(InputError):
    """Raised when a number has more digits than a measurement can have."""

    code = "intake.number-too-long"
    cause = "A number has more than {limit} characters or an exponent beyond ±{exponent}."
    remedy = "Correct the export; FHIR decimals have up to 18 digits."


class LoneSurrogateError(InputError):
    r"""Raised for half of a \u pair, which is no character and cannot be written as UTF-8."""

    code = "intake.lone-surrogate"
    cause = "A text holds half of a character (a lone surrogate)."
    remedy = "Correct the export's escapes."


class NotFhirError(InputError):
    """Raised when JSON is not a FHIR resource."""

    code = "intake.not-fhir"
    cause = "This JSON is not a FHIR resource: it has no resourceType."
    remedy = "Hand over a FHIR R4 Bundle."


class NotABundleError(InputError):
    """Raised when a FHIR resource is not a Bundle."""

    code = "intake.not-a-bundle"
    cause = "This is a FHIR resource, but not a Bundle."
    remedy = "Put it into a Bundle of type collection."


class InvalidResourceError(InputError):
    """Raised when elements do not follow FHIR (R4B models)."""

    code = "intake.invalid-resource"
    cause = "{count} element(s) do not follow FHIR R4: {paths}."
    remedy = "Correct them at the source."


class DanglingReferenceError(InputError):
    """Raised when a reference can only mean something in this Bundle and it is not there."""

    code = "intake.dangling-reference"
    cause = "{count} reference(s) lead nowhere, first at {path}."
    remedy = "Add the resources that they name, or take the references out."


class RoundTripError(IntegrityError):
    """Raised when the documents would not give the input back: a fault of ours, so nothing is handed on."""

    code = "intake.round-trip"
    cause = "The documents made from this Bundle do not give it back exactly."
    remedy = "Report this; nothing was stored."


class NotADocumentError(InputError):
    """Raised when a document was not made by intake."""

    code = "intake.not-a-document"
    cause = "This document was not made by this intake."
    remedy = "Give the documents as they were opened."


class DocumentsIncompleteError(InputError):
    """Raised when the documents together are not the whole."""

    code = "intake.documents-incomplete"
    cause = "These documents are not all of what was handed over."
    remedy = "The whole comes back only from all of them; read each by itself otherwise."


class DocumentsForeignError(InputError):
    """Raised when documents of two records, or one twice, were given together."""

    code = "intake.documents-foreign"
    cause = "A document here belongs to another record, or is given twice."
    remedy = "Give the documents of one Bundle, each once."


class PreferenceLaxerError(InputError):
    """Raised when a patient's wish would make a label laxer than the tables do, or does not raise it."""

    code = "intake.preference-laxer"
    cause = "This preference would not make a label stricter."
    remedy = "Name restricted (17) or a sensitive category, and one that is not laxer than the rule's own."


class PreferenceNotOrdinaryError(InputError):
    """Raised when a patient's wish would move a whole category that is kept apart already."""

    code = "intake.preference-not-ordinary"
    cause = "This preference moves a category that is restricted or sensitive already."
    remedy = "Name an ordinary category, or the codes that should be stricter."
