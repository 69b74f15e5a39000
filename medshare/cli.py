"""The command `medshare`. The issue on doors gives it the tree of nouns and verbs; today it tells the story."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from medshare import __version__
from medshare.demo.__main__ import run
from medshare.errors import MedShareError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (a flag of the command line)
    if wanted:
        typer.echo(f"medshare {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002 (a flag; its callback does the work)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A patient decides who reads which part of their medical record."""


@app.command()
def demo(
    as_json: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--json", help="Print every assertion with its evidence as JSON.")
    ] = False,
) -> None:
    """Play the whole story on a fresh local chain; needs Anvil."""
    raise typer.Exit(run(os.environ.get("DEMO_FAULT", ""), as_json=as_json))


def main() -> None:
    """Run the command; an error of ours is one sentence on stderr and its own exit code."""
    try:
        app()
    except MedShareError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
