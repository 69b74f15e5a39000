"""How a function becomes a command.

::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Suspended:
        \"\"\"A participant that was suspended, and the transaction that did it.\"\"\"

        account: str
        transaction: bytes

        def show(self, page: Page) -> None:
            \"\"\"Say so.\"\"\"
            page.say("{account} is suspended from the next block on.", account=self.account)

    @command(app, sends=True, examples=("medshare org suspend 0x1c…9f --yes",))
    def suspend(session: Session, account: Annotated[str, Argument(help="Whom.")]) -> Suspended:
        \"\"\"Suspend a participant: it is refused from the next block on.\"\"\"
        …

The first parameter is the session; the others are Typer's. The class of the result gives the JSON and its
schema. What is printed for people goes through `page.say` with a whole English sentence, so that it can be
found and translated. A command raises errors of `medshare.errors` and catches none to hide it. What goes to
the chain goes through `session.ledger`: that is what makes --dry-run and the question before sending work.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from medshare.cli.frame.errors import SaidNo, Usage
from medshare.cli.frame.home import Home, place_of
from medshare.cli.frame.page import Page, Result, document
from medshare.cli.frame.plan import Rehearsed
from medshare.cli.frame.schema import to_json
from medshare.cli.frame.session import Options, Session
from medshare.errors import MedShareError
from medshare.locale import check_language, language_of, words_of

PANEL: Final = "Options of every command"
RESULTS: dict[str, type[Any]] = {}
"""The class of the result of each command that was loaded, by its words."""
SENDING: set[str] = set()
"""The commands that send, and so know --dry-run."""

_COMMON: Final[dict[str, Any]] = {
    "json": Annotated[bool, typer.Option("--json", help="Print one JSON document.", rich_help_panel=PANEL)],
    "field": Annotated[
        str | None,
        typer.Option("--field", help="Print one field of the result alone: documents.0.leaf.", rich_help_panel=PANEL),
    ],
    "home": Annotated[
        Path | None,
        typer.Option("--home", help="The home.", envvar="MEDSHARE_HOME", rich_help_panel=PANEL, show_envvar=True),
    ],
    "network": Annotated[
        str | None,
        typer.Option("--network", help="A network of the config.", envvar="MEDSHARE_NETWORK", rich_help_panel=PANEL),
    ],
    "account": Annotated[
        str | None,
        typer.Option("--account", help="The account that acts.", envvar="MEDSHARE_ACCOUNT", rich_help_panel=PANEL),
    ],
    "language": Annotated[
        str | None, typer.Option("--language", help="en or zh-Hant; else as LANG says.", rich_help_panel=PANEL)
    ],
    "passphrase_fd": Annotated[
        int | None,
        typer.Option(
            "--passphrase-fd",
            help="Read passphrases from this file descriptor; each line is tried on every key.",
            rich_help_panel=PANEL,
        ),
    ],
}
_SENDING: Final[dict[str, Any]] = {
    "yes": Annotated[bool, typer.Option("--yes", help="Send without asking.", rich_help_panel=PANEL)],
    "dry_run": Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print the transaction, its cost and the statement; send nothing.",
            rich_help_panel=PANEL,
        ),
    ],
}


def command(
    app: typer.Typer, name: str | None = None, *, sends: bool = False, examples: Sequence[str] = ()
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Return the decorator that puts a function into the tree.

    Args:
        app: Its noun; the noun's name is the app's.
        name: Its verb; by default the function's name.
        sends: Whether it sends anything: then it has --yes and --dry-run.
        examples: Whole command lines for --help.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        verb = name or function.__name__.replace("_", "-")
        noun = app.info.name if isinstance(app.info.name, str) else ""
        words = f"{noun} {verb}".strip()
        hints = get_type_hints(function, include_extras=True)
        RESULTS[words] = hints["return"]
        common = {**_COMMON, **(_SENDING if sends else {})}
        if sends:
            SENDING.add(words)
        own = list(inspect.signature(function).parameters.values())[1:]

        def run(**given: Any) -> None:
            options = _options({one: given.pop(f"common_{one}") for one in common})
            raise typer.Exit(_run(words, function, options, given))

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
            + [
                inspect.Parameter(
                    f"common_{one}",
                    inspect.Parameter.KEYWORD_ONLY,
                    default=False if one in {"json", "yes", "dry_run"} else None,
                    annotation=kind,
                )
                for one, kind in common.items()
            ]
        )
        run.__annotations__ = {}
        lines = "\n\n".join(f"[dim]$[/dim] {line}".replace("\n", " ") for line in examples)
        app.command(verb, help=inspect.getdoc(function), epilog=lines or None)(run)
        return function

    return decorate


def _options(given: dict[str, Any]) -> Options:
    home = given.pop("home")
    language = given.pop("language")
    place = home if home is not None else place_of(os.environ)
    return Options(home=place, language=_language(language, place), only=given.pop("field"), **given)


def _language(named: str | None, place: Path) -> str:
    """Return the language: --language, else the config's, else the environment's."""
    if named is not None:
        return check_language(named)
    home = Home(place)
    try:
        configured = home.config().language if home.exists else ""
    except MedShareError:
        # The command itself says what is wrong with the config.
        configured = ""
    return configured or language_of(os.environ)


def _run(words: str, function: Callable[..., Result], options: Options, given: dict[str, Any]) -> int:
    """Run a command and print its outcome; return the exit code."""
    session = Session(options)
    try:
        with session.at_end:
            result = function(session, **given)
    except MedShareError as error:
        report(words, error, options.language, as_json=options.json)
        return error.exit_code
    except KeyboardInterrupt:
        report(words, SaidNo(), options.language, as_json=options.json)
        return SaidNo.exit_code
    except Rehearsed as ending:
        _print(words, "dry_run", ending.plan, options)
        return 0
    try:
        _print(words, "result", result, options)
    except Usage as error:
        report(words, error, options.language, as_json=options.json)
        return error.exit_code
    return int(getattr(result, "exit_code", 0))


def _print(words: str, kind: str, outcome: Result, options: Options) -> None:
    if options.only is not None:
        print(field_of(to_json(outcome), options.only, words))
    elif options.json:
        print(document(words, **{kind: outcome}))
    else:
        outcome.show(Page(options.language))


def field_of(value: Any, path: str, words: str) -> str:
    """Return one field of a result as text, for scripts: names and places in lists, with dots between.

    Raises:
        Usage: The result has no such field.
    """
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Usage(message=f"the result has no field {path}", command=f"medshare {words}") from error
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def report(words: str, error: MedShareError, language: str, *, as_json: bool) -> None:
    """Print an error: two sentences on standard error, or a JSON document on standard output."""
    cause, remedy = words_of(error, language)
    if as_json:
        outcome = {"code": error.code, "cause": cause, "remedy": remedy, "exit_code": error.exit_code}
        print(document(words, error=outcome))
    else:
        print(f"{cause}\n{remedy}", file=sys.stderr)
