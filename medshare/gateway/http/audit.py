"""The paths of the audit desk: tags and proofs for the patient, periods for anyone, whole periods for a regulator."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from medshare.gateway.http.paths import AddressPart, Paths, WordPart, word
from medshare.gateway.http.sessions import Caller
from medshare.gateway.wire import audit, routes
from medshare.gateway.wire.errors import NothingHere

NumberPart = Annotated[int, Path(ge=1, le=2**53 - 1)]
AfterQuery = Annotated[int, Query(ge=0, le=2**53 - 1)]


def enter_audit(paths: Paths) -> None:
    """Enter every path of the audit desk."""
    _enter_patients(paths)
    _enter_regulators(paths)


def _enter_patients(paths: Paths) -> None:
    desk, entitled = paths.desk.gateway.audit, paths.desk.entitled

    def check(caller: Caller, patient: str) -> None:
        if not entitled.speaks_for(caller, patient):  # [H-006, H-007]
            raise NothingHere

    @paths.at(routes.TAG)
    def tag(patient: AddressPart, caller: Caller) -> audit.TagForm:
        """Return the blinded tag of a patient with its key: to her."""
        check(caller, patient)
        handed = desk.tag(patient)
        return audit.TagForm(signed=handed.signed, key=handed.key)

    @paths.at(routes.PROVE)
    def prove(patient: AddressPart, head: WordPart, caller: Caller) -> audit.LineProofForm:
        """Return what an anchored period says of a patient: to her."""
        check(caller, patient)
        return audit.LineProofForm.of(desk.prove(patient, word(head)))

    @paths.at(routes.RECEIPT_PROOF)
    def receipt_proof(patient: AddressPart, number: NumberPart, caller: Caller) -> audit.ReceiptProofForm:
        """Return the period in which a receipt of a patient stands, and the proof: to her."""
        check(caller, patient)
        found = desk.receipt(patient, number)
        return audit.ReceiptProofForm(head=found.head, proof=list(found.proof))

    @paths.at(routes.PERIODS)
    def periods(after: AfterQuery = 0) -> audit.PeriodsForm:
        """Return the anchored periods: the chain shows them to anyone."""
        return audit.PeriodsForm(periods=[audit.PeriodForm.of(one) for one in desk.periods(after=after)])

    @paths.at(routes.OBJECT)
    def object_to(letter: audit.ObjectionLetter) -> None:
        """Keep a patient's objection to a receipt of her line."""
        desk.object(letter.signed)


def _enter_regulators(paths: Paths) -> None:
    desk, entitled = paths.desk.gateway.audit, paths.desk.entitled

    def check(caller: Caller) -> None:
        if not entitled.oversees(caller):  # [H-006, H-007]
            raise NothingHere

    @paths.at(routes.HAND_OVER)
    def hand_over(number: NumberPart, caller: Caller) -> audit.HandedPeriodForm:
        """Return one whole period: to a regulator, and to the institution itself."""
        check(caller)
        return audit.HandedPeriodForm.of(desk.hand_over(number))

    @paths.at(routes.HANDED_ERASURES)
    def handed_erasures(caller: Caller) -> audit.HandedErasuresForm:
        """Return what was erased here and who has answered: to a regulator, and to the institution itself."""
        check(caller)
        return audit.HandedErasuresForm(erasures=[audit.HandedErasureForm.of(one) for one in desk.erasures()])
