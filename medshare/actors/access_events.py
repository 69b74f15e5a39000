"""Every receipt of the patient's gateways as it goes out, with the category that only her consents can tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from medshare.actors.looking import Checked, is_read, look, looked_of
from medshare.audit.judging import check
from medshare.consent.document import ConsentDocument
from medshare.exchange.audit_event import Access
from medshare.exchange.consent import Organisation
from medshare.gateway.values import Logged
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import Ledger
from medshare.public_records import NotAccredited, accreditation_of
from medshare.release.receipts import RELEASED
from medshare.release.rule import OWN_SLOT
from medshare.typed_data import ReadRequest

if TYPE_CHECKING:
    from medshare.actors.agent import Agent


def access_events(agent: Agent, *, language: str = "en") -> tuple[Access, ...]:
    """Return every receipt of every gateway that answers, oldest first; `agent.faults` names the others.

    Args:
        agent: The patient's agent.
        language: Of the names of institutions.

    Raises:
        The errors of `medshare.audit.errors`: A log is broken; `access_log` shows how far it goes.
    """
    checked = look(agent)
    check([finding for one in checked for finding in one.findings])
    consents = {consent.consent_id: consent for consent in agent.consents()}

    @cache
    def named(account: Address) -> Organisation | None:
        return _organisation(agent.ledger, account, language)

    found = [_access(agent, one, logged, consents, named) for one in checked for logged in one.log]
    return tuple(sorted(found, key=lambda one: (one.receipt.message.at, one.receipt.message.seq)))


def _access(
    agent: Agent,
    checked: Checked,
    logged: Logged,
    consents: dict[Bytes32, ConsentDocument],
    named: Callable[[Address], Organisation | None],
) -> Access:
    asked = logged.asked.message
    looked = looked_of(logged, consents) if is_read(logged) else None
    own = looked is None or (isinstance(asked, ReadRequest) and asked.slot == OWN_SLOT)
    released = logged.receipt.message.decision == RELEASED
    return Access(
        chain_id=agent.domains.chain_id,
        receipt=logged.receipt,
        digest=logged.receipt.digest(agent.domains),
        asked=logged.asked,
        leaves=logged.leaves,
        custodian=named(checked.door.institution),
        institution=None if own or looked is None else named(looked.grantee),
        category=looked.category if looked is not None and released else None,
        endpoint=checked.door.url,
    )


def _organisation(ledger: Ledger, account: Address, language: str) -> Organisation | None:
    try:
        return Organisation(account=account, name=accreditation_of(ledger, account).name_in(language))
    except NotAccredited:
        return None
