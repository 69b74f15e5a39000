"""What a gateway carries for patients in more than one step: a grant with its document, an erasure with its tombstone.

A grant: the consent is checked; nonce, signed bytes and document are saved together; it is sent; once it is
mined, the document is kept where readers find it. An erasure: the signed message is kept, what is here is
destroyed, and the tombstone is saved, sent and mined. Stopped anywhere, `resume` completes it; before the first
of these steps nothing was promised, and the patient sends the same words again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from medshare import canonical_json
from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening
from medshare.digest import keccak
from medshare.errors import MedShareError, RefusedError
from medshare.gateway.errors import NotEmpoweredHere
from medshare.gateway.office import Office
from medshare.gateway.postbox import Postbox, padded_consent, read_padded_consent
from medshare.gateway.shelf import Shelf
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger import Power, Transaction
from medshare.ledger.reverts import REFUSALS
from medshare.outbox import steps
from medshare.outbox.errors import TransactionGivenUp
from medshare.outbox.report import Resumed
from medshare.outbox.staged import Staged, finish_saved
from medshare.relay import Relay
from medshare.relay_budget import OverBudget
from medshare.signed import Signed, consent_message, kept
from medshare.typed_data import Erase, EraseAll
from medshare.typed_data.errors import SignatureForeign, SignatureNobody, SignatureScalar
from medshare.vault import OutboxRow, SignedBytes, Stage

GRANT = "grant"
ERASURE = "erasure"

FINAL: Final = (
    *REFUSALS,
    RefusedError,
    SignatureForeign,
    SignatureNobody,
    SignatureScalar,
    TransactionGivenUp,
)
"""What ends an act: the contract's no, the gateway's own, a forged signature, an empty transaction under its nonce."""


class Relaying:
    """Carries grants and erasures for one gateway."""

    def __init__(self, office: Office, postbox: Postbox, shelf: Shelf, relay: Relay) -> None:
        self._office = office
        self._postbox = postbox
        self._shelf = shelf
        self._relay = relay

    # Grants

    def grant(self, document: ConsentDocument, opening: Opening | None = None) -> Transaction:
        """Check a consent's words, relay it, and keep its document; with `opening` as the answer to a request.

        Raises:
            The errors of typed data, NotEmpoweredHere: Not signed by who may grant for the patient.
            NotCarried, OverBudget, and the errors of the contract: Nothing was kept.
            The errors of `Postbox.check_consent`.
        """
        self._check_granting(document)
        self._relay.check_known(document.patient, document)
        self._postbox.check_consent(document)
        work = OutboxRow(
            id=keccak(b"grant" + document.consent_id), act=GRANT, state=Stage.STORED, work=padded_consent(document)
        )
        acts = Staged(self._office.outbox, work)
        if opening is None:
            done = self._relay.grant(document, acts=acts)
        else:
            done = self._relay.approve(opening, document, acts=acts)
        self._keep(document, work.id)
        return done

    def _check_granting(self, document: ConsentDocument) -> None:
        """Check who signed before anything is compared or told: the words of a consent say who keeps for whom."""
        signed = Signed(message=consent_message(document), signer=document.signer, signature=document.signature)
        self._office.check(signed, signer=signed.signer)  # [H-017]
        if not self._office.may(signed.signer, document.patient, Power.GRANT):  # [H-017]
            raise NotEmpoweredHere(signer=signed.signer, kind="Consent")

    def _keep(self, document: ConsentDocument, work: Bytes32) -> None:
        self._postbox.take_consent(document)  # [U-009]
        self._office.step(steps.CONSENT_KEPT)
        self._close(work)

    # Erasures

    def erase(
        self, signed: Signed[Erase] | Signed[EraseAll], *, path: Sequence[Address], recovery_signature: bytes
    ) -> Transaction:
        """Refuse and destroy what is erased, then put the tombstone on the chain.

        Raises:
            As `Shelf.erase`, `Shelf.erase_all` and `Relay.carry`. What was destroyed stays destroyed. Unless it is
                refused for good it is kept, and completed by `resume`.
        """
        self._shelf.check_erasing(signed)
        work = OutboxRow(
            id=keccak(b"erasure" + signed.digest(self._office.domains)),
            act=ERASURE,
            state=Stage.DRAFT,
            work=_erasure_to_bytes(signed, path, recovery_signature),
        )
        if self._office.vault.get(OutboxRow, id=work.id) is None:
            self._office.vault.put(work)  # [U-010]
        self._office.step(steps.ERASURE_KEPT)
        try:
            return self._erase(work, signed, path, recovery_signature)
        except MedShareError as error:
            if _is_final(error):
                self._office.vault.destroy(OutboxRow, id=work.id)
            raise

    def _erase(
        self,
        work: OutboxRow,
        signed: Signed[Erase] | Signed[EraseAll],
        path: Sequence[Address],
        recovery_signature: bytes,
    ) -> Transaction:
        office = self._office
        if isinstance(signed.message, Erase):
            self._shelf.erase(Signed(message=signed.message, signer=signed.signer, signature=signed.signature))
        else:
            whole = Signed(message=signed.message, signer=signed.signer, signature=signed.signature)
            self._shelf.erase_all(whole, recovery_signature=recovery_signature)
        with office.vault.transaction() as rows:
            # Another process may have completed it meanwhile: then the chain knows it, and nothing is sent.
            row = rows.get(OutboxRow, id=work.id) or work
            if row.state < Stage.STORED:
                row = replace(row, state=Stage.STORED)
                rows.put(row)
        office.step(steps.DESTROYED)
        acts = Staged(office.outbox, row)
        done = self._relay.carry(signed, path=path, recovery_signature=recovery_signature, acts=acts)
        self._close(work.id)
        return done

    # After a crash

    def resume(self) -> tuple[Resumed, Resumed]:
        """Complete what was begun: the grants, then the erasures. Say what became of them."""
        vault = self._office.vault
        grants = self._each(vault.find(OutboxRow, act=GRANT), self._resume_grant)
        erasures = self._each(vault.find(OutboxRow, act=ERASURE), self._resume_erasure)
        for act in (GRANT, ERASURE):
            if vault.count(OutboxRow, act=act, state=Stage.FINAL, work=b""):
                vault.destroy(OutboxRow, act=act, state=Stage.FINAL, work=b"")
        return grants, erasures

    def _resume_grant(self, row: OutboxRow) -> None:
        finish_saved(self._office.outbox, row, self._office.key)
        self._keep(read_padded_consent(row.work), row.id)

    def _resume_erasure(self, row: OutboxRow) -> None:
        signed, path, recovery_signature = _erasure_from_bytes(row.work)
        self._erase(row, signed, path, recovery_signature)

    def _each(self, rows: Iterable[OutboxRow], complete: Callable[[OutboxRow], None]) -> Resumed:
        found = Resumed()
        for row in rows:
            if not row.work:
                continue
            try:
                complete(row)
                found += Resumed(completed=1)
            except MedShareError as error:
                if _is_final(error):
                    self._office.vault.destroy(OutboxRow, id=row.id)
                    found += Resumed(refused=1)
                else:
                    found += Resumed(waiting=1)
        return found

    def _close(self, work: Bytes32) -> None:
        """Write down that nothing is left to do; the row goes when its transaction is final."""
        with self._office.vault.transaction() as rows:
            row = rows.get(OutboxRow, id=work)
            if row is not None and row.account is None:
                rows.destroy(OutboxRow, id=work)  # another transaction had done it before
            elif row is not None:
                rows.put(replace(row, work=b""))
        self._office.step(steps.CLOSED)


def _is_final(error: MedShareError) -> bool:
    """Return whether an act is refused for good; what a purse, a node, a vault or a day's budget says passes."""
    return isinstance(error, FINAL) and not isinstance(error, OverBudget)  # [U-010]


def _erasure_to_bytes(
    signed: Signed[Erase] | Signed[EraseAll], path: Sequence[Address], recovery_signature: bytes
) -> bytes:
    message = signed.keep()
    return canonical_json.dumps(
        {
            "kind": type(signed.message).__name__,
            "message": message.message.decode(),
            "signer": message.signer,
            "signature": to_hex(message.signature),
            "path": list(path),
            "recovery": to_hex(recovery_signature),
        }
    )


def _erasure_from_bytes(work: bytes) -> tuple[Signed[Erase] | Signed[EraseAll], tuple[Address, ...], bytes]:
    value = canonical_json.loads(work)
    row = SignedBytes(
        message=value["message"].encode(), signer=value["signer"], signature=bytes.fromhex(value["signature"][2:])
    )
    signed = kept(Erase, row) if value["kind"] == "Erase" else kept(EraseAll, row)
    return signed, tuple(value["path"]), bytes.fromhex(value["recovery"][2:])
