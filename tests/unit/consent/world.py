"""The people of the rules: a patient, a delegate, a hospital with staff, a service, a stranger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from medshare.consent import rules
from medshare.consent.participants import AccountRow, DelegationRow, ParticipantTable
from medshare.consent.rules import ConsentState, Query
from medshare.consent.terms import terms
from medshare.consent.word import ConsentWord
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from tests.vectors.generate_consent import NOW, good_word

PATIENT = "0x" + "01" * 20
DELEGATE = "0x" + "02" * 20
HOSPITAL = "0x" + "03" * 20
NURSE = "0x" + "04" * 20
SUSPENDED_NURSE = "0x" + "05" * 20
SERVICE = "0x" + "06" * 20
CLINICIAN = "0x" + "07" * 20
STRANGER = "0x" + "08" * 20
OTHER = "0x" + "09" * 20
SLOT, DECOY = 0, 40
TREAT = 60


@dataclass(frozen=True)
class World:
    """A state, its participants and one consent; each method returns what the rules return."""

    state: ConsentState = field(default_factory=ConsentState)
    people: ParticipantTable = field(
        default_factory=lambda: ParticipantTable(
            accounts={
                PATIENT: AccountRow(roles=1, status=1),
                HOSPITAL: AccountRow(roles=2, status=1),
                OTHER: AccountRow(roles=2, status=1),
                SERVICE: AccountRow(roles=128, status=1),
                NURSE: AccountRow(status=1, institution=HOSPITAL),
                SUSPENDED_NURSE: AccountRow(status=2, institution=HOSPITAL),
                CLINICIAN: AccountRow(status=1, institution=OTHER),
            },
            delegations={
                (PATIENT, DELEGATE): DelegationRow(powers=63, issued_at=NOW - 100, not_after=NOW + 1000),
            },
            standing=frozenset({(SERVICE, PATIENT, CLINICIAN), (HOSPITAL, PATIENT, CLINICIAN)}),
        )
    )
    word: ConsentWord = field(default_factory=good_word)
    grantee: str = HOSPITAL
    statement: bytes = field(default_factory=lambda: keccak(b"statement"))

    def terms(self) -> bytes:
        return terms(patient=PATIENT, grantee=self.grantee, word=self.word, request=ZERO_32, statement=self.statement)

    def grant(self, *, at=NOW, **more) -> World:
        return replace(
            self,
            state=rules.grant(
                self.state,
                patient=PATIENT,
                grantee=self.grantee,
                word=self.word,
                request=ZERO_32,
                statement=self.statement,
                at=at,
                participants=self.people,
                **more,
            ),
        )

    def revoke(self, *, at=NOW, **more) -> World:
        return replace(
            self,
            state=rules.revoke(
                self.state,
                patient=PATIENT,
                grantee=self.grantee,
                terms=self.terms(),
                at=at,
                participants=self.people,
                **more,
            ),
        )

    def lockdown(self, time=NOW, *, at=NOW, **more) -> World:
        return replace(
            self,
            state=rules.lockdown(self.state, patient=PATIENT, time=time, at=at, participants=self.people, **more),
        )

    def query(self, **changes) -> Query:
        fields = {
            "patient": PATIENT,
            "grantee": self.grantee,
            "terms": self.terms(),
            "accessor": self.grantee,
            "slot": SLOT,
            "purpose": TREAT,
            "action": 1,
        }
        return Query(**{**fields, **changes})

    def why_not(self, *, at=NOW, **changes):
        return rules.why_not(self.state, self.query(**changes), participants=self.people, at=at)

    def holds(self, *, at=NOW, accessor=None, action=1):
        return rules.holds(
            self.state,
            patient=PATIENT,
            grantee=self.grantee,
            terms=self.terms(),
            accessor=accessor or self.grantee,
            action=action,
            participants=self.people,
            at=at,
        )
