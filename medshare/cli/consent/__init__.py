"""`medshare consent`: what a patient granted, to whom, until when.

`reading` lists, shows, explains and writes receipts, for patients and for grantees; `deciding` grants,
approves, refuses, revokes, locks and renews, for patients; `exporting` writes consents in the standards' forms and
reads them. `rows` is what the first two print.
"""

from __future__ import annotations

import typer

app = typer.Typer(name="consent", no_args_is_help=True, add_completion=False)

from medshare.cli.consent import deciding, exporting, reading  # noqa: E402, F401 (they enter their commands into the app)
