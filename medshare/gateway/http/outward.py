"""Which error the caller sees: causes inside the gateway are its own affair."""

from __future__ import annotations

from typing import Final

from medshare.errors import MedShareError
from medshare.gateway.wire.errors import Fault, Unavailable
from medshare.ledger.abi import BadArgument
from medshare.ledger.errors import NoFunds, NotMined, PathTooLong
from medshare.store.errors import BodyNotFound, BodyTooLarge, CidMalformed
from medshare.vault.errors import RowConflict, RowForm, RowMissing, RowOutdated

_FOR_THE_CALLER: Final = (
    BodyNotFound,
    BodyTooLarge,
    CidMalformed,
    NotMined,
    PathTooLong,
    RowConflict,
    RowForm,
    RowMissing,
    RowOutdated,
)
"""What these parts say about what was asked, not about themselves."""

_PARTS: Final = (
    ("medshare.ledger.reverts", None),
    ("medshare.ledger", "chain"),
    ("medshare.deployment", "chain"),
    ("medshare.vault", "vault"),
    ("medshare.store", "store"),
)


def outward(error: MedShareError, request_id: str) -> MedShareError:
    """Return the error that leaves: the same one, or one that tells nothing of the inside."""
    if isinstance(error, _FOR_THE_CALLER):
        return error
    if isinstance(error, NoFunds):
        return Unavailable(part="relay")
    if isinstance(error, BadArgument):
        return Fault(request_id=request_id)
    module = type(error).__module__
    part = next((part for name, part in _PARTS if module.startswith(name)), None)
    return Unavailable(part=part) if part else error
