"""`medshare record`: documents, as those who write, check, own and dispute them see them.

`writing` is for institutions (upload, confirm, check, amend, retract), `owning` for everybody who has
documents (list, show, get) and for the patient alone (erase), `disputing` for both sides of a dispute,
`copying` for institutions that keep bodies (copies).
"""

from __future__ import annotations

import typer

app = typer.Typer(name="record", no_args_is_help=True, add_completion=False)

from medshare.cli.record import copying, disputing, owning, writing  # noqa: E402, F401 (they enter their commands into the app)
