"""The counter: who asks is answered here, by the release rule, with a receipt first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from medshare.consent.categories import Category
from medshare.gateway.errors import Refused
from medshare.gateway.facts import Document, Gathered, Gathering, document_of
from medshare.gateway.office import Office, whole_address
from medshare.gateway.receipt_book import Decision, ReceiptBook
from medshare.gateway.values import Listed, Listing, Logged, Release
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, RecordStatus
from medshare.release.rule import OWN_SLOT, Facts, Ground, decide
from medshare.signed import Signed, kept
from medshare.typed_data import Deposit, ReadRequest, Receipt, Refuse
from medshare.vault import ErasureRow, NonceRow, ProofRow, ReceiptRow, Rows

PAGE_LINES: Final = 500
PAGE_LEAVES: Final = 50_000
"""Of one page of a log; a single receipt may name more leaves."""
LISTED = frozenset((RecordStatus.CONFIRMED, RecordStatus.SUPERSEDED))


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of a list with the address that it was written to."""

    patient: Address
    row: Listed


class Counter:
    """Answers `ReadRequest`s for one gateway. `rule` is the release rule; only a drill gives another."""

    def __init__(self, office: Office, rule: Callable[[Facts], Ground] = decide) -> None:
        self._office = office
        self._rule = rule
        self._gathering = Gathering(office)
        self._book = ReceiptBook(office)

    def observe(self, took: Callable[[float], None]) -> None:
        """Let `took` be told the seconds that each receipt needs until it is on the disk."""
        self._book.took = took

    def read(self, request: Signed[ReadRequest]) -> Release:
        """Release one document.

        Raises:
            Refused: The release rule says no; the receipt of that is in the error.
            The errors of `medshare.typed_data`: The accessor did not sign the request.
            The errors of ledger and vault: There is no answer, and no receipt either.
        """
        gathered = self._gathering.gather(request)
        leaf = request.message.leaf

        def decided(rows: Rows) -> Decision:
            ground, nonce, now = self._ground(gathered, rows)
            if gathered.document is None:
                # The rule has refused already, or no leaf was named: then this is a list that was asked as a read.
                ground = ground or Ground.LEAF_UNKNOWN
            return _decision(gathered, ground, (leaf,), nonce, now)

        receipt = self._receipt(decided)
        assert gathered.document is not None  # noqa: S101  # without one it was refused
        return Release(receipt=receipt, leaf=leaf, sealed=gathered.document.sealed)

    def listing(self, request: Signed[ReadRequest]) -> Listing:
        """Answer a request without a leaf: what the consent covers, or everything of the patient.

        Raises:
            As `read`.
        """
        gathered = self._gathering.gather(request)
        with self._office.vault.reading() as rows:
            ground, _, _ = self._ground(gathered, rows)
        found: list[_Found] = []
        if ground is Ground.RELEASED:
            found = self._own(gathered) if request.message.slot == OWN_SLOT else self._covered(gathered)
        left: list[Listed] = []

        def decided(rows: Rows) -> Decision:
            ground, nonce, now = self._ground(gathered, rows)
            left[:] = [one.row for one in found if not _is_erased(rows, one)]
            return _decision(gathered, ground, tuple(row.leaf for row in left), nonce, now)

        receipt = self._receipt(decided)
        return Listing(receipt=receipt, rows=tuple(left))

    def log(self, request: Signed[ReadRequest]) -> tuple[Logged, ...]:
        """Return the newest page of the patient's line of receipts with what was asked, this very request last.

        Raises:
            As `read`. Refused: Also when the accessor does not speak for the patient.
        """
        gathered = self._gathering.gather(request)

        def decided(rows: Rows) -> Decision:
            ground, nonce, now = self._ground(gathered, rows)
            if ground is Ground.RELEASED and request.message.slot != OWN_SLOT:
                ground = Ground.NOT_THE_PATIENT
            return _decision(gathered, ground, (), nonce, now)

        receipt = self._receipt(decided)
        return self.lines(request.message.patient, until=receipt.message.seq)

    def lines(self, patient: Address, *, until: int) -> tuple[Logged, ...]:
        """Return one page of a patient's line, which ends with number `until`: at least a receipt if there is one.

        A stranger's refused requests make a line as long as they like; a page stays small.
        """
        office = self._office
        start = max(until - PAGE_LINES, 0)  # a line has every number once
        rows = office.vault.find(ReceiptRow, after=start, limit=until - start, gateway=office.address, patient=patient)
        page: list[Logged] = []
        leaves = 0
        for row in reversed(rows):  # [B-037]
            leaves += len(row.leaves)
            if page and leaves > PAGE_LEAVES:
                break
            page.append(logged_of(row))
        return tuple(reversed(page))

    def write_receipt(
        self,
        *,
        asked: Signed[ReadRequest] | Signed[Refuse],
        patient: Address,
        grantee: Address,
        ground: Ground,
        leaves: list[Bytes32],
        head: Block,
        nonce: NonceRow | None,
    ) -> Signed[Receipt]:
        """Write the next receipt of the patient's line, as `ReceiptBook.write`; it is on disk when this returns."""
        decision = Decision(
            asked=asked,
            patient=patient,
            grantee=grantee,
            ground=ground,
            leaves=tuple(leaves),
            block=head.hash,
            at=self._office.clock.now(),
            nonce=nonce,
        )
        return self._book.write(lambda _: decision)

    def _ground(self, gathered: Gathered, rows: Rows) -> tuple[Ground, NonceRow | None, int]:
        """Return what the rule says, the nonce that is used up by it, and when."""
        now = self._office.clock.now()
        facts = gathered.facts(rows, now)
        message = gathered.request.message
        used = NonceRow(signer=message.accessor, nonce=message.nonce, at=message.at)
        return self._rule(facts), None if facts.nonce_used else used, now

    def _receipt(self, decided: Callable[[Rows], Decision]) -> Signed[Receipt]:
        """Write the receipt, and raise if it is one of a refusal."""
        receipt = self._book.write(decided)
        ground = Ground(receipt.message.reason)
        if ground is not Ground.RELEASED:
            raise Refused(ground=ground, receipt=receipt)
        return receipt

    def _own(self, gathered: Gathered) -> list[_Found]:
        return [
            _Found(
                document.proof.patient,
                Listed(
                    leaf=document.proof.leaf,
                    slot=OWN_SLOT,
                    previous_leaf=document.proof.previous_leaf,
                    deposit=kept(Deposit, document.capsule.deposit),
                    sealed=document.sealed,
                ),
            )
            for document in self._documents(gathered)
        ]

    def _covered(self, gathered: Gathered) -> list[_Found]:
        slots = gathered.consent.slots if gathered.consent else {}
        documents = [
            (document, slot)
            for document in self._documents(gathered)
            if (slot := slots.get(Category(document.capsule.compartment))) is not None
        ]
        view = gathered.view
        view.ask([document.placement.query for document, _ in documents])
        wanted = LISTED if gathered.request.message.history else LISTED - {RecordStatus.SUPERSEDED}
        return [
            _Found(
                document.proof.patient,
                Listed(leaf=document.proof.leaf, slot=slot, previous_leaf=document.proof.previous_leaf),
            )
            for document, slot in documents
            if view.record_state(document.placement.query).status in wanted
        ]

    def _documents(self, gathered: Gathered) -> list[Document]:
        """Return what is here of the patient and of the addresses that she left."""
        office = self._office
        patients = office.addresses_of(gathered.request.message.patient, gathered.view)
        with office.vault.reading() as rows:
            found = [document_of(rows, row.leaf) for one in patients for row in rows.find(ProofRow, patient=one)]
        return [document for document in found if document is not None]


def _decision(
    gathered: Gathered, ground: Ground, leaves: tuple[Bytes32, ...], nonce: NonceRow | None, now: int
) -> Decision:
    return Decision(
        asked=gathered.request,
        patient=gathered.request.message.patient,
        grantee=gathered.consent.grantee if gathered.consent else ZERO_ADDRESS,
        ground=ground,
        leaves=leaves if ground is Ground.RELEASED else (),
        block=gathered.view.block.hash,
        at=now,
        nonce=nonce,
    )


def _is_erased(rows: Rows, found: _Found) -> bool:
    targets = (found.row.leaf, whole_address(found.patient))
    return any(rows.get(ErasureRow, target=target) is not None for target in targets)


def logged_of(row: ReceiptRow) -> Logged:
    """Return the line of the log that a row keeps."""
    receipt = kept(Receipt, row.signed)
    by_patient = receipt.message.reason == Ground.REFUSED_BY_PATIENT
    asked = kept(Refuse, row.asked) if by_patient else kept(ReadRequest, row.asked)
    return Logged(receipt=receipt, asked=asked, grantee=row.grantee, leaves=row.leaves)
