"""The audit desk: a patient gets her tag and proofs, a regulator the periods; objections are taken in."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.audit.anchors import Period
from medshare.audit.trees import LineHead, LineProof, receipt_proof
from medshare.audit.values import HandedErasure, HandedPeriod, HandedReceipt, HandedTag, ReceiptProof
from medshare.errors import IntegrityError, NotFoundError
from medshare.gateway.anchoring import Anchoring, period_of
from medshare.gateway.counter import logged_of
from medshare.gateway.errors import NotEmpoweredHere
from medshare.gateway.lines import begun_line
from medshare.gateway.office import Office
from medshare.gateway.values import Logged
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.signed import Signed, kept
from medshare.typed_data import Erased, Objection, Tag
from medshare.vault import ErasedRow, HolderRow, ReceiptRow
from medshare.vault.audit_rows import LineStepRow, ObjectionRow, PeriodRow

MOST_PERIODS = 1000
"""Periods in one answer."""


class NoSuchPeriod(NotFoundError):
    """Raised when the gateway has no period with this head, or the chain does not have it yet."""

    code = "gateway.no-such-period"
    cause = "The gateway has anchored no period {head}."
    remedy = "Take the head from the chain's event, or ask for the list of periods."


class ReceiptNotAnchored(NotFoundError):
    """Raised when a receipt is in no anchored period yet, or there is no such receipt."""

    code = "gateway.receipt-not-anchored"
    cause = "Receipt {seq} of this line is in no anchored period."
    remedy = "Wait until the gateway's next anchor, then ask again."


class ObjectionForeign(IntegrityError):
    """Raised when an objection names a receipt that does not stand in the patient's line here."""

    code = "gateway.objection-foreign"
    cause = "The objection names a receipt {seq} that this gateway did not write so."
    remedy = "Object at the gateway that wrote the receipt, with the receipt's own digest."


class AuditDesk:
    """Answers what can be proven about the log of one gateway.

    Who may ask for what is for whoever serves it to strangers: a tag and the proofs of a line are for
    who speaks for the patient, a handed period and the erasures for a regulator, periods for anyone.
    """

    def __init__(self, office: Office, anchoring: Anchoring) -> None:
        self._office = office
        self._anchoring = anchoring

    def tag(self, patient: Address) -> HandedTag:
        """Return the patient's blinded tag with its key; it is the same one for ever.

        Raises:
            NotAPatient: Nobody registered the address.
        """
        office = self._office
        office.check_patient(patient)
        with office.vault.transaction() as rows:
            row = begun_line(office, rows, patient)  # [B-006]
        return HandedTag(signed=kept(Tag, row.signed), key=row.secret)

    def prove(self, patient: Address, head: Bytes32) -> LineProof:
        """Return what the anchored period `head` says of the patient: her line's end, or that there was none.

        A patient without a tag gets one: her proof is of absence.

        Raises:
            NoSuchPeriod: The chain has no such period of this gateway.
            NotAPatient: As `tag`.
        """
        row = self._period(head)
        return self._anchoring.tree(row).prove(self.tag(patient).signed.message.tag)

    def receipt(self, patient: Address, number: int) -> ReceiptProof:
        """Return the period in which a receipt of the patient's stands, and the proof.

        Raises:
            ReceiptNotAnchored: It stands in none that the chain has.
        """
        office = self._office
        gateway = office.address
        steps = office.vault.find(LineStepRow, gateway=gateway, patient=patient, after=number - 1, limit=1)
        kept_row = office.vault.get(ReceiptRow, gateway=gateway, patient=patient, seq=number) if steps else None
        newest = self._anchoring.anchored()
        if kept_row is None or newest is None or steps[0].period > newest.seq:
            raise ReceiptNotAnchored(seq=number)
        period = office.vault.require(PeriodRow, gateway=gateway, seq=steps[0].period)
        return ReceiptProof(head=period.head, proof=receipt_proof(period.digests, kept_row.digest))

    def periods(self, *, after: int = 0) -> tuple[Period, ...]:
        """Return the periods that the chain has, from the one after number `after` on, 1,000 at most."""
        newest = self._anchoring.anchored()
        last = newest.seq if newest else 0
        rows = self._office.vault.find(PeriodRow, gateway=self._office.address, after=after, limit=MOST_PERIODS)
        return tuple(period_of(row) for row in rows if row.seq <= last)

    def object(self, signed: Signed[Objection]) -> None:
        """Keep a patient's objection to a receipt; the newest one stands, and its reason may take the others back.

        Raises:
            ObjectionForeign: The receipt is not this gateway's, or another one.
            NotEmpoweredHere: Signed by nobody who speaks for the patient.
            The errors of typed data: The signature is not the signer's.
        """
        office, message = self._office, signed.message
        office.check(signed, signer=signed.signer)
        if not office.speaks_for(signed.signer, office.head_of(message.patient), office.ledger.head()):  # [B-018]
            raise NotEmpoweredHere(signer=signed.signer, kind="Objection")
        gateway, patient, seq = office.address, message.patient, message.seq
        receipt = office.vault.get(ReceiptRow, gateway=gateway, patient=patient, seq=seq)
        if message.gateway != gateway or receipt is None or receipt.digest != message.receipt:  # [B-018]
            raise ObjectionForeign(seq=message.seq)
        row = ObjectionRow(gateway=gateway, patient=patient, seq=seq, at=message.at, signed=signed.keep())
        with office.vault.transaction() as rows:
            before = rows.get(ObjectionRow, gateway=gateway, patient=patient, seq=seq)
            if before is not None and before.at >= message.at:  # [B-030] an older one that is sent again
                return
            if before is not None:
                rows.destroy(ObjectionRow, gateway=gateway, patient=patient, seq=seq)
            rows.put(row)

    def objections(self) -> tuple[Signed[Objection], ...]:
        """Return every objection that was left here, for the institution and the regulator."""
        rows = self._office.vault.find(ObjectionRow, gateway=self._office.address)
        return tuple(kept(Objection, row.signed) for row in rows)

    def line(self, patient: Address) -> tuple[Logged, ...]:
        """Return every receipt of a patient with what was asked: for the institution itself, in this process."""
        office = self._office
        return tuple(logged_of(row) for row in office.vault.find(ReceiptRow, gateway=office.address, patient=patient))

    # For the regulator

    def hand_over(self, number: int) -> HandedPeriod:
        """Return the period `number`: its receipts with what was asked, no category, no consent document.

        Raises:
            NoSuchPeriod: The chain has no such period.
        """
        office = self._office
        newest = self._anchoring.anchored()
        row = office.vault.get(PeriodRow, gateway=office.address, seq=number)
        if row is None or newest is None or row.seq > newest.seq:  # [B-019]
            raise NoSuchPeriod(head=number)
        steps = office.vault.find(LineStepRow, gateway=office.address, period=number)
        receipts = [one for step in steps for one in self._receipts_until(step)]
        by_number = {(one.receipt.message.patient, one.receipt.message.seq) for one in receipts}
        objections = (kept(Objection, one.signed) for one in office.vault.find(ObjectionRow, gateway=office.address))
        return HandedPeriod(
            period=period_of(row),
            steps=tuple(LineHead(tag=step.tag, number=step.seq, receipt=step.digest) for step in steps),
            receipts=tuple(receipts),
            objections=tuple(one for one in objections if (one.message.patient, one.message.seq) in by_number),
        )

    def erasures(self) -> tuple[HandedErasure, ...]:
        """Return the documents that were erased here, who may hold copies, and who said that theirs are gone."""
        vault = self._office.vault
        holders: dict[Bytes32, list[Address]] = {}
        for row in vault.find(HolderRow):
            holders.setdefault(row.leaf, []).append(row.holder)
        found = []
        for leaf, accounts in holders.items():
            words = vault.find(ErasedRow, leaf=leaf)
            found.append(
                HandedErasure(
                    leaf=leaf,
                    at=vault.require(ErasedRow, leaf=leaf, holder=self._office.institution).at,  # [W-014]
                    holders=tuple(sorted(accounts)),
                    erased=tuple(kept(Erased, word.signed) for word in words),
                )
            )
        return tuple(found)

    def _period(self, head: Bytes32) -> PeriodRow:
        newest = self._anchoring.anchored()
        found = self._office.vault.find(PeriodRow, gateway=self._office.address, head=head)
        if not found or newest is None or found[0].seq > newest.seq:
            raise NoSuchPeriod(head=to_hex(head))
        return found[0]

    def _receipts_until(self, step: LineStepRow) -> Sequence[HandedReceipt]:
        vault, gateway, patient = self._office.vault, step.gateway, step.patient
        steps = vault.find(LineStepRow, gateway=gateway, patient=patient)
        start = max((one.seq for one in steps if one.seq < step.seq), default=0)
        rows = vault.find(ReceiptRow, gateway=gateway, patient=patient, after=start, limit=step.seq - start)
        return [HandedReceipt(receipt=one.receipt, asked=one.asked) for one in map(logged_of, rows)]
