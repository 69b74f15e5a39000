"""What can go wrong with keys and with the documents around them: one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, RefusedError


class AccountKeyRange(InputError):
    """Raised when 32 bytes are no private key of secp256k1."""

    code = "keys.account-key-range"
    cause = "These 32 bytes are no account key: the number is zero or too great."
    remedy = "Generate a new key."


class DigestLength(InputError):
    """Raised when something else than 32 bytes is to be signed."""

    code = "keys.digest-length"
    cause = "{length} bytes cannot be signed; a digest has 32."
    remedy = "Sign a message of medshare.typed_data."


class KeystoreMalformed(InputError):
    """Raised when a file is no Ethereum keystore of version 3."""

    code = "keys.keystore-malformed"
    cause = "This is no keystore that MedShare reads: {why}."
    remedy = "Give the V3 keystore file that a wallet wrote."


class KeystorePassphrase(IntegrityError):
    """Raised when a passphrase does not open a keystore."""

    code = "keys.keystore-passphrase"
    cause = "The passphrase does not open this keystore."
    remedy = "Type it again; if it is right, the file is damaged."


class WordsWrong(InputError):
    """Raised when words are not the 24 of a root secret. The words are never repeated."""

    code = "keys.words-wrong"
    cause = "These are not the 24 words of a root secret: {why}."
    remedy = "Compare every word and their order with the paper."


class RootFileMalformed(IntegrityError):
    """Raised when a file under the right passphrase holds no root secret."""

    code = "keys.root-file-malformed"
    cause = "The file opened, but it holds no root secret."
    remedy = "Give the file that MedShare wrote, or the 24 words."


class CompartmentUnknown(InputError):
    """Raised when a number names no compartment."""

    code = "keys.compartment-unknown"
    cause = "There is no compartment {compartment}."
    remedy = "Use 0 to 31 for categories and folders, 254 for the inbox, 255 for the agent itself."


class EpochOutOfRange(InputError):
    """Raised when an epoch is not from 1 to 4095."""

    code = "keys.epoch-out-of-range"
    cause = "There is no epoch {epoch}."
    remedy = "Epochs go from 1 to 4095; after the last one, move to a new address."


class EpochNewer(RefusedError):
    """Raised when a seed is asked for an epoch after its own."""

    code = "keys.epoch-newer"
    cause = "A seed of epoch {own} does not give epoch {asked}."
    remedy = "Ask the patient for an envelope of the newer epoch."


class DocumentMalformed(InputError):
    """Raised when a directory, envelope, catalogue, state or key document has another form than its own."""

    code = "keys.document-malformed"
    cause = "This {kind} cannot be read: {why}."
    remedy = "Ask its author to send it again with MedShare."


class DocumentForeign(IntegrityError):
    """Raised when a document belongs to another chain, patient, consent, category or number."""

    code = "keys.document-foreign"
    cause = "This {kind} belongs to another {field}."
    remedy = "Do not use it; ask for the right one."


class DigestDiffers(IntegrityError):
    """Raised when bytes are not those that the chain or a signature names."""

    code = "keys.digest-differs"
    cause = "These are not the bytes of the {kind} that was signed or that stands on the chain."
    remedy = "Fetch it again, from the patient's agent or another custodian."


class DocumentStale(IntegrityError):
    """Raised when a document's number does not rise."""

    code = "keys.document-stale"
    cause = "This {kind} has number {found}; number {last} was seen already."
    remedy = "Ask for the newest one; report who offered an old one."


class EnvelopeTooWide(RefusedError):
    """Raised when an envelope holds a key that the consent does not cover."""

    code = "keys.envelope-too-wide"
    cause = "The envelope holds a key outside the consent."
    remedy = "Do not use it; the patient's agent must seal a new one."


class EnvelopeTooLarge(InputError):
    """Raised when the seeds do not fit the one size that every envelope has."""

    code = "keys.envelope-too-large"
    cause = "{needed} bytes of keys do not fit an envelope of {size}."
    remedy = "Finish re-wrapping the records of old addresses first."


class SeedMissing(RefusedError):
    """Raised when an envelope gives no key for a compartment."""

    code = "keys.seed-missing"
    cause = "The envelope has no key for this address and compartment."
    remedy = "Ask the patient for a consent that covers it."


class NoStateLeft(IntegrityError):
    """Raised when none of the backups can be restored."""

    code = "keys.no-state-left"
    cause = "None of the {count} backups could be restored."
    remedy = "Ask other custodians; check that the words are those of this address."


class StateOvertaken(RefusedError):
    """Raised on the device whose backup has the lower number: another one wrote after it."""

    code = "keys.state-overtaken"
    cause = "Another device has saved state {found}; this one stands at {own} and would undo it."
    remedy = "Restore the newer state on this device, then repeat what was done here."


class EnvelopeWithoutRead(RefusedError):
    """Raised when an envelope is asked for a consent that does not grant reading."""

    code = "keys.envelope-without-read"
    cause = "This consent does not grant reading, so no key goes with it."
    remedy = "Ask for a consent to read; writers and approved uses need no key."
