"""The directory: the public halves of a patient's keys, and where to find them (design, section 5).

A public document of some 50 KB; its Keccak-256 stands on the chain, its bytes come from custodians and
the agent. A hospital seals to it and needs no secret. It names no folder key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from medshare import canonical_json
from medshare.age import HybridRecipient
from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.compartments import CATEGORIES, FIRST_EPOCH, LAST_EPOCH, Compartments
from medshare.keys.errors import CompartmentUnknown, DigestDiffers, DocumentForeign, DocumentMalformed
from medshare.keys.form import Form, parse_json
from medshare.typed_data.domain import LARGEST_CHAIN_ID, Domains

VERSION: Final = 1
LARGEST_DIRECTORY: Final = 131_072
"""Bytes."""
LONGEST_URL: Final = 512
MOST_PLACES: Final = 16
"""Custodians, and postboxes."""
LONGEST_KEY_TEXT: Final = 2048

_T = TypeVar("_T")
_KIND: Final = "directory"
_KEYS: Final = (
    "v", "chainId", "registry", "patient", "epoch", "agent", "inbox", "categories", "custodians", "postboxes"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A custodian or a postbox: the institution's account and the URL of its door.

    Raises:
        DocumentMalformed: The URL is not http(s) with a host, or holds a user, a query, a fragment or spaces.
    """

    account: Address
    url: str

    def __post_init__(self) -> None:
        if not _is_door(self.url):
            raise DocumentMalformed(kind=_KIND, why="a URL is not the plain address of a door")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDirectory:
    """A directory. `categories` holds 24 keys, of category 0 to 23, all of one `epoch` and all different.

    Raises:
        DocumentMalformed: Another number of keys, one key twice, too many places or one place twice.
    """

    chain_id: int
    registry: Address
    patient: Address
    epoch: int
    agent: Address
    inbox: HybridRecipient
    categories: tuple[HybridRecipient, ...]
    custodians: tuple[Place, ...] = ()
    postboxes: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        keys = [key.key for key in (*self.categories, self.inbox)]
        if len(keys) != CATEGORIES + 1:
            raise DocumentMalformed(kind=_KIND, why=f"it does not have {CATEGORIES} category keys")
        # One key for two categories would open one with the consent for the other.
        if len(set(keys)) != len(keys):
            raise DocumentMalformed(kind=_KIND, why="it has a key twice")
        for places in (self.custodians, self.postboxes):
            if len(places) > MOST_PLACES or len(set(places)) != len(places):
                raise DocumentMalformed(kind=_KIND, why="it has too many places, or one twice")

    @classmethod
    def of(
        cls,
        keys: Compartments,
        *,
        domains: Domains,
        patient: Address,
        epoch: int,
        custodians: Sequence[Place] = (),
        postboxes: Sequence[Place] = (),
    ) -> Self:
        """Return the directory of a patient's keys in `epoch`."""
        return cls(
            chain_id=domains.chain_id,
            registry=domains.participants,
            patient=patient,
            epoch=epoch,
            agent=keys.agent,
            inbox=keys.inbox(epoch).recipient,
            categories=tuple(keys.identity(category, epoch).recipient for category in range(CATEGORIES)),
            custodians=tuple(custodians),
            postboxes=tuple(postboxes),
        )

    def category(self, category: int) -> HybridRecipient:
        """Return the key that a document of `category` is sealed to.

        Raises:
            CompartmentUnknown: Not 0 to 23; folders are not in the directory.
        """
        if not 0 <= category < CATEGORIES:
            raise CompartmentUnknown(compartment=category)
        return self.categories[category]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, whose digest goes on the chain."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "chainId": self.chain_id,
                "registry": self.registry,
                "patient": self.patient,
                "epoch": self.epoch,
                "agent": self.agent,
                "inbox": self.inbox.text,
                "categories": [key.text for key in self.categories],
                "custodians": [_row(place) for place in self.custodians],
                "postboxes": [_row(place) for place in self.postboxes],
            }
        )

    @property
    def digest(self) -> Bytes32:
        """Keccak-256 of the canonical bytes: what the chain holds."""
        return keccak(self.to_bytes())

    @classmethod
    def parse(cls, data: bytes, *, digest: Bytes32, domains: Domains, patient: Address) -> Self:
        """Return the directory of `data`, which must be the one that the chain names now.

        Args:
            digest: What the ParticipantRegistry holds for `patient` at a fresh head. Without it anybody's
                keys could be slipped in, and the writer would seal to a stranger.
            domains: The deployment that was asked.
            patient: Whom the writer means.

        Raises:
            DigestDiffers: Other bytes than the chain names; an older directory, for one.
            DocumentMalformed: Not the exact form.
            DocumentForeign: It is for another chain, registry or patient.
        """
        if len(data) > LARGEST_DIRECTORY:
            raise DocumentMalformed(kind=_KIND, why=f"it has more than {LARGEST_DIRECTORY} bytes")
        if keccak(data) != digest:  # [K-005]
            raise DigestDiffers(kind=_KIND)
        directory = cls._parse(data)
        for field, found, expected in (
            ("chain", directory.chain_id, domains.chain_id),
            ("registry", directory.registry, domains.participants),
            ("patient", directory.patient, patient),
        ):
            if found != expected:
                raise DocumentForeign(kind=_KIND, field=field)
        return directory

    @classmethod
    def _parse(cls, data: bytes) -> Self:
        form = Form(_KIND, parse_json(_KIND, data, limit=LARGEST_DIRECTORY), _KEYS)
        form.integer("v", low=VERSION, high=VERSION)
        return cls(
            chain_id=form.integer("chainId", low=1, high=LARGEST_CHAIN_ID),
            registry=form.address("registry"),
            patient=form.address("patient"),
            epoch=form.integer("epoch", low=FIRST_EPOCH, high=LAST_EPOCH),
            agent=form.address("agent"),
            inbox=_key(form.text("inbox", longest=LONGEST_KEY_TEXT)),
            categories=_list(form, "categories", CATEGORIES, _key),
            custodians=_list(form, "custodians", MOST_PLACES, _place),
            postboxes=_list(form, "postboxes", MOST_PLACES, _place),
        )


def key_digest(recipient: HybridRecipient) -> Bytes32:
    """Return Keccak-256 of the 1,216 bytes of a public key: how messages name it."""
    return keccak(recipient.key)


def _list(form: Form, name: str, most: int, read: Callable[[object], _T]) -> tuple[_T, ...]:
    return tuple(read(value) for value in form.rows(name, most=most))


def _key(value: object) -> HybridRecipient:
    try:
        if isinstance(value, str):
            return HybridRecipient.from_text(value)
    except InputError as error:
        raise DocumentMalformed(kind=_KIND, why="a key is no honest hybrid key") from error
    raise DocumentMalformed(kind=_KIND, why="a key is not a text")


def _place(value: object) -> Place:
    form = Form(_KIND, value, ("account", "url"))
    return Place(account=form.address("account"), url=form.text("url", longest=LONGEST_URL))


def _row(place: Place) -> dict[str, str]:
    return {"account": place.account, "url": place.url}


def _is_door(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or len(url) > LONGEST_URL or set(url) & set(' "<>\\^`{|}?#@'):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
