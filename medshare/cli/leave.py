"""`medshare leave`: take everything along, shut every door, erase everything, and see it through to the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.names import Names
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.categories import Category
from medshare.errors import MedShareError, UnreachableError
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.actors.patient import Patient
    from medshare.cli.frame.home import Home

app = typer.Typer(add_completion=False)


class ExportIncomplete(UnreachableError):
    """Raised when a document could not be exported: nothing was locked or erased."""

    code = "leave.export-incomplete"
    cause = "{count} documents could not be exported."
    remedy = "Try again when every gateway answers, or give --erase-unexported; nothing was locked or erased."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveResult:
    """What leaving did.

    `not_exported` gives the code of the error for each document that could not be opened. `unanswered` are
    the holders that have not said that nothing is left: run it again to ask them again.
    """

    folder: str
    exported: tuple[bytes, ...]
    not_exported: Mapping[str, str]
    locked_in: int
    erased: tuple[bytes, ...]
    acknowledged: tuple[str, ...]
    unanswered: tuple[str, ...]
    finished: bool

    def show(self, page: Page) -> None:
        """Say it in order."""
        page.say("{count} documents are in {folder}.", count=len(self.exported), folder=self.folder)
        for leaf, code in self.not_exported.items():
            page.say("Not exported: {leaf} ({code}).", leaf=leaf[:18], code=code)
        page.say("Everything that you signed is void since block {block}.", block=self.locked_in)
        page.say("{count} documents are erased.", count=len(self.erased))
        page.say("{count} holders signed that nothing is left.", count=len(self.acknowledged))
        for holder in self.unanswered:
            page.say("Not answered yet: {holder}.", holder=holder)
        if self.finished:
            page.say("You have left. Hospitals keep their own legal charts.")
        else:
            page.say("Run medshare leave again until nobody is missing; the report is in {folder}.", folder=self.folder)


@command(app, sends=True, examples=("medshare leave ~/my-record --yes",))
def leave(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Where documents and report go; made if it is not there.")],
    recovery_account: Annotated[
        str | None,
        typer.Option("--recovery-account", help="The recovery account, if its keystore is in this home: it signs too."),
    ] = None,
    erase_unexported: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--erase-unexported", help="Erase also when a document cannot be exported.")
    ] = False,
) -> LeaveResult:
    """Leave MedShare: export every document, void every consent, erase everything, ask every holder, write one report.

    It goes on where it stopped: run it again until every holder has signed that nothing is left.
    """
    from medshare.cli.frame.home import Home
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import EraseAll, Lockdown

    target = Home(folder.expanduser().absolute())
    with patient(session) as agent:
        session.terminal.tell("Looking for what is new.")
        signature = b"" if recovery_account is None else _recovery_signature(session, agent, recovery_account)
        stays = not session.ledger.is_erased_all(agent.address)
        consider_message(
            session,
            agent,
            Lockdown(patient=agent.address, time=agent.ledger.head().time),
            *([EraseAll(patient=agent.address)] if stays else []),
            recovery_signature=signature,
        )
        if stays:
            agent.sync()
        exported, failed = _export(session, agent, target)
        if failed and not erase_unexported:
            raise ExportIncomplete(count=len(failed))
        locked = agent.lock_down()
        leaves = tuple(copy.leaf for copy in agent.copies().values())
        acknowledged, unanswered = _erase(session, agent, signature)
        result = LeaveResult(
            folder=str(target.place),
            exported=exported,
            not_exported=failed,
            locked_in=locked.block.number,
            erased=leaves,
            acknowledged=acknowledged,
            unanswered=unanswered,
            finished=not unanswered,
        )
    _report(target, session, result)
    return result


def _export(session: Session, agent: Patient, target: Home) -> tuple[tuple[bytes, ...], dict[str, str]]:
    """Open every document and write it; return the leaves, and what could not be opened."""
    from medshare.actors.taking_along import open_own
    from medshare.exchange.portable.record import stem_of

    names = {copy.leaf: f"{stem_of(Category(copy.category), copy.leaf)}.json" for copy in agent.copies().values()}
    done = [leaf for leaf, name in names.items() if target.has(name)]
    failed = {}
    for copy, found in open_own(agent, but=done):
        if isinstance(found, MedShareError):
            failed[to_hex(copy.leaf)] = found.code
        else:
            target.write(names[copy.leaf], found.content)
            done.append(copy.leaf)
        session.terminal.tell("{done} of {count} documents.", done=len(done), count=len(names))
    return tuple(done), failed


def _recovery_signature(session: Session, agent: Patient, account: str) -> bytes:
    from medshare.signed import Signed
    from medshare.typed_data import EraseAll

    return Signed.by(session.account(account), EraseAll(patient=agent.address), agent.domains).signature


def _erase(session: Session, agent: Patient, signature: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Erase everything that is left, or ask again whoever has not answered."""
    acknowledged: set[str] = set()
    if not session.ledger.is_erased_all(agent.address):
        inherited = [copy.leaf for copy in agent.copies().values() if copy.patient != agent.address]
        for leaf in inherited:
            acknowledged |= set(agent.erase(leaf).acknowledged)
        acknowledged |= set(agent.erase_all(recovery_signature=signature).acknowledged)
    silent = {holder for _, holder in agent.chase()}
    return tuple(sorted(acknowledged - silent)), tuple(sorted(silent))


def _report(target: Home, session: Session, result: LeaveResult) -> None:
    """Write the one report; it takes the place of the one of an earlier run."""
    from medshare.cli.frame.schema import to_json

    names = Names(session)
    value = {
        "schema": "medshare/leave-report/1",
        "written_at": session.clock.now(),
        "holders": {holder: names.of(holder) for holder in (*result.acknowledged, *result.unanswered)},
        **to_json(result),
    }
    target.write("report.json", json.dumps(value, ensure_ascii=False, indent=1).encode(), again=True)
