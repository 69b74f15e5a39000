"""The request document: who asks for what and why, sealed to the patient's inbox (design, section 3.2).

The chain keeps only a salted digest of it. The patient reads it in her own words before she signs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from medshare import canonical_json
from medshare.age import HybridIdentity, HybridRecipient, decrypt, encrypt
from medshare.age.entropy import Entropy, draw
from medshare.consent.categories import Category
from medshare.consent.purposes import closed
from medshare.consent.terms import Opening, request_digest, request_id
from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import Address, Bytes32, address, from_hex, to_hex
from medshare.statement.accreditation import check_name

VERSION: Final = 1
LARGEST: Final = 64 * 1024
"""Bytes of a request document."""

LONGEST_TEXT: Final = 4000
"""Characters of a reason, and of what the patient gets back."""

_KEYS: Final = frozenset(
    (
        *("v", "chainId", "registry", "patient", "requester", "grantee", "requesterName"),
        *("categories", "purposes", "actions", "notBefore", "notAfter", "why", "inReturn", "url", "salt"),
    )
)


class NotARequest(InputError):
    """Raised when a document is not a request for this patient and chain."""

    code = "request.not-a-request"
    cause = "This is not a request that can be answered: {why}."
    remedy = "Ask the requester to send it again with MedShare."


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """A request in full. `registry` is AccessRequests; `url` is where answers are left.

    `why` and `in_return` are free text in the requester's words; the patient sees them as such.
    """

    chain_id: int
    registry: Address
    patient: Address
    requester: Address
    grantee: Address
    requester_name: str
    categories: tuple[Category, ...]
    purposes: int
    actions: int
    not_before: int
    not_after: int
    why: str
    in_return: str
    url: str
    salt: Bytes32

    def __post_init__(self) -> None:
        closed(self.purposes)
        check_name(self.requester_name)
        if not self.categories or len(self.why) > LONGEST_TEXT or len(self.in_return) > LONGEST_TEXT:
            raise NotARequest(why="it names no category, or its texts are too long")

    def to_bytes(self) -> bytes:
        """Return the canonical document."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "chainId": self.chain_id,
                "registry": self.registry,
                "patient": self.patient,
                "requester": self.requester,
                "grantee": self.grantee,
                "requesterName": self.requester_name,
                "categories": [int(category) for category in self.categories],
                "purposes": str(self.purposes),
                "actions": self.actions,
                "notBefore": self.not_before,
                "notAfter": self.not_after,
                "why": self.why,
                "inReturn": self.in_return,
                "url": self.url,
                "salt": to_hex(self.salt),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> AccessRequest:
        """Return the request that `to_bytes` wrote.

        Raises:
            NotARequest: Another form.
            NotCanonical, NotAnAddress, NotHex: A part of it is not of its form.
        """
        value = canonical_json.loads(data, limit=LARGEST)
        if not isinstance(value, dict) or value.keys() != _KEYS or value["v"] != VERSION:
            raise NotARequest(why="its fields are not those of a request")
        texts = (value["requesterName"], value["why"], value["inReturn"], value["url"], value["purposes"])
        numbers = (value["chainId"], value["actions"], value["notBefore"], value["notAfter"])
        categories = value["categories"]
        if not all(isinstance(text, str) for text in texts) or not value["purposes"].isdecimal():
            raise NotARequest(why="a text is missing")
        if not isinstance(categories, list) or any(type(number) is not int for number in (*numbers, *categories)):
            raise NotARequest(why="a number is missing")
        if any(category not in range(len(Category)) for category in categories):
            raise NotARequest(why="it names an unknown category")
        return cls(
            chain_id=value["chainId"],
            registry=address(value["registry"]),
            patient=address(value["patient"]),
            requester=address(value["requester"]),
            grantee=address(value["grantee"]),
            requester_name=value["requesterName"],
            categories=tuple(Category(category) for category in categories),
            purposes=int(value["purposes"]),
            actions=value["actions"],
            not_before=value["notBefore"],
            not_after=value["notAfter"],
            why=value["why"],
            in_return=value["inReturn"],
            url=value["url"],
            salt=from_hex(value["salt"], 32),
        )

    @property
    def opening(self) -> Opening:
        """What the chain is shown when the request is approved."""
        return Opening(
            patient=self.patient,
            requester=self.requester,
            grantee=self.grantee,
            purposes=self.purposes,
            actions=self.actions,
            not_before=self.not_before,
            not_after=self.not_after,
            document_digest=keccak(self.to_bytes()),
            salt=self.salt,
        )

    @property
    def digest(self) -> Bytes32:
        """What the requester opens on the chain."""
        return request_digest(self.opening)

    @property
    def request(self) -> Bytes32:
        """The id under which the chain keeps it: what an answering consent names."""
        return request_id(requester=self.requester, digest=self.digest)

    def seal(self, inbox: HybridRecipient, *, entropy: Entropy = secrets.token_bytes) -> bytes:
        """Return the document as an age file to the patient's inbox key."""
        return encrypt(self.to_bytes(), [inbox], entropy=entropy)

    @classmethod
    def unseal(cls, sealed: bytes, inboxes: Iterable[HybridIdentity]) -> AccessRequest:
        """Return the request that was sealed to one of the agent's inbox keys.

        Raises:
            NoIdentityMatches, HeaderError, PayloadDamaged: It does not open.
            NotARequest: It opened, and is something else.
        """
        return cls.from_bytes(decrypt(sealed, list(inboxes)))


def new_salt(entropy: Entropy = secrets.token_bytes) -> Bytes32:
    """Return 32 random bytes, which keep a guessed request from being found on the chain."""
    return draw(entropy, 32)
