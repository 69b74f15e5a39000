"""`medshare org`: institutions, researchers and their staff, as the chain knows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import BadJoin, HomeUnwritable, NoSuchOrganisation
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address
from medshare.hexadecimal import from_hex, to_hex

if TYPE_CHECKING:
    from medshare.ledger import Role, Transaction
    from medshare.statement import AccreditationRecord

app = typer.Typer(name="org", no_args_is_help=True)

WHOLE_CHAIN = 0
TAIWAN = 158
"""ISO 3166 numeric."""


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
class OrganisationChanged:
    """What happened to an account on the chain: accredited, suspended, reinstated, or its key published."""

    address: str
    change: str
    transaction: bytes
    block: int
    gas_used: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("{address}: {change}.", address=self.address, change=self.change)
        page.say("Transaction {hash}, block {block}.", hash=to_hex(self.transaction), block=self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffJoin:
    """The signed word of a staff account that it joins an institution. Hand it to the institution as JSON."""

    institution: str
    staff: str
    gateway: bool
    at: int
    signature: bytes

    def show(self, page: Page) -> None:
        """Say what to do with it."""
        page.say("{staff} is ready to join {institution}.", staff=self.staff, institution=self.institution)
        page.say("Print it with --json into a file and hand that to the institution; it is valid for 7 days.")


@command(
    app,
    sends=True,
    examples=("medshare org register 0x7099…79c8 --name 'City Hospital' --name-zh 市立醫院 --role institution",),
)
def register(
    session: Session,
    account: Annotated[str, typer.Argument(help="The address to accredit.")],
    name: Annotated[str, typer.Option("--name", help="Its name in English.")],
    role: Annotated[list[Accredited], typer.Option("--role", help="What it may be; give it again for more.")],
    name_zh: Annotated[str | None, typer.Option("--name-zh", help="Its name in Traditional Chinese.")] = None,
    jurisdiction: Annotated[
        int, typer.Option("--jurisdiction", min=1, max=65535, help="ISO 3166 numeric code of its country.")
    ] = TAIWAN,
) -> OrganisationChanged:
    """Accredit an account under its names; for the regulator. Names are public and stay on the chain."""
    from medshare.actors import Regulator
    from medshare.ledger import Role

    session.require_role(HomeRole.REGULATOR)
    place = parse_address(account.lower())
    roles = Role.NONE
    for one in role:
        roles |= Role[one.name]
    names = {"en": name} | ({"zh-Hant": name_zh} if name_zh else {})
    done = Regulator(session.account(), session.ledger).accredit(
        place, roles=roles, names=names, jurisdiction=jurisdiction
    )
    return _changed(place, "accredited", done)


@command(app, "list", examples=("medshare org list --role validator",))
def list_organisations(
    session: Session,
    role: Annotated[Accredited | None, typer.Option("--role", help="Only those with this role.")] = None,
) -> OrganisationList:
    """List every accredited account with its roles and status at the head."""
    found = []
    for account, record in _records(session).items():
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
    record, state = _records(session)[account], session.ledger.account(account)
    return OrganisationShown(
        address=account,
        names=dict(record.names),
        roles=names_of(state.roles),
        status=state.status.name.lower(),
        jurisdiction=state.jurisdiction,
        key_published=session.ledger.digest_of(account) != ZERO_32,
        staff=tuple(_staff_of(session, account)),
    )


@command(app, sends=True, examples=("medshare org suspend 'City Hospital' --yes",))
def suspend(
    session: Session, organisation: Annotated[str, typer.Argument(help="Its address or name.")]
) -> OrganisationChanged:
    """Suspend a participant: it is refused from the next block on; for the regulator."""
    from medshare.actors import Regulator

    session.require_role(HomeRole.REGULATOR)
    account = find_organisation(session, organisation)
    return _changed(account, "suspended", Regulator(session.account(), session.ledger).suspend(account))


@command(app, sends=True, examples=("medshare org reinstate 'City Hospital' --yes",))
def reinstate(
    session: Session, organisation: Annotated[str, typer.Argument(help="Its address or name.")]
) -> OrganisationChanged:
    """End a suspension; for the regulator."""
    from medshare.actors import Regulator

    session.require_role(HomeRole.REGULATOR)
    account = find_organisation(session, organisation)
    return _changed(account, "reinstated", Regulator(session.account(), session.ledger).reinstate(account))


@command(app, "publish-key", sends=True, examples=("medshare org publish-key --yes",))
def publish_key(session: Session) -> OrganisationChanged:
    """Publish the public half of this home's encryption key, so that patients can give it keys."""
    from medshare.keys.key_document import KeyDocument
    from medshare.signed import domains_of

    session.require_role(HomeRole.INSTITUTION, HomeRole.RESEARCHER)
    account, ledger = session.account(), session.ledger
    domains = domains_of(ledger.deployment)
    document = KeyDocument(
        chain_id=domains.chain_id,
        registry=domains.participants,
        account=account.address,
        key=session.encryption().recipient,
    )
    seq = ledger.account(account.address).seq + 1
    done = ledger.publish_key(document=document.to_bytes(), seq=seq, sender=account)
    return _changed(account.address, "key published", done)


@command(app, examples=("medshare org join 0x7099…79c8 --json > join.json",))
def join(
    session: Session,
    institution: Annotated[str, typer.Argument(help="The institution's address.")],
    gateway: Annotated[bool, typer.Option("--gateway", help="To run its gateway.")] = False,  # noqa: FBT002 (a flag)
) -> StaffJoin:
    """Sign that the acting account joins an institution as staff. The institution adds it with add-staff."""
    return _join(session, session.account_name, parse_address(institution.lower()), gateway=gateway)


@command(
    app,
    "add-staff",
    sends=True,
    examples=("medshare org add-staff join.json --yes", "medshare org add-staff gateway --gateway --yes"),
)
def add_staff(
    session: Session,
    staff: Annotated[str, typer.Argument(help="The file that `org join --json` printed, or an account of this home.")],
    gateway: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--gateway", help="For an account of this home: it runs the gateway.")
    ] = False,
) -> OrganisationChanged:
    """Take a staff account into this institution; the account itself has signed that it joins."""
    from medshare.ledger import Role

    session.require_role(HomeRole.INSTITUTION)
    account = session.account()
    if staff in session.home.accounts():
        signed = _join(session, staff, account.address, gateway=gateway)
    else:
        signed = read_join(Path(staff))
    done = session.ledger.add_staff(
        staff=signed.staff,
        roles=Role.GATEWAY if signed.gateway else Role.NONE,
        at=signed.at,
        signature=signed.signature,
        sender=account,
    )
    return _changed(signed.staff, "added to the staff", done)


@command(app, "remove-staff", sends=True, examples=("medshare org remove-staff 0x3c44…93bc --yes",))
def remove_staff(
    session: Session, staff: Annotated[str, typer.Argument(help="The staff account's address.")]
) -> OrganisationChanged:
    """Dismiss a staff account: it is shut out from the next block on, its sessions too."""
    session.require_role(HomeRole.INSTITUTION)
    place = parse_address(staff.lower())
    done = session.ledger.remove_staff(staff=place, sender=session.account())
    return _changed(place, "removed from the staff", done)


def find_organisation(session: Session, named: str) -> str:
    """Return the address of an accredited account, given its address or its name in any language.

    Raises:
        NoSuchOrganisation: Nobody, or more than one, has it.
    """
    records = _records(session)
    if named.lower() in records:
        return named.lower()
    found = [account for account, record in records.items() if named in record.names.values()]
    if len(found) != 1:
        raise NoSuchOrganisation(name=named)
    return found[0]


def names_of(roles: Role) -> tuple[str, ...]:
    """Return the names of role bits."""
    return tuple(role.name.lower() for role in roles if role.name)


def read_join(file: Path) -> StaffJoin:
    """Return the signed word that `org join --json` printed into `file`.

    Raises:
        HomeUnwritable: The file cannot be read.
        BadJoin: It holds something else.
    """
    try:
        value: Any = json.loads(file.read_text())["result"]
        return StaffJoin(
            institution=parse_address(value["institution"]),
            staff=parse_address(value["staff"]),
            gateway=bool(value["gateway"]),
            at=int(value["at"]),
            signature=from_hex(value["signature"], 65),
        )
    except OSError as error:
        raise HomeUnwritable(place=file, why=error.strerror or "it cannot be read") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadJoin(file=file) from error


def _join(session: Session, name: str, institution: str, *, gateway: bool) -> StaffJoin:
    from medshare.ledger import Role
    from medshare.signed import Signed, domains_of
    from medshare.typed_data import Join

    key, at = session.account(name), session.ledger.head().time
    roles = Role.GATEWAY if gateway else Role.NONE
    message = Join(institution=institution, staff=key.address, roles=int(roles), at=at)
    signed = Signed.by(key, message, domains_of(session.ledger.deployment))
    return StaffJoin(institution=institution, staff=key.address, gateway=gateway, at=at, signature=signed.signature)


def _records(session: Session) -> dict[str, AccreditationRecord]:
    """Return the newest accreditation record of each account; one that is not of the form has no name."""
    from medshare.ledger.events import Accredited as AccreditedEvent
    from medshare.statement import AccreditationRecord

    found: dict[str, AccreditationRecord] = {}
    for log in session.ledger.events(WHOLE_CHAIN, kinds=(AccreditedEvent,)):
        if isinstance(log.event, AccreditedEvent):
            found[log.event.account] = AccreditationRecord.from_bytes(log.event.record)
    return found


def _staff_of(session: Session, institution: str) -> Iterable[StaffLine]:
    from medshare.ledger import Role
    from medshare.ledger.events import StaffAdded

    seen = set()
    for log in session.ledger.events(WHOLE_CHAIN, kinds=(StaffAdded,)):
        event = log.event
        if isinstance(event, StaffAdded) and event.institution == institution and event.staff not in seen:
            seen.add(event.staff)
            principal = session.ledger.principal_of(event.staff)
            if principal.address == institution:
                yield StaffLine(address=event.staff, gateway=bool(principal.staff_roles & Role.GATEWAY))


def _changed(account: str, change: str, done: Transaction) -> OrganisationChanged:
    return OrganisationChanged(
        address=account, change=change, transaction=done.hash, block=done.block.number, gas_used=done.gas_used
    )
