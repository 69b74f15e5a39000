"""What the chain publishes of an accredited account: who it is, and which key it takes envelopes with."""

from __future__ import annotations

from collections.abc import Collection

from medshare.consent.document import ConsentDocument
from medshare.digest import keccak
from medshare.errors import NotFoundError
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.keys.key_document import KeyDocument
from medshare.ledger import Ledger
from medshare.ledger.events import Accredited, KeyPublished
from medshare.signed import domains_of
from medshare.statement import AccreditationRecord, check, parse


class NotAccredited(NotFoundError):
    """Raised when the chain has no accreditation record for an account."""

    code = "participant.not-accredited"
    cause = "The account {account} is not accredited."
    remedy = "Check the address, or ask the regulator."


class NoKeyPublished(NotFoundError):
    """Raised when an accredited account has published no key."""

    code = "participant.no-key"
    cause = "The account {account} has published no encryption key."
    remedy = "It must publish one before anybody can give it keys."


def accreditation_of(ledger: Ledger, account: Address) -> AccreditationRecord:
    """Return the accreditation record whose digest is on the chain.

    Raises:
        NotAccredited: There is none.
    """
    return AccreditationRecord.from_bytes(_record_bytes(ledger, account, ledger.record_of(account)))


def check_words(ledger: Ledger, document: ConsentDocument, *, custodians: Collection[Address]) -> None:
    """Render a consent's statement again and compare it with its numbers.

    Names come from the versions of the accreditation records that the statement names.

    Raises:
        NotAccredited: The chain never had such a record.
        The errors of `medshare.statement.check`.
    """
    said = parse(document.statement)
    researcher = said.researcher
    check(
        document,
        record=_record_bytes(ledger, document.grantee, said.grantee.record),
        custodians=custodians,
        researcher_record=None if researcher is None else _record_bytes(ledger, researcher.account, researcher.record),
    )


def _record_bytes(ledger: Ledger, account: Address, digest: Bytes32) -> bytes:
    if digest != ZERO_32:
        for log in ledger.events(kinds=(Accredited,)):
            event = log.event
            if isinstance(event, Accredited) and event.account == account and keccak(event.record) == digest:
                return event.record
    raise NotAccredited(account=account)


def key_document_of(ledger: Ledger, account: Address) -> KeyDocument:
    """Return the key document whose digest is on the chain.

    Raises:
        NoKeyPublished: There is none.
        DocumentMalformed, DocumentForeign: It is not of the form.
    """
    digest = ledger.digest_of(account)
    if digest != ZERO_32:
        for log in ledger.events(kinds=(KeyPublished,)):
            event = log.event
            if isinstance(event, KeyPublished) and event.account == account and keccak(event.document) == digest:
                return KeyDocument.parse(
                    event.document, digest=digest, domains=domains_of(ledger.deployment), account=account
                )
    raise NoKeyPublished(account=account)
