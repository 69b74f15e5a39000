"""The consent document: what patient, grantee and gateway keep of a consent, off the chain.

It holds every field of the signed message, so that each holder can hash it to the terms, read its
words and derive the slot of a category. It never goes on the chain: its nonce would open the scope.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from medshare import canonical_json
from medshare.canonical_json import NotCanonical
from medshare.consent.categories import Category
from medshare.consent.errors import CategoryNotCovered, NotAConsentDocument, StatementForm, TermsDiffer
from medshare.consent.slots import categories_of, slot_of
from medshare.consent.terms import consent_id, statement_hash, terms
from medshare.consent.word import ConsentWord, check_form
from medshare.hexadecimal import Address, Bytes32, address, from_hex, to_hex

VERSION: Final = 1
LARGEST: Final = 128 * 1024
"""Bytes of a document."""

LONGEST_STATEMENT: Final = 32 * 1024
"""Bytes of a statement in UTF-8."""

LONGEST_SIGNATURE: Final = 4096
"""Bytes. An ordinary key's has 65; a contract wallet's may be longer."""

_NONCE: Final = re.compile(r"[0-9a-f]{64}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode's Cc but LF, and Cs."""
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,19}")
_KEYS: Final = frozenset(
    (
        "v",
        "chainId",
        "registry",
        "patient",
        "grantee",
        "scope",
        "purposes",
        "actions",
        "notBefore",
        "notAfter",
        "issuedAt",
        "request",
        "statement",
        "signer",
        "signature",
    )
)


def nonce_of(statement: str) -> Bytes32:
    """Return the nonce on the last line of a statement, whose outer form is checked.

    Raises:
        StatementForm: Too long, not NFC, a control character but LF, or no nonce of 64 lower-case
            hex digits as the last line.
    """
    if not unicodedata.is_normalized("NFC", statement):
        raise StatementForm(why="it is not in Unicode NFC")
    if _CONTROL.search(statement):
        raise StatementForm(why="it has a control character or half a character")
    if len(statement.encode("utf-8")) > LONGEST_STATEMENT:
        raise StatementForm(why=f"it has more than {LONGEST_STATEMENT} bytes")
    last = statement.rpartition("\n")[2]
    if not _NONCE.fullmatch(last):
        raise StatementForm(why="its last line is not a nonce of 64 lower-case hex digits")
    return bytes.fromhex(last)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDocument:
    """A consent with its words, and who signed it.

    `registry` is the ConsentRegistry on chain `chain_id`. `signer` is the patient or a delegate.
    `signature` is empty where the patient granted by a transaction of their own, or has not signed yet.
    """

    chain_id: int
    registry: Address
    patient: Address
    grantee: Address
    word: ConsentWord
    request: Bytes32
    statement: str
    signer: Address
    signature: bytes = b""

    @property
    def nonce(self) -> Bytes32:
        """The statement's last line: the seed of the slot map."""
        return nonce_of(self.statement)

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories and folders that the scope grants under the nonce."""
        return categories_of(self.nonce, self.word.scope)

    @property
    def terms(self) -> Bytes32:
        """The struct hash of the signed message."""
        return terms(
            patient=self.patient,
            grantee=self.grantee,
            word=self.word,
            request=self.request,
            statement=statement_hash(self.statement),
        )

    @property
    def consent_id(self) -> Bytes32:
        """The id under which the registry keeps it."""
        return consent_id(patient=self.patient, grantee=self.grantee, terms=self.terms)

    def category_slot(self, category: Category) -> int:
        """Return the slot that this consent gives to `category`; decoys never.

        Raises:
            CategoryNotCovered: The consent does not grant it.
        """
        if category not in self.categories:
            raise CategoryNotCovered
        return slot_of(self.nonce, category)

    def check(self, *, terms: Bytes32 | None = None) -> None:
        """Check that word, nonce and scope fit each other, and that the document hashes to `terms` if given.

        Its words against its numbers are the work of `medshare.statement.check`.

        Raises:
            StatusSet, BadActions, BadPurposes, BadScope, BadPeriod, TooLong: The word's form.
            StatementForm, ScopeWithoutCategory: The statement's form; only decoys are set.
            TermsDiffer: It is another consent.
        """
        check_form(self.word)
        categories_of(self.nonce, self.word.scope)
        if terms is not None and terms != self.terms:
            raise TermsDiffer

    def to_bytes(self) -> bytes:
        """Return the document as canonical JSON."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "chainId": self.chain_id,
                "registry": self.registry,
                "patient": self.patient,
                "grantee": self.grantee,
                "scope": str(self.word.scope),
                "purposes": str(self.word.purposes),
                "actions": self.word.actions,
                "notBefore": self.word.not_before,
                "notAfter": self.word.not_after,
                "issuedAt": self.word.issued_at,
                "request": to_hex(self.request),
                "statement": self.statement,
                "signer": self.signer,
                "signature": to_hex(self.signature),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ConsentDocument:
        """Return the document that `to_bytes` wrote.

        Raises:
            NotAConsentDocument: Anything else, to the byte.
            WordRange: A number does not fit its field.
            NotAnAddress, NotHex: An address or a byte string in another form.
            StatementForm: The statement's form.
        """
        try:
            value = canonical_json.loads(data, limit=LARGEST)
        except NotCanonical as error:
            raise NotAConsentDocument(why="it is not canonical JSON") from error
        if not isinstance(value, dict) or value.keys() != _KEYS:
            raise NotAConsentDocument(why="its fields are not those of a consent")
        if _number(value, "v") != VERSION:
            raise NotAConsentDocument(why="its version is not known")
        chain_id = _number(value, "chainId")
        if chain_id < 1:
            raise NotAConsentDocument(why="its chain id is not positive")
        if not isinstance(value["statement"], str):
            raise NotAConsentDocument(why="its statement is not text")
        nonce_of(value["statement"])
        signature = from_hex(value["signature"])
        if len(signature) > LONGEST_SIGNATURE:
            raise NotAConsentDocument(why=f"its signature has more than {LONGEST_SIGNATURE} bytes")
        word = ConsentWord(
            scope=_decimal(value, "scope"),
            purposes=_decimal(value, "purposes"),
            not_before=_number(value, "notBefore"),
            not_after=_number(value, "notAfter"),
            issued_at=_number(value, "issuedAt"),
            actions=_number(value, "actions"),
        )
        return cls(
            chain_id=chain_id,
            registry=address(value["registry"]),
            patient=address(value["patient"]),
            grantee=address(value["grantee"]),
            word=word,
            request=from_hex(value["request"], 32),
            statement=value["statement"],
            signer=address(value["signer"]),
            signature=signature,
        )


def _number(value: dict[str, object], key: str) -> int:
    number = value[key]
    if isinstance(number, bool) or not isinstance(number, int):
        raise NotAConsentDocument(why=f"{key} is not a whole number")
    return number


def _decimal(value: dict[str, object], key: str) -> int:
    text = value[key]
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise NotAConsentDocument(why=f"{key} is not a decimal string")
    return int(text)
