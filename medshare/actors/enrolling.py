"""The patient's side of the desk: answer an institution's offer of enrolment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from medshare.actors.agent import DOOR
from medshare.actors.consenting import sign_consent
from medshare.actors.enrolment import EnrolmentAnswer, EnrolmentOffer, OfferExpired, OfferForeign
from medshare.actors.requester import DAY
from medshare.consent.presets import ENROLMENT, EVERYTHING_FOR_MY_CARE
from medshare.consent.word import LONGEST
from medshare.gateway.errors import DirectoryUnknown
from medshare.hexadecimal import Bytes32
from medshare.keys.directory import KeyDirectory
from medshare.keys.state import Enrolment
from medshare.ledger import Role
from medshare.public_records import accreditation_of, key_document_of
from medshare.signed import Signed
from medshare.typed_data import Enrol, Register

if TYPE_CHECKING:
    from medshare.actors.agent import Agent


def answer_offer(
    agent: Agent, offer: EnrolmentOffer, *, language: str = "en", reading_days: int | None = None
) -> EnrolmentAnswer:
    """Answer an institution's offer: who I am, where my keys are, and that it may write.

    Args:
        agent: Whose answer it is.
        offer: What the desk shows.
        language: Of the statements: "en" or "zh-Hant".
        reading_days: Also let it read everything for my care that is not sensitive, for so long.

    Raises:
        OfferForeign, OfferExpired: The offer is for another deployment, or too old.
    """
    domains = agent.domains
    if (offer.chain_id, offer.registry) != (domains.chain_id, domains.participants):
        raise OfferForeign
    if agent.clock.now() >= offer.expiry:
        raise OfferExpired
    key = key_document_of(agent.ledger, offer.institution).digest
    registered = agent.ledger.account(agent.address).has(Role.PATIENT)
    agent.note(f"{DOOR}{offer.institution}", offer.url)
    directory = agent.directory() if not registered else _published(agent, offer)
    enrol = Enrol(
        patient=agent.address,
        institution=offer.institution,
        nonce=offer.nonce,
        directory=directory.digest,
        institution_key=key,
        expiry=offer.expiry,
    )
    register = None if registered else Register(patient=agent.address, directory=directory.digest)
    consents = [
        sign_consent(
            agent,
            grantee=offer.institution,
            categories=ENROLMENT.categories,
            purposes=ENROLMENT.purposes,
            actions=ENROLMENT.actions,
            seconds=LONGEST,
            language=language,
        )
    ]
    if reading_days is not None:
        preset = EVERYTHING_FOR_MY_CARE
        consents.append(
            sign_consent(
                agent,
                grantee=offer.institution,
                categories=preset.categories,
                purposes=preset.purposes,
                actions=preset.actions,
                seconds=reading_days * DAY,
                language=language,
            )
        )
    _remember(agent, offer, key)
    for consent in consents:
        agent.keep_consent(consent)
    return EnrolmentAnswer(
        enrol=Signed.by(agent.account, enrol, domains),
        register=None if register is None else Signed.by(agent.account, register, domains),
        directory=directory.to_bytes(),
        consents=tuple(consents),
    )


def _published(agent: Agent, offer: EnrolmentOffer) -> KeyDirectory:
    """Return the directory that is on the chain; this institution joins it at the next sync.

    Raises:
        DirectoryUnknown: No other door has it.
    """
    for door in agent.doors:
        if door.institution != offer.institution and door.postbox.enrolled(agent.address):
            return door.postbox.directory(agent.address)
    raise DirectoryUnknown(patient=agent.address)


def _remember(agent: Agent, offer: EnrolmentOffer, key: Bytes32) -> None:
    row = Enrolment(
        patient=agent.address,
        institution=offer.institution,
        name=accreditation_of(agent.ledger, offer.institution).name_in("en"),
        key=key,
        at=agent.clock.now(),
    )
    agent.state = replace(agent.state, enrolments=(*agent.state.enrolments, row))
