"""The book of receipts: what was decided is on the disk, numbered and signed, before anybody hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from medshare.gateway.lines import begun_line
from medshare.gateway.office import Office
from medshare.hexadecimal import Address, Bytes32
from medshare.release.receipts import BEGINNING, PAST_MENDING, Link, next_receipt
from medshare.release.rule import Ground
from medshare.signed import Signed, kept
from medshare.typed_data import ReadRequest, Receipt, Refuse, digest
from medshare.vault import NonceRow, ReceiptRow, Rows
from medshare.vault.audit_rows import FreshRow, ReplayRow
from medshare.vault.group_commit import GroupCommit


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a receipt says. `block` is the one block of every fact; `nonce` is used up with it.

    `grantee` is whose consent it was, the zero address for none. `leaves` are released: none for a refusal.
    """

    asked: Signed[ReadRequest] | Signed[Refuse]
    patient: Address
    grantee: Address
    ground: Ground
    leaves: tuple[Bytes32, ...]
    block: Bytes32
    at: int
    nonce: NonceRow | None


class _NotBegun(Exception):
    """A refusal would be the first of its line: whether there is such a patient, the chain is asked outside."""

    def __init__(self, patient: Address) -> None:
        super().__init__()
        self.patient = patient


class ReceiptBook:
    """Writes the receipts of one gateway, those of several callers in one transaction.

    `took` is told the seconds that each receipt needed until it was on the disk.
    """

    def __init__(self, office: Office) -> None:
        self.took: Callable[[float], None] = lambda _: None
        self._office = office
        self._group = GroupCommit(office.vault)

    def write(self, decide: Callable[[Rows], Decision]) -> Signed[Receipt]:
        """Return the receipt of what `decide` says, as the next of its patient's line; it is on the disk.

        `decide` reads what is kept at that moment, which stays true until the receipt is kept. It may be
        called again; see `GroupCommit.run`. The very same request, refused again for what no later moment
        mends, gets the receipt of the first time.

        Raises:
            NotAPatient: Nobody registered the address; nobody would ever read its line, so none begins.
            The errors of the vault: There is no receipt.
        """
        begin = time.perf_counter()
        try:
            receipt = self._group.run(lambda rows: self._append(rows, decide(rows)))
        except _NotBegun as line:
            self._office.check_patient(line.patient)  # [B-036]
            receipt = self._group.run(lambda rows: self._append(rows, decide(rows), begins=True))
        self.took(time.perf_counter() - begin)
        return receipt

    def _append(self, rows: Rows, decision: Decision, *, begins: bool = False) -> Signed[Receipt]:
        office, patient = self._office, decision.patient
        asked = decision.asked.digest(office.domains)
        past_mending = decision.ground in PAST_MENDING
        replay = rows.get(ReplayRow, gateway=office.address, request=asked) if past_mending else None
        if replay is not None:  # [B-009]
            first = rows.require(ReceiptRow, gateway=office.address, patient=patient, seq=replay.seq)
            return kept(Receipt, first.signed)
        last = Link(*rows.line_end(gateway=office.address, patient=patient))  # [L-004]
        if last == BEGINNING:
            if not begins and decision.ground is not Ground.RELEASED:
                raise _NotBegun(patient)
            begun_line(office, rows, patient)
        message = next_receipt(
            gateway=office.address,
            patient=patient,
            last=last,
            read_request=asked,
            ground=decision.ground,
            leaves=decision.leaves,
            block=decision.block,
            at=decision.at,
        )
        signed_digest = digest(message, office.domains)
        receipt = Signed(message=message, signer=office.address, signature=office.key.sign_digest(signed_digest))
        rows.add(  # [R-019, B-011]
            ReceiptRow(
                gateway=office.address,
                patient=patient,
                seq=message.seq,
                digest=signed_digest,
                previous=message.previous,
                accessor=decision.asked.signer,
                grantee=decision.grantee,
                decision=message.decision,
                at=message.at,
                leaves=decision.leaves,
                asked=decision.asked.keep(),
                signed=receipt.keep(),
                leaf=_handed_out(decision),
            )
        )
        if rows.get(FreshRow, gateway=office.address, patient=patient) is None:
            rows.add(FreshRow(gateway=office.address, patient=patient, seq=message.seq - 1))
        if decision.nonce is not None:
            rows.add(decision.nonce)
        if past_mending:
            rows.add(ReplayRow(request=asked, gateway=office.address, patient=patient, seq=message.seq))
        return receipt


def _handed_out(decision: Decision) -> Bytes32 | None:
    """Return the leaf whose document was released, and not only its name in a list."""
    asked = decision.asked.message
    return asked.leaf if isinstance(asked, ReadRequest) and asked.leaf in decision.leaves else None
