"""Consent documents for the negative corpus: a good one, ways to bend it, and what a holder makes of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from medshare import canonical_json
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32, from_hex, to_hex
from medshare.keys.account import AccountKey
from medshare.statement import AccreditationRecord, check, draft
from medshare.typed_data import Consent, check_signature, sign
from tests.vectors.generate_consent import NOW, stream
from tests.vectors.generate_typed_data import DOMAINS

PATIENT_KEY = AccountKey(keccak(b"the patient's account"))
STRANGER_KEY = AccountKey(keccak(b"a stranger's account"))
PATIENT, STRANGER = PATIENT_KEY.address, STRANGER_KEY.address
HOSPITAL, INSTITUTE = "0x" + "b2" * 20, "0x" + "c3" * 20
RECORD = AccreditationRecord(account=HOSPITAL, names={"en": "Riverside General Hospital"}, roles=2, jurisdiction=158)
PROCESSOR = AccreditationRecord(account=HOSPITAL, names={"en": "Safe Haven"}, roles=512, jurisdiction=158)
RESEARCHER = AccreditationRecord(account=INSTITUTE, names={"en": "Heart Institute"}, roles=16, jurisdiction=158)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a holder is handed, and what it knows of the chain.

    `terms` are those that the chain told, None before the consent is there. `custodians` keep the
    patient's capsules.
    """

    data: bytes
    record: bytes = RECORD.to_bytes()
    researcher: bytes | None = None
    custodians: tuple[Address, ...] = ()
    terms: Bytes32 | None = None


def drafted(**changes: Any) -> ConsentDocument:
    """Return an unsigned consent to read two categories for treatment."""
    fields: dict[str, Any] = {
        "chain_id": DOMAINS.chain_id,
        "registry": DOMAINS.consents,
        "patient": PATIENT,
        "grantee": RECORD,
        "categories": (Category.ALLERGIES, Category.LABORATORY),
        "purposes": closure(("TREAT",)),
        "actions": Action.READ,
        "not_before": NOW,
        "not_after": NOW + 10_000,
        "issued_at": NOW,
        "language": "en",
        "custodians": (),
        "entropy": stream("a consent for the negative corpus"),
    }
    return draft(**{**fields, **changes})


def message_of(document: ConsentDocument) -> Consent:
    """Return the message that the patient signs."""
    word = document.word
    return Consent(
        patient=document.patient,
        grantee=document.grantee,
        scope=word.scope,
        purposes=word.purposes,
        actions=word.actions,
        not_before=word.not_before,
        not_after=word.not_after,
        issued_at=word.issued_at,
        request=document.request,
        statement=document.statement,
    )


def signed(document: ConsentDocument, key: AccountKey = PATIENT_KEY) -> ConsentDocument:
    """Return the document with a good signature of `key` on whatever it says."""
    return replace(document, signature=sign(message_of(document), DOMAINS, key))


PLAIN = drafted()
GOOD = signed(PLAIN)
VALUE: dict[str, Any] = canonical_json.loads(GOOD.to_bytes())


def case(document: ConsentDocument, **known: Any) -> Case:
    """Return the case of a document that the patient signed as it is."""
    return Case(data=signed(document).to_bytes(), **known)


def raw(**changes: object) -> Case:
    """Return the good document with some fields of its JSON changed."""
    return Case(
        data=json.dumps({**VALUE, **changes}, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    )


def word(**changes: int) -> Case:
    """Return a signed document whose word differs, as a careless or a lying agent would write it."""
    return case(replace(PLAIN, word=replace(PLAIN.word, **changes)))


def words(old: str, new: str) -> Case:
    """Return a signed document with other words under the same numbers."""
    assert PLAIN.statement.count(old), old
    return case(replace(PLAIN, statement=PLAIN.statement.replace(old, new, 1)))


def outcome(given: Case) -> str:
    """Return the code of the error that a holder gets, or that there is none."""
    try:
        document = ConsentDocument.from_bytes(given.data)
        document.check(terms=given.terms)
        check(document, record=given.record, custodians=given.custodians, researcher_record=given.researcher)
        domains = replace(DOMAINS, chain_id=document.chain_id, consents=document.registry)
        check_signature(message_of(document), domains, document.signature, document.signer)
    except MedShareError as error:
        return error.code
    return "none"


def encode(name: str, code: str, given: Case) -> str:
    """Return the file's text."""
    return json.dumps(
        {
            "fault": name,
            "error": code,
            "document": base64.b64encode(given.data).decode(),
            "record": base64.b64encode(given.record).decode(),
            "researcherRecord": None if given.researcher is None else base64.b64encode(given.researcher).decode(),
            "custodians": list(given.custodians),
            "terms": None if given.terms is None else to_hex(given.terms),
        },
        separators=(",", ":"),
    )


def decode(text: str) -> tuple[str, Case]:
    """Return the code and the case of a file's text."""
    value = json.loads(text)
    researcher, told = value["researcherRecord"], value["terms"]
    return value["error"], Case(
        data=base64.b64decode(value["document"]),
        record=base64.b64decode(value["record"]),
        researcher=None if researcher is None else base64.b64decode(researcher),
        custodians=tuple(value["custodians"]),
        terms=None if told is None else from_hex(told, 32),
    )
