"""The rules of AccessRequests as pure functions over a frozen state.

A request is open under (requester, digest) until its deadline. A consent answers it when it
carries the request's id, is for the same patient and grantee, and is equal or narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from medshare.consent import rules
from medshare.consent.errors import (
    AlreadyOpen,
    BadDeadline,
    Lapsed,
    NotOpen,
    RequesterNotActive,
    WiderActions,
    WiderPeriod,
    WiderPurposes,
)
from medshare.consent.participants import Participants, principal_of
from medshare.consent.rules import ConsentState
from medshare.consent.terms import Opening, consent_id, request_digest, request_id, terms
from medshare.consent.word import DAY, ConsentWord, Status
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32, to_hex

LONGEST_OPEN: Final = 90 * DAY
"""Seconds from the opening to the latest deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestState:
    """What AccessRequests stores: deadlines by request id."""

    deadlines: Mapping[Bytes32, int] = field(default_factory=lambda: MappingProxyType({}))


def open_request(state: RequestState, *, requester: Address, digest: Bytes32, deadline: int, at: int) -> RequestState:
    """Return the state after `requester` opened a request; the same if it is open with that deadline.

    Anyone may open: the digest names nobody, and whether the requester is accredited is asked in
    `approve`. One that lapsed may be opened again.

    Raises:
        BadDeadline: Not after `at`, or more than 90 days after it.
        AlreadyOpen: Open with another deadline.
    """
    if not at < deadline <= at + LONGEST_OPEN:
        raise BadDeadline(deadline=deadline, time=at)
    identifier = request_id(requester=requester, digest=digest)
    stored = state.deadlines.get(identifier, 0)
    if stored == deadline:
        return state
    if stored > at:
        raise AlreadyOpen(digest=to_hex(digest), deadline=stored)
    return RequestState(deadlines=MappingProxyType({**state.deadlines, identifier: deadline}))


def withdraw(state: RequestState, *, requester: Address, digest: Bytes32) -> RequestState:
    """Return the state after the requester took its request back, also after the deadline.

    Raises:
        NotOpen: There is none.
    """
    identifier = request_id(requester=requester, digest=digest)
    if identifier not in state.deadlines:
        raise NotOpen(requester=requester, digest=to_hex(digest))
    return _closed(state, identifier)


def check_narrower(opening: Opening, word: ConsentWord) -> None:
    """Check that the consent `word` lies within what was asked for.

    Raises:
        WiderPurposes, WiderActions, WiderPeriod: It does not.
    """
    if word.purposes & ~opening.purposes:
        raise WiderPurposes(asked=opening.purposes, given=word.purposes)
    if word.actions & ~opening.actions:
        raise WiderActions(asked=opening.actions, given=word.actions)
    if word.not_before < opening.not_before or word.not_after > opening.not_after:
        raise WiderPeriod(not_before=word.not_before, not_after=word.not_after)


def approve(
    state: RequestState,
    consents: ConsentState,
    *,
    opening: Opening,
    word: ConsentWord,
    statement: Bytes32,
    at: int,
    participants: Participants,
    signer: Address | None = None,
    verify: Callable[[], None] = lambda: None,
) -> tuple[RequestState, ConsentState]:
    """Return both states after the consent that answers `opening` was granted and the request closed.

    `statement` is the hash of the consent's statement. A consent already granted just closes the
    request; approving again what this consent already closed changes nothing.

    Raises:
        NotOpen, Lapsed, WiderPurposes, WiderActions, WiderPeriod, RequesterNotActive: As the contract.
        MedShareError: What `rules.grant` raises.
    """
    digest = request_digest(opening)
    identifier = request_id(requester=opening.requester, digest=digest)
    if identifier not in state.deadlines:
        own = terms(
            patient=opening.patient, grantee=opening.grantee, word=word, request=identifier, statement=statement
        )
        granted = consents.word(consent_id(patient=opening.patient, grantee=opening.grantee, terms=own))
        if granted.status != Status.GRANTED:
            raise NotOpen(requester=opening.requester, digest=to_hex(digest))
        return state, consents
    if at >= state.deadlines[identifier]:
        raise Lapsed(deadline=state.deadlines[identifier], time=at)
    check_narrower(opening, word)
    if principal_of(participants, opening.requester) == ZERO_ADDRESS:
        raise RequesterNotActive(requester=opening.requester)
    consents = rules.grant(
        consents,
        patient=opening.patient,
        grantee=opening.grantee,
        word=word,
        request=identifier,
        statement=statement,
        at=at,
        participants=participants,
        signer=signer,
        verify=verify,
    )
    return _closed(state, identifier), consents


def _closed(state: RequestState, identifier: Bytes32) -> RequestState:
    rest = {key: deadline for key, deadline in state.deadlines.items() if key != identifier}
    return replace(state, deadlines=MappingProxyType(rest))
