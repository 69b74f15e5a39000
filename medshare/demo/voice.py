"""How the demo speaks: plain sentences on stdout, progress on stderr, nothing where JSON is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress

from medshare.demo.checks import Claim


class Voice:
    """Speaks unless it is `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._out = Console(quiet=quiet, highlight=False)
        self._progress = Console(stderr=True)
        self._quiet = quiet

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._out.print(f"\n[bold]{title}[/bold]")

    def say(self, sentence: str) -> None:
        """Say one sentence."""
        self._out.print(sentence, markup=False)

    def text(self, title: str, text: str) -> None:
        """Show a text whole."""
        self._out.print(Panel(text, title=title, expand=False), markup=False)

    def claim(self, claim: Claim) -> None:
        """Say that a claim holds, or does not."""
        self._out.print(f"  {'✓' if claim.passed else '✗'} {claim.name}: {claim.evidence}"[:240], markup=False)

    @contextlib.contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Show how far something is; the block gets a function to call for each step."""
        if self._quiet or not self._progress.is_terminal:
            yield lambda: None
            return
        with Progress(console=self._progress, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
