"""The quarantine: what was not stored, as it came, with why, until it is corrected and replayed or discarded.

::

    quarantine/3f9a…/entry.json     format, file, place, number of items, code, cause, remedy
    quarantine/3f9a…/source/x.json  the bytes as they came, under the name of their file; to be corrected there

The folder holds records of patients in the clear, as the source does: it is its owner's alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from medshare.hexadecimal import Bytes32
from medshare.migration.errors import NotInQuarantine, QuarantineUnwritable

ENTRY: Final = "entry.json"
SOURCE: Final = "source"
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An entry of the quarantine.

    Attributes:
        id: Its folder's name: the same bytes from the same place have the same.
        format: The format by which it was read.
        file, place: Where it stood.
        items: How many items it holds.
        code, cause, remedy: Why it was not stored.
    """

    id: str
    format: str
    file: str
    place: str
    items: int
    code: str
    cause: str
    remedy: str


class Quarantine:
    """The quarantine in `folder`.

    Raises:
        QuarantineUnwritable: It cannot be read or written. So do all methods.
    """

    def __init__(self, folder: Path) -> None:
        self.place = folder

    def hold(self, digest: Bytes32, held: Held, content: bytes | Path) -> None:
        """Keep items, their bytes or the file that holds them. What is there already may be corrected: it stays."""
        held = replace(held, id=digest[:8].hex())
        if (self.place / held.id / ENTRY).exists():
            self.amend(held)
            return
        with self._translated():
            folder, fresh = self.place / held.id, self.place / f".{held.id}"
            shutil.rmtree(fresh, ignore_errors=True)
            (fresh / SOURCE).mkdir(parents=True, mode=0o700)
            for one in (self.place, fresh):
                one.chmod(0o700)
            _write(fresh / SOURCE / _file_name(held.file), content)
            _write(fresh / ENTRY, _to_bytes(held))
            fresh.rename(folder)

    def held(self) -> tuple[Held, ...]:
        """Return the entries, in the order of files and places."""
        with self._translated():
            found = [Held(**json.loads(path.read_bytes())) for path in self.place.glob(f"[!.]*/{ENTRY}")]
        return tuple(sorted(found, key=lambda one: (one.file, one.place, one.id)))

    def find(self, name: str) -> Held:
        """Return the entry whose id begins with `name`.

        Raises:
            NotInQuarantine: There is none, or more than one.
        """
        found = [one for one in self.held() if name and one.id.startswith(name)]
        if len(found) != 1:
            raise NotInQuarantine(name=name)
        return found[0]

    def source(self, held: Held) -> Path:
        """Return the folder with the bytes of an entry."""
        return self.place / held.id / SOURCE

    def amend(self, held: Held) -> None:
        """Say anew why an entry is here."""
        place = self.place / held.id
        with self._translated():
            fresh = place / f".{ENTRY}"
            fresh.unlink(missing_ok=True)
            _write(fresh, _to_bytes(held))
            fresh.replace(place / ENTRY)

    def release(self, held: Held) -> None:
        """Let an entry go: it was stored, or is given up."""
        with self._translated():
            shutil.rmtree(self.place / held.id)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or "an entry is damaged"
            raise QuarantineUnwritable(place=self.place, why=why) from error


def _to_bytes(held: Held) -> bytes:
    return json.dumps(asdict(held), ensure_ascii=False, indent=1).encode()


def _file_name(file: str) -> str:
    """Return the last part of a file's name: its ending tells what it is."""
    return Path(file).name[-_LONGEST_NAME:].lstrip(".") or "item"


def _write(place: Path, content: bytes | Path) -> None:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
