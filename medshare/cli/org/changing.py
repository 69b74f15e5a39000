"""What changes on the chain: accredit, suspend, publish a key, take staff in and dismiss them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import BadJoin, HomeUnwritable
from medshare.cli.frame.names import find_organisation
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.org import app
from medshare.cli.org.knowing import Accredited
from medshare.hexadecimal import address as parse_address
from medshare.hexadecimal import from_hex, to_hex

if TYPE_CHECKING:
    from medshare.ledger import Transaction

TAIWAN = 158
"""ISO 3166 numeric."""


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
    from medshare.cli.frame.people import requester

    done = requester(session).publish_key()
    return _changed(session.address(), "key published", done)


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
    from medshare.cli.frame.people import gateway as own_gateway
    from medshare.ledger import Role

    session.require_role(HomeRole.INSTITUTION)
    account = session.account()
    if staff in session.home.accounts():
        signed = _join(session, staff, account.address, gateway=gateway)
    else:
        signed = read_join(Path(staff))
    done = own_gateway(session).office.outbox.add_staff(
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
    from medshare.cli.frame.people import gateway as own_gateway

    session.require_role(HomeRole.INSTITUTION)
    place = parse_address(staff.lower())
    done = own_gateway(session).office.outbox.remove_staff(staff=place, sender=session.account())
    return _changed(place, "removed from the staff", done)


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


def _changed(account: str, change: str, done: Transaction) -> OrganisationChanged:
    return OrganisationChanged(
        address=account, change=change, transaction=done.hash, block=done.block.number, gas_used=done.gas_used
    )
