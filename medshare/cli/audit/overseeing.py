"""What a regulator oversees: disclosures and anomalies of every gateway, and never a category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medshare.cli.audit import app
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.doors import known_urls, url_of
from medshare.cli.frame.errors import NoGatewayKnown, NotOverseeing
from medshare.cli.frame.names import Names, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.names import purpose_name
from medshare.errors import IntegrityError, MedShareError

if TYPE_CHECKING:
    from medshare.actors.oversight import Oversight
    from medshare.audit.overseeing import Disclosure
    from medshare.gateway.door import Door

DAY: Final = 86_400
Gateways = Annotated[
    list[str] | None,
    typer.Option("--gateway", help="A name of the config or a URL; give it again for more; by default every one."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureLine:
    """One release to somebody else than the patient: who, for which institution, why, under which consent, how much.

    `patient` is a pseudonym. `consent` is all zero where a delegate read. `why` is empty if the chain allowed it at
    the receipt's block, else the reason why it did not.
    """

    at: int
    gateway: str
    number: int
    patient: str
    accessor: str
    institution: str
    purpose: str
    consent: bytes
    documents: int
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDisclosures:
    """What the gateways released, oldest first, up to the last anchor of each. There is no category in it.

    `silent` are gateways that the chain knows and that gave nothing: what they released is not here.
    """

    disclosures: tuple[DisclosureLine, ...]
    without_consent: int
    asked: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """6 where something was released without a consent."""
        return IntegrityError.exit_code if self.without_consent else 0

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.table(
            ("time", "who", "why", "patient", "documents", "allowed by"),
            [
                (
                    page.time(one.at),
                    one.institution,
                    purpose_name(one.purpose, page.language) if one.purpose else "",
                    one.patient,
                    one.documents,
                    short(one.consent) if one.allowed else page.word("nothing") + f": {page.word(one.why)}",
                )
                for one in self.disclosures
            ],
        )
        page.say("{count} releases by {gateways} gateways.", count=len(self.disclosures), gateways=len(self.asked))
        page.say("Released without a consent: {count}.", count=self.without_consent)
        _show_silent(page, self.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLine:
    """A gateway that anchored late: `number` is the period, 0 for one that has not come; `seconds` that passed."""

    gateway: str
    number: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLine:
    """A period that is not what was anchored, or was not handed over."""

    gateway: str
    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnansweredLine:
    """A holder of an erased document that has not signed that its copies are destroyed."""

    gateway: str
    leaf: bytes
    holder: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionedLine:
    """A receipt that its patient does not recognise (1) or did not agree to (2)."""

    gateway: str
    number: int
    patient: str
    reason: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenLine:
    """A receipt whose question no key signed, and of which the chain does not say that `asker` accepted it."""

    gateway: str
    number: int
    patient: str
    asker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAnomalies:
    """What should not be, up to the last anchor of each gateway; there is no category in it.

    `without_consent` are reads that the chain did not allow: there must be none. `refusals` counts refusals by their
    reason: each is a door that held. `broken` are periods that differ from their anchor. `receipts` in `periods` were
    looked at. `silent` are gateways that the chain knows and that gave nothing.
    """

    without_consent: tuple[DisclosureLine, ...]
    refusals: Mapping[str, int]
    unanswered: tuple[UnansweredLine, ...]
    late: tuple[LateLine, ...]
    broken: tuple[BrokenLine, ...]
    questioned: tuple[QuestionedLine, ...]
    unproven: tuple[UnprovenLine, ...]
    periods: int
    receipts: int
    asked: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """6 where something was released without a consent, or a period differs from its anchor."""
        return IntegrityError.exit_code if self.without_consent or self.broken else 0

    def show(self, page: Page) -> None:
        """Say each."""
        page.say("{receipts} receipts in {periods} periods.", receipts=self.receipts, periods=self.periods)
        page.say("Released without a consent: {count}.", count=len(self.without_consent))
        for one in self.without_consent:
            page.say(
                "Receipt {number} of {gateway}: {who} read without a consent: {why}.",
                number=one.number,
                gateway=one.gateway,
                who=one.institution,
                why=one.why,
            )
        for broken in self.broken:
            page.say(
                "Period {number} of {gateway}: {why}.", number=broken.number, gateway=broken.gateway, why=broken.why
            )
        for why, count in self.refusals.items():
            page.say("Refused {count} times: {why}.", count=count, why=why)
        for erasure in self.unanswered:
            page.say(
                "{holder} has not said that {leaf}, erased on {day}, is destroyed.",
                holder=erasure.holder,
                leaf=short(erasure.leaf),
                day=page.day(erasure.at),
            )
        for late in self.late:
            text = _LATE_TEXTS["came"] if late.number else _LATE_TEXTS["missing"]
            page.say(text, gateway=late.gateway, number=late.number, hours=f"{late.seconds / 3600:,.1f}")
        for one_asked in self.questioned:
            page.say(
                "The patient {patient} questions receipt {number} of {gateway}.",
                patient=one_asked.patient,
                number=one_asked.number,
                gateway=one_asked.gateway,
            )
        for unproven in self.unproven:
            page.say(
                "Receipt {number} of {gateway}: no key signed the question, and no contract is known to accept it.",
                number=unproven.number,
                gateway=unproven.gateway,
            )
        _show_silent(page, self.silent)


_LATE_TEXTS: Final = {
    "came": "Period {number} of {gateway} came late: {hours} hours.",
    "missing": "{gateway} has not anchored for {hours} hours.",
}


@command(
    app,
    examples=("medshare audit disclosures --home regulator", "medshare audit disclosures --days 7 --gateway city"),
)
def disclosures(
    session: Session,
    gateway: Gateways = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Only those of the last days.")] = None,
) -> AuditDisclosures:
    """List what was released, to whom, why and under which consent, for a regulator; never a category.

    Each is held against what stood on the chain; one without a consent gives exit code 6.
    """
    names, found = _overseen(session, gateway)
    since = 0 if days is None else session.clock.now() - days * DAY
    lines = tuple(_line(one, names) for one in found.disclosures if one.at >= since)
    return AuditDisclosures(
        disclosures=lines,
        without_consent=sum(not one.allowed for one in lines),
        asked=tuple(map(names.of, found.asked)),
        silent=tuple(map(names.of, found.silent)),
    )


@command(app, examples=("medshare audit anomalies --home regulator", "medshare audit anomalies --json"))
def anomalies(session: Session, gateway: Gateways = None) -> AuditAnomalies:
    """Find what should not be, for a regulator; never a category.

    Reads without a consent (there must be none: exit code 6), periods that differ from their anchor, refusals by
    reason, erasures that holders have not answered, late anchors, receipts that patients question.
    """
    from medshare.gateway.errors import ground_words

    names, found = _overseen(session, gateway)
    return AuditAnomalies(
        without_consent=tuple(_line(one, names) for one in found.without_consent),
        refusals={ground_words(ground): count for ground, count in found.refusals.items()},
        unanswered=tuple(
            UnansweredLine(gateway=names.of(one.gateway), leaf=one.leaf, holder=names.of(one.holder), at=one.at)
            for one in found.unanswered
        ),
        late=tuple(
            LateLine(gateway=names.of(one.gateway), number=one.number, seconds=one.seconds) for one in found.late
        ),
        broken=tuple(BrokenLine(gateway=names.of(one.gateway), number=one.number, why=one.why) for one in found.broken),
        questioned=tuple(
            QuestionedLine(
                gateway=names.of(one.gateway), number=one.number, patient=one.patient, reason=one.reason, at=one.at
            )
            for one in found.questioned
        ),
        unproven=tuple(
            UnprovenLine(
                gateway=names.of(one.gateway), number=one.number, patient=one.patient, asker=names.of(one.asker)
            )
            for one in found.unproven
        ),
        periods=found.periods,
        receipts=found.receipts,
        asked=tuple(map(names.of, found.asked)),
        silent=tuple(map(names.of, found.silent)),
    )


def _overseen(session: Session, named: list[str] | None) -> tuple[Names, Oversight]:
    """Ask every gateway in the regulator's name."""
    from medshare.actors.oversight import oversee
    from medshare.ledger import Role

    session.require_role(HomeRole.REGULATOR)
    account = session.address()
    if not session.ledger.principal_of(account).roles & Role.REGULATOR:
        raise NotOverseeing(account=account)
    return Names(session), oversee(session.ledger, _doors(session, named))


def _doors(session: Session, named: list[str] | None) -> Iterator[Door]:
    """Yield the doors that answer; say which do not.

    Raises:
        NoGatewayKnown: There is none to ask.
    """
    from medshare.cli.frame.people import network

    urls = known_urls(session) if named is None else tuple(url_of(session, one) for one in named)
    if not urls:
        raise NoGatewayKnown
    way = network(session)
    for url in urls:
        try:
            yield way.at(url)
        except MedShareError:  # [B-034] one door's answer must not hide the others
            session.terminal.tell("No gateway answers at {url}.", url=url)


def _line(one: Disclosure, names: Names) -> DisclosureLine:
    from medshare.gateway.errors import ground_words

    return DisclosureLine(  # [B-029]
        at=one.at,
        gateway=names.of(one.gateway),
        number=one.number,
        patient=one.patient,
        accessor=one.accessor,
        institution=names.of(one.institution),
        purpose=one.purpose,
        consent=one.consent,
        documents=one.documents,
        allowed=one.allowed,
        why="" if one.allowed else ground_words(one.why_not),
    )


def _show_silent(page: Page, silent: tuple[str, ...]) -> None:
    for gateway in silent:
        page.say("Nothing was handed over by {gateway}.", gateway=gateway)
