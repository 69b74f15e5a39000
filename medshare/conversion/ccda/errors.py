"""What can be wrong with a C-CDA document as a whole, one class per cause. No sentence repeats content."""

from __future__ import annotations

from medshare.errors import InputError


class DocumentTooLargeError(InputError):
    """Raised when a file, or what it unpacks to, is over the limit."""

    code = "ccda.too-large"
    cause = "This document holds more than {limit} bytes."
    remedy = "Take large attachments out of it, or raise the limit."


class DocumentEmptyError(InputError):
    """Raised when a file holds nothing, or may not be read."""

    code = "ccda.empty"
    cause = "This file holds nothing that can be read."
    remedy = "Export the document again, and give the right to read it."


class WrongEncodingError(InputError):
    """Raised when the bytes are not in the encoding that the document declares."""

    code = "ccda.wrong-encoding"
    cause = "The bytes of this document are not in the encoding that it declares."
    remedy = "Export the document as UTF-8."


class HtmlGivenError(InputError):
    """Raised for a web page: many portals export one beside the document, or in its place."""

    code = "ccda.html"
    cause = "This is a web page, not a C-CDA document."
    remedy = "Export the document itself, not its display."


class FhirGivenError(InputError):
    """Raised for FHIR in XML, which is another format."""

    code = "ccda.fhir"
    cause = "This is FHIR in XML, not a C-CDA document."
    remedy = "Export FHIR as JSON, and import it as FHIR."


class NotXmlError(InputError):
    """Raised when the text is not well-formed XML."""

    code = "ccda.not-xml"
    cause = "This text is not XML: it goes wrong in line {line}."
    remedy = "Export the document again."


class TruncatedError(InputError):
    """Raised when the XML is right so far, but ends before its root element does."""

    code = "ccda.truncated"
    cause = "This document ends before its last element is closed."
    remedy = "Copy or export the document again; it was cut off."


class DoctypeError(InputError):
    """Raised for a document type declaration, with which entities could be defined. C-CDA has none."""

    code = "ccda.doctype"
    cause = "This document declares a document type, which C-CDA documents do not have."
    remedy = "Take the DOCTYPE out; it can make a reader fetch or unfold anything."


class DocumentTooDeepError(InputError):
    """Raised when elements are nested too deeply."""

    code = "ccda.too-deep"
    cause = "This document is nested deeper than {limit} elements."
    remedy = "No C-CDA document needs that; check the export."


class TooManyPartsError(InputError):
    """Raised when a document has more elements and attributes than memory should hold."""

    code = "ccda.too-many-parts"
    cause = "This document has more than {limit} elements and attributes."
    remedy = "Export the record in several documents, or raise the limit."


class NotClinicalDocumentError(InputError):
    """Raised when the root element is not ClinicalDocument in the namespace urn:hl7-org:v3."""

    code = "ccda.not-a-clinical-document"
    cause = "This XML is not a clinical document of HL7 v3."
    remedy = "Hand over a C-CDA document; its root element is ClinicalDocument in the namespace urn:hl7-org:v3."


class NoPatientError(InputError):
    """Raised when nobody is named as the patient."""

    code = "ccda.no-patient"
    cause = "This document does not say which patient it is about."
    remedy = "Export it with a recordTarget that has a patientRole."


class SeveralPatientsError(InputError):
    """Raised when a document is about several patients: whose record it belongs to is not for us to guess."""

    code = "ccda.several-patients"
    cause = "This document is about {count} patients."
    remedy = "Export one document for each patient."
