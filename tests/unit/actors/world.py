"""A small consortium in one process, with handmade documents: what tests of the road begin from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from medshare.actors import Institution, Patient, Researcher
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import bit
from medshare.gateway import Gateway
from medshare.gateway.values import Release
from medshare.hexadecimal import ZERO_32
from medshare.intake import Document, Intake
from medshare.intake.bundles import IntakeReport
from medshare.ledger import Block
from medshare.release.rule import OWN_SLOT
from medshare.sandbox import Sandbox
from medshare.signed import Signed
from medshare.typed_data import ReadRequest

DAY = 86_400
CHART = (Category.PROBLEMS, Category.LABORATORY, Category.MENTAL_HEALTH)


def papers(*categories: Category, text: str = "a synthetic document") -> Intake:
    """Return one small document for each category."""
    documents = tuple(
        Document(
            category=category,
            media_type="application/fhir+json",
            text=f'{{"text":"{text}","of":"{category.name}","number":{number}}}'.encode(),
            resources=1,
            encounter=None,
        )
        for number, category in enumerate(categories)
    )
    report = IntakeReport(
        resources=len(documents),
        by_category=(),
        documents=len(documents),
        references_apart=0,
        texts_apart=0,
        issues=(),
    )
    return Intake(documents=documents, report=report)


@dataclass(kw_only=True)
class World:
    """Two hospitals, three clinics that confirm, a researcher; Anna is enrolled at both hospitals."""

    sandbox: Sandbox
    city: Institution
    hill: Institution
    clinics: tuple[Institution, ...]
    researcher: Researcher
    anna: Patient

    @property
    def ledger(self) -> Any:
        return self.sandbox.ledger

    @property
    def gateway(self) -> Gateway:
        """City Hospital's."""
        return self.city.gateway

    def wait(self, seconds: int) -> None:
        """Let seconds pass; a block is mined at the end."""
        self.sandbox.clock.advance(seconds)
        self.ledger.mine()

    def write(self, *categories: Category, patient: Patient | None = None, confirmed: bool = True) -> tuple[bytes, ...]:
        """Let City Hospital write one document for each category; return the leaves, in that order."""
        upload = self.city.upload((patient or self.anna).address, papers(*categories))
        anchoring = self.city.anchor()
        if confirmed:
            self.city.seek_confirmation(anchoring, self.clinics)
        return tuple(written.leaf for written in upload.written)

    def grant(self, *categories: Category, grantee: Institution | Researcher | None = None, **how) -> ConsentDocument:
        """Let Anna grant Hill Hospital to read for treatment."""
        how = {"purposes": ["TREAT"], "days": 30, **how}
        consent = self.anna.grant((grantee or self.hill).address, categories=categories, **how)
        self.wait(1)
        return consent

    def ask(self, consent: ConsentDocument, leaf: bytes = ZERO_32, *, key=None, **changes) -> Signed[ReadRequest]:
        """Return a read request of Hill Hospital as it should be, with `changes`."""
        key = key or self.hill.account
        message = ReadRequest(
            gateway=self.gateway.address,
            consent_id=consent.consent_id,
            patient=consent.patient,
            accessor=key.address,
            slot=consent.category_slot(consent.categories[0]),
            purpose=bit("TREAT"),
            action=int(Action.READ),
            leaf=leaf,
            history=False,
            nonce=self.anna.entropy(32),
            at=self.sandbox.clock.now(),
        )
        return Signed.by(key, replace(message, **changes), self.anna.domains)

    def ask_own(self, leaf: bytes = ZERO_32, *, key=None, **changes) -> Signed[ReadRequest]:
        """Return a request without a consent, as the patient sends it, signed by `key`."""
        key = key or self.anna.account
        message = self.anna.own_request(self.gateway, leaf=leaf).message
        return Signed.by(key, replace(message, accessor=key.address, slot=OWN_SLOT, **changes), self.anna.domains)

    def read(self, request: Signed[ReadRequest]) -> Release:
        """Ask City Hospital's gateway."""
        return self.gateway.counter.read(request)


def make_world(*, anna: bool = True) -> World:
    """Return a fresh world; with Anna enrolled at both hospitals."""
    sandbox = Sandbox.in_memory()
    world = World(
        sandbox=sandbox,
        city=sandbox.institution({"en": "City Hospital", "zh-Hant": "市立醫院"}),
        hill=sandbox.institution("Hill Hospital"),
        clinics=tuple(sandbox.institution(f"{name} Clinic") for name in ("Harbour", "Valley", "Meadow")),
        researcher=sandbox.researcher("Institute of Heart Research"),
        anna=sandbox.patient(),
    )
    if anna:
        sandbox.enrol(world.anna, world.city)
        sandbox.enrol(world.anna, world.hill)
        world.anna.sync()
    return world


class LedgerDouble:
    """A ledger that answers as another one does, but for what a test sets on it."""

    def __init__(self, ledger: Any, **answers: Any) -> None:
        self._ledger = ledger
        self.__dict__.update(answers)

    def pinned(self) -> LedgerDouble:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def aged(block: Block, seconds: int) -> Block:
    """Return a block as an older one."""
    return replace(block, time=block.time - seconds)
