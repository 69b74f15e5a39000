"""The form of every signed message: {kind, message, signer, signature}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, cast, get_args

from pydantic import Field, GetCoreSchemaHandler, StringConstraints, create_model
from pydantic_core import CoreSchema, core_schema

from medshare.canonical_json import LARGEST_INTEGER
from medshare.gateway.wire.fields import AddressText, Octets, Wire
from medshare.hexadecimal import to_hex
from medshare.signed import Signed
from medshare.typed_data import Message
from medshare.typed_data.fields import AddressKind, BoolKind, Bytes32Kind, Kind, TextKind, UnsignedKind

M = TypeVar("M", bound=Message)


def _type_of(kind: Kind) -> Any:
    """Return the form of one member. It is for the reader of the schema: the message checks itself."""
    match kind:
        case AddressKind():
            return AddressText
        case Bytes32Kind():
            return Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
        case BoolKind():
            return bool
        case TextKind():
            return str
        case UnsignedKind() if kind.largest > LARGEST_INTEGER:
            text = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{15,19}$")]
            return Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] | text
        case UnsignedKind():
            return Annotated[int, Field(ge=0, le=kind.largest)]
    raise TypeError(kind.name)


_FORMS: dict[str, type[Wire]] = {}


def form_of(kind: type[Message]) -> type[Wire]:
    """Return the model of a signed message of `kind`, named `Signed<kind>`: the same one every time."""
    if kind.__name__ in _FORMS:
        return _FORMS[kind.__name__]
    members: dict[str, Any] = {member.name: (_type_of(member.kind), ...) for member in kind.members}
    message = create_model(kind.__name__, __base__=Wire, __doc__=kind.__doc__, **members)
    literal: Any = Literal[kind.__name__]
    form = create_model(
        f"Signed{kind.__name__}",
        __base__=Wire,
        __doc__=f"A {kind.__name__}, signed by: {kind.signed_by}.",
        kind=(literal, ...),
        message=(message, ...),
        signer=(AddressText, ...),
        signature=(Octets, ...),
    )
    _FORMS[kind.__name__] = form
    return form


def to_form(signed: Signed[Message]) -> dict[str, Any]:
    """Return the JSON of a signed message."""
    return {
        "kind": type(signed.message).__name__,
        "message": signed.message.to_json(),
        "signer": signed.signer,
        "signature": to_hex(signed.signature),
    }


@dataclass(frozen=True)
class _SignedForm:
    """Lets pydantic read and write `Signed[kind]`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        kind: type[Message] = get_args(source)[0]
        model = form_of(kind)
        schema = handler.generate_schema(model)

        def decode(value: Any, check: Callable[[Any], Any]) -> Signed[Message]:
            if isinstance(value, Signed):
                return value
            form = check(value)
            message = {member.name: getattr(form.message, member.name) for member in kind.members}
            return Signed(message=kind.from_json(message), signer=form.signer, signature=form.signature)

        return core_schema.no_info_wrap_validator_function(
            decode,
            schema,
            serialization=core_schema.plain_serializer_function_ser_schema(to_form, return_schema=None),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> Any:
        # Written and read forms are the same.
        return handler(cast("Any", schema)["schema"])


SignedOf = Annotated[Signed[M], _SignedForm()]
"""The form of `Signed[M]`: write `SignedOf[Revoke]`."""
