"""What can be wrong with a table or its mapping, one class per cause.

No sentence repeats a cell: a cell is named by its row and column. A mapping's words are the user's, not a patient's.
"""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError


class MappingMissingError(NotFoundError):
    """Raised when the path leads to no mapping file."""

    code = "csv.mapping-missing"
    cause = "There is no mapping file at this path."
    remedy = "Give the path of a TOML file that says what the columns mean."


class MappingInvalidError(InputError):
    """Raised before the first row when a mapping has faults; all of them are named."""

    code = "csv.mapping-invalid"
    cause = "This mapping has {count} faults ({faults})."
    remedy = "Correct the mapping; nothing was read from the table."


class TableMissingError(NotFoundError):
    """Raised when the path leads to no table."""

    code = "csv.table-missing"
    cause = "There is no file with the ending .csv, .tsv or .txt at this path."
    remedy = "Check the path, or name the file itself."


class TableUnreadableError(InputError):
    """Raised when a table cannot be opened: a device, a pipe, or no right to read."""

    code = "csv.table-unreadable"
    cause = "This table is not a file that can be read."
    remedy = "Give one regular file, or a folder of them, and the right to read it."


class HeaderInvalidError(InputError):
    """Raised before the first row when the header does not fit the mapping; all faults are named."""

    code = "csv.header-invalid"
    cause = "The header of this table does not fit the mapping ({faults})."
    remedy = "Correct the mapping or the header; nothing was read from the table."


class ZoneMissingError(InputError):
    """Raised before the first row when a mapping reads times without a zone, and none is given."""

    code = "csv.zone-missing"
    cause = "This mapping reads times that name no zone, and none is given."
    remedy = "Add zone under [table] in the mapping, or give one."


class RowCountError(InputError):
    """Raised when an item is not one row under its header."""

    code = "csv.row-count"
    cause = "At {place}: there are {found} rows where one is expected."
    remedy = "Give one row for each item; a line end within a cell must be in quotes."


class RowTooLongError(InputError):
    """Raised when a row is over the limit."""

    code = "csv.row-too-long"
    cause = "At {place}: the row is longer than {limit} bytes."
    remedy = "Check the end of the line before; what is kept of the row is only its beginning."


class QuoteOpenError(InputError):
    """Raised when a quote is opened and never closed; the lines after it are read on their own."""

    code = "csv.quote-open"
    cause = "At {place}: a quote is opened and not closed."
    remedy = "Close the quote, or double it if it is part of the text."


class QuoteMisplacedError(InputError):
    """Raised when cells cannot be told apart."""

    code = "csv.quote-misplaced"
    cause = (
        "At {place}: the cells cannot be told apart; text follows a closed quote, or a cell is over {limit} characters."
    )
    remedy = "Double a quote that is part of the text, or shorten the cell."


class RowEncodingError(InputError):
    """Raised when a row is not in the encoding that the mapping names."""

    code = "csv.row-encoding"
    cause = "At {place}: the bytes are not {encoding}."
    remedy = "Name the right encoding in the mapping, or save the row in it."


class CellCountError(InputError):
    """Raised when a row has more or fewer cells than the header."""

    code = "csv.cell-count"
    cause = "At {place}: there are {found} cells under {expected} columns."
    remedy = "Quote a cell that holds the delimiter, or fill up the row."


class CellControlError(InputError):
    """Raised when a cell holds NUL or another control character, which FHIR does not allow."""

    code = "csv.cell-control"
    cause = "At {place}, column {column}: a control character stands in the cell."
    remedy = "Take it out; only tabulators and line ends may stand in a text."


class CellMissingError(InputError):
    """Raised when a required cell is empty."""

    code = "csv.cell-missing"
    cause = "At {place}, column {column}: the cell is required and empty."
    remedy = "Fill in the cell, or do not require it in the mapping."


class CellNotADecimalError(InputError):
    """Raised when a cell is not a number of the declared form."""

    code = "csv.cell-not-a-decimal"
    cause = "At {place}, column {column}: this is not a number in the declared form."
    remedy = "Correct the cell, or declare its decimal and group marks in the mapping."


class CellNotABooleanError(InputError):
    """Raised when a cell is none of the words declared for yes and no."""

    code = "csv.cell-not-a-boolean"
    cause = "At {place}, column {column}: this is none of the words that the mapping declares for true and false."
    remedy = "Correct the cell, or add the word to the mapping."


class CellNotADateError(InputError):
    """Raised when a cell is not a date in the declared form."""

    code = "csv.cell-not-a-date"
    cause = "At {place}, column {column}: this is not a date in the declared form, or there is no such day or time."
    remedy = "Correct the cell, or declare its format in the mapping."


class CellCodeUnknownError(InputError):
    """Raised when a code is not in the table of local codes."""

    code = "csv.cell-code-unknown"
    cause = "At {place}, column {column}: this code is not in the table of codes named {table}."
    remedy = "Add the code to the table, or let the table leave unknown codes out."


class PatientMissingError(InputError):
    """Raised when a row names no patient."""

    code = "csv.patient-missing"
    cause = "At {place}: no column that identifies the patient is filled in."
    remedy = "Fill in the patient's identifier."


class NothingMadeError(InputError):
    """Raised when nothing of a row but the patient's identifier could be said in FHIR."""

    code = "csv.nothing-made"
    cause = "At {place}: the mapping makes nothing of this row."
    remedy = "Fill in the row, or change the conditions in the mapping."


class RowNotFhirError(InputError):
    """Raised when what was made of a row is not valid FHIR."""

    code = "csv.row-not-fhir"
    cause = "At {place}: the {kind} made of the row is not valid FHIR at {paths}."
    remedy = "Correct the cells that belong there, or the mapping."
