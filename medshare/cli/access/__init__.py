"""`medshare access`: read what was granted (`reading`), and see who looked (`looking`)."""

from __future__ import annotations

import typer

app = typer.Typer(name="access", no_args_is_help=True, add_completion=False)

from medshare.cli.access import looking, reading  # noqa: E402, F401 (they enter their commands into the app)
