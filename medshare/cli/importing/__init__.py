"""`medshare import`: whole folders of a hospital's data taken in, and what could not be stored.

`taking` has a command for each format, `holding` the quarantine and the reports. The package is not called like its
noun, which is a word of Python.
"""

from __future__ import annotations

import typer

app = typer.Typer(name="import", no_args_is_help=True, add_completion=False)

from medshare.cli.importing import holding, taking  # noqa: E402, F401 (they enter their commands into the app)
