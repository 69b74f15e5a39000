"""What the rules of consent ask about accounts: a narrow view, and a frozen table that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from medshare.hexadecimal import ZERO_ADDRESS, Address

ACTIVE: Final = 1
"""The status of an account that is neither suspended nor removed."""

PATIENT: Final = 1
SERVICE: Final = 128
"""Role bits that the rules look at (design, section 11, "roles")."""

ACCREDITED: Final = 1022
"""What a regulator can give: every bit from institution to processor."""

PRINCIPAL: Final = ACCREDITED | PATIENT
"""Who can be a grantee: a participant in its own right. A staff account acts for its institution."""

GRANT: Final = 1
REVOKE: Final = 2
LOCK: Final = 4
"""Powers of a delegate that the rules look at (design, section 11, "powers")."""


class Account(Protocol):
    """What the ParticipantRegistry says of one account."""

    @property
    def roles(self) -> int:
        """Role bits."""
        ...

    @property
    def status(self) -> int:
        """0 none, 1 active, 2 suspended, 3 removed."""
        ...

    @property
    def institution(self) -> Address:
        """Whose staff it is; the zero address if nobody's."""
        ...


class Delegation(Protocol):
    """What a patient lets a delegate do; all zero if nothing."""

    @property
    def powers(self) -> int:
        """Power bits."""
        ...

    @property
    def issued_at(self) -> int:
        """When it was signed, in seconds."""
        ...

    @property
    def not_after(self) -> int:
        """The first second in which it holds no longer."""
        ...


class Participants(Protocol):
    """The view of accounts, delegations and services at one moment."""

    def account(self, address: Address) -> Account:
        """Return the account of `address`; one with status 0 if there is none."""
        ...

    def delegation(self, patient: Address, delegate: Address) -> Delegation:
        """Return what `patient` delegated to `delegate`."""
        ...

    def stands_for(self, service: Address, patient: Address, accessor: Address) -> bool:
        """Return what the service contract answers; False where it fails."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account of a `ParticipantTable`."""

    roles: int = 0
    status: int = 0
    institution: Address = ZERO_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRow:
    """One delegation of a `ParticipantTable`."""

    powers: int = 0
    issued_at: int = 0
    not_after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantTable:
    """`Participants` as plain tables.

    `delegations` by (patient, delegate); `standing` holds (service, patient, accessor).
    """

    accounts: Mapping[Address, AccountRow] = field(default_factory=lambda: MappingProxyType({}))
    delegations: Mapping[tuple[Address, Address], DelegationRow] = field(default_factory=lambda: MappingProxyType({}))
    standing: frozenset[tuple[Address, Address, Address]] = frozenset()

    def account(self, address: Address) -> AccountRow:
        """Return the account of `address`; one with status 0 if there is none."""
        return self.accounts.get(address, AccountRow())

    def delegation(self, patient: Address, delegate: Address) -> DelegationRow:
        """Return what `patient` delegated to `delegate`; all zero if nothing."""
        return self.delegations.get((patient, delegate), DelegationRow())

    def stands_for(self, service: Address, patient: Address, accessor: Address) -> bool:
        """Return whether the table says so."""
        return (service, patient, accessor) in self.standing


def principal_of(participants: Participants, who: Address) -> Address:
    """Return whom `who` acts for: itself, the participant whose active staff it is, or the zero address.

    Patients act for nobody in this sense. Both accounts must be active.
    """
    own = participants.account(who)
    if own.status != ACTIVE:
        return ZERO_ADDRESS
    if own.institution == ZERO_ADDRESS:
        return who if own.roles & ACCREDITED else ZERO_ADDRESS
    return own.institution if participants.account(own.institution).status == ACTIVE else ZERO_ADDRESS
