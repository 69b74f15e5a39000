"""What can go wrong with an age file, one class per cause.

::

    InputError                    given by the caller
    ├── NotAKeyText  WrongKeyLength  WeakKey  BadPassphrase  BadWorkFactor
    ├── NoRecipients  TooManyRecipients  MixedRecipients  FileKeySpent
    └── EntropyBroken  CannotWriteTarget
    IntegrityError                found in bytes from elsewhere
    ├── HeaderError
    │   ├── UnknownVersion  HeaderTooLong  HeaderTruncated  LineTooLong  TooManyStanzas
    │   ├── StanzaMalformed  NotCanonicalBase64  MacLineMalformed  HeaderExtended
    │   ├── StanzaArguments  ShareMalformed  WrappedKeyLength  LowOrderShare
    │   └── ScryptNotAlone  WorkFactorMalformed  WorkFactorTooHigh
    ├── NoIdentityMatches ── WrongPassphrase
    ├── HeaderForged
    └── PayloadDamaged
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError


class NotAKeyText(InputError):
    """Raised when a text is not the Bech32 form of the expected kind of key. The text itself is never repeated."""

    code = "age.not-a-key-text"
    cause = "This text is not a key of the kind {kind}."
    remedy = "Copy the whole text, without spaces and in one case."


class WrongKeyLength(InputError):
    """Raised when a public key has another length than its kind."""

    code = "age.key-length"
    cause = "A public key of the kind {kind} has {expected} bytes, not {given}."
    remedy = "Ask the owner for the key again."


class WeakKey(InputError):
    """Raised when a public key is no honest key: out of range, not canonical, or of low order."""

    code = "age.weak-key"
    cause = "This public key of the kind {kind} is not one that an honest program makes."
    remedy = "Do not seal to it; ask the owner for the key by another way."


class BadPassphrase(InputError):
    """Raised when a passphrase is empty or no Unicode text."""

    code = "age.bad-passphrase"
    cause = "The passphrase is empty, or holds something that is no character."
    remedy = "Give a passphrase of some words."


class BadWorkFactor(InputError):
    """Raised when the caller asks for a work factor outside the allowed range."""

    code = "age.bad-work-factor"
    cause = "The scrypt work factor {given} is not between 1 and {limit}."
    remedy = "Use 18 unless you know why not."


class NoRecipients(InputError):
    """Raised when something is to be sealed to nobody."""

    code = "age.no-recipients"
    cause = "There is nobody to seal to."
    remedy = "Name at least one recipient."


class TooManyRecipients(InputError):
    """Raised when one header would hold more recipients than any header may."""

    code = "age.too-many-recipients"
    cause = "{given} recipients are more than the {limit} that one header may hold."
    remedy = "Seal to fewer, or make several headers for the same file key."


class MixedRecipients(InputError):
    """Raised when recipients of different strength would stand in one header."""

    code = "age.mixed-recipients"
    cause = (
        "Recipients of different kinds do not share a header: the weakest would decide, and a passphrase stands alone."
    )
    remedy = "Seal to hybrid keys only, or to X25519 keys only, or to one passphrase."


class FileKeySpent(InputError):
    """Raised when a file key would encrypt a second payload."""

    code = "age.file-key-spent"
    cause = "This file key has a payload already; a file key encrypts one payload, ever."
    remedy = "Generate a new file key."


class EntropyBroken(InputError):
    """Raised when the source of randomness returns another number of bytes than asked."""

    code = "age.entropy-broken"
    cause = "The source of randomness gave {given} bytes where {expected} were asked."
    remedy = "Use the system's source."


class CannotWriteTarget(InputError):
    """Raised when the output file cannot be made where the caller wants it."""

    code = "age.cannot-write-target"
    cause = "The output file cannot be made there: {reason}."
    remedy = "Choose a file in a directory that exists and that you may write to."


class HeaderError(IntegrityError):
    """A header is not of the age v1 form. Told from public bytes alone, except for a low-order share."""

    code = "age.header"


class UnknownVersion(HeaderError):
    """Raised when the first line is not that of age v1."""

    code = "age.unknown-version"
    cause = "This is not an age v1 file."
    remedy = "Check that it is the right file, binary and whole."


class HeaderTooLong(HeaderError):
    """Raised when a header is longer than any that MedShare accepts."""

    code = "age.header-too-long"
    cause = "The header is longer than {limit} bytes."
    remedy = "Ask the sender for a file with fewer recipients."


class HeaderTruncated(HeaderError):
    """Raised when the header ends before its last line does."""

    code = "age.header-truncated"
    cause = "The header ends too early."
    remedy = "Fetch the file again."


class LineTooLong(HeaderError):
    """Raised when a line of the header is longer than any that MedShare accepts."""

    code = "age.line-too-long"
    cause = "A line of the header is longer than {limit} bytes."
    remedy = "Ask the sender for another file."


class TooManyStanzas(HeaderError):
    """Raised when a header holds no stanza, or more than MedShare accepts."""

    code = "age.stanza-count"
    cause = "The header holds {given} recipient stanzas; 1 to {limit} are accepted."
    remedy = "Ask the sender for another file."


class StanzaMalformed(HeaderError):
    """Raised when a recipient stanza is not of the exact form."""

    code = "age.stanza-malformed"
    cause = "A recipient stanza of the header is malformed."
    remedy = "Fetch the file again, as binary."


class NotCanonicalBase64(HeaderError):
    """Raised when base64 of the header has padding, foreign characters, or trailing bits."""

    code = "age.not-canonical-base64"
    cause = "The header holds base64 that is not canonical."
    remedy = "Fetch the file again, as binary."


class MacLineMalformed(HeaderError):
    """Raised when the last line of the header is not of the exact form."""

    code = "age.mac-line-malformed"
    cause = "The last line of the header is malformed."
    remedy = "Fetch the file again, as binary."


class HeaderExtended(HeaderError):
    """Raised when something follows a header that should stand alone."""

    code = "age.header-extended"
    cause = "Something follows the header."
    remedy = "Split a whole age file into header and payload first."


class StanzaArguments(HeaderError):
    """Raised when a stanza of a known kind has another number of arguments than its kind."""

    code = "age.stanza-arguments"
    cause = "A stanza of the kind {kind} has the wrong number of arguments."
    remedy = "Ask the sender for another file."


class ShareMalformed(HeaderError):
    """Raised when a share, encapsulated key or salt has another length than its kind."""

    code = "age.share-malformed"
    cause = "A stanza of the kind {kind} holds a value of the wrong length."
    remedy = "Ask the sender for another file."


class WrappedKeyLength(HeaderError):
    """Raised when a stanza of a known kind wraps anything but 16 bytes; checked before any decryption."""

    code = "age.wrapped-key-length"
    cause = "A stanza of the kind {kind} does not wrap exactly one file key."
    remedy = "Ask the sender for another file."


class LowOrderShare(HeaderError):
    """Raised when the sender's share gives the all-zero secret."""

    code = "age.low-order-share"
    cause = "A stanza of the kind {kind} holds a share that gives no secret."
    remedy = "Do not trust the sender's program."


class ScryptNotAlone(HeaderError):
    """Raised when a passphrase stanza stands beside another stanza."""

    code = "age.scrypt-not-alone"
    cause = "A passphrase does not stand alone in the header."
    remedy = "Do not trust the file: anyone who shares it could have written it."


class WorkFactorMalformed(HeaderError):
    """Raised when a work factor is not a plain decimal number."""

    code = "age.work-factor-malformed"
    cause = "The scrypt work factor is not a plain number."
    remedy = "Ask the sender for another file."


class WorkFactorTooHigh(HeaderError):
    """Raised, before any work, when a file asks for more work than the limit."""

    code = "age.work-factor-too-high"
    cause = "The file asks for a higher scrypt work factor than {limit}."
    remedy = "Raise the limit yourself if you trust the file; each step doubles time and memory."


class NoIdentityMatches(IntegrityError):
    """Raised when none of the identities opens the header."""

    code = "age.no-identity-matches"
    cause = "None of the keys at hand opens this header."
    remedy = "It may be sealed to another key, or be damaged."


class WrongPassphrase(NoIdentityMatches):
    """Raised when a header under a passphrase does not open with the passphrase given."""

    code = "age.wrong-passphrase"
    cause = "The passphrase does not open this file."
    remedy = "Type it again; if it is right, the file is damaged."


class HeaderForged(IntegrityError):
    """Raised when a key opens the header, but its MAC is another one."""

    code = "age.header-forged"
    cause = "The header was changed after it was sealed."
    remedy = "Fetch the file again."


class PayloadDamaged(IntegrityError):
    """Raised when a payload is cut, changed, reordered, extended, or of another file: one outward error for all."""

    code = "age.payload-damaged"
    cause = "The payload is not authentic: cut short, changed, extended, or that of another header."
    remedy = "Fetch it again from another place."
