"""`medshare access`: read what was granted (`reading`), see who looked (`looking`), question it (`questioning`)."""

from __future__ import annotations

import typer

app = typer.Typer(name="access", no_args_is_help=True, add_completion=False)

from medshare.cli.access import looking, questioning, reading  # noqa: E402, F401 (they enter their commands into the app)
