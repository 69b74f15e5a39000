"""Signing a consent: render the statement, read it again, sign what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.public_records import accreditation_of, check_words
from medshare.signed import consent_message
from medshare.statement import draft
from medshare.typed_data import sign

if TYPE_CHECKING:
    from medshare.actors.agent import Agent


def sign_consent(
    agent: Agent,
    *,
    grantee: Address,
    categories: tuple[Category, ...],
    purposes: int,
    actions: Action,
    seconds: int,
    language: str,
    starts_in: int = 0,
    request: Bytes32 = ZERO_32,
    researcher: Address | None = None,
) -> ConsentDocument:
    """Return a consent signed by the patient's account; `purposes` is a closed mask, the times in seconds.

    Raises:
        NotAccredited, and the refusals of `medshare.statement`.
    """
    now = agent.ledger.head().time
    custodians = [place.account for place in agent.custodians]
    unsigned = draft(
        chain_id=agent.domains.chain_id,
        registry=agent.domains.consents,
        patient=agent.address,
        grantee=accreditation_of(agent.ledger, grantee),
        categories=categories,
        purposes=purposes,
        actions=actions,
        not_before=now + starts_in,
        not_after=now + starts_in + seconds,
        issued_at=now,
        language=language,
        custodians=custodians,
        request=request,
        researcher=None if researcher is None else accreditation_of(agent.ledger, researcher),
        entropy=agent.entropy,
    )
    check_words(agent.ledger, unsigned, custodians=custodians)
    return replace(unsigned, signature=sign(consent_message(unsigned), agent.domains, agent.account))
