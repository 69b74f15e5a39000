"""`medshare org`: institutions, researchers and their staff, as the chain knows them.

`knowing` reads the chain, `changing` writes to it.
"""

from __future__ import annotations

import typer

app = typer.Typer(name="org", no_args_is_help=True, add_completion=False)

from medshare.cli.org import changing, knowing  # noqa: E402, F401 (they enter their commands into the app)
