"""`medshare chain`: the local chain, and the contracts on any chain."""

from __future__ import annotations

import typer

app = typer.Typer(name="chain", no_args_is_help=True, add_completion=False)

from medshare.cli.chain import contracts, local  # noqa: E402, F401 (they enter their commands into the app)
