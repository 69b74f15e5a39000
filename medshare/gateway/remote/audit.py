"""What can be proven about the log of a gateway over HTTP."""

from __future__ import annotations

from medshare.audit.anchors import Period
from medshare.audit.trees import LineProof
from medshare.audit.values import HandedErasure, HandedPeriod, HandedTag, ReceiptProof
from medshare.gateway.remote.errors import AnswerMalformed
from medshare.gateway.remote.line import Line
from medshare.gateway.wire import audit, routes
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.signed import Signed
from medshare.typed_data import Objection


class RemoteAudit:
    """The audit desk of a gateway over HTTP. `medshare.gateway.audit_desk.AuditDesk` says what each raises."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def tag(self, patient: Address) -> HandedTag:
        """Return the patient's blinded tag with its key. Whoever asks checks the signature."""
        return self._line.ask(routes.TAG, audit.TagForm, patient=patient).value()

    def prove(self, patient: Address, head: Bytes32) -> LineProof:
        """Return what an anchored period says of the patient. Whoever asks checks the proof."""
        found = self._line.ask(routes.PROVE, audit.LineProofForm, patient=patient, head=to_hex(head)).value()
        if found is None:
            raise AnswerMalformed(url=self._line.url, why="a proof of neither presence nor absence")
        return found

    def receipt(self, patient: Address, number: int) -> ReceiptProof:
        """Return the period in which a receipt of the patient's stands, and the proof."""
        form = self._line.ask(routes.RECEIPT_PROOF, audit.ReceiptProofForm, patient=patient, number=str(number))
        return form.value()

    def periods(self, *, after: int = 0) -> tuple[Period, ...]:
        """Return the periods that the chain has, after number `after`."""
        form = self._line.ask(routes.PERIODS, audit.PeriodsForm, after=str(after))
        return tuple(one.value() for one in form.periods)

    def object(self, signed: Signed[Objection]) -> None:
        """Keep a patient's objection to a receipt."""
        self._line.send(routes.OBJECT, audit.ObjectionLetter(signed=signed))

    def hand_over(self, number: int) -> HandedPeriod:
        """Return one period for a regulator."""
        return self._line.ask(routes.HAND_OVER, audit.HandedPeriodForm, number=str(number)).value()

    def erasures(self) -> tuple[HandedErasure, ...]:
        """Return what was erased, and who has answered, for a regulator."""
        form = self._line.ask(routes.HANDED_ERASURES, audit.HandedErasuresForm)
        return tuple(one.value() for one in form.erasures)
