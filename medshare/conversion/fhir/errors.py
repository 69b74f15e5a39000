"""What can be wrong with FHIR that a hospital hands over; what intake refuses as well has its class there."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError, RefusedError, UnreachableError


class NothingToReadError(NotFoundError):
    """Raised when a folder holds no file that could be FHIR."""

    code = "fhir.nothing-to-read"
    cause = "There is no FHIR file in this folder."
    remedy = "Give a folder with .json or .ndjson files, packed with gzip or not."


class EmptyFileError(InputError):
    """Raised for a file that is empty or cannot be read."""

    code = "fhir.empty-file"
    cause = "Nothing could be read here."
    remedy = "Check that the file is not empty, and the right to read it."


class XmlNotReadError(InputError):
    """Raised for XML."""

    code = "fhir.xml"
    cause = "This is XML; only the JSON format of FHIR is read."
    remedy = "Export FHIR as JSON; give a C-CDA document to the import for C-CDA."


class ClientMissingError(InputError):
    """Raised when a FHIR server is named and the client library is not installed."""

    code = "fhir.client-missing"
    cause = "The client for FHIR servers is not installed."
    remedy = "Install it: pip install 'medshare[fhir-server]'."


class QueryError(InputError):
    """Raised when what a FHIR server is to be asked for has not the form of FHIR."""

    code = "fhir.query"
    cause = "This is no id or no resource type of FHIR."
    remedy = "Give the logical id of the Patient on the server, or the name of a resource type."


class ServerAddressError(InputError):
    """Raised when the address of a FHIR server is not one, or would send a token in the clear."""

    code = "fhir.server-address"
    cause = "This is no address of a FHIR server that may be asked."
    remedy = "Give https://host/base without a query; plain http only on this machine, or without a token."


class TokenUnreadableError(InputError):
    """Raised when no bearer token comes out of the given file descriptor."""

    code = "fhir.token-unreadable"
    cause = "No bearer token of at most {limit} visible characters could be read."
    remedy = "Pass a file descriptor that holds the token and nothing else."


class ServerSilentError(UnreachableError):
    """Raised when a FHIR server does not answer, or only says that it is busy."""

    code = "fhir.server-silent"
    cause = "The FHIR server did not answer after {attempts} attempts."
    remedy = "Try again later, or ask for less at a time."


class ServerRefusedError(RefusedError):
    """Raised when a FHIR server says no."""

    code = "fhir.server-refused"
    cause = "The FHIR server refused with status {status}."
    remedy = "Check the address and whether the token may read this patient."


class ServerAnswerError(InputError):
    """Raised when the answer is not a Bundle of FHIR JSON."""

    code = "fhir.server-answer"
    cause = "The FHIR server answered something that is not a Bundle in JSON."
    remedy = "Check that the address is the base of a FHIR R4 server."


class AnswerTooLargeError(InputError):
    """Raised while reading when a page is over the limit."""

    code = "fhir.answer-too-large"
    cause = "A page of the FHIR server holds more than {limit} bytes."
    remedy = "Ask for fewer resources on a page."


class PageElsewhereError(InputError):
    """Raised when the link to the next page leaves the server: a token would follow it."""

    code = "fhir.page-elsewhere"
    cause = "The link to the next page leads to another server."
    remedy = "Give the address that the server itself uses in its links."


class PagesWithoutEndError(InputError):
    """Raised when pages repeat or there are too many."""

    code = "fhir.pages-without-end"
    cause = "The FHIR server repeats a page, or has more than {limit} of them."
    remedy = "Ask for less at a time, or report it to the server's operator."
