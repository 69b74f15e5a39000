"""What can be wrong with a DICOM file, one class per cause.

No sentence repeats a value; an attribute is named by its keyword.
"""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError


class InstanceMissingError(NotFoundError):
    """Raised when the path leads to no DICOM file."""

    code = "dicom.instance-missing"
    cause = "There is no DICOM file at this path."
    remedy = "Check the path; files with other endings need the letters DICM at byte 128 to be found in a folder."


class InstanceUnreadableError(InputError):
    """Raised when a file cannot be opened: a device, a pipe, or no right to read."""

    code = "dicom.instance-unreadable"
    cause = "A file here cannot be read."
    remedy = "Give regular files, and the right to read them."


class InstanceTooLargeError(InputError):
    """Raised for a file over the limit; it was not read."""

    code = "dicom.instance-too-large"
    cause = "This DICOM file is larger than {limit} bytes."
    remedy = "Raise the limit if there is memory for four times its size, or keep the file where it is."


class PreambleMissingError(InputError):
    """Raised when a file does not begin as DICOM files do (PS3.10, section 7.1)."""

    code = "dicom.preamble-missing"
    cause = "This file has no preamble with the letters DICM at byte 128."
    remedy = "Export it as a DICOM file of Part 10, or take it out if it is none."


class MediaDirectoryError(InputError):
    """Raised for a DICOMDIR, which lists files and is none of them."""

    code = "dicom.media-directory"
    cause = "This file is a DICOMDIR, a list of other files."
    remedy = "Give the folder that it stands in; every file there is read without the list."


class TransferSyntaxUnknownError(InputError):
    """Raised when a file does not say how it is encoded, or says it in a way that is not in the standard."""

    code = "dicom.transfer-syntax-unknown"
    cause = "This DICOM file names no transfer syntax that the standard has."
    remedy = "Export it with a standard transfer syntax, such as Explicit VR Little Endian."


class InstanceTruncatedError(InputError):
    """Raised when an element is longer than what is left of the file or of what holds it."""

    code = "dicom.instance-truncated"
    cause = "At byte {position} an element is longer than what is left."
    remedy = "Copy the file again; its end is missing or a length in it is wrong."


class ValueRepresentationUnknownError(InputError):
    """Raised when an element has no value representation that the standard has (PS3.5, section 6.2)."""

    code = "dicom.value-representation-unknown"
    cause = "At byte {position} an element has no known value representation."
    remedy = "Export the file again; it is damaged or not encoded as it says."


class StructureBrokenError(InputError):
    """Raised when elements, items and delimiters do not follow each other as they must (PS3.5, section 7)."""

    code = "dicom.structure-broken"
    cause = "At byte {position} an element stands where it cannot."
    remedy = "Export the file again; it is damaged or not encoded as it says."


class SequencesTooDeepError(InputError):
    """Raised when sequences are nested deeper than any genuine file has them."""

    code = "dicom.sequences-too-deep"
    cause = "Sequences in this DICOM file are nested deeper than {limit} levels."
    remedy = "Check where the file comes from."


class ElementsTooManyError(InputError):
    """Raised when a file has more elements than the limit."""

    code = "dicom.elements-too-many"
    cause = "This DICOM file has more than {limit} elements."
    remedy = "Check where the file comes from."


class DeflateBrokenError(InputError):
    """Raised when a deflated file cannot be inflated to its end."""

    code = "dicom.deflate-broken"
    cause = "This DICOM file says that it is deflated, and cannot be inflated."
    remedy = "Export it again, best without deflation."


class DeflateExpandsTooFarError(InputError):
    """Raised while inflating when a file grows like a bomb."""

    code = "dicom.deflate-expands-too-far"
    cause = "This deflated DICOM file grows to more than {limit} bytes."
    remedy = "Export it without deflation if it is genuine."


class AttributeMissingError(InputError):
    """Raised when an instance lacks what every instance must have."""

    code = "dicom.attribute-missing"
    cause = "This DICOM file has no valid {tag}."
    remedy = "Export it again; without it the instance belongs to no study."


class AttributeBrokenError(InputError):
    """Raised when an indexed attribute cannot be read at all."""

    code = "dicom.attribute-broken"
    cause = "The attribute {tag} of this DICOM file cannot be read."
    remedy = "Export the file again."
