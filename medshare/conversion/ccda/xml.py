"""From bytes to the elements of one clinical document, with nothing a hostile document could use.

No document type, so no entities, no external files and no network; depth and size are bounded before memory is spent.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

from lxml import etree

from medshare.conversion.ccda.errors import (
    DoctypeError,
    DocumentEmptyError,
    DocumentTooDeepError,
    FhirGivenError,
    HtmlGivenError,
    NotClinicalDocumentError,
    NotXmlError,
    TooManyPartsError,
    TruncatedError,
    WrongEncodingError,
)
from medshare.conversion.ccda.limits import CcdaLimits

V3: Final = "{urn:hl7-org:v3}"
SDTC: Final = "{urn:hl7-org:sdtc}"
XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

_PIECE: Final = 64 * 1024
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}
_BEFORE_ROOT: Final = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_TOLD_LATE: Final = (etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE)
"""Faults that the parser passes over, or stops at, without a word until its end."""
_HTML: Final = re.compile(r"<(!doctype\s+)?html[\s>]", re.IGNORECASE)
_FHIR: Final = "{http://hl7.org/fhir}"
_XHTML: Final = "{http://www.w3.org/1999/xhtml}"


def parse_document(content: bytes, *, limits: CcdaLimits) -> Any:
    """Return the root element, ClinicalDocument.

    Raises:
        DocumentEmptyError, WrongEncodingError, HtmlGivenError, FhirGivenError, NotXmlError, TruncatedError,
        DoctypeError, DocumentTooDeepError, TooManyPartsError, NotClinicalDocumentError: Each as its sentence says.
    """
    text = _decode(content)
    if not text.strip():
        raise DocumentEmptyError
    _check_prolog(text)
    if text.count("<") + text.count("=") > limits.parts:
        raise TooManyPartsError(limit=limits.parts)
    root = _parse(text.encode(), depth=limits.depth)
    if root.tag != f"{V3}ClinicalDocument":
        _refuse(root.tag)
    return root


def _decode(content: bytes) -> str:
    """Return the text, decoded as it is declared (XML 1.0, 4.3.3 and appendix F), strictly."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            encoding, content = name, content[len(mark) :]
            break
    else:
        declared = _DECLARED.match(content.lstrip()[:300])
        known = _ENCODINGS.get(declared[1].decode().lower()) if declared else "utf-8"
        if known is None:
            raise WrongEncodingError
        encoding = known
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise WrongEncodingError from None
    if "\x00" in text[:100]:  # UTF-16 without its mark
        raise WrongEncodingError
    return text


def _check_prolog(text: str) -> None:
    """Refuse what stands before the root element and must not, and what is no XML at all."""
    place = 0
    while found := _BEFORE_ROOT.match(text, place):
        place = found.end()
    if _HTML.match(text, place):
        raise HtmlGivenError
    if text.startswith("<!DOCTYPE", place):
        raise DoctypeError
    if not text.startswith("<", place):
        raise NotXmlError(line=text.count("\n", 0, place) + 1)


def _parse(data: bytes, *, depth: int) -> Any:
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    level = 0
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            for event, _ in parser.read_events():
                level += 1 if event == "start" else -1
                if level > depth:
                    raise DocumentTooDeepError(limit=depth)
    except etree.XMLSyntaxError as fault:
        if "depth" in str(fault.msg).lower():  # the parser's own limit was reached within one piece
            raise DocumentTooDeepError(limit=depth) from None
        raise NotXmlError(line=fault.lineno or 1) from None
    try:
        return parser.close()
    except etree.XMLSyntaxError:
        for told in parser.feed_error_log:
            if told.type in _TOLD_LATE:
                raise NotXmlError(line=told.line) from None
        raise TruncatedError from None


def _refuse(tag: str) -> None:
    if tag.startswith(_FHIR):
        raise FhirGivenError
    if tag.startswith(_XHTML):
        raise HtmlGivenError
    raise NotClinicalDocumentError


def find(node: Any, path: str) -> Any:
    """Return the first element at a path of names ("code", "consumable/manufacturedProduct"), or None.

    A name is of the namespace urn:hl7-org:v3, or with `sdtc:` of urn:hl7-org:sdtc.
    """
    return None if node is None else node.find(_qualified(path))


def find_all(node: Any, path: str) -> list[Any]:
    """Return all elements at a path, in document order."""
    return [] if node is None else list(node.findall(_qualified(path)))


def name_of(node: Any) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(node).localname)


def templates(node: Any) -> set[str]:
    """Return the template identifiers that a statement claims, without their versions."""
    return {template.get("root", "") for template in find_all(node, "templateId")}


def type_of(node: Any) -> str:
    """Return the data type that a value claims (`xsi:type`), without prefix."""
    return str(node.get(XSI_TYPE, "")).rpartition(":")[2]


def _qualified(path: str) -> str:
    return "/".join(
        name if name == "*" else SDTC + name[5:] if name.startswith("sdtc:") else V3 + name for name in path.split("/")
    )
