"""The rules of the ConsentRegistry as pure functions over a frozen state.

Same decision and same reason as the contract, in the contract's order. Signatures are none of its
business: who may act is, so a caller passes `verify`, which checks the signature of `signer` and is
called exactly where the contract looks at it. A function that changes nothing returns the very
state it was given.

Two consents never conflict: a decision rests on the one consent that the accessor names. A newer,
narrower consent takes nothing away from an older one; only revoking or locking does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from medshare.consent.errors import AlreadyRevoked, BadTime, NotEmpowered, OutlivesDelegation, ZeroGrantee
from medshare.consent.participants import ACTIVE, GRANT, LOCK, PRINCIPAL, REVOKE, SERVICE, Participants
from medshare.consent.purposes import PURPOSES
from medshare.consent.reasons import Reason
from medshare.consent.slots import SLOTS
from medshare.consent.terms import consent_id
from medshare.consent.terms import terms as terms_of
from medshare.consent.word import ConsentWord, Status, check_form, check_fresh, unpack
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32, to_hex

__all__ = (
    "FOR_EVER",
    "ConsentState",
    "Query",
    "Reason",
    "covers",
    "empowered",
    "grant",
    "holds",
    "holds_why_not",
    "lockdown",
    "permits",
    "retire",
    "revoke",
    "why_not",
)

FOR_EVER: Final = 2**40 - 1
"""The lockdown mark of a retired address: the greatest uint40."""

LONGEST_PATH: Final = 8
"""How many successors are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """What the registry stores: packed words by consent id, lockdown marks by patient."""

    words: Mapping[Bytes32, int] = field(default_factory=lambda: MappingProxyType({}))
    marks: Mapping[Address, int] = field(default_factory=lambda: MappingProxyType({}))

    def word(self, identifier: Bytes32) -> ConsentWord:
        """Return the word of a consent; all zero if there is none."""
        return unpack(self.words.get(identifier, 0))

    def mark(self, patient: Address) -> int:
        """Return the second up to which everything is void; 0 if never locked."""
        return self.marks.get(patient, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The arguments of `permits`. `action` may hold several bits: all are needed."""

    patient: Address
    grantee: Address
    terms: Bytes32
    accessor: Address
    slot: int
    purpose: int
    action: int


def _unsigned() -> None:
    """Check nothing: the patient acts by a transaction of their own."""


def grant(
    state: ConsentState,
    *,
    patient: Address,
    grantee: Address,
    word: ConsentWord,
    request: Bytes32,
    statement: Bytes32,
    at: int,
    participants: Participants,
    signer: Address | None = None,
    verify: Callable[[], None] = _unsigned,
) -> ConsentState:
    """Return the state after a grant at second `at`; the same state if this very consent is in place.

    `statement` is the hash of its text; `signer` is who signed, the patient if None.

    Raises:
        StatusSet, BadActions, BadPurposes, BadScope, BadPeriod, TooLong, IssuedInFuture, Stale,
        ZeroGrantee, AlreadyRevoked, NotEmpowered, OutlivesDelegation: As the contract.
    """
    identifier = consent_id(
        patient=patient,
        grantee=grantee,
        terms=terms_of(patient=patient, grantee=grantee, word=word, request=request, statement=statement),
    )
    stored = state.word(identifier).status
    # A consent in place succeeds first, so that nobody makes an honest sender fail by sending it earlier.
    if stored == Status.GRANTED:  # [C-011]
        return state
    if stored == Status.REVOKED:  # [C-012]
        raise AlreadyRevoked(consent_id=to_hex(identifier))
    if grantee == ZERO_ADDRESS:  # [C-025]
        raise ZeroGrantee
    check_form(word)
    check_fresh(word, at=at)
    end = _power(state, participants, patient=patient, signer=signer, power=GRANT, at=at)
    verify()
    if word.not_after > end:  # [C-004]
        raise OutlivesDelegation(not_after=word.not_after, delegation_end=end)
    return _with_word(state, identifier, replace(word, status=Status.GRANTED))


def revoke(
    state: ConsentState,
    *,
    patient: Address,
    grantee: Address,
    terms: Bytes32,
    at: int,
    participants: Participants,
    signer: Address | None = None,
    verify: Callable[[], None] = _unsigned,
) -> ConsentState:
    """Return the state after a revocation, also of an id never granted; the same if it was revoked.

    Raises:
        NotEmpowered: The signer may not.
    """
    _power(state, participants, patient=patient, signer=signer, power=REVOKE, at=at)  # [C-013]
    verify()
    identifier = consent_id(patient=patient, grantee=grantee, terms=terms)
    word = state.word(identifier)
    if word.status == Status.REVOKED:  # [C-014]
        return state
    return _with_word(state, identifier, replace(word, status=Status.REVOKED))


def lockdown(
    state: ConsentState,
    *,
    patient: Address,
    time: int,
    at: int,
    participants: Participants,
    signer: Address | None = None,
    verify: Callable[[], None] = _unsigned,
) -> ConsentState:
    """Return the state after a lockdown dated `time`; the mark never falls.

    Raises:
        BadTime: Zero, or later than `at`.
        NotEmpowered: The signer may not.
    """
    if time <= 0 or time > at:  # [C-016]
        raise BadTime(time=time, block_time=at)
    _power(state, participants, patient=patient, signer=signer, power=LOCK, at=at)
    verify()
    return _with_mark(state, patient, time)


def retire(state: ConsentState, *, patient: Address) -> ConsentState:
    """Return the state after a succession: all that `patient` signed or will sign is void."""
    return _with_mark(state, patient, FOR_EVER)  # [C-018]


def empowered(
    state: ConsentState, participants: Participants, *, patient: Address, delegate: Address, powers: int, at: int
) -> int:
    """Return until when `delegate` holds every bit of `powers` for `patient`; 0 if it does not at `at`.

    A lockdown voids the delegations issued at or before its mark. Nobody holds no power.
    """
    given = participants.delegation(patient, delegate)
    held = powers != 0 and given.powers & powers == powers
    if given.issued_at <= state.mark(patient):  # [C-017]
        return 0
    return given.not_after if held and at < given.not_after else 0


def why_not(state: ConsentState, query: Query, *, participants: Participants, at: int) -> Reason:
    """Return why the access is not permitted at second `at`, the first hit; `PERMITTED` if it is.

    Necessary and never sufficient: the scope's bits are slots, and half of them are decoys. Who
    releases a document derives the slot from the category itself.
    """
    word, reason = _in_force(state, query.patient, query.grantee, query.terms, at)
    if reason is not Reason.PERMITTED:
        return reason
    if query.slot >= SLOTS or not word.scope >> query.slot & 1:  # [C-020]
        return Reason.SLOT
    if query.purpose >= len(PURPOSES) or not word.purposes >> query.purpose & 1:  # [C-020]
        return Reason.PURPOSE
    return _who_may(word, query.patient, query.grantee, query.accessor, query.action, participants)


def permits(state: ConsentState, query: Query, *, participants: Participants, at: int) -> bool:
    """Return whether the access is permitted at second `at`."""
    return why_not(state, query, participants=participants, at=at) is Reason.PERMITTED


def holds_why_not(
    state: ConsentState,
    *,
    patient: Address,
    grantee: Address,
    terms: Bytes32,
    accessor: Address,
    action: int,
    participants: Participants,
    at: int,
) -> Reason:
    """Return why the consent is not in force with that action, whatever slot and purpose."""
    word, reason = _in_force(state, patient, grantee, terms, at)
    return _who_may(word, patient, grantee, accessor, action, participants) if reason is Reason.PERMITTED else reason


def holds(
    state: ConsentState,
    *,
    patient: Address,
    grantee: Address,
    terms: Bytes32,
    accessor: Address,
    action: int,
    participants: Participants,
    at: int,
) -> bool:
    """Return whether the consent is in force with that action. Validators ask it for *write*."""
    reason = holds_why_not(
        state,
        patient=patient,
        grantee=grantee,
        terms=terms,
        accessor=accessor,
        action=action,
        participants=participants,
        at=at,
    )
    return reason is Reason.PERMITTED


def covers(*, patient: Address, owner: Address, successor_of: Callable[[Address], Address]) -> bool:
    """Return whether a consent of `patient` covers leaves of `owner`: the same, or its last successor.

    `successor_of` gives the zero address where there is none. At most eight steps are followed.
    """
    for _ in range(LONGEST_PATH):
        following = successor_of(owner)
        if following == ZERO_ADDRESS:
            break
        owner = following
    return owner == patient and successor_of(owner) == ZERO_ADDRESS


def _in_force(
    state: ConsentState, patient: Address, grantee: Address, terms: Bytes32, at: int
) -> tuple[ConsentWord, Reason]:
    word = state.word(consent_id(patient=patient, grantee=grantee, terms=terms))
    reason = Reason.PERMITTED
    if word.status == Status.NEVER:
        reason = Reason.NEVER
    elif word.status == Status.REVOKED:
        reason = Reason.REVOKED
    elif word.issued_at <= state.mark(patient):
        reason = Reason.LOCKED  # [C-015]
    elif at < word.not_before:
        reason = Reason.EARLY  # [C-019]
    elif at >= word.not_after:
        reason = Reason.ENDED  # [C-019]
    return word, reason


def _who_may(
    word: ConsentWord, patient: Address, grantee: Address, accessor: Address, action: int, participants: Participants
) -> Reason:
    if action == 0 or word.actions & action != action:  # [C-020]
        return Reason.ACTION
    held = participants.account(grantee)
    if held.status != ACTIVE or not held.roles & PRINCIPAL:  # [C-022]
        return Reason.GRANTEE_SUSPENDED
    if accessor == grantee:
        return Reason.PERMITTED
    own = participants.account(accessor)
    staff = own.institution == grantee
    if not staff and not (held.roles & SERVICE and participants.stands_for(grantee, patient, accessor)):  # [C-021]
        return Reason.NOT_ACCESSOR
    return Reason.PERMITTED if own.status == ACTIVE else Reason.ACCESSOR_SUSPENDED


def _power(
    state: ConsentState, participants: Participants, *, patient: Address, signer: Address | None, power: int, at: int
) -> int:
    """Return until when the signer's grants may reach: the delegation's end; no bound for the patient."""
    if signer is None or signer == patient:
        return FOR_EVER
    end = empowered(state, participants, patient=patient, delegate=signer, powers=power, at=at)
    if end == 0:  # [C-003]
        raise NotEmpowered(patient=patient, signer=signer, power=power)
    return end


def _with_word(state: ConsentState, identifier: Bytes32, word: ConsentWord) -> ConsentState:
    return replace(state, words=MappingProxyType({**state.words, identifier: word.pack()}))


def _with_mark(state: ConsentState, patient: Address, mark: int) -> ConsentState:
    if mark <= state.mark(patient):  # [C-016]
        return state
    return replace(state, marks=MappingProxyType({**state.marks, patient: mark}))
