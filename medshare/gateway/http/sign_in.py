"""Signing in: who holds the key of an account says so in an EIP-4361 message.

The message is parsed and its fields are checked by the library `siwe`; what it is laxer about (a high s,
a text that it would write otherwise) is checked here. Its grammar takes up to a quarter of a second for what
anybody sends, so it sees only a text that is ours but for account, nonce and moments, and once for each nonce.
A nonce is not kept until it is used: its ticket proves that this gateway gave it out, and to whom.
"""

from __future__ import annotations

import hmac
import re
import string
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from siwe import ExpiredMessage, InvalidSignature, NotYetValidMessage, SiweMessage, VerificationError

from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.gateway.http.denials import Denial
from medshare.gateway.http.settings import Settings
from medshare.gateway.office import Office
from medshare.gateway.wire.answers import NonceForm
from medshare.gateway.wire.errors import NotSignedIn
from medshare.gateway.wire.letters import SignInLetter
from medshare.gateway.wire.sign_in import STATEMENT, personal_digest
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.typed_data.signing import recover_digest
from medshare.vault import DoorKeyRow, NonceRow
from medshare.vault.errors import RowConflict

LONGEST_MESSAGE: Final = 700
"""Characters. Ours have some 400."""

TICKET_KEY: Final = "sign-in tickets"
_DIGITS: Final = string.ascii_letters + string.digits
_MOMENT: Final = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
_FORM: Final = re.compile(
    r"(?:(?P<scheme>[a-z]{1,16})://)?(?P<domain>[^\s/]+) wants you to sign in with your Ethereum account:\n"
    r"0x[0-9A-Fa-f]{40}\n\n(?P<statement>[^\n]+)\n\n"
    r"URI: (?P<uri>[^\s]+)\nVersion: 1\nChain ID: (?P<chain>[0-9]+)\n"
    r"Nonce: (?P<nonce>[0-9a-f]{10}[A-Za-z0-9]{22})\n"
    rf"Issued At: {_MOMENT}(?:\nExpiration Time: {_MOMENT})?(?:\nNot Before: {_MOMENT})?"
    r"(?P<more>\n(?:Request ID: |Resources:)[^\r]*)?"
)
"""The form of EIP-4361. No two parts can begin with the same character, so that it takes one pass over the text."""

_DENIALS: Final[dict[type[VerificationError], Denial]] = {
    ExpiredMessage: Denial.EXPIRED,
    NotYetValidMessage: Denial.NOT_YET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An account that proved itself. A contract wallet's `signed` and `signature` are asked about again."""

    account: Address
    signed: Bytes32 | None = None
    signature: bytes | None = None


class SignIn:
    """Gives nonces out and checks messages for one gateway."""

    def __init__(self, office: Office, settings: Settings, entropy: Callable[[int], bytes]) -> None:
        self._office = office
        self._settings = settings
        self._entropy = entropy
        self._key: bytes | None = None

    def nonce(self) -> NonceForm:
        """Return a fresh nonce with its ticket. Nothing is kept of it."""
        settings = self._settings
        expires = self._office.clock.now() + settings.nonce_seconds
        # 248 is the greatest multiple of 62 below 256: no digit is likelier than another.
        digits: list[str] = []
        while len(digits) < 22:
            digits += [_DIGITS[byte % 62] for byte in self._entropy(32) if byte < 248]
        nonce = f"{expires:010x}" + "".join(digits[:22])
        return NonceForm(
            nonce=nonce,
            ticket=self._ticket(nonce),
            domain=settings.domain,
            uri=settings.origin,
            chain_id=self._office.ledger.deployment.chain_id,
            statement=STATEMENT,
            expires=expires,
        )

    def prove(self, letter: SignInLetter) -> Proven:
        """Return who signed `letter`. Its nonce is used up, whatever comes of it.

        Raises:
            NotSignedIn: Anything is not as it should be; its `denial` says what.
        """
        if len(letter.message) > LONGEST_MESSAGE:
            raise NotSignedIn(Denial.SIZE.value)
        nonce = self._check_form(letter.message)
        self._check_nonce(nonce, letter)
        self._use_up(nonce)
        message = self._parse(letter.message)
        self._check_period(message)
        return self._check_signature(message, letter)

    def _check_form(self, text: str) -> str:
        """Check that a text is ours but for account, nonce and moments; return the nonce."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise NotSignedIn(Denial.MALFORMED.value)
        settings, chain = self._settings, self._office.ledger.deployment.chain_id
        for wrong, denial in (  # [H-001]
            (found["scheme"] not in {None, settings.scheme}, Denial.SCHEME),
            (found["domain"] != settings.domain, Denial.DOMAIN),
            (found["uri"] != settings.origin, Denial.URI),
            (found["chain"] != str(chain), Denial.CHAIN),
            (found["statement"] != STATEMENT or found["more"] is not None, Denial.STATEMENT),
        ):
            if wrong:
                raise NotSignedIn(denial.value)
        return found["nonce"]

    def _check_nonce(self, nonce: str, letter: SignInLetter) -> None:
        """Check that this gateway gave the nonce to whoever sends it, not long ago."""
        if not hmac.compare_digest(self._ticket(nonce).encode(), letter.ticket.encode()):  # [H-002]
            raise NotSignedIn(Denial.NONCE_FOREIGN.value)
        if int(nonce[:10], 16) <= self._office.clock.now():  # [H-002]
            raise NotSignedIn(Denial.NONCE_EXPIRED.value)

    def _parse(self, text: str) -> SiweMessage:
        try:
            message = SiweMessage.from_message(text)
        except ValueError as error:
            raise NotSignedIn(Denial.MALFORMED.value) from error
        # What is checked below must be every character that was signed.
        if message.prepare_message() != text:
            raise NotSignedIn(Denial.MALFORMED.value)
        return message

    def _check_period(self, message: SiweMessage) -> None:
        now = self._office.clock.now()
        begin, end = _second(message.issued_at), message.expiration_time and _second(message.expiration_time)
        # Our own message is signed at once; one that could be used for days is somebody else's.
        if not end or end - begin > 2 * self._settings.nonce_seconds or begin > now + self._settings.nonce_seconds:
            raise NotSignedIn(Denial.PERIOD.value)

    def _check_signature(self, message: SiweMessage, letter: SignInLetter) -> Proven:
        account, office = message.address.lower(), self._office
        signed = personal_digest(letter.message)
        try:
            message.verify(
                to_hex(letter.signature),
                domain=self._settings.domain,
                uri=self._settings.origin,
                chain_id=office.ledger.deployment.chain_id,
                nonce=message.nonce,
                timestamp=datetime.fromtimestamp(office.clock.now(), UTC),
                strict=True,
            )
        except InvalidSignature as error:
            # Every field was right; only the chain knows what a contract wallet accepts.
            if not office.ledger.wallet_accepts(account, signed, letter.signature):  # [H-005]
                raise NotSignedIn(Denial.SIGNATURE.value) from error
            return Proven(account=account, signed=signed, signature=letter.signature)
        except VerificationError as error:  # [H-001]
            raise NotSignedIn(_DENIALS.get(type(error), Denial.MALFORMED).value) from error
        try:
            if recover_digest(signed, letter.signature) == account:
                return Proven(account=account)
        except MedShareError as error:
            raise NotSignedIn(Denial.SIGNATURE.value) from error
        raise NotSignedIn(Denial.SIGNATURE.value)

    def _use_up(self, nonce: str) -> None:
        office = self._office
        row = NonceRow(signer=office.address, nonce=keccak(nonce.encode()), at=office.clock.now())
        try:
            with office.vault.transaction() as rows:
                if rows.get(NonceRow, signer=row.signer, nonce=row.nonce) is not None:  # [H-002]
                    raise NotSignedIn(Denial.NONCE_USED.value)
                rows.put(row)
        except RowConflict as error:
            raise NotSignedIn(Denial.NONCE_USED.value) from error

    def _ticket(self, nonce: str) -> str:
        mac = hmac.new(self._shared_key(), nonce.encode(), sha256).digest()
        return urlsafe_b64encode(mac).decode().rstrip("=")

    def _shared_key(self) -> bytes:
        """Return the key of tickets, the same for every process of this gateway."""
        if self._key is None:
            vault = self._office.vault
            row = vault.get(DoorKeyRow, name=TICKET_KEY)
            if row is None:
                with suppress(RowConflict):  # another process was quicker
                    vault.put(DoorKeyRow(name=TICKET_KEY, secret=self._entropy(32)))
                row = vault.require(DoorKeyRow, name=TICKET_KEY)
            self._key = row.secret
        return self._key


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
