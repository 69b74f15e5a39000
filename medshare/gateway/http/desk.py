"""What every path of the door shares: the gateway, the settings, and whoever checks callers."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from medshare.errors import MedShareError
from medshare.gateway.errors import Refused
from medshare.gateway.http.entitlement import Entitlement
from medshare.gateway.http.limits import Buckets, PatientsOpened
from medshare.gateway.http.sessions import Caller, Sessions
from medshare.gateway.http.settings import Settings
from medshare.gateway.http.sign_in import SignIn
from medshare.gateway.http.telemetry import Looked, Metrics
from medshare.gateway.service import Gateway
from medshare.gateway.wire.errors import TooMany
from medshare.health import Looking, Reads, judge
from medshare.health.reads import DAY, DAYS
from medshare.ledger import Role
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Message, ReadRequest
from medshare.vault import DoorKeyRow

READY_SECONDS: Final = 1.0
"""How long an answer about readiness stands."""
HEALTH_SECONDS: Final = 5.0
"""How long the figures of a scrape stand: several scrapers cost no more than one."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Why a gateway should get no requests now: codes, none where all is well."""

    reasons: tuple[str, ...]


class Desk:
    """The parts of one process.

    Args:
        gateway: The gateway in process.
        settings: What its operator set.
        log: Where events go; see `telemetry.json_log`.
        entropy: Randomness of tokens and nonces.
        monotonic: A clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        *,
        log: Any,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gateway = gateway
        self.office = gateway.office
        self.settings = settings
        self.log = log
        self.monotonic = monotonic
        self.sign_in = SignIn(self.office, settings, entropy)
        self.sessions = Sessions(self.office, settings, entropy)
        self.entitled = Entitlement(self.office)
        self.addresses = Buckets(settings.address_rate, monotonic)
        self.accounts = Buckets(settings.account_rate, monotonic)
        self.patients = PatientsOpened(settings.patients_per_hour, monotonic)
        self.metrics = Metrics(self.health)
        self._figures = Looking(gateway, Reads(self.office, since=self.office.clock.now() - DAYS * DAY))
        self._looking = threading.Lock()
        self._scraping = threading.Lock()
        self._health: tuple[float, Looked] | None = None
        self._ready: tuple[float, Readiness] | None = None
        gateway.counter.observe(self.metrics.receipt)

    def session(self, token: str | None) -> Caller:
        """Return whose session a token opens; the account's rate counts."""
        with self.office.ledger.decision():  # [G-004]
            caller = self.sessions.caller(token)
        self.accounts.take(caller.account)
        return caller

    def check_signed(self, signed: Signed[Message]) -> None:
        """Check a signature before anything is looked up: who signs for another learns nothing.

        Raises:
            The errors of `medshare.typed_data`: `signer` did not sign.
            TooMany: The signer asks too often.
        """
        self.office.check(signed, signer=signed.signer)  # [H-008]
        self.accounts.take(signed.signer)

    @contextmanager
    def opening(self, signed: Signed[ReadRequest]) -> Iterator[None]:
        """Count what the release rule decides on `signed` in the block."""
        accessor, patient = signed.message.accessor, signed.message.patient
        try:
            self.patients.check(accessor, patient)
        except TooMany:
            self.metrics.alert("patients-per-hour")  # [H-010]
            self.log.warning("alert", kind="patients-per-hour")
            raise
        try:
            yield
        except Refused as refused:
            self.metrics.decision(refused.ground)
            raise
        self.metrics.decision(Ground.RELEASED)
        self.patients.note(accessor, patient)

    def readiness(self) -> Readiness:
        """Return whether this process can answer: chain fresh, vault writable, gateway accredited on this chain.

        Anybody may ask: an answer stands for a second, so that asking costs no more than that.
        """
        with self._looking:
            asked, known = self.monotonic(), self._ready
            if known is None or asked - known[0] >= READY_SECONDS:  # [H-015]
                known = self._ready = (asked, self._readiness())
            return known[1]

    def health(self) -> Looked:
        """Return the figures of this gateway and what they mean; they stand for a few seconds."""
        with self._scraping:
            asked, known = self.monotonic(), self._health
            if known is None or asked - known[0] >= HEALTH_SECONDS:
                health = self._figures.health()  # [OP-001]
                known = self._health = (asked, (health, judge(health, self.office.ledger.deployment)))
            return known[1]

    def _readiness(self) -> Readiness:
        reasons: list[str] = []
        office = self.office
        try:
            ledger = office.ledger.pinned()
            head = ledger.head()
            if office.clock.now() - head.time > office.ledger.deployment.head_max_age:  # [H-015]
                reasons.append("chain.head-too-old")
            principal = ledger.principal_of(office.address, block=head)
            if principal.address != office.institution or Role.GATEWAY not in principal.staff_roles:  # [H-015]
                reasons.append("chain.not-a-gateway-here")
        except MedShareError as error:
            reasons.append(error.code)
        try:
            with office.vault.transaction() as rows:
                # A write that changes nothing: a vault that can only be read refuses it.
                rows.destroy(DoorKeyRow, name="readiness")  # [H-015]
        except MedShareError as error:
            reasons.append(error.code)
        return Readiness(tuple(reasons))
