"""FHIR from a server: everything that it holds of one patient, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medshare.conversion import Converted, SourceItem
from medshare.conversion.fhir import Fhir
from medshare.conversion.fhir.server import Server


@dataclass(frozen=True, slots=True)
class Served:
    """The format FHIR, read from a server; the path is the id of a patient there."""

    server: Server
    name: str = "fhir"

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Yield what the server holds of a patient. Raises as `Server.everything`."""
        for item in self.server.everything(str(path)):
            yield replace(item, file=f"{path}: {item.file}")

    def convert(self, item: SourceItem) -> Converted:
        """Convert as `Fhir` does."""
        return Fhir().convert(item)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process converts and asks no server."""
        return Fhir, ()
