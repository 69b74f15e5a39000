"""The seam `Vault`: where capsules, envelopes, receipts and the rest are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row

R = TypeVar("R", bound=Row)


class Rows(Protocol):
    """Reading and writing rows. Every field of a row can be a filter of `find`, `count`, `destroy`.

    Every method raises `VaultUnreachable` when the database does not answer.
    """

    def put(self, row: Row) -> None:
        """Keep `row`, by the rule of its kind; the same again changes nothing.

        Raises:
            RowConflict: Another row stands under its key (`Rule.ONCE`).
            RowOutdated: It is not newer than the one kept (`Rule.RISING`, `Rule.STAGED`).
            ReceiptGap: It does not continue the numbers (`Rule.NUMBERED`).
            RowForm: A field has not its form.
        """
        ...

    def add(self, row: Row) -> None:
        """Keep `row`, whose key is not taken: quicker than `put`, which looks first. The database itself refuses.

        Raises:
            RowConflict: Its key is taken, or a receipt does not continue its line. The transaction cannot go on.
            RowForm: A field has not its form.
        """
        ...

    def get(self, kind: type[R], **key: object) -> R | None:
        """Return the one row under the full `key`, or None."""
        ...

    def require(self, kind: type[R], **key: object) -> R:
        """Return the one row under the full `key`; `RowMissing` if there is none."""
        ...

    def find(self, kind: type[R], *, after: int | None = None, limit: int | None = None, **equal: object) -> list[R]:
        """Return the rows whose fields equal what is given, in the order of their keys.

        Args:
            kind: The class of row.
            after: Only rows whose `seq` is greater.
            limit: At most this many.
            equal: Fields and their values.
        """
        ...

    def pick(self, kind: type[Row], fields: Sequence[str], **equal: object) -> list[tuple[Any, ...]]:
        """Return some fields of the rows whose fields equal what is given, in the order of their keys.

        Only fields that are a number, a text or bytes. Cheaper than `find` where rows are large.
        """
        ...

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq` among those whose fields equal what is given."""
        ...

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows of a numbered `kind` whose `seq` is greater than that of the row in `marks` for their line.

        A line is found by the key of `marks`; one without a mark has no rows here.
        """
        ...

    def line_end(self, *, gateway: Address, patient: Address) -> tuple[int, Bytes32]:
        """Return number and digest of the last receipt of a patient's line; 0 and zero before the first."""
        ...

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are whose fields equal what is given."""
        ...

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete these rows for good and return how many there were.

        The bytes are overwritten, not only unlinked. At least one field must be given.
        """
        ...

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete the rows whose `at` lies before `at`, in seconds, and return how many there were.

        For rows that are no secret; `destroy` is for those that are.
        """
        ...


class Vault(Rows, Protocol):
    """A vault. Called on the vault itself, each method is a transaction of its own."""

    def transaction(self) -> AbstractContextManager[Rows]:
        """Return a transaction: all of it is kept, or, when an error leaves the block, nothing.

        What was kept is on disk when the block ends.
        """
        ...

    def reading(self) -> AbstractContextManager[Rows]:
        """Return the rows for several questions at once: cheaper than one by one. Nothing is written."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
