"""`medshare audit`: take a log along, verify one (`proving`), tell one in FHIR (`telling`), oversee (`overseeing`)."""

from __future__ import annotations

import typer

app = typer.Typer(name="audit", no_args_is_help=True, add_completion=False)

from medshare.cli.audit import overseeing, proving, telling  # noqa: E402, F401 (they enter their commands into the app)
