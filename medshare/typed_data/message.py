"""What every signed message is: a frozen dataclass whose fields are the members of an EIP-712 struct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self, TypeVar, get_type_hints

from medshare.digest import keccak
from medshare.hexadecimal import Bytes32
from medshare.typed_data.domain import Contract, HasContract
from medshare.typed_data.errors import FieldMissing, FieldType, FieldUnknown, MessageUnknown
from medshare.typed_data.fields import Json, Kind, camel


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a struct: its name in Python, its name in the type, its kind."""

    attribute: str
    name: str
    kind: Kind


class Message(HasContract):
    """A message that somebody signs. Building one checks every field.

    Raises:
        FieldType, FieldRange, FieldLength, FieldForm: A field is not exactly what its type says.
    """

    __slots__ = ()
    signed_by: ClassVar[str]
    members: ClassVar[tuple[Field, ...]]
    type_text: ClassVar[str]
    type_hash: ClassVar[Bytes32]

    def __post_init__(self) -> None:
        for member in self.members:  # [T-005]
            member.kind.check(member.name, getattr(self, member.attribute))

    def to_json(self) -> dict[str, Json]:
        """Return the message for our canonical JSON, with the names of its type."""
        return {member.name: member.kind.to_json(getattr(self, member.attribute)) for member in self.members}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the message that `to_json` wrote.

        Raises:
            FieldMissing, FieldUnknown: The keys are not exactly those of the type.
            FieldType, FieldRange, FieldLength, FieldForm: A value is not in its one form.
        """
        if not isinstance(value, Mapping):
            raise FieldType(field=cls.__name__, found=type(value).__name__, expected="object")
        names = {member.name for member in cls.members}
        for member in cls.members:  # [T-005]
            if member.name not in value:
                raise FieldMissing(name=cls.__name__, field=member.name)
        for name in value:  # [T-005]
            if name not in names:
                raise FieldUnknown(name=cls.__name__, field=name)
        return cls(**{m.attribute: m.kind.from_json(m.name, value[m.name]) for m in cls.members})


_M = TypeVar("_M", bound=type[Message])

MESSAGES: dict[str, type[Message]] = {}
"""Every message by its name, in the order of `medshare.typed_data.messages`."""


def signed(by: str, *, checked_by: Contract = Contract.PARTICIPANTS) -> Callable[[_M], _M]:
    """Enter a class in the table."""

    def enter(cls: _M) -> _M:
        hints = get_type_hints(cls, include_extras=True)
        # Only members of the dataclass are annotated with a Kind.
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        cls.members = tuple(Field(name, camel(name), hints[name].__metadata__[0]) for name in names)
        members = ",".join(f"{member.kind.name} {member.name}" for member in cls.members)
        cls.type_text = f"{cls.__name__}({members})"
        cls.type_hash = keccak(cls.type_text.encode())
        cls.signed_by = by
        cls.checked_by = checked_by
        MESSAGES[cls.__name__] = cls
        return cls

    return enter


def message_type(name: str) -> type[Message]:
    """Return the class of the message called `name`.

    Raises:
        MessageUnknown: There is none.
    """
    if name not in MESSAGES:
        raise MessageUnknown(name=name)
    return MESSAGES[name]
