"""The exception tree: one class per cause, each with a remedy.

::

    MedShareError
    ├── InputError        2  what was given is not of the right form
    ├── RefusedError      3  a consent, or the lack of one, says no
    ├── NotFoundError     4  no such thing here
    ├── UnreachableError  5  a node, a store or a vault does not answer
    ├── IntegrityError    6  bytes, proofs or signatures do not agree
    └── CancelledError    7  the person said no

The number is the exit code of the command line. Each module defines its own causes beside the
code that raises them; `docs/error-codes.md` is generated from the classes.
"""

from __future__ import annotations

from typing import ClassVar


class MedShareError(Exception):
    """Base of every error that MedShare raises on purpose.

    A subclass sets `code` (stable, "noun.cause"), `cause` and `remedy` (one sentence each).
    Both are formatted with the keyword `facts`. Facts never hold a secret, a plaintext, or a
    category that the reader may not know of.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "medshare"
    cause: ClassVar[str] = "Something went wrong."
    remedy: ClassVar[str] = "Report this."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(f"{self.cause.format(**facts)} {self.remedy.format(**facts)}")


class InputError(MedShareError):
    """What was given is not of the right form."""

    exit_code = 2
    code = "input"


class RefusedError(MedShareError):
    """A consent, or the lack of one, says no."""

    exit_code = 3
    code = "refused"


class NotFoundError(MedShareError):
    """There is no such thing here."""

    exit_code = 4
    code = "not-found"


class UnreachableError(MedShareError):
    """A node, a store or a vault does not answer."""

    exit_code = 5
    code = "unreachable"


class IntegrityError(MedShareError):
    """Bytes, proofs or signatures do not agree."""

    exit_code = 6
    code = "integrity"


class CancelledError(MedShareError):
    """The person at the keyboard said no."""

    exit_code = 7
    code = "cancelled"
