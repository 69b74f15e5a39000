"""Writes tests/vectors/negative/consent/: one file for each way in which a consent document can be wrong.

Run `python -m tests.vectors.generate_negative_consent`. A file holds one consent document as a custodian or a
grantee gets it (base64), the accreditation records and what else the holder knows, with one fault in it,
and the code of the error that it must get. Every run writes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from medshare import canonical_json
from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.document import LARGEST, LONGEST_SIGNATURE, LONGEST_STATEMENT, ConsentDocument
from medshare.consent.purposes import bit, closure
from medshare.consent.slots import scope, slot_map, slot_of
from medshare.consent.word import LONGEST
from medshare.digest import keccak
from medshare.statement import Folder, Party, parse
from medshare.statement.rendering import _render
from medshare.statement.words import NEWEST, words_of
from medshare.typed_data import sign
from medshare.typed_data.signing import CURVE_ORDER
from tests.vectors.bending_consents import (
    GOOD,
    HOSPITAL,
    INSTITUTE,
    PATIENT_KEY,
    PLAIN,
    PROCESSOR,
    RECORD,
    RESEARCHER,
    STRANGER,
    STRANGER_KEY,
    VALUE,
    Case,
    case,
    drafted,
    encode,
    message_of,
    outcome,
    raw,
    signed,
    word,
    words,
)
from tests.vectors.generate_consent import NOW, stream
from tests.vectors.generate_typed_data import DOMAINS

TARGET = Path(__file__).parent / "negative" / "consent"
Fault = tuple[str, str, Case]
"""Name of the file, code of the error, case."""


def faults() -> Iterator[Fault]:
    """Give the name, the code of the error and the case of every fault."""
    yield from bytes_()
    yield from fields()
    yield from forms()
    yield from statements()
    yield from numbers()
    yield from bundles()
    yield from records()
    yield from signatures()


def bytes_() -> Iterator[Fault]:
    """Give the faults of the document's bytes."""
    good, code = GOOD.to_bytes(), "consent.not-a-document"
    changed = {
        "empty": b"",
        "null": b"null",
        "a-list": b"[]",
        "a-text": b'"consent"',
        "an-empty-object": b"{}",
        "cut-by-one-byte": good[:-1],
        "cut-in-half": good[: len(good) // 2],
        "twice": good + good,
        "with-a-trailing-line-feed": good + b"\n",
        "with-a-leading-space": b" " + good,
        "with-a-space-between": good.replace(b":", b": ", 1),
        "with-a-byte-order-mark": b"\xef\xbb\xbf" + good,
        "not-utf-8": good.replace(b"Riverside", b"River\xffide"),
        "out-of-order": json.dumps(dict(reversed(VALUE.items())), separators=(",", ":")).encode(),
        "key-twice": good.replace(b'{"actions":1,', b'{"actions":1,"actions":1,'),
        "escaped-needlessly": good.replace(b"Riverside", b"\\u0052iverside"),
        "nested-deeply": b"[" * 5_000 + b"]" * 5_000,
        "too-long": good.ljust(LARGEST + 1),
        "number-with-a-fraction": good.replace(b'"actions":1,', b'"actions":1.0,'),
        "number-with-an-exponent": good.replace(b'"actions":1,', b'"actions":1e0,'),
        "not-a-number": good.replace(b'"actions":1,', b'"actions":NaN,'),
    }
    for name, data in changed.items():
        yield f"bytes-{name}", code, Case(data=data)


def fields() -> Iterator[Fault]:
    """Give the faults of single fields."""
    document, address, hexadecimal = "consent.not-a-document", "hexadecimal.not-an-address", "hexadecimal.not-hex"
    for key in VALUE:
        less = {name: item for name, item in VALUE.items() if name != key}
        yield f"without-{key}", document, Case(data=canonical_json.dumps(less))
    changed: dict[str, tuple[str, dict[str, object]]] = {
        "extra-key": (document, {"note": "hello"}),
        "version-2": (document, {"v": 2}),
        "version-true": (document, {"v": True}),
        "version-text": (document, {"v": "1"}),
        "chain-zero": (document, {"chainId": 0}),
        "chain-text": (document, {"chainId": "1"}),
        "chain-null": (document, {"chainId": None}),
        "statement-null": (document, {"statement": None}),
        "statement-a-list": (document, {"statement": [GOOD.statement]}),
        "scope-a-number": (document, {"scope": 1}),
        "scope-with-a-leading-zero": (document, {"scope": "0" + str(GOOD.word.scope)}),
        "scope-in-hex": (document, {"scope": hex(GOOD.word.scope)}),
        "scope-negative": (document, {"scope": "-1"}),
        "scope-of-65-bits": ("consent.word-range", {"scope": str(1 << 64)}),
        "purposes-of-65-bits": ("consent.word-range", {"purposes": str(1 << 64)}),
        "purposes-a-list": (document, {"purposes": ["TREAT"]}),
        "actions-true": (document, {"actions": True}),
        "actions-of-9-bits": ("consent.word-range", {"actions": 256}),
        "start-negative": ("consent.word-range", {"notBefore": -1}),
        "start-null": (document, {"notBefore": None}),
        "end-of-41-bits": ("consent.word-range", {"notAfter": 1 << 40}),
        "signing-of-33-bits": ("consent.word-range", {"issuedAt": 1 << 32}),
        "registry-in-mixed-case": (address, {"registry": "0x" + "Ab" * 20}),
        "registry-short": (address, {"registry": "0x" + "ab" * 19}),
        "patient-without-prefix": (address, {"patient": "ab" * 20}),
        "patient-null": (address, {"patient": None}),
        "grantee-a-number": (address, {"grantee": 7}),
        "signer-empty": (address, {"signer": ""}),
        "request-short": (hexadecimal, {"request": "0x" + "11" * 31}),
        "request-empty": (hexadecimal, {"request": "0x"}),
        "request-in-upper-case": (hexadecimal, {"request": "0x" + "AB" * 32}),
        "signature-of-half-a-byte": (hexadecimal, {"signature": "0x1"}),
        "signature-null": (hexadecimal, {"signature": None}),
        "signature-endless": (document, {"signature": "0x" + "11" * (LONGEST_SIGNATURE + 1)}),
    }
    for name, (code, changes) in changed.items():
        yield f"field-{name}", code, raw(**changes)


def forms() -> Iterator[Fault]:
    """Give words that the chain would refuse."""
    decoys = sum(1 << slot for slot in slot_map(PLAIN.nonce)[32:])
    yield "word-no-action", "consent.bad-actions", word(actions=0)
    yield "word-unknown-action", "consent.bad-actions", word(actions=33)
    yield "word-no-purpose", "consent.bad-purposes", word(purposes=0)
    yield "word-unknown-purpose", "consent.bad-purposes", word(purposes=PLAIN.word.purposes | 1 << 62)
    yield "word-scope-empty", "consent.bad-scope", word(scope=0)
    yield "word-scope-of-31-bits", "consent.bad-scope", word(scope=PLAIN.word.scope & PLAIN.word.scope - 1)
    yield "word-scope-of-every-slot", "consent.bad-scope", word(scope=2**64 - 1)
    yield "word-scope-of-decoys", "consent.scope-without-category", word(scope=decoys)
    yield "word-start-zero", "consent.bad-period", word(not_before=0)
    yield "word-ends-as-it-starts", "consent.bad-period", word(not_before=PLAIN.word.not_after)
    yield "word-ends-before-it-starts", "consent.bad-period", word(not_after=NOW - 1)
    yield "word-ends-after-five-years", "consent.too-long", word(not_after=NOW + LONGEST + 1)
    yield "word-never-ends", "consent.too-long", word(not_after=2**40 - 1)
    yield "word-signed-in-1970", "consent.too-long", word(issued_at=0)


def statements() -> Iterator[Fault]:
    """Give statements of another form, or whose words are not the template's."""
    text, nonce = PLAIN.statement, PLAIN.nonce.hex()
    form, words_, template = "consent.statement-form", "statement.not-a-statement", "statement.unknown-template"
    outer = {
        "empty": "",
        "without-a-nonce": text.rpartition("\n")[0],
        "with-a-short-nonce": text[:-2],
        "with-a-nonce-in-upper-case": text[:-64] + "AB" * 32,
        "with-a-prefixed-nonce": text[:-64] + "0x" + nonce,
        "ending-in-a-line-feed": text + "\n",
        "with-carriage-returns": text.replace("\n", "\r\n"),
        "with-a-tab": text.replace(" ", "\t", 1),
        "with-a-zero-byte": text.replace(" ", "\0", 1),
        "too-long": "a" * LONGEST_STATEMENT + "\n" + nonce,
    }
    for name, other in outer.items():
        yield f"statement-{name}", form, raw(statement=other)
    yield "statement-not-normal", "consent.not-a-document", raw(statement="e\u0301\n" + nonce)
    yield "statement-free-text", words_, case(replace(PLAIN, statement="I agree to everything.\n" + nonce))
    yield "statement-of-an-unknown-template", template, words("MEDSHARE-CONSENT-1", "MEDSHARE-CONSENT-9")
    yield "statement-in-an-unknown-language", template, words(" en\n", " fr\n")
    yield "statement-in-a-language-of-other-words", words_, words(" en\n", " zh-Hant\n")
    yield "statement-without-its-title", words_, words(text.split("\n")[1] + "\n", "")
    yield "statement-with-a-promise-left-out", words_, words("\n- No copies are kept beyond what the law demands.", "")
    yield "statement-with-a-promise-added", words_, words("What:\n", "What:\n- Everything, really\n")
    yield "statement-with-a-softer-word", words_, words("cannot be unread", "can be unread")
    yield "statement-with-a-line-twice", words_, words("Why:\n", "Why:\nWhy:\n")
    yield "statement-with-an-empty-line", words_, words("Why:\n", "\nWhy:\n")
    yield "statement-with-two-spaces", words_, words("Signed: ", "Signed:  ")
    yield "statement-with-categories-out-of-order", *swapped("What:", "Why:")
    yield "statement-with-purposes-out-of-order", *swapped("Why:", "They may:")
    yield "statement-with-a-day-that-is-none", words_, words("Until: 2027-01-15", "Until: 2027-02-30")
    yield "statement-with-a-name-turned-round", "statement.bad-name", words("Riverside", "River\u202eside")
    yield "statement-with-a-name-of-hidden-marks", "statement.bad-name", words("Riverside", "River\u200bside")


def swapped(start: str, end: str) -> tuple[str, Case]:
    """Return the statement with the first two lines of a list in the other order."""
    lines = PLAIN.statement.split("\n")
    first = lines.index(start) + 1
    assert lines.index(end) - first >= 2
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    code = "consent.category-twice" if start == "What:" else "statement.not-a-statement"
    return code, case(replace(PLAIN, statement="\n".join(lines)))


def numbers() -> Iterator[Fault]:
    """Give numbers that are good and say something else than the words; and another consent than the chain's."""
    differ, own = "statement.words-differ", PLAIN
    research = closure(("HRESCH",))

    def covering(*granted: Category) -> ConsentDocument:
        return replace(own, word=replace(own.word, scope=scope(own.nonce, granted, entropy=stream("other scope"))))

    yield "numbers-another-patient", differ, case(replace(own, patient=STRANGER))
    yield "numbers-another-grantee", differ, case(replace(own, grantee=INSTITUTE))
    yield "numbers-another-request", differ, case(replace(own, request=keccak(b"a request")))
    yield "numbers-a-category-more", differ, case(covering(Category.ALLERGIES, Category.LABORATORY, Category.HIV))
    yield "numbers-a-category-less", differ, case(covering(Category.ALLERGIES))
    yield "numbers-another-category", differ, case(covering(Category.ALLERGIES, Category.GENETICS))
    yield "numbers-a-folder-more", differ, case(covering(Category.ALLERGIES, Category.LABORATORY, Category.FOLDER_24))
    yield "numbers-another-purpose", differ, word(purposes=research)
    yield "numbers-a-purpose-more", differ, word(purposes=own.word.purposes | research)
    yield "numbers-emergency-added", differ, word(purposes=own.word.purposes | 1 << bit("BTG"))
    yield "numbers-export-added", differ, word(actions=int(Action.READ | Action.EXPORT))
    yield "numbers-writing-added", differ, word(actions=int(Action.READ | Action.WRITE))
    yield "numbers-an-earlier-start", differ, word(not_before=NOW - 1)
    yield "numbers-a-later-end", differ, word(not_after=own.word.not_after + 1)
    yield "numbers-another-signing", differ, word(issued_at=NOW - 1)
    other = drafted(entropy=stream("another consent"))
    yield "numbers-another-nonce", differ, case(replace(own, statement=own.statement[:-64] + moved(own)))
    yield "terms-of-another-consent", "consent.terms-differ", case(own, terms=other.terms)
    yield (
        "terms-of-the-same-with-other-decoys",
        "consent.terms-differ",
        case(covering(*own.categories), terms=own.terms),
    )


def moved(document: ConsentDocument) -> str:
    """Return a nonce under which the scope grants something, and something else."""
    draw = stream("another nonce")
    while True:
        nonce = draw(32)
        granted = [c for c in CATEGORIES if document.word.scope >> slot_of(nonce, c) & 1]
        shelved = [c for c in Category if c.is_folder and document.word.scope >> slot_of(nonce, c) & 1]
        if granted and not shelved:
            return nonce.hex()


def bundled(**changes: Any) -> Case:
    """Return a consent whose words and numbers agree on what no honest agent renders."""
    facts = replace(parse(PLAIN.statement), **changes)
    granted = (*facts.categories, *(folder.number for folder in facts.folders))
    document = replace(
        PLAIN,
        statement=_render(facts, words_of(NEWEST, "en"), NEWEST, "en"),
        word=replace(
            PLAIN.word,
            scope=scope(facts.nonce, granted, entropy=stream("bundle")),
            purposes=facts.purposes,
            actions=int(facts.actions),
        ),
    )
    researcher = None if facts.researcher is None else RESEARCHER.to_bytes()
    return case(document, researcher=researcher)


def bundles() -> Iterator[Fault]:
    """Give consents that nobody may ask for in one breath."""
    care, totals = closure(("TREAT",)), Action.READ | Action.AGGREGATE
    heart = Party.of(RESEARCHER, "en")
    folder = Folder(
        number=Category.FOLDER_24,
        documents=3,
        first=date(2024, 2, 29),
        last=date(2024, 3, 1),
        leaves=keccak(b"leaves"),
        sensitive=True,
    )
    alone, mixed = "statement.sensitive-not-alone", "statement.care-with-research-or-marketing"
    part, writing = "statement.write-not-everything", "statement.write-not-alone"
    yield "bundle-a-sensitive-category-among-others", alone, bundled(categories=(Category.ALLERGIES, Category.HIV))
    yield "bundle-two-sensitive-categories", alone, bundled(categories=(Category.HIV, Category.GENETICS))
    yield "bundle-a-sensitive-folder-among-others", alone, bundled(folders=(folder,))
    yield "bundle-care-with-research", mixed, bundled(purposes=care | closure(("HRESCH",)))
    yield "bundle-care-with-marketing", mixed, bundled(purposes=care | closure(("HMARKT",)))
    yield "bundle-care-with-a-trial", mixed, bundled(purposes=care | closure(("CLINTRL",)))
    yield "bundle-purposes-not-closed", "consent.purposes-not-closed", bundled(purposes=1 << bit("TREAT"))
    yield "bundle-writing-a-part", part, bundled(actions=Action.WRITE)
    yield (
        "bundle-writing-all-and-a-folder",
        part,
        bundled(actions=Action.WRITE, categories=CATEGORIES, folders=(folder,)),
    )
    yield "bundle-writing-with-reading", writing, bundled(actions=Action.READ | Action.WRITE, categories=CATEGORIES)
    yield "bundle-totals-for-nobody", "statement.researcher-missing", bundled(actions=totals)
    yield "bundle-a-researcher-without-use", "statement.researcher-without-use", bundled(researcher=heart)
    yield (
        "bundle-a-researcher-who-processes",
        "statement.researcher-is-processor",
        bundled(actions=totals, researcher=Party.of(RECORD, "en")),
    )
    yield (
        "bundle-totals-by-one-that-is-no-processor",
        "statement.grantee-not-processor",
        bundled(actions=totals, researcher=heart),
    )


def records() -> Iterator[Fault]:
    """Give accreditation records that are not the one that the statement names, and a grantee who keeps capsules."""
    differ, malformed = "statement.words-differ", "statement.bad-record"
    good = RECORD.to_bytes()

    def given(record: bytes) -> Case:
        return Case(data=GOOD.to_bytes(), record=record)

    yield "record-of-another-name", differ, given(replace(RECORD, names={"en": "Lakeside Clinic"}).to_bytes())
    yield "record-with-another-role", differ, given(replace(RECORD, roles=6).to_bytes())
    yield "record-of-another-country", differ, given(replace(RECORD, jurisdiction=840).to_bytes())
    yield "record-of-another-account", differ, given(replace(RECORD, account=INSTITUTE).to_bytes())
    yield "record-empty", malformed, given(b"")
    yield "record-with-a-space", malformed, given(good.replace(b":", b": ", 1))
    yield "record-of-version-2", malformed, given(good.replace(b'"v":1', b'"v":2'))
    yield "record-without-a-name", malformed, given(good.replace(b'{"en":"Riverside General Hospital"}', b"{}"))
    yield "record-without-a-role", malformed, given(good.replace(b'"roles":2', b'"roles":0'))
    yield "record-with-a-name-in-another-language", "consent.unknown-language", given(good.replace(b'"en":', b'"fr":'))
    yield "record-with-a-name-turned-round", "statement.bad-name", given(good.replace(b"Riverside", "\u202e".encode()))
    totals = {"grantee": PROCESSOR, "actions": Action.AGGREGATE, "purposes": closure(("HRESCH",))}
    study = case(
        drafted(**totals, researcher=RESEARCHER), record=PROCESSOR.to_bytes(), researcher=RESEARCHER.to_bytes()
    )
    renamed = replace(RESEARCHER, names={"en": "Somebody Else"}).to_bytes()
    yield "record-of-another-researcher", differ, replace(study, researcher=renamed)
    yield "record-of-the-researcher-missing", differ, replace(study, researcher=None)
    keeper = Case(data=GOOD.to_bytes(), custodians=(INSTITUTE, HOSPITAL))
    yield "grantee-keeps-the-capsules", "statement.grantee-is-custodian", keeper


def signatures() -> Iterator[Fault]:
    """Give signatures that are not the patient's, or not of the one form."""
    good = GOOD.signature
    s = int.from_bytes(good[32:64], "big")
    twin = good[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - good[64]])
    length, foreign = "typed-data.signature-length", "typed-data.signature-foreign"
    scalar, recovery = "typed-data.signature-scalar", "typed-data.signature-recovery-byte"

    def given(signature: bytes) -> Case:
        return Case(data=replace(GOOD, signature=signature).to_bytes())

    yield "signature-missing", length, given(b"")
    yield "signature-of-64-bytes", length, given(good[:64])
    yield "signature-of-66-bytes", length, given(good + b"\0")
    yield "signature-high-s", "typed-data.signature-high-s", given(twin)
    yield "signature-r-zero", scalar, given(bytes(32) + good[32:])
    yield "signature-s-of-the-order", scalar, given(good[:32] + CURVE_ORDER.to_bytes(32, "big") + good[64:])
    yield "signature-r-on-no-point", "typed-data.signature-nobody", given((5).to_bytes(32, "big") + good[32:])
    for v in (0, 1, 29, 35):
        yield f"signature-v-{v}", recovery, given(good[:64] + bytes([v]))
    yield "signature-of-a-stranger", foreign, Case(data=signed(PLAIN, STRANGER_KEY).to_bytes())
    yield "signer-a-stranger", foreign, Case(data=replace(GOOD, signer=STRANGER).to_bytes())
    yield "signature-for-another-chain", foreign, given(elsewhere(chain_id=1))
    yield "signature-for-another-contract", foreign, given(elsewhere(consents=DOMAINS.records))
    later = replace(PLAIN, word=replace(PLAIN.word, not_after=NOW + 9_999))
    yield "signature-of-another-consent", foreign, given(signed(later).signature)
    yield "document-of-another-chain", foreign, raw(chainId=1)
    yield "document-of-another-registry", foreign, raw(registry=DOMAINS.records)


def elsewhere(**changes: Any) -> bytes:
    """Return the patient's signature of the good consent for another deployment."""
    return sign(message_of(PLAIN), replace(DOMAINS, **changes), PATIENT_KEY)


def main() -> None:
    """Write every fault, after checking that it gets its error, and forget files that are no fault any more."""
    TARGET.mkdir(parents=True, exist_ok=True)
    assert outcome(Case(data=GOOD.to_bytes(), terms=GOOD.terms)) == "none"
    names = set()
    for name, code, given in faults():
        assert name not in names, name
        names.add(name)
        assert outcome(given) == code, f"{name}: {outcome(given)} instead of {code}"
        (TARGET / f"{name}.json").write_text(encode(name, code, given) + "\n")
    for path in TARGET.glob("*.json"):
        if path.stem not in names:
            path.unlink()


if __name__ == "__main__":
    main()
