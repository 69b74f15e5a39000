"""`medshare doctor`: find what is wrong with a home, its chain and its gateway, and say what to do.

`checks` is what it looks at, `errors` what only it can name. It changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from medshare.cli.doctor.checks import Check, for_role
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.errors import MedShareError
from medshare.locale import words_of

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check. `found` is what was right; `code`, `cause` and `remedy` say what is not."""

    name: str
    outcome: Literal["right", "fault", "nag", "skipped"]
    found: str
    code: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was looked at. The exit code is that of the first fault; a nag is none."""

    checks: tuple[CheckLine, ...]
    faults: int
    nags: int
    exit_code: int

    def show(self, page: Page) -> None:
        """Write a line for each, and what to do about those that are not right."""
        marks = {"right": "✓", "fault": "✗", "nag": "!", "skipped": "-"}
        for line in self.checks:
            text = line.cause or line.found
            if line.outcome == "skipped":
                text = page.word("not looked at, because of what is wrong above")
            page.write(f"{marks[line.outcome]} {page.word(line.name)}: {text}")
            if line.remedy:
                page.write(f"    {line.remedy}")
        if self.faults or self.nags:
            page.say("{faults} faults, {nags} things to do before they hurt.", faults=self.faults, nags=self.nags)
        else:
            page.say("All {count} points are right.", count=len(self.checks))


@command(app, examples=("medshare doctor", "medshare doctor --unlock --json"))
def doctor(
    session: Session,
    unlock: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--unlock", help="Open the keys too, and compare them with the chain.")
    ] = False,
) -> Diagnosis:
    """Look at the home, its keys, the node, the contracts, the vault and the gateway. Nothing is changed."""
    failed: set[str] = set()
    lines: list[CheckLine] = []
    exit_code = 0
    for check in for_role(_role(session), unlock=unlock, kubo=_keeps_bodies_in_kubo(session)):
        line, error = _look(session, check, failed)
        lines.append(line)
        if line.outcome in {"fault", "skipped"}:
            failed.add(check.name)
        if error is not None and line.outcome == "fault":
            exit_code = exit_code or error.exit_code
    return Diagnosis(
        checks=tuple(lines),
        faults=sum(line.outcome == "fault" for line in lines),
        nags=sum(line.outcome == "nag" for line in lines),
        exit_code=exit_code,
    )


def _look(session: Session, check: Check, failed: set[str]) -> tuple[CheckLine, MedShareError | None]:
    if failed & set(check.needs):
        return CheckLine(name=check.name, outcome="skipped", found="", code="", cause="", remedy=""), None
    try:
        found = check.look(session)
    except MedShareError as error:
        cause, remedy = words_of(error, session.options.language)
        outcome: Literal["nag", "fault"] = "nag" if check.nag else "fault"
        line = CheckLine(name=check.name, outcome=outcome, found="", code=error.code, cause=cause, remedy=remedy)
        return line, error
    return CheckLine(name=check.name, outcome="right", found=found, code="", cause="", remedy=""), None


def _role(session: Session) -> HomeRole | None:
    try:
        return session.config.role
    except MedShareError:
        # The checks of home and config say why.
        return None


def _keeps_bodies_in_kubo(session: Session) -> bool:
    try:
        return bool(session.config.store.kubo)
    except MedShareError:
        return False
