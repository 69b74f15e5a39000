"""An upload in steps: taken in, sealed, stored, deposited, each written down before the next.

All documents of an upload are taken in with one transaction of the vault: from then on they are all deposited,
whatever is stopped, and before that none is. An upload that fails, because a disk is full or a consent has
ended, is withdrawn as a whole. The plaintext is destroyed in the transaction that keeps the capsule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from medshare.clock import Clock
from medshare.digest import keccak
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.shelf import LeftCapsule, cid_digest
from medshare.hexadecimal import Address, Bytes32
from medshare.outbox import steps
from medshare.outbox.documents import DOCUMENT, DRAFT, Document, Draft
from medshare.outbox.errors import UploadElsewhere, UploadUnfinished
from medshare.outbox.report import Resumed
from medshare.outbox.sealing import Sealing, SealingJob
from medshare.record.sealing import SealedRecord
from medshare.signed import Signed
from medshare.store import cid_of
from medshare.typed_data import Deposit, SigningKey
from medshare.vault import CapsuleRow, OutboxRow, Rows, Stage

BATCH = 256
"""Documents that are sealed, stored and deposited together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A document that is sealed: its leaf, what the provider keeps, and the capsule."""

    leaf: Bytes32
    document: Document
    capsule: bytes = field(repr=False)


class Uploading:
    """Uploads for one institution at its own gateway.

    Args:
        account: The institution's account: it signs deposits.
        gateway: Its gateway.
        clock: The time.
        sealing: Seals.
    """

    def __init__(self, account: SigningKey, gateway: Gateway, clock: Clock, sealing: Sealing) -> None:
        self._account = account
        self._gateway = gateway
        self._office = gateway.office
        self._clock = clock
        self._sealing = sealing

    def upload(self, drafts: Sequence[Draft], progress: Callable[[], None]) -> list[Half]:
        """Take documents in, seal and deposit them; return them with their leaves. `progress` is called for each.

        Raises:
            UploadElsewhere: Another process has completed what this one began.
            UploadUnfinished: It failed and could not be withdrawn; `resume` completes it.
            MedShareError: It failed, and nothing of it is left.
        """
        sealed: list[Half] = []
        with self._office.vault.transaction() as rows:
            for draft in drafts:
                rows.add(draft.row())  # [U-011]
        self._office.step(steps.DRAFTED)
        try:
            for batch in self._sealed(drafts):
                sealed += batch
                self._store(batch)
                for _ in batch:
                    progress()
        except (MedShareError, OSError) as error:
            self._withdraw_after(error, drafts, sealed)
            raise
        return sealed

    def resume(self, check_may_write: Callable[[Address], object], *, older_than: int = 0) -> Resumed:
        """Complete the uploads that were stopped; count their documents.

        Args:
            check_may_write: Raises where nothing may be written for a patient any more: her drafts are destroyed.
            older_than: Leave alone what was taken in less than so many seconds ago: its process may be alive.
        """
        before = self._clock.now() - older_than
        by_patient: dict[Address, list[Draft]] = {}
        for draft in self._drafts():
            if draft.at <= before:
                by_patient.setdefault(draft.facts.patient, []).append(draft)
        half = {one.document.draft: one for one in self._half_done()}
        found = Resumed()
        for patient, drafts in by_patient.items():
            try:
                check_may_write(patient)
                self._continue(drafts, [half[draft.id] for draft in drafts if draft.id in half])
                found += Resumed(completed=len(drafts))
            except UploadElsewhere:
                found += Resumed(completed=len(drafts))
            except UnreachableError:
                found += Resumed(waiting=len(drafts))
            except MedShareError:
                self.withdraw(drafts, self._half_done_of(drafts))
                found += Resumed(refused=len(drafts))
        return found

    def withdraw(self, drafts: Iterable[Draft], sealed: Iterable[Half]) -> None:
        """Destroy every trace of an upload: drafts, capsules, bodies. What is in a period already stays."""
        gone = []
        with self._office.vault.transaction() as rows:
            for draft in drafts:
                rows.destroy(OutboxRow, id=draft.id)
            for one in sealed:
                row = rows.get(OutboxRow, id=one.leaf)
                if row is not None and row.period is None:
                    rows.destroy(OutboxRow, id=one.leaf)
                    rows.destroy(CapsuleRow, leaf=one.leaf)  # [U-012]
                    gone.append(one.document.cid)
        for cid in gone:
            self._remove_body(cid)

    # Steps

    def _sealed(self, drafts: Sequence[Draft]) -> Iterator[list[Half]]:
        """Seal batch after batch, and write each down before it is stored."""
        directories = {patient: self._gateway.postbox.directory(patient) for patient in _patients(drafts)}
        jobs = (
            SealingJob(
                text=draft.text,
                facts=draft.facts,
                recipient=directories[draft.facts.patient].category(draft.facts.category),
            )
            for draft in drafts
        )
        records = zip(drafts, self._sealing(jobs), strict=True)
        while batch := list(islice(records, BATCH)):
            documents = []
            with self._office.vault.transaction() as rows:
                for draft, record in batch:
                    epoch, cid = directories[draft.facts.patient].epoch, str(cid_of(record.body))
                    document = Document.sealed(draft, record, epoch=epoch, cid=cid)
                    rows.add(document.row(record.leaf, Stage.SEALED, capsule=record.capsule))  # [U-011]
                    documents.append(Half(leaf=record.leaf, document=document, capsule=record.capsule))
            self._office.step(steps.SEALED)
            self._put_bodies([record for _, record in batch])
            yield documents

    def _put_bodies(self, records: Iterable[SealedRecord]) -> None:
        self._office.store.put_each([record.body for record in records])
        self._office.step(steps.BODIES_STORED)

    def _store(self, documents: Sequence[Half]) -> None:
        """Deposit the capsules of documents whose bodies are stored, and destroy their drafts."""
        at = self._clock.now()
        capsules = self._gateway.shelf.checked([self._left(one, at) for one in documents])
        with self._office.vault.transaction() as rows:
            self._gateway.shelf.check_not_erased(rows, capsules)
            for one, capsule in zip(documents, capsules, strict=True):
                self._check_mine(rows, one.document)
                rows.add(capsule)
                rows.put(one.document.row(one.leaf, Stage.STORED))
                rows.destroy(OutboxRow, id=one.document.draft)  # [U-013]
        self._office.step(steps.DEPOSITED)

    def _left(self, one: Half, at: int) -> LeftCapsule:
        document = one.document
        message = Deposit(
            provider=document.facts.provider,
            patient=document.facts.patient,
            leaf=one.leaf,
            compartment=document.facts.category,
            epoch=document.epoch,
            capsule=keccak(one.capsule),
            cid=cid_digest(document.cid),
            at=at,
        )
        signed = Signed.by(self._account, message, self._office.domains)
        return LeftCapsule(signed=signed, capsule=one.capsule, cid=document.cid)

    @staticmethod
    def _check_mine(rows: Rows, document: Document) -> None:
        """Whoever destroys the draft deposits: two processes that complete one upload do it once."""
        if rows.get(OutboxRow, id=document.draft) is None:
            raise UploadElsewhere

    def _continue(self, drafts: Sequence[Draft], done: Sequence[Half]) -> None:
        """Deposit what was sealed to the present epoch and stored; seal the rest anew."""
        postbox, store = self._gateway.postbox, self._office.store
        epochs = {patient: postbox.directory(patient).epoch for patient in _patients(drafts)}
        stored = [
            one
            for one in done
            if store.has(one.document.cid) and one.document.epoch == epochs[one.document.facts.patient]
        ]
        ready = {one.document.draft for one in stored}
        self.withdraw([], [one for one in done if one.document.draft not in ready])
        for start in range(0, len(stored), BATCH):
            self._store(stored[start : start + BATCH])
        for batch in self._sealed([draft for draft in drafts if draft.id not in ready]):
            self._store(batch)

    def _withdraw_after(self, error: Exception, drafts: Sequence[Draft], sealed: Sequence[Half]) -> None:
        if isinstance(error, UploadElsewhere):
            return
        try:
            self.withdraw(drafts, [*sealed, *self._half_done_of(drafts)])
        except (MedShareError, OSError) as second:
            raise UploadUnfinished(documents=len(drafts)) from second

    def _half_done_of(self, drafts: Sequence[Draft]) -> list[Half]:
        mine = {draft.id for draft in drafts}
        return [one for one in self._half_done() if one.document.draft in mine]

    def _drafts(self) -> Iterator[Draft]:
        for row in self._office.vault.find(OutboxRow, act=DRAFT):
            yield Draft.of(row, domains=self._office.domains, provider=self._office.institution)

    def _half_done(self) -> Iterator[Half]:
        office = self._office
        for row in office.vault.find(OutboxRow, act=DOCUMENT, state=Stage.SEALED):
            document = Document.of(row, domains=office.domains, provider=office.institution)
            yield Half(leaf=row.id, document=document, capsule=row.secret or b"")

    def _remove_body(self, cid: str) -> None:
        if not self._office.vault.count(CapsuleRow, cid=cid):
            self._office.store.unpin(cid)
            self._office.store.delete(cid)


def _patients(drafts: Iterable[Draft]) -> Iterator[Address]:
    return iter(dict.fromkeys(draft.facts.patient for draft in drafts))
