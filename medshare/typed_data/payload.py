"""What a wallet is given (`eth_signTypedData_v4`), and the machine-readable table of all messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from medshare.hexadecimal import to_hex
from medshare.typed_data.domain import DOMAIN_FIELDS, DOMAIN_TYPE, NAME, VERSION, Domain, Domains
from medshare.typed_data.errors import DomainForeign, FieldType, FieldUnknown, MessageUnknown, TypesForeign
from medshare.typed_data.message import MESSAGES, Message, message_type

_KEYS: Final = {"types", "primaryType", "domain", "message"}
_DOMAIN_ROWS: Final = [{"name": name, "type": kind} for name, kind in DOMAIN_FIELDS]


def to_payload(message: Message, domains: Domains) -> dict[str, Any]:
    """Return the typed data that a wallet shows and signs."""
    name = type(message).__name__
    return {
        "types": {"EIP712Domain": _DOMAIN_ROWS, name: _rows(type(message))},
        "primaryType": name,
        "domain": domains.of(message).to_json(),
        "message": message.to_json(),
    }


def from_payload(payload: object, domains: Domains) -> Message:
    """Return the message of a payload that is meant for this deployment.

    eth-account drops unknown keys and takes a domain without a chain id; here everything must be
    exactly what `to_payload` writes.

    Raises:
        FieldType, FieldUnknown: The payload has other parts than the four.
        MessageUnknown: Its primary type is none of ours.
        TypesForeign: It describes the types differently.
        DomainField: Its domain does not have the four fields.
        DomainForeign: It is meant for another chain or contract.
        FieldMissing, FieldRange, FieldLength, FieldForm: Its message is not in its one form.
    """
    if not isinstance(payload, Mapping):
        raise FieldType(field="payload", found=type(payload).__name__, expected="object")
    for key in payload:
        if key not in _KEYS:
            raise FieldUnknown(name="payload", field=key)
    name = payload.get("primaryType")
    if not isinstance(name, str):
        raise MessageUnknown(name=name)
    cls = message_type(name)
    if payload.get("types") != {"EIP712Domain": _DOMAIN_ROWS, name: _rows(cls)}:
        raise TypesForeign(name=name)
    found, expected = Domain.parse(payload.get("domain")), domains.of(cls)
    if found.chain_id != expected.chain_id:
        raise DomainForeign(field="chain")
    if found.verifying_contract != expected.verifying_contract:
        raise DomainForeign(field="contract")
    return cls.from_json(payload.get("message"))


def table() -> dict[str, Any]:
    """Return the whole definition for programs in other languages."""
    return {
        "domain": {"name": NAME, "version": VERSION, "type": DOMAIN_TYPE},
        "messages": [
            {
                "name": name,
                "type": cls.type_text,
                "typeHash": to_hex(cls.type_hash),
                "contract": cls.checked_by.value,
                "signer": cls.signed_by,
                "fields": _rows(cls),
            }
            for name, cls in MESSAGES.items()
        ],
    }


def table_text() -> str:
    """Return the exact text of `messages.json`; `tools/write_messages.py` writes it."""
    return json.dumps(table(), indent=2) + "\n"


def _rows(cls: type[Message]) -> list[dict[str, str]]:
    return [{"name": member.name, "type": member.kind.name} for member in cls.members]
