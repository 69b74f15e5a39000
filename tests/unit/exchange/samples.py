"""Consents, receipts and uploads that stand still, and one of everything that goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from medshare.audit.judging import Entry
from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.consent.slots import scope
from medshare.consent.word import DAY, ConsentWord
from medshare.exchange.audit_event import Access, audit_event
from medshare.exchange.codes import code_system
from medshare.exchange.consent import GivenConsent, Organisation, Standing
from medshare.exchange.consent_r4 import Form, consent_r4
from medshare.exchange.consent_r5 import consent_r5
from medshare.exchange.exporting import events_of
from medshare.exchange.provenance import Confirmation, Uploaded, provenance_of_consent, provenance_of_document
from medshare.exchange.systems import Json
from medshare.hexadecimal import ZERO_32, Address
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import Signed
from medshare.statement import Folder, Party, StatementFacts, render
from medshare.typed_data import Refuse
from tests.unit.audit import lines
from tests.unit.statement.samples import NONCE, NOW, RECORD, RESEARCHER_RECORD
from tests.vectors.generate_consent import HOSPITAL, PATIENT

CHAIN = 31337
REGISTRY = "0x" + "d4" * 20
DELEGATE = "0x" + "e5" * 20
CLINIC = Organisation(account="0x" + "f6" * 20, name="Hill Clinic")


def facts(**changes: object) -> StatementFacts:
    """Return the numbers of an ordinary consent: laboratory and allergies, to read, for treatment."""
    plain: dict[str, object] = {
        "patient": PATIENT,
        "grantee": Party.of(RECORD, "en"),
        "categories": (Category.ALLERGIES, Category.LABORATORY),
        "purposes": closure(("TREAT",)),
        "actions": Action.READ,
        "not_before": NOW,
        "not_after": NOW + 90 * DAY,
        "issued_at": NOW,
        "nonce": NONCE,
    }
    return StatementFacts(**{**plain, **changes})  # type: ignore[arg-type]


FACTS = {
    "care": facts(),
    "export": facts(actions=Action.READ | Action.EXPORT),
    "sensitive": facts(categories=(Category.HIV,)),
    "emergency": facts(categories=(Category.EMERGENCY_SUMMARY,), purposes=closure(("ETREAT", "BTG"))),
    "write": facts(categories=CATEGORIES, actions=Action.WRITE),
    "research": facts(
        purposes=closure(("HRESCH",)), actions=Action.DEIDENTIFIED, researcher=Party.of(RESEARCHER_RECORD, "zh-Hant")
    ),
    "folder": facts(
        categories=(Category.LABORATORY,),
        folders=(
            Folder(
                number=Category.FOLDER_24, documents=3, first=date(2024, 2, 29), last=date(2024, 3, 1), leaves=NONCE
            ),
        ),
    ),
}


def given_of(
    numbers: StatementFacts,
    *,
    language: str = "en",
    standing: Standing = Standing.ACTIVE,
    enforcers: tuple[Organisation, ...] = (CLINIC,),
    signer: Address | None = None,
) -> GivenConsent:
    """Return the consent of these numbers, as it goes out."""
    granted = (*numbers.categories, *(folder.number for folder in numbers.folders))
    return GivenConsent(
        document=ConsentDocument(
            chain_id=CHAIN,
            registry=REGISTRY,
            patient=numbers.patient,
            grantee=numbers.grantee.account,
            word=ConsentWord(
                scope=scope(numbers.nonce, granted, entropy=bytes),
                purposes=numbers.purposes,
                not_before=numbers.not_before,
                not_after=numbers.not_after,
                issued_at=numbers.issued_at,
                actions=int(numbers.actions),
            ),
            request=numbers.request,
            statement=render(numbers, language, custodians=()),
            signer=signer or numbers.patient,
            signature=b"\x01" * 65,
        ),
        standing=standing,
        enforcers=enforcers,
    )


def accesses(count: int, **changes: object) -> list[Access]:
    """Return so many receipts of one line, released and refused by turns."""
    return [access_of(entry, **changes) for entry in lines.entries(count)]


def access_of(entry: Entry, **changes: object) -> Access:
    """Return a receipt as it goes out."""
    return Access(
        **{
            "chain_id": lines.DOMAINS.chain_id,
            "receipt": entry.receipt,
            "digest": entry.receipt.digest(lines.DOMAINS),
            "asked": entry.asked,
            "leaves": entry.leaves,
            "custodian": CLINIC,
            "institution": Organisation(account="0x" + "0a" * 20, name="Riverside General Hospital"),
            **changes,
        }  # type: ignore[arg-type]
    )


def own_look() -> Access:
    """Return the patient's look at her own list: no consent, and slot 255."""
    asked = lines.question(1, slot=OWN_SLOT, consent_id=ZERO_32, leaf=ZERO_32, accessor=lines.PATIENT)
    asked = Signed.by(lines.ANNA, asked.message, lines.DOMAINS)
    (entry,) = lines.entries(1)
    return access_of(replace(entry, asked=asked), institution=None)


def patients_no() -> Access:
    """Return the patient's refusal of a request for access."""
    said = Signed.by(lines.ANNA, Refuse(request=b"\x07" * 32, reason=1, at=lines.START), lines.DOMAINS)
    entry = lines.signed_anew(lines.entries(2)[1], reason=int(Ground.REFUSED_BY_PATIENT))
    return access_of(replace(entry, asked=said), institution=None)


FIRST = Uploaded(
    chain_id=CHAIN, leaf=b"\x11" * 32, root=b"\x22" * 32, provider=CLINIC, transaction=b"\x33" * 32, at=NOW
)
REVISED = replace(
    FIRST,
    leaf=b"\x44" * 32,
    replaces=FIRST.leaf,
    consent=b"\x55" * 32,
    confirmations=(
        Confirmation(validator=Organisation(account=HOSPITAL, name="Riverside"), at=NOW + 60, signature=b"\x02" * 65),
        Confirmation(validator=Organisation(account=DELEGATE, name="Lake Hospital"), at=NOW + 61),
    ),
)


def samples() -> dict[str, Json]:
    """Return one of everything that goes out as FHIR R4, by name: what a validator is shown."""
    found: dict[str, Json] = {"code-system": code_system()}
    for name, numbers in FACTS.items():
        given = given_of(numbers)
        found[f"consent-r4-{name}"] = consent_r4(given)
        found[f"provenance-consent-{name}"] = provenance_of_consent(given)
    for standing in Standing:
        found[f"consent-r4-{standing}"] = consent_r4(given_of(FACTS["care"], standing=standing))
    found["consent-r4-delegate"] = consent_r4(given_of(FACTS["care"], language="zh-Hant", signer=DELEGATE))
    found["consent-pcf"] = consent_r4(given_of(FACTS["care"]), Form.PCF)
    released, refused = accesses(2)
    found["audit-event-released"] = audit_event(released)
    found["audit-event-refused"] = audit_event(refused)
    found["audit-event-category"] = audit_event(replace(released, category=Category.HIV))
    found["audit-event-own"] = audit_event(own_look())
    found["audit-event-no"] = audit_event(patients_no())
    found["audit-events"] = events_of(accesses(4))
    found["provenance-first"] = provenance_of_document(FIRST)
    found["provenance-revised"] = provenance_of_document(REVISED)
    return found


def later_samples() -> dict[str, Json]:
    """Return one of everything that goes out as FHIR R5."""
    return {f"consent-r5-{name}": consent_r5(given_of(numbers)) for name, numbers in FACTS.items()}
