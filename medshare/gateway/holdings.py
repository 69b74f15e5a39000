"""Who holds the body of a leaf, as one institution's vault knows it."""

from __future__ import annotations

from dataclasses import replace

from medshare.gateway.office import Office, whole_address
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.vault import (
    CapsuleRow,
    ErasureRow,
    ProofRow,
    ReplicaRow,
    ReplicaState,
    Rows,
    SubmissionRow,
    SubmittedRow,
    VerdictRow,
)

MOST_PLACES = 64
"""Holders of one body that are named or remembered."""


def keeps(office: Office, row: ProofRow) -> bool:
    """Return whether the body of `row` is kept at `office`: a custodian that keeps only the capsule has none."""
    if row.provider == office.institution or office.vault.get(CapsuleRow, leaf=row.leaf) is None:
        return True
    verdict = office.vault.get(VerdictRow, provider=row.provider, root=row.root, validator=office.institution)
    return verdict is not None and verdict.leaf is None


def is_closing(office: Office, row: ProofRow) -> bool:
    """Return whether a document was erased, so that its copies are to go and not to be kept."""
    vault = office.vault
    return any(vault.get(ErasureRow, target=target) is not None for target in (row.leaf, whole_address(row.patient)))


def places_of(office: Office, row: ProofRow) -> dict[Address, str]:
    """Return the other holders of a body, as far as they are known here, with the URLs of their doors."""
    vault = office.vault
    found = {one.holder: one.url for one in vault.find(ReplicaRow, leaf=row.leaf)}
    if row.provider == office.institution:
        for asked in vault.find(SubmittedRow, provider=row.provider, root=row.root):
            verdict = vault.get(VerdictRow, provider=row.provider, root=row.root, validator=asked.validator)
            if verdict is not None and verdict.leaf is None:
                found.setdefault(asked.validator, asked.url)
    else:
        submission = vault.get(SubmissionRow, provider=row.provider, root=row.root)
        if submission is not None:
            found.setdefault(row.provider, submission.source)
    found.pop(office.institution, None)
    return found


def remember_place(rows: Rows, leaf: Bytes32, place: Place, *, at: int) -> None:
    """Remember that somebody says to hold a body, unless that is known; its proof is still to come."""
    if rows.get(ReplicaRow, leaf=leaf, holder=place.account) is None:
        state = ReplicaState.SILENT
        rows.put(ReplicaRow(leaf=leaf, holder=place.account, url=place.url, state=state, proven=0, at=at))


def to_erase(rows: Rows, leaf: Bytes32, places: dict[Address, str], *, at: int) -> None:
    """Remember where copies of a document are that was erased here, until each holder gave its word."""
    for holder, url in places.items():
        before = rows.get(ReplicaRow, leaf=leaf, holder=holder)
        row = ReplicaRow(leaf=leaf, holder=holder, url=url, state=ReplicaState.ERASING, proven=0, at=at)
        rows.put(row if before is None else replace(before, state=ReplicaState.ERASING, at=at, seq=before.seq + 1))
