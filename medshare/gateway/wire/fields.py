"""The small forms: addresses, byte strings, numbers, each with one accepted text."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from medshare.canonical_json import LARGEST_INTEGER
from medshare.errors import InputError
from medshare.hexadecimal import from_hex, to_hex

LONGEST_SIGNATURE = 4096
"""Bytes. An ordinary key's has 65; a contract wallet's may be longer."""


class Malformed(InputError):
    """Raised when JSON from the other side of a door has another form than the one of its path."""

    code = "http.malformed"
    cause = "What was sent has not the form that this path takes: {why}."
    remedy = "Send exactly what the OpenAPI document of the gateway describes."


class Wire(BaseModel):
    """Base of every form: exact names, exact types, nothing converted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        arbitrary_types_allowed=True,
    )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return the form that the JSON `data` holds.

        Raises:
            Malformed: It holds another one.
            The errors of typed data and of the other forms inside.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise Malformed(why=first_fault(error.errors(include_input=False, include_url=False))) from error

    def write(self) -> bytes:
        """Return the JSON."""
        return self.model_dump_json(by_alias=True).encode()


def first_fault(errors: Any) -> str:
    """Return where and why the first of pydantic's `errors` is one, without the value that was given."""
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"{place}: {first['type']}"


@dataclass(frozen=True)
class _Text:
    """A byte string as text: how it is read and written, and how its text looks."""

    read: Callable[[str], bytes]
    write: Callable[[bytes], str]
    pattern: str
    longest: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler
        text = core_schema.str_schema(pattern=self.pattern, max_length=self.longest, strict=True)
        return core_schema.no_info_wrap_validator_function(
            self._decode,
            text,
            serialization=core_schema.plain_serializer_function_ser_schema(self.write, return_schema=text),
        )

    def _decode(self, value: Any, check: Callable[[Any], str]) -> bytes:
        return value if isinstance(value, bytes) else self.read(check(value))


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error
    # The last digit may carry bits that mean nothing: one value would have several texts.
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64")
    return data


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _word(text: str) -> bytes:
    return from_hex(text, 32)


AddressText = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$", strict=True)]
"""Twenty bytes: 0x and 40 lower-case hex digits."""

Word = Annotated[bytes, _Text(_word, to_hex, r"^0x[0-9a-f]{64}$")]
"""Thirty-two bytes: 0x and 64 lower-case hex digits."""

Octets = Annotated[bytes, _Text(from_hex, to_hex, r"^0x([0-9a-f]{2})*$", 2 + 2 * LONGEST_SIGNATURE)]
"""Up to 4,096 bytes, a signature for one: 0x and two lower-case hex digits each."""

Sealed64 = Annotated[bytes, _Text(_from_base64, _to_base64, r"^[A-Za-z0-9+/]*={0,2}$")]
"""What is sealed, and other long byte strings: base64 with padding (RFC 4648, section 4)."""

Seconds = Annotated[int, Field(ge=0, lt=2**40)]
"""A time in seconds since 1970, UTC."""

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
"""A whole number that every JSON reader holds exactly."""

Byte = Annotated[int, Field(ge=0, le=255)]
CidText = Annotated[str, StringConstraints(max_length=128, pattern=r"^[a-z2-7]+$", strict=True)]
UrlText = Annotated[str, StringConstraints(max_length=512, pattern=r"^https?://[!-~]+$", strict=True)]
LargeText = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,77})$", strict=True)]
"""A whole number as decimal text, where it may be 2^53 or more."""
