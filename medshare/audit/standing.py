"""Who was allowed what at one block, from the events alone: what a regulator holds a release against.

The rules are the contract's own (`medshare.consent.rules`); here the state that they ask is made again, event by
event, so that no node has to remember the state of an old block. What a service contract answered for an accessor
(`standsFor`) is in no event: an access that rests on one is not permitted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from medshare.consent.participants import ACTIVE, AccountRow, DelegationRow, ParticipantTable
from medshare.consent.reasons import Reason
from medshare.consent.rules import LONGEST_PATH, ConsentState, Query, empowered, why_not
from medshare.consent.terms import consent_id
from medshare.consent.word import Status
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, Power, Role
from medshare.ledger.events import (
    Accredited,
    Delegated,
    Event,
    Granted,
    LockedDown,
    Log,
    Registered,
    Reinstated,
    Revoked,
    StaffAdded,
    StaffRemoved,
    Succeeded,
    Suspended,
)
from medshare.release.rule import OWN_SLOT, Ground
from medshare.typed_data import ReadRequest

SUSPENDED: Final = 2
REMOVED: Final = 3

KINDS: Final = (
    Accredited,
    Delegated,
    Granted,
    LockedDown,
    Registered,
    Reinstated,
    Revoked,
    StaffAdded,
    StaffRemoved,
    Succeeded,
    Suspended,
)
"""The events that a standing is made of."""


@dataclass(kw_only=True)
class Standing:
    """Accounts, delegations and consents after some of the events."""

    accounts: dict[Address, AccountRow] = field(default_factory=dict)
    delegations: dict[tuple[Address, Address], DelegationRow] = field(default_factory=dict)
    moved: dict[Address, Address] = field(default_factory=dict)
    words: dict[Bytes32, int] = field(default_factory=dict)
    marks: dict[Address, int] = field(default_factory=dict)
    granted: dict[Bytes32, Granted] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Go on by one event."""
        match event:
            case Granted():
                identifier = consent_id(patient=event.patient, grantee=event.grantee, terms=event.terms)
                self.words[identifier] = event.word
                self.granted[identifier] = event
            case Revoked():
                self.words[event.consent_id] = self.words.get(event.consent_id, 0) >> 8 << 8 | Status.REVOKED
            case LockedDown():
                self.marks[event.patient] = event.mark
            case Delegated():
                self.delegations[event.patient, event.delegate] = DelegationRow(
                    powers=event.powers, issued_at=event.issued_at, not_after=event.not_after
                )
            case Succeeded():
                self.moved[event.patient] = event.next
                self._change(event.patient, status=REMOVED)
            case _:
                self._take_account(event)

    def grantee(self, identifier: Bytes32) -> Address:
        """Return whose consent it is, the zero address if it was never granted."""
        found = self.granted.get(identifier)
        return ZERO_ADDRESS if found is None else found.grantee

    def end_of(self, patient: Address) -> Address:
        """Return the last successor of a patient."""
        for _ in range(LONGEST_PATH):
            patient = self.moved.get(patient, patient)
        return patient

    def principal_of(self, account: Address) -> Address:
        """Return the institution of a staff account, else the account itself."""
        institution = self.accounts.get(account, AccountRow()).institution
        return account if institution == ZERO_ADDRESS else institution

    def why_not(self, asked: ReadRequest, *, at: int) -> Ground:
        """Return why a read may not be answered at second `at`; `Ground.RELEASED` if it may.

        Like the contract's answer it is necessary and not sufficient: what slot a document's category has,
        nobody but the holders of the consent document knows.
        """
        table = ParticipantTable(accounts=self.accounts, delegations=self.delegations)
        state = ConsentState(words=self.words, marks=self.marks)
        if asked.slot == OWN_SLOT:
            return self._why_not_own(asked, state, table, at)
        consent = self.granted.get(asked.consent_id)
        if consent is None or consent.patient != asked.patient:
            return Ground.NEVER_GRANTED
        query = Query(
            patient=consent.patient,
            grantee=consent.grantee,
            terms=consent.terms,
            accessor=asked.accessor,
            slot=asked.slot,
            purpose=asked.purpose,
            action=asked.action,
        )
        found = why_not(state, query, participants=table, at=at)
        return Ground.RELEASED if found is Reason.PERMITTED else Ground(found)

    def _why_not_own(self, asked: ReadRequest, state: ConsentState, table: ParticipantTable, at: int) -> Ground:
        if asked.accessor == self.end_of(asked.patient):
            return Ground.RELEASED
        until = empowered(state, table, patient=asked.patient, delegate=asked.accessor, powers=int(Power.READ), at=at)
        return Ground.RELEASED if until else Ground.NOT_THE_PATIENT

    def _take_account(self, event: Event) -> None:
        match event:
            case Registered():
                self.accounts[event.patient] = AccountRow(roles=int(Role.PATIENT), status=ACTIVE)
            case Accredited():
                suspended = self._account(event.account).status == SUSPENDED
                self.accounts[event.account] = AccountRow(roles=event.roles, status=SUSPENDED if suspended else ACTIVE)
            case Suspended():
                self._change(event.account, status=SUSPENDED)
            case Reinstated():
                row = self._account(event.account)
                stays = row.roles or row.institution != ZERO_ADDRESS
                self._change(event.account, status=ACTIVE if stays else REMOVED)
            case StaffAdded():
                self.accounts[event.staff] = AccountRow(roles=event.roles, status=ACTIVE, institution=event.institution)
            case StaffRemoved():
                suspended = self._account(event.staff).status == SUSPENDED
                self.accounts[event.staff] = AccountRow(status=SUSPENDED if suspended else REMOVED)

    def _account(self, account: Address) -> AccountRow:
        return self.accounts.get(account, AccountRow())

    def _change(self, account: Address, *, status: int) -> None:
        self.accounts[account] = replace(self._account(account), status=status)


def standings(logs: Iterable[Log], blocks: Iterable[Block]) -> Iterator[tuple[Block, Standing]]:
    """Yield each of `blocks`, lowest first, with what stood at its end; the standing goes on with the next one."""
    standing = Standing()
    coming = iter(logs)
    log = next(coming, None)
    for block in sorted(blocks, key=lambda one: one.number):
        while log is not None and log.block_number <= block.number:
            standing.take(log.event)
            log = next(coming, None)
        yield block, standing
