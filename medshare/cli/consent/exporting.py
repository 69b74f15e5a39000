"""Consents in the standards' forms: out, and a FHIR Consent of anybody as what a patient would sign for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from medshare.cli.consent import app
from medshare.cli.consent.reading import consents_here, pick
from medshare.cli.consent.rows import DAY
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import Usage
from medshare.cli.frame.names import (
    Names,
    actions_in_words,
    categories_in_words,
    find_organisation,
    purposes_in_words,
    short,
    word_of,
)
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action

if TYPE_CHECKING:
    from medshare.actors.patient import Patient
    from medshare.consent.document import ConsentDocument
    from medshare.exchange.consent import ConsentDraft, Organisation

LARGEST: Final = 2**20
"""Bytes of a FHIR Consent that is read."""


class Form(StrEnum):
    """The forms in which a consent goes out."""

    FHIR = "fhir"
    FHIR_PCF = "fhir-pcf"
    FHIR_R5 = "fhir-r5"
    PROVENANCE = "provenance"
    DUO = "duo"
    SMART = "smart"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExported:
    """A consent in another form: the text, and the file that holds it (empty if printed).

    `unsaid` is what the form has no words for: slots, nonce, folders, records, request, signature, purposes, times,
    categories or copies.
    """

    id: bytes
    form: str
    file: str
    text: str
    unsaid: tuple[str, ...]

    def show(self, page: Page) -> None:
        """Print it, or say where it is and what it does not say."""
        if not self.file:
            page.write(self.text)
            return
        page.say("Consent {id} is in {file} as {form}.", id=short(self.id), file=self.file, form=self.form)
        for one in self.unsaid:
            page.say("It does not say {what}.", what=page.word(UNSAID_TEXTS[one]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A consent that would be signed: whom, what, why, what they may, from when until when.

    `purposes` are all codes that it would permit. `line` is what to type to give it.
    """

    grantee: str
    grantee_name: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    actions: tuple[str, ...]
    not_before: int
    not_after: int
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRemark:
    """In what the drafts permit less than the FHIR Consent, and where it says more."""

    path: str
    narrower: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDrafted:
    """What a patient would sign for a FHIR Consent. Nothing was signed and nothing was sent."""

    drafts: tuple[DraftLine, ...]
    remarks: tuple[DraftRemark, ...]

    def show(self, page: Page) -> None:
        """Say each in sentences, and in what they permit less."""
        from medshare.consent.categories import Category
        from medshare.consent.purposes import mask_of

        for one in self.drafts:
            categories = [Category[word.upper().replace("-", "_")] for word in one.categories]
            actions = Action(sum(Action[word.upper()] for word in one.actions))
            page.say("To {name} ({address}).", name=one.grantee_name, address=one.grantee)
            page.say("What: {categories}.", categories=categories_in_words(categories, page.language))
            page.say("Why: {purposes}.", purposes=purposes_in_words(mask_of(one.purposes), page.language))
            page.say("They may: {actions}.", actions=actions_in_words(actions, page.language))
            page.say("From {start} until {end}.", start=page.time(one.not_before), end=page.time(one.not_after))
            page.say("To give it: {line}", line=one.line)
            page.write("")
        for remark in self.remarks:
            page.say("{path}: {remark}", path=remark.path, remark=page.word(NARROWER_TEXTS[remark.narrower]))


NARROWER_TEXTS: Final = {
    "patient-taken": "It names a patient whom MedShare does not know; you were taken for her.",
    "grantee-chosen": "It is for everybody; the draft is for the one that you named.",
    "sensitive-not-named": "It names no part of the record; nothing sensitive and nothing unlabelled is in the draft.",
    "action-not-named": "It does not say what they may do; the draft is to read.",
    "purpose-not-added": "A purpose holds others that have to be named themselves; they are not in the draft.",
    "start-not-named": "It names no beginning; the draft begins now.",
    "end-chosen": "It names no end within five years; the draft has the one that you named.",
    "zone-taken": "It names a day without a time zone; it was taken in UTC.",
}
"""What is said of each remark (`medshare.exchange.drafting.Narrower`)."""


UNSAID_TEXTS: Final = {
    "slots": "which slots the categories have, nor which are decoys",
    "nonce": "from which number the slots follow; that stands in the signed words",
    "folders": "what a folder holds; that stands in the signed words",
    "records": "under which accreditation records anybody is named; that stands in the signed words",
    "request": "which request it answers; that stands in the signed words",
    "signature": "the signature; that stands in the Provenance",
    "purposes": "every purpose",
    "times": "from when until when",
    "categories": "which parts of the record",
    "copies": "whether copies may be kept",
}
"""What is said of each (`medshare.exchange.consent.UNSAID`, and what codes and scopes leave out)."""


@command(
    app,
    examples=(
        "medshare consent export 0x9c2e… --form fhir --out consent.json",
        "medshare consent export 0x9c2e… --form smart",
    ),
)
def export(
    session: Session,
    consent: Annotated[str, typer.Argument(help="The begin of its id.")],
    form: Annotated[
        Form,
        typer.Option(
            "--form",
            help="A FHIR Consent (R4, R4 after IHE PCF, R5), a Provenance with its signature, DUO codes, SMART scopes.",
        ),
    ] = Form.FHIR,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file instead of printing it.")] = None,
) -> ConsentExported:
    """Write a consent in a form that others read: a FHIR Consent, data use codes, or SMART scopes.

    No form opens more than the consent does. What a form cannot say is listed.
    """
    from medshare.cli.frame.home import Home

    with consents_here(session) as found:
        one = pick(found, consent)
    text, unsaid = _written(session, one, form)
    file = ""
    if out is not None:
        place = out.expanduser().absolute()
        file = str(Home(place.parent).write(place.name, text.encode() + b"\n"))
    return ConsentExported(id=one.consent_id, form=form.value, file=file, text=text, unsaid=unsaid)


@command(
    app,
    examples=("medshare consent draft consent.json --to 'Hill Hospital' --days 365",),
)
def draft(
    session: Session,
    file: Annotated[Path, typer.Argument(help="A FHIR Consent, R4 or R5, in JSON.")],
    to: Annotated[str | None, typer.Option("--to", help="To whom, if it names nobody: address or name.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=1826, help="For how long, if it names no end.")] = 365,
    account: Annotated[
        list[str] | None,
        typer.Option("--who", help="Who is meant by a reference: Organization/7=0x5aae…; give it again for more."),
    ] = None,
) -> ConsentDrafted:
    """Read a FHIR Consent as what you would sign for it; nothing is signed. What it permits less is said.

    What MedShare cannot keep to, an exception by author or by time for example, is refused and never left out.
    """
    from medshare.cli.frame.people import patient

    session.require_role(HomeRole.PATIENT)
    value = _read(file)
    with patient(session) as agent:
        return _drafted(session, agent, value, to=to, days=days, who=account or [])


def _written(session: Session, consent: ConsentDocument, form: Form) -> tuple[str, tuple[str, ...]]:
    """Return a consent in a form, and what the form does not say."""
    from medshare.cli.consent.receipt import given_of
    from medshare.exchange import consent_r4, consent_r5, duo, provenance, smart
    from medshare.exchange.consent import UNSAID, ConsentDraft

    given = given_of(session, consent, _enforcers(session))
    unsaid = tuple(one.code for one in UNSAID)
    if form is Form.FHIR:
        return _json(consent_r4.consent_r4(given)), unsaid
    if form is Form.FHIR_PCF:
        return _json(consent_r4.consent_r4(given, consent_r4.Form.PCF)), unsaid
    if form is Form.FHIR_R5:
        return _json(consent_r5.consent_r5(given)), unsaid
    if form is Form.PROVENANCE:
        return _json(provenance.provenance_of_consent(given)), ()
    if form is Form.SMART:
        scopes = smart.scopes_of(consent.categories, consent.word.actions)
        return " ".join(str(one) for one in scopes), ("purposes", "times", "copies")
    use = duo.data_use_of(ConsentDraft.of(given))
    terms = [{"code": one.code, "shorthand": one.shorthand, "label": one.label} for one in use.terms]
    beside = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code} for code in use.beside]
    text = _json({"terms": terms, "months": use.months, "beside": beside, "purposes-unsaid": list(use.unsaid)})
    return text, ("categories", *(("purposes",) if use.unsaid else ()))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _enforcers(session: Session) -> tuple[Organisation, ...]:
    """Return the institutions whose gateways enforce a patient's consents; for others none are known."""
    from medshare.cli.frame.people import patient
    from medshare.exchange.consent import Organisation

    if session.config.role is not HomeRole.PATIENT:
        return ()
    names = Names(session)
    with patient(session) as agent:
        accounts = dict.fromkeys(door.institution for door in agent.doors)
        return tuple(Organisation(account=one, name=names.of(one)) for one in accounts)


def _read(file: Path) -> Any:
    from medshare.intake.json_text import parse, to_plain
    from medshare.intake.limits import Limits
    from medshare.intake.reading import read_source

    limits = Limits(source_bytes=LARGEST, plain_bytes=LARGEST)
    return to_plain(parse(read_source(file.expanduser(), limits=limits), limits=limits))


def _drafted(
    session: Session, agent: Patient, value: Any, *, to: str | None, days: int, who: list[str]
) -> ConsentDrafted:
    from medshare.exchange.drafting import Choices, drafts_from_fhir

    now = session.clock.now()
    found = drafts_from_fhir(
        value,
        Choices(
            patient=agent.address,
            chain_id=session.deployment.chain_id,
            at=now,
            until=now + days * DAY,
            grantee=None if to is None else find_organisation(session, to),
            accounts=dict(_meant(session, one) for one in who),
        ),
    )
    names = Names(session)
    return ConsentDrafted(
        drafts=tuple(_line(one, names, now) for one in found.drafts),
        remarks=tuple(DraftRemark(path=one.path, narrower=one.narrower.value) for one in found.remarks),
    )


def _meant(session: Session, text: str) -> tuple[str, str]:
    reference, mark, account = text.rpartition("=")
    if not mark:
        raise Usage(message="--who takes REFERENCE=ACCOUNT", command="medshare consent draft")
    return reference, find_organisation(session, account)


def _line(one: ConsentDraft, names: Names, now: int) -> DraftLine:
    from medshare.consent.purposes import codes_of
    from medshare.exchange.codes import purposes

    actions = tuple(action.name.lower() for action in Action if action & one.actions and action.name)
    words = ["medshare consent grant", one.grantee]
    words += [f"--category {word_of(category)}" for category in one.categories]
    words += [f"--purpose {coded['code']}" for coded in purposes(one.purposes)]
    words += [f"--action {action}" for action in actions]
    words += [f"--researcher {one.researcher}"] if one.researcher else []
    start = max(0, -(-(one.not_before - now) // DAY))
    words += [f"--starts-in-days {start}"] if start else []
    words.append(f"--days {max(1, (one.not_after - max(one.not_before, now)) // DAY)}")
    return DraftLine(
        grantee=one.grantee,
        grantee_name=names.of(one.grantee),
        categories=tuple(word_of(category) for category in one.categories),
        purposes=codes_of(one.purposes),
        actions=actions,
        not_before=one.not_before,
        not_after=one.not_after,
        line=" ".join(words),
    )
