"""What a reader keeps of documents that it got: the documents, and where it must ask about them.

Whoever reads must destroy what is erased later. So a reader remembers every door that ever gave it
something, and of each document whose it is, who wrote it, and the receipt under which it came.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from medshare import canonical_json
from medshare.errors import InputError, IntegrityError
from medshare.hexadecimal import Address, Bytes32, address, from_hex, to_hex
from medshare.record.opening import VerifiedDocument
from medshare.signed import Signed
from medshare.typed_data import Receipt

SOURCES: Final = "doors.json"
"""The file of a folder of copies that lists the doors."""


class NotACopy(IntegrityError):
    """Raised when a file in a folder of copies is not what was written there."""

    code = "copies.not-a-copy"
    cause = "The file {place} is not one that MedShare wrote."
    remedy = "Take it away, or put the file back as it was; documents beside it still open."


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is remembered of one document. `patient` is the address in its leaf, `url` the door it came from."""

    leaf: Bytes32
    patient: Address
    provider: Address
    url: str
    receipt: Signed[Receipt]


class Copies(Protocol):
    """A reader's documents."""

    def expect_from(self, url: str) -> None:
        """Remember a door before anything is asked of it."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors that ever gave something."""
        ...

    def keep(self, copy: Copy, document: VerifiedDocument) -> None:
        """Keep a document, in the place of an older copy of the same leaf."""
        ...

    def get(self, leaf: Bytes32) -> Copy | None:
        """Return what is remembered of a leaf, or None."""
        ...

    def all(self) -> tuple[Copy, ...]:
        """Return what is remembered of every document, sorted by leaf."""
        ...

    def destroy(self, leaf: Bytes32) -> None:
        """Destroy a document and what is remembered of it; nothing happens if there is none."""
        ...


class MemoryCopies:
    """Copies for as long as the process lives."""

    def __init__(self) -> None:
        self._sources: dict[str, None] = {}
        self._copies: dict[Bytes32, tuple[Copy, VerifiedDocument]] = {}

    def expect_from(self, url: str) -> None:
        """Remember a door."""
        self._sources[url] = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors that ever gave something."""
        return tuple(self._sources)

    def keep(self, copy: Copy, document: VerifiedDocument) -> None:
        """Keep a document."""
        self._copies[copy.leaf] = (copy, document)

    def get(self, leaf: Bytes32) -> Copy | None:
        """Return what is remembered of a leaf, or None."""
        found = self._copies.get(leaf)
        return found[0] if found else None

    def document(self, leaf: Bytes32) -> VerifiedDocument:
        """Return a document; `KeyError` if there is none."""
        return self._copies[leaf][1]

    def all(self) -> tuple[Copy, ...]:
        """Return what is remembered of every document."""
        return tuple(copy for _, (copy, _) in sorted(self._copies.items()))

    def destroy(self, leaf: Bytes32) -> None:
        """Destroy a document and what is remembered of it."""
        self._copies.pop(leaf, None)


class FolderCopies:
    """Copies as files that only their owner may read: `<leaf>.document`, and `<leaf>.json` beside it.

    Args:
        folder: Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def expect_from(self, url: str) -> None:
        """Remember a door; it is on disk when this returns."""
        if url not in self.sources:
            self._write(SOURCES, canonical_json.dumps([*self.sources, url]))

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors that ever gave something."""
        place = self._folder / SOURCES
        if not place.exists():
            return ()
        value = self._read(place)
        if not isinstance(value, list) or not all(isinstance(url, str) for url in value):
            raise NotACopy(place=place.name)
        return tuple(value)

    def keep(self, copy: Copy, document: VerifiedDocument) -> None:
        """Keep a document. What is remembered is written first: no document lies here unnoticed."""
        value = {
            "patient": copy.patient,
            "provider": copy.provider,
            "receipt": copy.receipt.message.to_json(),
            "signature": to_hex(copy.receipt.signature),
            "signer": copy.receipt.signer,
            "url": copy.url,
        }
        self._write(f"{copy.leaf.hex()}.json", canonical_json.dumps(value))
        self._write(f"{copy.leaf.hex()}.document", document.content)

    def get(self, leaf: Bytes32) -> Copy | None:
        """Return what is remembered of a leaf, or None."""
        place = self._folder / f"{leaf.hex()}.json"
        if not place.exists():
            return None
        value = self._read(place)
        try:
            receipt = Signed(
                message=Receipt.from_json(value["receipt"]),
                signer=address(value["signer"]),
                signature=from_hex(value["signature"]),
            )
            return Copy(
                leaf=leaf,
                patient=address(value["patient"]),
                provider=address(value["provider"]),
                url=str(value["url"]),
                receipt=receipt,
            )
        except (InputError, KeyError, TypeError) as error:
            raise NotACopy(place=place.name) from error

    def path(self, leaf: Bytes32) -> Path:
        """Return the file of a document, whether or not it is there."""
        return self._folder / f"{leaf.hex()}.document"

    def all(self) -> tuple[Copy, ...]:
        """Return what is remembered of every document."""
        names = sorted(place.stem for place in self._folder.glob("*.json") if place.name != SOURCES)
        found = [self.get(_leaf(name)) for name in names]
        return tuple(copy for copy in found if copy is not None)

    def destroy(self, leaf: Bytes32) -> None:
        """Destroy a document, then what is remembered of it. What a disk keeps of deleted files is its own matter."""
        self.path(leaf).unlink(missing_ok=True)
        (self._folder / f"{leaf.hex()}.json").unlink(missing_ok=True)

    def _read(self, place: Path) -> Any:
        try:
            return canonical_json.loads(place.read_bytes())
        except InputError as error:
            raise NotACopy(place=place.name) from error

    def _write(self, name: str, data: bytes) -> None:
        temporary = self._folder / f".{name}.new"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / name)


def _leaf(name: str) -> Bytes32:
    try:
        return from_hex(f"0x{name}", 32)
    except InputError as error:
        raise NotACopy(place=f"{name}.json") from error
