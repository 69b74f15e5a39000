"""Disputes at a gateway: a patient says that a document is wrong, and its provider answers by a day."""

from __future__ import annotations

from medshare.gateway.dispute import Disputed, Outcome
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.gateway.office import Office
from medshare.hexadecimal import Address
from medshare.signed import Signed, kept
from medshare.typed_data import Dispute, Settle
from medshare.vault import DisputeRow, ProofRow, SettledRow


def take(office: Office, signed: Signed[Dispute], *, proof: ProofRow, patient: Address) -> None:
    """Keep a checked dispute of `patient`; one that takes the place of an open one leaves its deadline as it is."""
    with office.vault.transaction() as rows:
        row = rows.get(DisputeRow, leaf=proof.leaf)
        if row is not None and row.signed == signed.keep():
            return
        waits = row is not None and rows.get(SettledRow, leaf=row.leaf, seq=row.seq) is None
        rows.put(
            DisputeRow(
                leaf=proof.leaf,
                patient=patient,
                provider=proof.provider,
                seq=row.seq + 1 if row else 1,
                at=row.at if row and waits else office.clock.now(),  # [W-013]
                signed=signed.keep(),
            )
        )


def settle(office: Office, signed: Signed[Settle]) -> None:
    """Keep a provider's answer; the first one counts.

    Raises:
        RowMissing: Nobody disputes the document here.
        NotEmpoweredHere: Another than its provider signed.
        NotWhatWasSigned: It answers another dispute, or with no outcome that there is.
        The errors of typed data: The signature is not the signer's.
    """
    message = signed.message
    office.check(signed, signer=signed.signer)
    row = office.vault.require(DisputeRow, leaf=message.leaf)
    if signed.signer != row.provider:  # [W-013]
        raise NotEmpoweredHere(signer=signed.signer, kind="Settle")
    if message.dispute != kept(Dispute, row.signed).digest(office.domains) or message.outcome not in set(
        Outcome
    ):  # [W-013]
        raise NotWhatWasSigned(what="dispute")
    with office.vault.transaction() as rows:
        if rows.get(SettledRow, leaf=row.leaf, seq=row.seq) is None:
            rows.put(SettledRow(leaf=row.leaf, seq=row.seq, at=office.clock.now(), signed=signed.keep()))


def disputes_of(office: Office, party: Address) -> tuple[Disputed, ...]:
    """Return the disputes by a patient, or of the documents that a provider wrote, oldest first."""
    with office.vault.reading() as rows:
        found = [*rows.find(DisputeRow, patient=party), *rows.find(DisputeRow, provider=party)]
        answers = {row.leaf: rows.get(SettledRow, leaf=row.leaf, seq=row.seq) for row in found}
    return tuple(
        Disputed(
            patient=row.patient,
            provider=row.provider,
            at=row.at,
            signed=kept(Dispute, row.signed),
            answer=None if (answer := answers[row.leaf]) is None else kept(Settle, answer.signed),
        )
        for row in sorted(found, key=lambda row: (row.at, row.leaf))
    )
