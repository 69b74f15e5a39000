"""The accreditation record: the public document from which a statement takes names.

Its bytes stand in the registry's event and its Keccak-256 on the chain. A statement names that
digest and is rendered from that version, whatever the institution is called later.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from medshare import canonical_json
from medshare.canonical_json import NotCanonical
from medshare.consent.errors import UnknownLanguage
from medshare.consent.names import LANGUAGES
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32, address
from medshare.statement.errors import BadName, BadRecord

VERSION: Final = 1
LARGEST: Final = 8 * 1024
"""Bytes of a record."""

LONGEST_NAME: Final = 200
"""Characters of a name."""

_HIDDEN: Final = frozenset(
    # Letters and marks that show nothing: fillers, joiners, the empty Braille cell, variation selectors.
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)


def check_name(name: str) -> str:
    """Return `name` if what is seen is what it is.

    Refused are: an empty or overlong name; one not in NFC; control, format (bidi, zero width),
    private, unassigned and half characters; every space but the plain one, and that one at the
    ends or twice; characters that show nothing.

    Raises:
        BadName: It is one of these.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadName(why=f"it does not have 1 to {LONGEST_NAME} characters")
    for character in name:
        kind = unicodedata.category(character)
        if kind.startswith("C"):  # [S-007]
            raise BadName(why="it has a control, direction, private or unassigned character")
        if (kind.startswith("Z") and character != " ") or ord(character) in _HIDDEN:
            raise BadName(why="it has a space or mark that cannot be seen")
    if not unicodedata.is_normalized("NFC", name):
        raise BadName(why="it is not in Unicode NFC")
    if name != name.strip() or "  " in name:
        raise BadName(why="it begins or ends with a space, or has two together")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationRecord:
    """Who an accredited account is, in public.

    `names` by language (en, zh-Hant), at least one. `roles` are the bits of design section 11 and
    `jurisdiction` an ISO 3166 numeric code, as the registry was told.
    """

    account: Address
    names: Mapping[str, str]
    roles: int
    jurisdiction: int

    def __post_init__(self) -> None:
        address(self.account)
        if not self.names:
            raise BadRecord(why="it has no name")
        for language, name in self.names.items():
            if language not in LANGUAGES:
                raise UnknownLanguage(language=language)
            check_name(name)
        if not (0 < self.roles < 1 << 16 and 0 < self.jurisdiction < 1 << 16):
            raise BadRecord(why="its roles or its jurisdiction do not fit 16 bits or are zero")

    @property
    def digest(self) -> Bytes32:
        """Keccak-256 of the record's bytes."""
        return keccak(self.to_bytes())

    def name_in(self, language: str) -> str:
        """Return the name in `language`, else in the first language that has one.

        Raises:
            UnknownLanguage: Not one of MedShare's languages.
        """
        if language not in LANGUAGES:
            raise UnknownLanguage(language=language)
        return next(self.names[choice] for choice in (language, *LANGUAGES) if choice in self.names)

    def to_bytes(self) -> bytes:
        """Return the record as canonical JSON."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "account": self.account,
                "names": dict(self.names),
                "roles": self.roles,
                "jurisdiction": self.jurisdiction,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> AccreditationRecord:
        """Return the record that `to_bytes` wrote.

        Raises:
            BadRecord: Anything else, to the byte.
            BadName, UnknownLanguage, NotAnAddress: A part of it is not of its form.
        """
        try:
            value = canonical_json.loads(data, limit=LARGEST)
        except NotCanonical as error:
            raise BadRecord(why="it is not canonical JSON") from error
        if not isinstance(value, dict) or value.keys() != {"v", "account", "names", "roles", "jurisdiction"}:
            raise BadRecord(why="its fields are not those of a record")
        numbers = [value["v"], value["roles"], value["jurisdiction"]]
        if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
            raise BadRecord(why="a number is not a whole number")
        if value["v"] != VERSION:
            raise BadRecord(why="its version is not known")
        names = value["names"]
        if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
            raise BadRecord(why="its names are not text by language")
        return cls(
            account=address(value["account"]), names=names, roles=value["roles"], jurisdiction=value["jurisdiction"]
        )
