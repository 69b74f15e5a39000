"""Sessions: short, kept by the digest of their token, and looked at again with every call."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from medshare.digest import sha256
from medshare.gateway.http.denials import Denial
from medshare.gateway.http.settings import Settings
from medshare.gateway.http.sign_in import Proven
from medshare.gateway.office import Office
from medshare.gateway.wire.errors import NotSignedIn, Unavailable
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import AccountStatus, Block, Role
from medshare.vault import SessionRow

MOST_SESSIONS: Final = 16
"""Of one account; the ones that end first make room."""

MOST_REMEMBERED: Final = 10_000
"""Standings of accounts at the newest block, kept in memory."""

SWEEP: Final = 600
"""Seconds between two looks for sessions that are over."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `acts_for` is the active participant that the account is, or is staff of; else zero."""

    account: Address
    acts_for: Address
    head: Block
    expires: int


class Sessions:
    """The sessions of one gateway, whatever process opened them."""

    def __init__(self, office: Office, settings: Settings, entropy: Callable[[int], bytes]) -> None:
        self._office = office
        self._settings = settings
        self._entropy = entropy
        self._standings: OrderedDict[tuple[Address, Bytes32], Address | None] = OrderedDict()
        self._lock = Lock()
        self._swept = 0

    def open(self, proven: Proven) -> tuple[str, Caller]:
        """Return the token of a new session and whose it is. The token is kept nowhere.

        Raises:
            NotSignedIn: The account was suspended or removed.
            Unavailable: The gateway does not know the present head of the chain.
        """
        head = self._fresh_head()
        acts_for = self._standing(proven.account, head)
        if acts_for is None:  # [H-004]
            raise NotSignedIn(Denial.SHUT_OUT.value)
        self._make_room(proven.account)
        token = urlsafe_b64encode(self._entropy(32)).decode().rstrip("=")
        row = SessionRow(
            digest=sha256(token.encode()),
            owner=proven.account,
            acts_for=acts_for,
            expires=self._office.clock.now() + self._settings.session_seconds,
            signed=proven.signed,
            signature=proven.signature,
        )
        self._office.vault.put(row)
        return token, _caller(row, head)

    def caller(self, token: str | None) -> Caller:
        """Return whose session a token opens, now.

        Raises:
            NotSignedIn: There is none, it is over, or the account is not what it was.
            Unavailable: The gateway does not know the present head of the chain.
        """
        row = self._row(token)
        if row.expires <= self._office.clock.now():  # [H-003]
            self._end(row, Denial.SESSION_OVER)
        head = self._fresh_head()
        if self._standing(row.owner, head) != row.acts_for:  # [H-004]
            self._end(row, Denial.STANDING_CHANGED)
        if row.signed is not None and row.signature is not None:
            accepts = self._office.ledger.wallet_accepts(row.owner, row.signed, row.signature, block=head)
            if not accepts:  # [H-005]
                self._end(row, Denial.WALLET_CHANGED)
        return _caller(row, head)

    def close(self, token: str | None) -> None:
        """End the session of a token.

        Raises:
            NotSignedIn: There is none.
        """
        self._office.vault.destroy(SessionRow, digest=self._row(token).digest)  # [H-003]

    def _row(self, token: str | None) -> SessionRow:
        if token is None or not _TOKEN.match(token):
            raise NotSignedIn(Denial.NO_TOKEN.value)
        row = self._office.vault.get(SessionRow, digest=sha256(token.encode()))  # [H-003]
        if row is None:
            raise NotSignedIn(Denial.TOKEN_UNKNOWN.value)
        return row

    def _end(self, row: SessionRow, denial: Denial) -> None:
        self._office.vault.destroy(SessionRow, digest=row.digest)
        raise NotSignedIn(denial.value)

    def _fresh_head(self) -> Block:
        """Return the head; who was shut out in a block that the gateway cannot see must not come in."""
        head = self._office.ledger.head()
        if self._office.clock.now() - head.time > self._office.ledger.deployment.head_max_age:  # [H-004]
            raise Unavailable(part="chain")
        return head

    def _standing(self, account: Address, head: Block) -> Address | None:
        """Return whom the account acts for, zero if for nobody, None if it was suspended or removed."""
        key = (account, head.hash)
        with self._lock:
            if key in self._standings:
                return self._standings[key]
        ledger = self._office.ledger
        known = ledger.account(account, block=head)
        shut_out = known.status in {AccountStatus.SUSPENDED, AccountStatus.REMOVED}
        standing = ledger.principal_of(account, block=head).address
        # A patient is never shut out, whatever else the account was.
        found = None if shut_out and Role.PATIENT not in known.roles else standing
        with self._lock:
            self._standings[key] = found
            if len(self._standings) > MOST_REMEMBERED:
                self._standings.popitem(last=False)
        return found

    def _make_room(self, account: Address) -> None:
        vault, now = self._office.vault, self._office.clock.now()
        if now - self._swept >= SWEEP:
            self._swept = now
            for row in vault.find(SessionRow):
                if row.expires <= now:
                    vault.destroy(SessionRow, digest=row.digest)
        own = sorted(vault.find(SessionRow, owner=account), key=lambda row: row.expires)
        for row in own[: max(0, len(own) - MOST_SESSIONS + 1)]:
            vault.destroy(SessionRow, digest=row.digest)


def _caller(row: SessionRow, head: Block) -> Caller:
    return Caller(account=row.owner, acts_for=row.acts_for, head=head, expires=row.expires)
