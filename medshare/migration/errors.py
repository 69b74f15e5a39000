"""What can go wrong when whole folders are taken in, one class per cause."""

from __future__ import annotations

from medshare.errors import CancelledError, InputError, NotFoundError, UnreachableError


class PatientsUnreadable(InputError):
    """Raised when the list of patients cannot be used; nothing was imported."""

    code = "import.patients-unreadable"
    cause = "The list of patients {file} cannot be used: {why}."
    remedy = "Give a CSV file in UTF-8 with the header system,value,address and one line for each identifier."


class PatientsUnnamed(InputError):
    """Raised when nobody said whose records these are."""

    code = "import.patients-unnamed"
    cause = "It was not said which patient has which address."
    remedy = "Give --patients with a list of identifiers and addresses, or --patient for records of one person."


class PatientUnknown(NotFoundError):
    """Raised for an item whose patient is not in the list."""

    code = "import.patient-unknown"
    cause = "This is about a patient who is not in the list of patients."
    remedy = "Enrol her, add her identifier and address to the list, and replay."


class PatientAmbiguous(InputError):
    """Raised for an item whose identifiers lead to two addresses."""

    code = "import.patient-ambiguous"
    cause = "The identifiers of this patient lead to more than one address."
    remedy = "Find out which one is hers, correct the list of patients or the identifiers, and replay."


class PatientUnstated(InputError):
    """Raised for an item that names no patient."""

    code = "import.patient-unstated"
    cause = "This names no patient."
    remedy = "Add the patient's identifier to it, or import it with --patient, and replay."


class NothingRead(NotFoundError):
    """Raised when a source has nothing of the format."""

    code = "import.nothing-read"
    cause = "There is nothing to import at {place}."
    remedy = "Check the path and the format."


class JournalUnreachable(UnreachableError):
    """Raised when the journal cannot be read or written."""

    code = "import.journal-unreachable"
    cause = "The journal of imports at {place} does not answer: {why}."
    remedy = "Check that the disk has room and that no other command holds it; then import again, it goes on."


class WorkerEnded(UnreachableError):
    """Raised when a process that converts has died."""

    code = "import.worker-ended"
    cause = "A process that converts ended unexpectedly."
    remedy = "Check that there is enough memory, then import again: it goes on where it was."


class NotInQuarantine(NotFoundError):
    """Raised when no item of the quarantine has such an id."""

    code = "import.not-in-quarantine"
    cause = "Nothing in the quarantine begins with {name}."
    remedy = "See `medshare import quarantine`."


class QuarantineUnwritable(UnreachableError):
    """Raised when the quarantine cannot be read or written."""

    code = "import.quarantine-unwritable"
    cause = "The quarantine at {place} cannot be used: {why}."
    remedy = "Check that the disk has room and that the folder is yours; then import again, it goes on."


class NoSuchRun(NotFoundError):
    """Raised when no import has such a number."""

    code = "import.no-such-run"
    cause = "There was no import with the number {number}."
    remedy = "See `medshare import report` for the last one."


class UploadsWaiting(UnreachableError):
    """Raised when uploads that were stopped cannot be completed now."""

    code = "import.uploads-waiting"
    cause = "{count} acts of stopped commands wait for a node or a store that does not answer."
    remedy = "Bring the node and the store back, then import again."


class ImportInterrupted(CancelledError):
    """Raised when the person at the keyboard stops an import."""

    code = "import.interrupted"
    cause = "The import was stopped; what was stored stays stored."
    remedy = "Run the same command again: it goes on where it was."


class MappingMissing(InputError):
    """Raised for tables whose columns nobody explained."""

    code = "import.mapping-missing"
    cause = "A table needs a mapping file that says what its columns mean."
    remedy = "Give --mapping with a TOML file; medshare/conversion/tabular/README.md has the form."


class ZoneUnknown(InputError):
    """Raised when a time zone is named that does not exist."""

    code = "import.zone-unknown"
    cause = "There is no such time zone."
    remedy = "Give a name such as Europe/Paris, or an offset such as +02:00."


class ConversionFault(InputError):
    """Raised for an item over which a conversion of ours stumbles: it is kept and told, and the others go on."""

    code = "import.conversion-fault"
    cause = "MedShare itself failed on this item: {kind}."
    remedy = "Report this with the format and the kind of the fault; replay the item with a version that can read it."
