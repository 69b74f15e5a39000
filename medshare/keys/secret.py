"""The base of every secret type: masked in print, not hashable, not picklable, compared in constant time."""

from __future__ import annotations

import hmac
from typing import ClassVar, NoReturn, Self

from medshare.errors import InputError, RefusedError


class WrongSecretLength(InputError):
    """Raised when bytes of another length are offered as a secret of a fixed length."""

    code = "secret.wrong-length"
    cause = "A {kind} has {expected} bytes, not {given}."
    remedy = "Give the whole secret and nothing else."


class SecretNotExportable(RefusedError):
    """Raised when a secret would leave by pickling or would be changed in place."""

    code = "secret.not-exportable"
    cause = "A {kind} does not leave its object this way, and does not change."
    remedy = "Call the method with 'secret' in its name where the bytes are really wanted."


class Secret:
    """Secret bytes that leave only by a method with *secret* in its name.

    A subclass sets `LENGTH` (bytes) where the length is fixed. Python cannot wipe immutable
    bytes: a secret stays in memory until the interpreter reuses the place.

    Raises:
        WrongSecretLength: The bytes are not `LENGTH` long, or empty where any length is allowed.
    """

    __slots__ = ("_Secret__data",)

    LENGTH: ClassVar[int | None] = None

    def __init__(self, data: bytes) -> None:
        expected = self.LENGTH
        if len(data) == 0 if expected is None else len(data) != expected:
            raise WrongSecretLength(
                kind=type(self).__name__, expected="one or more" if expected is None else expected, given=len(data)
            )
        object.__setattr__(self, "_Secret__data", bytes(data))

    def secret_bytes(self) -> bytes:
        """Return the bytes themselves. The caller now answers for them."""
        data: bytes = object.__getattribute__(self, "_Secret__data")
        return data

    def same_secret(self, other: Secret) -> bool:
        """Tell whether both are of one type and hold the same bytes; the time does not depend on where they differ."""
        return type(self) is type(other) and hmac.compare_digest(self.secret_bytes(), other.secret_bytes())

    def __eq__(self, other: object) -> bool:
        return self.same_secret(other) if isinstance(other, Secret) else NotImplemented

    # An explicit None: a secret is never a dictionary key, where its hash would stand in the clear.
    __hash__ = None  # type: ignore[assignment]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise SecretNotExportable(kind=type(self).__name__)

    def __delattr__(self, name: str) -> NoReturn:
        raise SecretNotExportable(kind=type(self).__name__)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} masked>"  # [K-006]

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SecretNotExportable(kind=type(self).__name__)

    def __getstate__(self) -> NoReturn:
        raise SecretNotExportable(kind=type(self).__name__)
