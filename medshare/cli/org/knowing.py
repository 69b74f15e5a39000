"""What is known of institutions, researchers and their staff: list, show, and where their gateways answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.doctor.errors import GatewayNotStaff
from medshare.cli.frame.command import command
from medshare.cli.frame.names import Names, find_organisation, records
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.org import app

if TYPE_CHECKING:
    from medshare.ledger import Role


class Accredited(StrEnum):
    """What a regulator accredits an account as."""

    INSTITUTION = "institution"
    CUSTODIAN = "custodian"
    VALIDATOR = "validator"
    RESEARCHER = "researcher"
    INSURER = "insurer"
    SPONSOR = "sponsor"
    SERVICE = "service"
    REGULATOR = "regulator"
    PROCESSOR = "processor"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationLine:
    """One accredited account, as it stands at the head."""

    address: str
    name: str
    roles: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationList:
    """Every account that was ever accredited."""

    organisations: tuple[OrganisationLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.table(
            ("address", "name", "roles", "status"),
            [
                (one.address, one.name, ", ".join(page.word(role) for role in one.roles), page.word(one.status))
                for one in self.organisations
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationShown:
    """An accredited account with its names, its key and its staff."""

    address: str
    names: Mapping[str, str]
    roles: tuple[str, ...]
    status: str
    jurisdiction: int
    key_published: bool
    staff: tuple[StaffLine, ...]

    def show(self, page: Page) -> None:
        """Say what it is."""
        page.say("{name} is {address}.", name=" / ".join(self.names.values()), address=self.address)
        roles = ", ".join(page.word(role) for role in self.roles)
        page.say("On the chain: {status}. Roles: {roles}.", status=page.word(self.status), roles=roles)
        if not self.key_published:
            page.say("It has published no encryption key: nobody can give it keys.")
        page.table(
            ("staff account", "gateway"),
            [(one.address, page.word("yes" if one.gateway else "no")) for one in self.staff],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """One active staff account; `gateway` tells whether it may run a gateway."""

    address: str
    gateway: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKnown:
    """A gateway whose URL is in the config now."""

    name: str
    url: str
    gateway: str
    institution: str
    institution_name: str

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The gateway of {name} answers at {url}.", name=self.institution_name, url=self.url)


@command(app, "list", examples=("medshare org list --role validator",))
def list_organisations(
    session: Session,
    role: Annotated[Accredited | None, typer.Option("--role", help="Only those with this role.")] = None,
) -> OrganisationList:
    """List every accredited account with its roles and status at the head."""
    found = []
    for account, record in records(session).items():
        state = session.ledger.account(account)
        line = OrganisationLine(
            address=account,
            name=record.name_in(session.options.language),
            roles=names_of(state.roles),
            status=state.status.name.lower(),
        )
        if role is None or role.value in line.roles:
            found.append(line)
    return OrganisationList(organisations=tuple(found))


@command(app, examples=("medshare org show 'City Hospital'",))
def show(
    session: Session,
    organisation: Annotated[str, typer.Argument(help="Its address, or its name in either language.")],
) -> OrganisationShown:
    """Show one accredited account: names, roles, status, whether its key is published, and its staff."""
    from medshare.hexadecimal import ZERO_32

    account = find_organisation(session, organisation)
    record, state = records(session)[account], session.ledger.account(account)
    return OrganisationShown(
        address=account,
        names=dict(record.names),
        roles=names_of(state.roles),
        status=state.status.name.lower(),
        jurisdiction=state.jurisdiction,
        key_published=session.ledger.digest_of(account) != ZERO_32,
        staff=tuple(_staff_of(session, account)),
    )


@command(app, examples=("medshare org know city http://127.0.0.1:8441",))
def know(
    session: Session,
    name: Annotated[str, typer.Argument(help="How to call it: lower-case letters, digits, hyphens.")],
    url: Annotated[str, typer.Argument(help="Where the gateway answers.")],
) -> GatewayKnown:
    """Remember where an institution's gateway answers; it is asked who it is, and the chain whether that is so."""
    from medshare.cli.frame.people import network

    place = url.rstrip("/")
    door = network(session).at(place)
    principal = session.ledger.principal_of(door.address)
    if principal.address != door.institution:
        raise GatewayNotStaff(account=door.address, institution=door.institution)
    config = session.home.config()
    session.home.write_config(replace(config, gateways={**config.gateways, name: place}))
    return GatewayKnown(
        name=name,
        url=place,
        gateway=door.address,
        institution=door.institution,
        institution_name=Names(session).of(door.institution),
    )


def names_of(roles: Role) -> tuple[str, ...]:
    """Return the names of role bits."""
    return tuple(role.name.lower() for role in roles if role.name)


def _staff_of(session: Session, institution: str) -> Iterable[StaffLine]:
    from medshare.ledger import Role
    from medshare.ledger.events import StaffAdded

    seen = set()
    for log in session.ledger.events(session.deployment.block, kinds=(StaffAdded,)):
        event = log.event
        if isinstance(event, StaffAdded) and event.institution == institution and event.staff not in seen:
            seen.add(event.staff)
            principal = session.ledger.principal_of(event.staff)
            if principal.address == institution:
                yield StaffLine(address=event.staff, gateway=bool(principal.staff_roles & Role.GATEWAY))
