"""The format of DICOM files."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Final

from medshare.conversion.dicom.attributes import INDEXED, Attributes, read_attributes
from medshare.conversion.dicom.errors import (
    InstanceMissingError,
    InstanceTooLargeError,
    InstanceUnreadableError,
    MediaDirectoryError,
)
from medshare.conversion.dicom.people import read_patient
from medshare.conversion.dicom.structure import MAGIC, MAGIC_AT, Bounds, check_structure
from medshare.conversion.dicom.study import Study
from medshare.conversion.item import Converted, Coverage, Entry, SourceItem
from medshare.conversion.naming import full_url
from medshare.intake import Issue

MEDIA_TYPE: Final = "application/dicom"
OVER_LIMIT: Final = "over the limit"
"""The place of an item whose file is too large to be read; its content is only the beginning."""
_BEGINNING: Final = MAGIC_AT + len(MAGIC)
_ENDINGS: Final = frozenset((".dcm", ".dicom", ".ima"))
_WORD: Final = re.compile(r"\.[A-Za-z]\w*")
_DIRECTORY_NAME: Final = "DICOMDIR"
_DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"
_NO_SYSTEMS: Final[Mapping[str, str]] = {}
_BOUNDS: Final = Bounds()


class Dicom:
    """DICOM files, each wrapped whole, few attributes of it indexed. Nothing is de-identified.

    Args:
        zone: For times of files that do not say their offset from UTC.
        systems: The system of the patient identifiers of each issuer; see `read_patient`.
        bounds: What is refused for its size.
    """

    def __init__(
        self, zone: tzinfo | None = None, *, systems: Mapping[str, str] = _NO_SYSTEMS, bounds: Bounds = _BOUNDS
    ) -> None:
        self._zone = zone
        self._systems = systems
        self._bounds = bounds

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "dicom"

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Read the DICOM files at a path, in the order of their names; one is in memory at a time.

        In a folder, and in those below it, a DICOM file is one with the letters DICM at byte 128, or with the ending
        .dcm, .dicom or .ima, or without an ending of letters. DICOMDIR is passed by: the files that it lists are there.
        Of a file over the limit only the beginning is read, and `convert` refuses it.

        Raises:
            InstanceMissingError: There is none.
            InstanceUnreadableError: One cannot be opened.
        """
        files = _files(path)
        if not files:
            raise InstanceMissingError
        for file in files:
            size, content = _read(file, limit=self._bounds.file)
            yield SourceItem(
                file=file.name if file == path else file.relative_to(path).as_posix(),
                place=OVER_LIMIT if size > self._bounds.file else "",
                content=content,
                media_type=MEDIA_TYPE,
            )

    def convert(self, item: SourceItem) -> Converted:
        """Convert one instance; the same instance gives the same entries. `merge` makes studies of several.

        Raises:
            InputError: It is not DICOM, damaged, or over its limits; one class per cause.
        """
        if item.place == OVER_LIMIT or len(item.content) > self._bounds.file:
            raise InstanceTooLargeError(limit=self._bounds.file)
        encoded = check_structure(item.content, bounds=self._bounds)
        if encoded.media_class == _DIRECTORY_CLASS:
            raise MediaDirectoryError
        found = read_attributes(encoded)
        patient = read_patient(found, systems=self._systems)
        study = Study(found, zone=self._zone)
        entries: tuple[Entry, ...] = (
            {"fullUrl": patient.url, "resource": patient.resource},
            {
                "fullUrl": full_url("dicom", "study", patient.url, found.one("StudyInstanceUID")),
                "resource": study.resource(patient.url),
            },
        )
        held = [word for word in INDEXED if word in found.texts or word in found.codes or word in found.broken]
        said = study.said | patient.said
        return Converted(
            item=item,
            patient=patient.identifiers,
            entries=entries,
            issues=tuple(_issues(found, held, said, study)),
            coverage=Coverage(elements=len(held), mapped=sum(word in said for word in held)),
        )


def _issues(found: Attributes, held: list[str], said: set[str], study: Study) -> Iterator[Issue]:
    message = (
        "Pixels and attributes are kept as they came; nothing is de-identified, text in the image is not looked at."
    )
    yield Issue("information", "instance", "not-de-identified", message, "De-identify before import if it must be.")
    for word in held:
        if word in said:
            continue
        if word in found.broken:
            message = "This attribute cannot be read as text."
            yield Issue("warning", word, "attribute-broken", message, "Check its character set; the original is kept.")
        elif word in study.without_zone:
            message = "This time names no zone; only the day is said."
            yield Issue("warning", word, "zone-missing", message, "Name the zone of the files when importing.")
        else:
            message = "This attribute is not as the standard wants it, and is not said in FHIR."
            yield Issue(
                "warning", word, "attribute-not-mapped", message, "Correct it at its source; the original is kept."
            )
    if "Modality" not in said:
        message = "There is no modality; the study says OT (other)."
        yield Issue("warning", "Modality", "modality-missing", message, "Export the instance with its modality.")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.exists() else []
    return sorted(file for file in path.rglob("*") if not file.is_symlink() and file.is_file() and _is_wanted(file))


def _is_wanted(file: Path) -> bool:
    """Whether a file in a folder is taken for DICOM."""
    if file.name == _DIRECTORY_NAME or file.name.startswith("."):
        return False
    if file.suffix.lower() in _ENDINGS or not _WORD.fullmatch(file.suffix):
        return True
    try:
        with file.open("rb") as opened:
            return opened.read(_BEGINNING)[MAGIC_AT:] == MAGIC
    except OSError:
        raise InstanceUnreadableError from None


def _read(file: Path, *, limit: int) -> tuple[int, bytes]:
    """Return the size of a file and its bytes, or only its beginning when it is over the limit."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InstanceUnreadableError
        with file.open("rb") as opened:
            content = opened.read(_BEGINNING if status.st_size > limit else limit + 1)
    except (OSError, ValueError):
        raise InstanceUnreadableError from None
    return max(status.st_size, len(content)), content
