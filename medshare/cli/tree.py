"""The tree of nouns. A noun's module is loaded when it is asked for: `medshare org list` loads no other."""

from __future__ import annotations

import difflib
import importlib
import itertools
import os
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from medshare import __version__
from medshare.locale import LANGUAGES, language_of, translate

HELP: Final = "A patient decides who reads which part of their medical record."

NOUNS: Final[dict[str, str]] = {
    "init": "Make a home with its keys.",
    "doctor": "Find what is wrong with a home, its chain and its gateway.",
    "account": "Account keys: list, make, import, show, back up.",
    "chain": "The local chain, and the contracts on any chain.",
    "deploy": "Put the contracts on a chain.",
    "org": "Institutions, researchers and their staff.",
    "serve": "Run an institution's gateway.",
    "status": "How an institution's gateway is, and what to do.",
    "enrol": "Enrol a patient at the desk.",
    "import": "Take whole folders in: FHIR and what else hospitals have.",
    "record": "Documents: upload, confirm, list, open, erase.",
    "request": "Ask a patient for access.",
    "consent": "Consents: grant, list, renew, revoke, lock down.",
    "access": "Read what was granted; see who looked.",
    "audit": "Take a log along with its proofs; verify one anywhere.",
    "index": "The contracts' events in a database of one's own.",
    "relay": "Send signed messages by any gateway.",
    "sync": "Bring the home up to date, and say what is new.",
    "export": "Take everything along in open formats.",
    "leave": "Export everything, shut every door, erase everything.",
    "demo": "Play the whole story on a fresh local chain.",
}
"""Each noun with its line in the help; its module is `medshare.cli.<noun>`, which has an `app`."""

MODULES: Final = {"import": "importing"}
"""The modules of nouns that are words of Python."""

ALONE: Final = frozenset(("init", "doctor", "deploy", "serve", "status", "sync", "leave", "demo"))
"""Nouns that are their own verb."""


class Tree(TyperGroup):
    """The commands by noun, loaded one at a time; their help is in `language`."""

    language = "en"

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (Typer's signature)
        """Return the nouns."""
        return list(NOUNS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that `args` begin with, or say which noun is near."""
        if args and args[0] not in NOUNS and (near := difflib.get_close_matches(args[0], NOUNS, n=1)):
            ctx.fail(f"There is no command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (Typer's signature)
        """Return the commands of one noun, None if there is no such noun."""
        if cmd_name not in NOUNS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = localise(load(cmd_name), self.language)
        return self.commands[cmd_name]


def build(arguments: Sequence[str]) -> Any:
    """Return the whole tree, its help in the language that `arguments` or the environment name."""
    root = typer.Typer(cls=Tree, no_args_is_help=True, help=HELP)
    root.callback()(_options)
    tree: Any = typer.main.get_command(root)
    named = [after for before, after in itertools.pairwise(arguments) if before == "--language"]
    language = named[-1] if named and named[-1] in LANGUAGES else language_of(os.environ)
    tree.language = language
    return localise(tree, language)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (a flag of the command line)
    if wanted:
        typer.echo(f"medshare {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[  # noqa: FBT002 (a flag; its callback does the work)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before the noun."""


def load(noun: str) -> Any:
    """Return the commands of a noun, its module loaded."""
    app = importlib.import_module(f"medshare.cli.{MODULES.get(noun, noun)}").app
    found = typer.main.get_command(app)
    found.name = noun
    if noun not in ALONE:
        found.help = NOUNS[noun]
    return found


def localise(command: Any, language: str) -> Any:
    """Return `command` with its help in `language`, and that of what stands below it."""
    command.help = paragraphs(command.help, language)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = translate(text, language)
    for inner in getattr(command, "commands", {}).values():
        localise(inner, language)
    return command


def paragraphs(text: str | None, language: str) -> str:
    """Return a help text in `language`, translated paragraph by paragraph."""
    return "\n\n".join(translate(" ".join(part.split()), language) for part in (text or "").split("\n\n"))
