"""Errors on the wire: RFC 9457 problem details with the exception's own code, and back to the same exception."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import medshare
from medshare.canonical_json import LARGEST_INTEGER
from medshare.errors import (
    InputError,
    IntegrityError,
    MedShareError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from medshare.gateway.errors import Refused
from medshare.gateway.wire.answers import ProblemForm
from medshare.gateway.wire.errors import STATUS, AnswerUnknown
from medshare.gateway.wire.fields import Malformed
from medshare.hexadecimal import to_hex
from medshare.release.rule import Ground

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:medshare:error:"
"""Before the code it is the problem's `type`; `docs/error-codes.md` says what each code means."""

_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")

_FAMILIES: Final[tuple[tuple[type[MedShareError], int], ...]] = (
    (RefusedError, 403),
    (NotFoundError, 404),
    (UnreachableError, 503),
    (IntegrityError, 409),
    (InputError, 422),
)

_NOT_LOADED: Final = ("medshare.cli", "medshare.demo", "medshare.gateway.http", "medshare.vault.migrations")
"""Parts of the package that raise nothing which a gateway could answer with, and that are slow to load."""


def status_of(error: MedShareError) -> int:
    """Return the HTTP status of `error`: its own, or that of its family."""
    own = STATUS.get(type(error))
    return own or next((status for family, status in _FAMILIES if isinstance(error, family)), 500)


def to_problem(error: MedShareError) -> ProblemForm:
    """Return the problem details of `error`."""
    return ProblemForm(
        type=TYPE + error.code,
        title=_WORD.sub(" ", type(error).__name__).capitalize(),
        status=status_of(error),
        detail=str(error),
        code=error.code,
        remedy=error.remedy.format(**error.facts),
        facts={name: _plain(value) for name, value in error.facts.items()},
        ground=int(error.ground) if isinstance(error, Refused) else None,
        receipt=error.receipt if isinstance(error, Refused) else None,
    )


def from_problem(data: bytes) -> MedShareError:
    """Return the exception that the JSON `data` stands for; it is for the caller to raise.

    What cannot be rebuilt becomes `AnswerUnknown`.
    """
    try:
        form = ProblemForm.read(data)
    except Malformed:
        return AnswerUnknown(problem="without a form")
    kind = _class_of(form.code)
    try:
        if kind is Refused and form.receipt is not None and form.ground is not None:
            return Refused(ground=Ground(form.ground), receipt=form.receipt)
        if kind is not None:
            return kind(**form.facts)
    except (KeyError, TypeError, ValueError):
        pass  # another version names other facts
    return AnswerUnknown(problem=form.code)


def _plain(value: object) -> Any:
    """Return a fact as JSON; what a sentence formats as text is text."""
    if isinstance(value, bytes):
        return to_hex(value)
    small = isinstance(value, int) and abs(value) <= LARGEST_INTEGER
    return value if small or value is None else str(value)


def _class_of(code: str) -> type[MedShareError] | None:
    """Return the class with `code`; what is not loaded yet is looked for once in the whole package."""
    found = _known(code)
    if found is None:
        _load_everything()
        found = _known(code)
    return found


def _known(code: str) -> type[MedShareError] | None:
    own = (kind for kind in _descendants(MedShareError) if "code" in kind.__dict__)
    return next((kind for kind in own if kind.code == code), None)


@cache
def _load_everything() -> None:
    for module in pkgutil.walk_packages(medshare.__path__, "medshare."):
        if not module.name.startswith(_NOT_LOADED) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _descendants(base: type[MedShareError]) -> Iterator[type[MedShareError]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)
