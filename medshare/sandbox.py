"""A whole consortium in one process: for trying MedShare out, for users' own tests, and for the demo.

`Sandbox.in_memory()` needs nothing: chain, stores and vaults are the twins that ship with the
package. The demo builds the same thing on a real chain and on disk. Only synthetic patients.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from medshare.actors import Institution, LocalNetwork, Patient, Regulator, Researcher
from medshare.age import HybridIdentity
from medshare.clock import Clock, HandClock
from medshare.gateway import Gateway
from medshare.gateway.office import Office
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.keys.root import RootSecret
from medshare.ledger import Ledger, Role
from medshare.ledger.memory import MemoryLedger
from medshare.release.rule import Facts, Ground, decide
from medshare.store import MemoryStore, Store
from medshare.vault import Vault
from medshare.vault.sql import memory_vault

START = 1_800_000_000
"""The second at which a sandbox in memory begins: 2027-01-15."""

WRITES_AND_CHECKS = Role.INSTITUTION | Role.CUSTODIAN | Role.VALIDATOR


class Sandbox:
    """Makes institutions, researchers and patients on one ledger, and knows where their doors are.

    Args:
        ledger: The chain.
        clock: The gateways' clock.
        regulator: The account that accredits.
        fund: Called with every account that sends transactions, before its first one.
        vault, store: Make one for an institution, by its name.
        entropy: Randomness.
        rule: The release rule of every gateway; only a drill gives another.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        regulator: AccountKey,
        fund: Callable[[Address], None],
        vault: Callable[[str], Vault],
        store: Callable[[str], Store],
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        rule: Callable[[Facts], Ground] = decide,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.network = LocalNetwork()
        self.regulator = Regulator(regulator, ledger)
        self._fund = fund
        self._vault = vault
        self._store = store
        self._entropy = entropy
        self._rule = rule

    @classmethod
    def in_memory(cls, *, now: int = START, entropy: Callable[[int], bytes] = secrets.token_bytes) -> Sandbox:
        """Return a sandbox on the twins; its clock is set by hand."""
        clock = HandClock(now)
        regulator = AccountKey.generate(entropy)
        return cls(
            ledger=MemoryLedger(regulator.address, clock),
            clock=clock,
            regulator=regulator,
            fund=lambda _: None,
            vault=lambda _: memory_vault(),
            store=lambda _: MemoryStore(),
            entropy=entropy,
        )

    def account(self) -> AccountKey:
        """Return a fresh account that can pay for transactions."""
        key = AccountKey.generate(self._entropy)
        self._fund(key.address)
        return key

    def institution(self, names: str | Mapping[str, str], *, roles: Role = WRITES_AND_CHECKS) -> Institution:
        """Return an accredited institution with a gateway, its key published."""
        account, names = self.account(), _names(names)
        self.regulator.accredit(account.address, roles=roles, names=names)
        slug = names["en"].lower().replace(" ", "-")
        gateway_key, url = self.account(), f"https://{slug}.example"
        gateway = Gateway(
            Office(
                institution=account.address,
                key=gateway_key,
                ledger=self.ledger,
                vault=self._vault(slug),
                store=self._store(slug),
                clock=self.clock,
                entropy=self._entropy,
            ),
            self._rule,
            url=url,
        )
        institution = Institution(
            account=account,
            identity=HybridIdentity.generate(self._entropy),
            gateway=gateway,
            url=url,
            network=self.network,
            ledger=self.ledger,
            clock=self.clock,
            entropy=self._entropy,
        )
        self.network.open(institution.url, gateway)
        self.network.join(institution)
        institution.publish_key()
        institution.add_staff(gateway_key, roles=Role.GATEWAY)
        return institution

    def researcher(self, names: str | Mapping[str, str], *, roles: Role = Role.RESEARCHER) -> Researcher:
        """Return an accredited researcher, the key published."""
        account, names = self.account(), _names(names)
        self.regulator.accredit(account.address, roles=roles, names=names)
        researcher = Researcher(
            account=account,
            identity=HybridIdentity.generate(self._entropy),
            url=f"https://{names['en'].lower().replace(' ', '-')}.example",
            network=self.network,
            ledger=self.ledger,
            clock=self.clock,
            entropy=self._entropy,
        )
        researcher.publish_key()
        self.network.join(researcher)
        return researcher

    def patient(self) -> Patient:
        """Return a person's agent with fresh keys; she holds no ether and is on no chain yet."""
        return Patient(
            account=AccountKey.generate(self._entropy),
            root=RootSecret.generate(self._entropy),
            network=self.network,
            ledger=self.ledger,
            clock=self.clock,
            entropy=self._entropy,
        )

    @staticmethod
    def enrol(patient: Patient, institution: Institution, *, reading_days: int | None = None) -> None:
        """Enrol a person at a desk whose staff checked who she is."""
        answer = patient.answer(institution.offer_enrolment(), reading_days=reading_days)
        institution.enrol(answer, identity_checked=True)


def _names(names: str | Mapping[str, str]) -> dict[str, str]:
    return {"en": names} if isinstance(names, str) else dict(names)
