"""What the journal writes when a batch is stored: kept beside the batch from before it is sealed.

Whoever finds the batch deposited after a power cut can end it from this alone, though the source may be gone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from medshare.conversion import Coverage
from medshare.hexadecimal import Address, Bytes32
from medshare.migration.items import NOTHING, IssueLine, Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file that was read to its end: keyed digest of its bytes, how much was mapped, and what to look at.

    Without a digest it is read again by the next run: its items may be stored with those of other files.
    """

    file: str
    digest: Bytes32 | None
    coverage: Coverage = NOTHING
    issues: tuple[IssueLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of a batch: its items, the files that are read to their end with it, and what to look at besides."""

    batch: Bytes32
    patient: Address
    documents: int
    marks: tuple[Mark, ...]
    files: tuple[FileRead, ...] = ()
    issues: tuple[IssueLine, ...] = ()

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), default=bytes.hex, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Ending:
        """Return what `to_text` wrote."""
        value = json.loads(text)
        return cls(
            batch=bytes.fromhex(value["batch"]),
            patient=value["patient"],
            documents=value["documents"],
            marks=tuple(_mark(one) for one in value["marks"]),
            files=tuple(_file(one) for one in value["files"]),
            issues=tuple(IssueLine(**one) for one in value["issues"]),
        )


def _mark(value: dict[str, str | None]) -> Mark:
    name = value["name"]
    return Mark(
        file=str(value["file"]),
        place=str(value["place"]),
        digest=bytes.fromhex(str(value["digest"])),
        name=None if name is None else bytes.fromhex(name),
    )


def _file(value: dict[str, object]) -> FileRead:
    return FileRead(
        file=str(value["file"]),
        digest=None if value["digest"] is None else bytes.fromhex(str(value["digest"])),
        coverage=Coverage(**value["coverage"]),  # type: ignore[arg-type]
        issues=tuple(IssueLine(**one) for one in value["issues"]),  # type: ignore[attr-defined]
    )
