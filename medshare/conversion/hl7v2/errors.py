"""What can be wrong with an HL7 v2 message, one class per cause. No sentence repeats content."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError


class NoMessagesError(NotFoundError):
    """Raised when a folder holds no file of a kind that v2 messages come in."""

    code = "hl7v2.no-messages"
    cause = "No file with HL7 v2 messages was found at this path."
    remedy = "Give a file, or a folder with files that end in .hl7, .txt, .er7, .adm, .msg or .mllp, or these with .gz."


class EmptyMessageError(InputError):
    """Raised when there is not one byte of a message."""

    code = "hl7v2.empty"
    cause = "There is no message here, not one byte of it."
    remedy = "Export the message again."


class MessageTooLargeError(InputError):
    """Raised when a message is over the limit; the rest of it was not read."""

    code = "hl7v2.message-too-large"
    cause = "This message holds more than {limit} bytes."
    remedy = "Send large documents apart from the message, or raise the limit."


class TooManyFieldsError(InputError):
    """Raised before a message becomes objects when it has more segments, fields and components than the limit."""

    code = "hl7v2.too-many-fields"
    cause = "This message has more than {limit} segments, fields and components."
    remedy = "Split it into several messages."


class NoHeaderError(InputError):
    """Raised when what stands here does not begin with the segment MSH."""

    code = "hl7v2.no-header"
    cause = "This does not begin with a message header (MSH)."
    remedy = "Each message begins with MSH; check that the file holds HL7 v2 messages and nothing else."


class HeaderTooShortError(InputError):
    """Raised when MSH ends before it says how to read the message and what it is."""

    code = "hl7v2.header-too-short"
    cause = "The message header (MSH) is cut off, or its separators are not those of HL7 v2."
    remedy = "MSH has at least the separators (MSH-1, MSH-2) and the message type (MSH-9); export the message again."


class SecondHeaderError(InputError):
    """Raised when one frame holds two headers."""

    code = "hl7v2.second-header"
    cause = "There are {count} message headers (MSH) in one frame."
    remedy = "Put each message in a frame of its own."


class TruncatedMessageError(InputError):
    """Raised when an MLLP frame has a beginning and no end, or the message has no segment after its header."""

    code = "hl7v2.truncated"
    cause = "This message is cut off."
    remedy = "Export the message again, whole."


class NulByteError(InputError):
    """Raised when there is a NUL in the text: FHIR has no such character."""

    code = "hl7v2.nul"
    cause = "There is a NUL in this message."
    remedy = "A message is text; send binary data as Base64 in a field of type ED."


class UnknownCharsetError(InputError):
    """Raised when MSH-18 names a character set that is not in the table."""

    code = "hl7v2.unknown-charset"
    cause = "The character set that MSH-18 names is not known here."
    remedy = "Use a name of HL7 table 0211, or name the character set in the call."


class WrongCharsetError(InputError):
    """Raised when the bytes are not of the character set that the message names."""

    code = "hl7v2.wrong-charset"
    cause = "Byte {position} of this message is not of its character set, {charset}."
    remedy = "Correct MSH-18, or name the character set in the call if MSH-18 is empty."


class UnsupportedTypeError(InputError):
    """Raised when the message type and its event are not among those that are mapped."""

    code = "hl7v2.unsupported-type"
    cause = "Messages of this type and event are not mapped to FHIR."
    remedy = "The README of the converter lists those that are; keep the message until then."


class NoPatientError(InputError):
    """Raised when no segment says whom the message is about."""

    code = "hl7v2.no-patient"
    cause = "No segment PID with a name or an identifier says whom this message is about."
    remedy = "Send the message with PID-3 and PID-5."


class SeveralPatientsError(InputError):
    """Raised when a message is about more than one patient."""

    code = "hl7v2.several-patients"
    cause = "This message is about {count} patients."
    remedy = "Send one message for each patient."
