"""The attributes of an instance that are indexed, as texts. Nothing else of a file is looked at."""

from __future__ import annotations

import io
import logging
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydicom import Dataset, config
from pydicom.datadict import tag_for_keyword
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from medshare.conversion.dicom.errors import AttributeBrokenError
from medshare.conversion.dicom.structure import Encoded

INDEXED: Final[tuple[str, ...]] = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality"),
    *("StudyDate", "StudyTime", "SeriesDate", "SeriesTime", "AccessionNumber", "StudyDescription", "SeriesDescription"),
    *("SeriesNumber", "InstanceNumber", "BodyPartExamined", "AnatomicRegionSequence", "Laterality"),
    *("ProcedureCodeSequence", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName"),
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
)
"""Attributes that the format promises to index, by their keywords (PS3.6)."""
_READ_TOO: Final = ("SpecificCharacterSet", "TimezoneOffsetFromUTC")
_LAST: Final = 0x00280000
"""Nothing is read from this tag on; all that is indexed stands before it."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff]")
_FAULTS: Final = (
    BytesLengthException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    EOFError,
    OverflowError,
    struct.error,
)
"""What pydicom raises where a value is not what its representation says."""


@dataclass(frozen=True, slots=True)
class Coded:
    """An item of a code sequence (PS3.3, section 8)."""

    scheme: str
    code: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What an instance says of itself.

    Attributes:
        texts: The values of each attribute that holds something; a person's name has its groups between `=`.
        codes: The same for code sequences.
        broken: Attributes that hold something that is no text of their kind.
        zone: The offset from UTC as DICOM writes it, or nothing.
    """

    texts: dict[str, tuple[str, ...]]
    codes: dict[str, tuple[Coded, ...]]
    broken: tuple[str, ...]
    zone: str

    def one(self, keyword: str) -> str:
        """Return the first value of an attribute, or nothing."""
        return next(iter(self.texts.get(keyword, ())), "")


def read_attributes(encoded: Encoded) -> Attributes:
    """Return the indexed attributes of a data set that is sound in its structure.

    Raises:
        AttributeBrokenError: The data set cannot be read.
    """
    # pydicom repeats values, a patient's name among them, in its log and in its warnings.
    logging.getLogger("pydicom").disabled = True
    config.settings.reading_validation_mode = config.IGNORE
    wanted: list[BaseTag | int] = [
        Tag(tag) for word in (*INDEXED, *_READ_TOO) if (tag := tag_for_keyword(word)) is not None
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data_set = read_dataset(
                io.BytesIO(encoded.data),
                encoded.implicit,
                encoded.little,
                stop_when=lambda tag, _, __: tag >= _LAST,
                specific_tags=wanted,
            )
        except _FAULTS:
            raise AttributeBrokenError(tag=_READ_TOO[0]) from None
        return _collected(data_set)


def _collected(data_set: Dataset) -> Attributes:
    texts: dict[str, tuple[str, ...]] = {}
    codes: dict[str, tuple[Coded, ...]] = {}
    broken: list[str] = []
    for keyword in INDEXED:
        try:
            if keyword.endswith("Sequence"):
                coded = tuple(_codes(data_set.get(keyword)))
                if coded:
                    codes[keyword] = coded
                continue
            found = tuple(_texts(data_set.get(keyword)))
        except _FAULTS:
            broken.append(keyword)
            continue
        if any(_CONTROL.search(text) for text in found):
            broken.append(keyword)
        elif found:
            texts[keyword] = found
    try:
        zone = next(iter(_texts(data_set.get("TimezoneOffsetFromUTC"))), "")
    except _FAULTS:
        zone = ""
    return Attributes(texts=texts, codes=codes, broken=tuple(broken), zone=zone)


def _texts(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, MultiValue) else [value]:
        text = "" if one is None else str(one).strip().strip("\0")
        if text.strip("^= "):
            yield text


def _codes(value: Any) -> Iterator[Coded]:
    for item in value or ():
        parts = [
            next(iter(_texts(item.get(word))), "") for word in ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")
        ]
        if _CONTROL.search("".join(parts)):
            raise ValueError
        if parts[1] or parts[2]:
            yield Coded(*parts)
