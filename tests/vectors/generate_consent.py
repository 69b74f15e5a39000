"""Writes the vectors of consent: purposes, slots, words, terms, requests, statements.

Run from the top of the tree: `python tests/vectors/generate_consent.py`. The same files are read by
the tests in Python, Solidity and JavaScript; numbers above 2^53 are hex text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from medshare.consent import purposes, slots
from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.terms import Opening, consent_id, request_digest, request_id, statement_hash, terms
from medshare.consent.word import DAY, LONGEST, UNSENT, ConsentWord
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, to_hex
from medshare.statement import Folder, Party, StatementFacts, render

FOLDER = Path(__file__).parent / "consent"
NOW = 1_800_000_000
PATIENT = "0x" + "a1" * 20
HOSPITAL = "0x" + "b2" * 20
RESEARCHER = "0x" + "c3" * 20


def stream(seed: str) -> Callable[[int], bytes]:
    """Return an entropy that is the same every time: Keccak of the seed and a counter."""
    numbers = count()

    def entropy(length: int) -> bytes:
        data = b""
        while len(data) < length:
            data += keccak(f"{seed}/{next(numbers)}".encode())
        return data[:length]

    return entropy


def purpose_vectors() -> object:
    return {
        "codes": list(purposes.PURPOSES),
        "neverAdded": sorted(purposes.NEVER_ADDED),
        "care": sorted(purposes.CARE),
        "closures": {code: f"0x{purposes.closure((code,)):016x}" for code in purposes.PURPOSES},
    }


def slot_vectors() -> object:
    rows = []
    for number in range(24):
        nonce = bytes(32) if number == 0 else b"\xff" * 32 if number == 1 else keccak(f"nonce {number}".encode())
        granted = [category for category in Category if keccak(f"{number}/{category}".encode())[0] % 4 == 0]
        granted = granted or [Category.LABORATORY]
        rows.append(
            {
                "nonce": to_hex(nonce),
                "slots": list(slots.slot_map(nonce)),
                "categories": [int(category) for category in granted],
                "scope": f"0x{slots.scope(nonce, granted, entropy=stream(f'decoys {number}')):016x}",
            }
        )
    return rows


def good_word(**changes: int) -> ConsentWord:
    fields = {
        "scope": 0xFFFFFFFF,
        "purposes": purposes.closure(("TREAT",)),
        "not_before": NOW,
        "not_after": NOW + 365 * DAY,
        "issued_at": NOW,
        "actions": int(Action.READ),
    }
    return ConsentWord(**{**fields, **changes})


def word_row(word: ConsentWord, at: int, error: str | None) -> object:
    fields = {name: f"0x{value:x}" for name, value in asdict(word).items()}
    return {"fields": fields, "word": f"0x{word.pack():064x}", "at": at, "error": error}


def word_vectors() -> object:
    cases: list[tuple[ConsentWord, int, str | None]] = [
        (good_word(), NOW, None),
        (good_word(scope=0xFFFFFFFF00000000), NOW, None),
        (good_word(scope=0x5555555555555555), NOW, None),
        (good_word(actions=31), NOW, None),
        (good_word(purposes=purposes.ALL), NOW, None),
        (good_word(not_before=1), NOW, None),
        (good_word(not_before=NOW, not_after=NOW + 1), NOW, None),
        (good_word(not_after=NOW + LONGEST), NOW, None),
        (good_word(), NOW + UNSENT - 1, None),
        (good_word(status=1), NOW, "StatusSet"),
        (good_word(status=2), NOW, "StatusSet"),
        (good_word(actions=0), NOW, "BadActions"),
        (good_word(actions=32), NOW, "BadActions"),
        (good_word(actions=255), NOW, "BadActions"),
        (good_word(purposes=0), NOW, "BadPurposes"),
        (good_word(purposes=1 << 62), NOW, "BadPurposes"),
        (good_word(purposes=purposes.ALL | 1 << 63), NOW, "BadPurposes"),
        (good_word(scope=0), NOW, "BadScope"),
        (good_word(scope=0x7FFFFFFF), NOW, "BadScope"),
        (good_word(scope=0x1FFFFFFFF), NOW, "BadScope"),
        (good_word(scope=2**64 - 1), NOW, "BadScope"),
        (good_word(not_before=0), NOW, "BadPeriod"),
        (good_word(not_before=NOW, not_after=NOW), NOW, "BadPeriod"),
        (good_word(not_before=NOW + 1, not_after=NOW), NOW, "BadPeriod"),
        (good_word(not_after=0), NOW, "BadPeriod"),
        (good_word(not_after=NOW + LONGEST + 1), NOW, "TooLong"),
        (good_word(not_after=2**40 - 1), NOW, "TooLong"),
        (good_word(), NOW - 1, "IssuedInFuture"),
        (good_word(), NOW + UNSENT, "Stale"),
        (good_word(issued_at=0, not_before=1, not_after=2), NOW, "Stale"),
        (good_word(status=255, actions=0, purposes=0, scope=0, not_before=0), NOW, "StatusSet"),
        (good_word(actions=0, purposes=0, scope=0, not_before=0), NOW, "BadActions"),
        (good_word(purposes=0, scope=0, not_before=0), NOW, "BadPurposes"),
        (good_word(scope=0, not_before=0), NOW, "BadScope"),
    ]
    return [word_row(*case) for case in cases]


def terms_vectors() -> object:
    rows = []
    for number in range(16):
        nonce = keccak(f"terms {number}".encode())
        word = good_word(
            scope=slots.scope(nonce, [Category(number)], entropy=stream(f"terms {number}")),
            purposes=purposes.closure((purposes.PURPOSES[number * 3],)),
            actions=1 << number % 5,
        )
        patient, grantee = "0x" + keccak(b"p%d" % number)[:20].hex(), "0x" + keccak(b"g%d" % number)[:20].hex()
        request = ZERO_32 if number % 2 else keccak(b"r%d" % number)
        statement = f"statement {number}\n{nonce.hex()}"
        own = terms(patient=patient, grantee=grantee, word=word, request=request, statement=statement_hash(statement))
        rows.append(
            {
                "patient": patient,
                "grantee": grantee,
                "word": f"0x{word.pack():064x}",
                "request": to_hex(request),
                "statement": statement,
                "statementHash": to_hex(statement_hash(statement)),
                "terms": to_hex(own),
                "consentId": to_hex(consent_id(patient=patient, grantee=grantee, terms=own)),
            }
        )
    return rows


def request_vectors() -> object:
    rows = []
    for number in range(8):
        opening = Opening(
            patient=PATIENT,
            requester="0x" + keccak(b"q%d" % number)[:20].hex(),
            grantee=HOSPITAL,
            purposes=purposes.closure((purposes.PURPOSES[number * 7],)),
            actions=1 + number,
            not_before=NOW + number,
            not_after=NOW + DAY * (number + 1),
            document_digest=keccak(b"document %d" % number),
            salt=keccak(b"salt %d" % number),
        )
        digest = request_digest(opening)
        rows.append(
            {
                "patient": opening.patient,
                "requester": opening.requester,
                "grantee": opening.grantee,
                "purposes": f"0x{opening.purposes:x}",
                "actions": opening.actions,
                "notBefore": opening.not_before,
                "notAfter": opening.not_after,
                "documentDigest": to_hex(opening.document_digest),
                "salt": to_hex(opening.salt),
                "digest": to_hex(digest),
                "requestId": to_hex(request_id(requester=opening.requester, digest=digest)),
            }
        )
    return rows


def statement_facts() -> dict[str, StatementFacts]:
    """Return facts that together use every line of the template and every name of a purpose and a category."""
    hospital = Party(account=HOSPITAL, name="Riverside General Hospital", record=keccak(b"hospital"))
    clinic = Party(account=HOSPITAL, name="河岸綜合醫院", record=keccak(b"clinic"))
    researcher = Party(account=RESEARCHER, name="Institute of Cardiology", record=keccak(b"institute"))
    base = StatementFacts(
        patient=PATIENT,
        grantee=hospital,
        categories=(Category.MEDICATIONS, Category.LABORATORY),
        purposes=purposes.closure(("TREAT",)),
        actions=Action.READ,
        not_before=NOW,
        not_after=NOW + 90 * DAY,
        issued_at=NOW,
        nonce=ZERO_32,
    )

    def facts(number: int, **changes: Any) -> StatementFacts:
        return replace(base, nonce=keccak(b"statement %d" % number), **changes)

    folder = Folder(
        number=Category.FOLDER_24,
        documents=12,
        first=date(2024, 2, 29),
        last=date(2025, 1, 3),
        leaves=keccak(b"leaves"),
    )
    secret = Folder(
        number=Category.FOLDER_31,
        documents=1,
        first=date(2020, 1, 1),
        last=date(2020, 1, 1),
        leaves=keccak(b"secret"),
        sensitive=True,
    )
    everything = purposes.ALL & ~purposes.CARE_BITS
    return {
        "care": facts(1),
        "enrolment": facts(2, categories=CATEGORIES, actions=Action.WRITE, grantee=clinic),
        "sensitive": facts(3, categories=(Category.HIV,), request=keccak(b"request")),
        "folder": facts(4, folders=(folder,)),
        "sensitive folder": facts(5, categories=(), folders=(secret,), grantee=clinic),
        "study": facts(
            6,
            purposes=purposes.closure(("HRESCH",)),
            actions=Action.READ | Action.DEIDENTIFIED | Action.AGGREGATE,
            researcher=researcher,
        ),
        "all but care": facts(7, purposes=everything, actions=Action.READ | Action.EXPORT),
        "emergency": facts(
            8, categories=(Category.EMERGENCY_SUMMARY,), purposes=purposes.closure(("ETREAT", "BTG")), not_before=1
        ),
    }


def statement_vectors() -> object:
    rows = []
    for name, facts in statement_facts().items():
        for language in ("en", "zh-Hant"):
            text = render(facts, language, custodians=())
            rows.append({"name": name, "language": language, "text": text, "hash": to_hex(statement_hash(text))})
    return rows


VECTORS = {
    "purposes.json": purpose_vectors,
    "slots.json": slot_vectors,
    "words.json": word_vectors,
    "terms.json": terms_vectors,
    "requests.json": request_vectors,
    "statements.json": statement_vectors,
}


def text_of(name: str) -> str:
    """Return the text of one vector file."""
    return json.dumps(VECTORS[name](), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name in VECTORS:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main()
