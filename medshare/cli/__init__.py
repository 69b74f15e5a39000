"""The command `medshare`: one module for each noun, and `frame`, on which they all stand.

How a command is written: see `medshare.cli.frame.command`. How to add a noun: a module here with
``app = typer.Typer(name="noun", no_args_is_help=True, add_completion=False)``, and its line in
`tree.NOUNS`. Modules import what is heavy (a chain, a database, FHIR) inside their functions. Two people
can work on two nouns and meet in no file but `tree.py`.

What every command does: one result on standard output (for people, or one JSON document with --json),
everything else on standard error; exit codes 0 done, 2 usage, 3 refused by a consent, 4 not found,
5 a node, store or vault does not answer, 6 integrity, 7 the person said no.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; everything is printed."""
    import typer

    from medshare.cli.frame.command import report
    from medshare.cli.frame.errors import SaidNo, Usage
    from medshare.cli.tree import build
    from medshare.errors import MedShareError
    from medshare.locale import language_of

    language, json = language_of(os.environ), "--json" in arguments
    words = " ".join(one for one in arguments[:2] if not one.startswith("-"))
    try:
        code = build(arguments).main(list(arguments), prog_name="medshare", standalone_mode=False)
    except typer.TyperException as error:
        if not (message := error.format_message()):
            return 2  # the help was printed
        command = getattr(getattr(error, "ctx", None), "command_path", "medshare")
        report(words, Usage(message=message.rstrip("."), command=command), language, as_json=json)
        return 2
    except typer.Abort:
        report(words, SaidNo(), language, as_json=json)
        return SaidNo.exit_code
    except MedShareError as error:
        report(words, error, language, as_json=json)
        return error.exit_code
    return int(code or 0)


def main() -> None:
    """Run the command line of this process."""
    # A command makes a million objects that stay, its classes and functions; to look through them all the
    # time for what can go takes a tenth of its time.
    gc.set_threshold(50_000)
    sys.exit(run(sys.argv[1:]))
