"""The whole state of the five contracts as one frozen value, and the turn that changes it.

A write makes a new `World` and leaves the old one as it is, so that every block keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from medshare.consent.requests import RequestState
from medshare.consent.rules import ConsentState
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger.events import Event
from medshare.ledger.reverts.signatures import WalletRefused, WrongSigner
from medshare.ledger.types import AnchorState, Delegation, Participant, Principal, Role
from medshare.typed_data import Domains, Message
from medshare.typed_data.errors import (
    SignatureHighS,
    SignatureLength,
    SignatureNobody,
    SignatureRecoveryByte,
    SignatureScalar,
)
from medshare.typed_data.signing import CURVE_ORDER, digest, recover_digest

Wallet = Callable[[Bytes32, bytes], bool]
"""What a contract wallet answers: whether it accepts a signature of a digest (ERC-1271)."""

Service = Callable[[Address, Address], bool]
"""What a service contract answers: whether it stands for (patient, accessor)."""

HALF_ORDER = CURVE_ORDER // 2

ACCREDITED = Role(0b11_1111_1110)
"""Every role but patient and gateway."""

K = TypeVar("K")
V = TypeVar("V")


def _empty() -> MappingProxyType[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the contracts store. `services` is the code that services run."""

    accounts: Mapping[Address, Participant] = field(default_factory=_empty)
    digests: Mapping[Address, Bytes32] = field(default_factory=_empty)
    records: Mapping[Address, Bytes32] = field(default_factory=_empty)
    successors: Mapping[Address, Address] = field(default_factory=_empty)
    recoveries: Mapping[Address, Address] = field(default_factory=_empty)
    delegations: Mapping[tuple[Address, Address], Delegation] = field(default_factory=_empty)
    services: Mapping[Address, Service] = field(default_factory=_empty)
    consents: ConsentState = field(default_factory=ConsentState)
    requests: RequestState = field(default_factory=RequestState)
    anchors: Mapping[tuple[Address, Bytes32], AnchorState] = field(default_factory=_empty)
    closed: Mapping[tuple[Address, Bytes32], int] = field(default_factory=_empty)
    erased: frozenset[Bytes32] = frozenset()
    erased_all: frozenset[Address] = frozenset()
    quorum: int = 3
    heads: Mapping[Address, Bytes32] = field(default_factory=_empty)

    def account(self, address: Address) -> Participant:
        """Return the account; status NONE if it is unknown."""
        return self.accounts.get(address) or Participant(address=address)

    def delegation(self, patient: Address, delegate: Address) -> Delegation:
        """Return the delegation; all zero if there is none, or if the delegate has moved."""
        if delegate in self.successors:
            return Delegation()
        return self.delegations.get((patient, delegate)) or Delegation()

    def stands_for(self, service: Address, patient: Address, accessor: Address) -> bool:
        """Return what the service answers; no service says no."""
        return service in self.services and self.services[service](patient, accessor)

    def successor(self, patient: Address) -> Address:
        """Return the successor, or the zero address."""
        return self.successors.get(patient, ZERO_ADDRESS)

    def recovery(self, patient: Address) -> Address:
        """Return the recovery address, or the zero address."""
        return self.recoveries.get(patient, ZERO_ADDRESS)

    def digest(self, account: Address) -> Bytes32:
        """Return the digest of the directory or the key document."""
        return self.digests.get(account, ZERO_32)

    def principal(self, who: Address) -> Principal:
        """Return whom the account acts for."""
        own = self.account(who)
        if not own.active:
            return Principal()
        if own.institution == ZERO_ADDRESS:
            return Principal(address=who, roles=own.roles) if own.roles & ACCREDITED else Principal()
        employer = self.account(own.institution)
        if not employer.active:
            return Principal()
        return Principal(address=own.institution, roles=employer.roles, staff_roles=own.roles)

    def with_account(self, account: Participant) -> World:
        """Return the world with this account."""
        return replace(self, accounts=added(self.accounts, account.address, account))


def added(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """Return `mapping` with one entry more or another."""
    return MappingProxyType({**mapping, key: value})


@dataclass(slots=True, kw_only=True)
class Turn:
    """One transaction: who sends it, in which second, and what happened so far."""

    sender: Address
    at: int
    domains: Domains
    participants: Address
    regulator: Address
    wallets: Mapping[Address, Wallet]
    events: list[Event] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        """Record that `event` happened."""
        self.events.append(event)

    def digest(self, message: Message) -> Bytes32:
        """Return the digest of `message` for this deployment."""
        return digest(message, self.domains)

    def require_key(self, signer: Address, signed: Bytes32, signature: bytes) -> None:
        """Check that `signer`'s own key signed the digest `signed`.

        Raises:
            SignatureLength, SignatureHighS, SignatureRecoveryByte: Not the one form.
            WrongSigner: Somebody else did, or nobody.
        """
        # The contract looks at s before v.
        if len(signature) == 65 and int.from_bytes(signature[32:64], "big") > HALF_ORDER:
            raise SignatureHighS(s=to_hex(signature[32:64]))
        try:
            recovered = recover_digest(signed, signature)
        except (SignatureScalar, SignatureNobody):
            recovered = ZERO_ADDRESS
        if recovered != signer or recovered == ZERO_ADDRESS:
            raise WrongSigner(signer=signer, recovered=recovered)

    def require_wallet(self, wallet: Address, signed: Bytes32, signature: bytes) -> None:
        """Check that the contract wallet accepts the signature; `WalletRefused` if not."""
        accepts = self.wallets.get(wallet)
        if accepts is None or not accepts(signed, signature):
            raise WalletRefused(wallet=wallet)

    def require_either(self, signer: Address, signed: Bytes32, signature: bytes) -> None:
        """Check the key first, then, where `signer` has code, the wallet."""
        if signer not in self.wallets:
            self.require_key(signer, signed, signature)
            return
        try:
            self.require_key(signer, signed, signature)
        except (SignatureLength, SignatureHighS, SignatureRecoveryByte, WrongSigner):
            self.require_wallet(signer, signed, signature)
