"""What can be wrong with a signed message: one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError


class MessageUnknown(InputError):
    """Raised when no message has this name."""

    code = "typed-data.message-unknown"
    cause = "There is no signed message called {name!r}."
    remedy = "Use one of the messages in medshare/typed_data/messages.json."


class FieldMissing(InputError):
    """Raised when a message lacks a field."""

    code = "typed-data.field-missing"
    cause = "The {name} message has no {field}."
    remedy = "Give every field of the message."


class FieldUnknown(InputError):
    """Raised when a message has a field that its type does not name."""

    code = "typed-data.field-unknown"
    cause = "The {name} message has a field too many: {field!r}."
    remedy = "Leave it out: what is not in the type is not signed."


class FieldType(InputError):
    """Raised when a field holds another kind of value than its type says."""

    code = "typed-data.field-type"
    cause = "The field {field} is a {found}, not a {expected}."
    remedy = "Give the exact type; nothing is converted."


class FieldRange(InputError):
    """Raised when a number does not fit the field's type."""

    code = "typed-data.field-range"
    cause = "The field {field} does not fit {expected}."
    remedy = "Give a number from zero to the greatest of its type."


class FieldLength(InputError):
    """Raised when a byte string is not as long as the field's type says."""

    code = "typed-data.field-length"
    cause = "The field {field} has {found} bytes, not 32."
    remedy = "Give exactly 32 bytes; nothing is padded."


class FieldForm(InputError):
    """Raised when a field's text is not the one accepted form of its type."""

    code = "typed-data.field-form"
    cause = "The field {field} is not written as {expected}."
    remedy = "Write addresses and bytes as lower-case 0x hex, text as UTF-8, integers above 2^53 as decimal strings."


class DomainField(InputError):
    """Raised when a domain does not have exactly the four fields with values that fit."""

    code = "typed-data.domain-field"
    cause = "The domain is not complete: {why}."
    remedy = "Give name, version, chainId and verifyingContract, and nothing else."


class DomainForeign(IntegrityError):
    """Raised when a payload is meant for another chain, contract or application."""

    code = "typed-data.domain-foreign"
    cause = "The message is meant for another {field}."
    remedy = "Use the deployment for which it was signed, or sign it again."


class TypesForeign(IntegrityError):
    """Raised when a payload describes its types differently from MedShare."""

    code = "typed-data.types-foreign"
    cause = "The payload describes {name} differently from MedShare."
    remedy = "Do not sign it: a wallet would show something else than what is hashed."


class SignatureLength(InputError):
    """Raised when a signature is not 65 bytes."""

    code = "typed-data.signature-length"
    cause = "The signature has {length} bytes, not 65."
    remedy = "Give r, s and v in full; the compact form of EIP-2098 is not accepted."


class SignatureRecoveryByte(InputError):
    """Raised when the last byte of a signature is neither 27 nor 28."""

    code = "typed-data.signature-recovery-byte"
    cause = "The last byte of the signature is {v}, not 27 or 28."
    remedy = "Add 27 if the wallet gave 0 or 1."


class SignatureScalar(InputError):
    """Raised when r or s is zero or not below the order of the curve."""

    code = "typed-data.signature-scalar"
    cause = "The number {scalar} of the signature is out of range."
    remedy = "Ask for a new signature: this one was never made by a wallet."


class SignatureHighS(InputError):
    """Raised when s lies in the upper half: the second form of somebody's signature."""

    code = "typed-data.signature-high-s"
    cause = "The signature is the upper twin of a valid one."
    remedy = "Use the form that the wallet gave, with s in the lower half."


class SignatureNobody(IntegrityError):
    """Raised when no key can have made a signature."""

    code = "typed-data.signature-nobody"
    cause = "No account made this signature."
    remedy = "Ask for a new signature."


class SignatureForeign(IntegrityError):
    """Raised when somebody else signed, or something else was signed."""

    code = "typed-data.signature-foreign"
    cause = "The {name} message was not signed by {expected}."
    remedy = "Check the account, the chain and every field, and ask for a new signature."
