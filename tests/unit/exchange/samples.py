"""Consents, receipts and uploads that stand still, and one of everything that goes out."""

from __future__ import annotations

from datetime import date

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.consent.slots import scope
from medshare.consent.word import DAY, ConsentWord
from medshare.exchange.consent import GivenConsent, Organisation, Standing
from medshare.hexadecimal import Address
from medshare.statement import Folder, Party, StatementFacts, render
from tests.unit.statement.samples import NONCE, NOW, RECORD, RESEARCHER_RECORD
from tests.vectors.generate_consent import PATIENT

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
