"""Where results go: sentences and tables for people, or one JSON document; always on standard output."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from medshare.cli.frame.schema import FORM, to_json
from medshare.locale import say, translate

if TYPE_CHECKING:
    from rich.console import Console


class Result(Protocol):
    """What a command returns: a frozen dataclass that can show itself to a person."""

    def show(self, page: Page) -> None:
        """Write the result for a person."""
        ...


class Page:
    """Sentences and tables in one language; colours only at a terminal and without NO_COLOR."""

    def __init__(self, language: str, target: TextIO | None = None) -> None:
        self.language = language
        self._target = target or sys.stdout
        self._console: Console | None = None

    def say(self, text: str, **facts: object) -> None:
        """Write one sentence."""
        self.write(say(text, self.language, **facts))

    def write(self, text: str) -> None:
        """Write a text as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a table; `columns` are texts that are translated, `rows` are not."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(translate(column, self.language), overflow="fold")
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        # Nothing is cut where the output goes to a file or a pipe.
        self.console.print(table, soft_wrap=not self.console.is_terminal)

    def time(self, at: int) -> str:
        """Return a time for people: minutes, UTC."""
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")

    def day(self, at: int) -> str:
        """Return the day of a time, UTC."""
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d")

    def word(self, text: str) -> str:
        """Return a word in the language of the page."""
        return translate(text, self.language)

    @property
    def console(self) -> Console:
        """The console behind the page."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(file=self._target)
            if not self._console.is_terminal:
                # A pipe has no width: without this, long hashes would be folded.
                self._console.width = 4096
        return self._console


def document(command: str, **outcome: object) -> str:
    """Return the JSON document of a command: its `result`, `dry_run` or `error`."""
    value: dict[str, Any] = {"medshare": FORM, "command": command}
    value |= {name: to_json(inner) for name, inner in outcome.items()}
    return json.dumps(value, ensure_ascii=False, indent=1)
