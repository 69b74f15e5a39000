"""The vault: how long a hospital looks for one thing among n rows, and what its documents take.

Every tenth document is another patient's. Of each document there are its capsule, its proof, one receipt of a read and
one transaction that was relayed; of each patient a consent, an envelope, and the line of her receipts. All of them are
copies of rows that a gateway really wrote, with keys of their own, put in by the vault itself.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.store.dag import cid_of
from medshare.vault import (
    CapsuleRow,
    ChainTransactionRow,
    ConsentRow,
    EnvelopeRow,
    ProofRow,
    ReceiptRow,
    Row,
    Rows,
    Stage,
    TagRow,
    Vault,
)
from medshare.vault.audit_rows import LineRow, LineStepRow
from scripts.scaling.growth import Kind, Reading
from scripts.scaling.processor import each

T = TypeVar("T")
PER_PATIENT = 10
"""Documents of one patient."""

ROWS = 4 * PER_PATIENT + 5
"""Rows of one patient with her documents."""

PROOF = 10
"""Steps of a proof: a thousand documents under one root."""

TOGETHER = 100
"""Patients in one transaction while the vault is filled."""

GROUP = 6
"""Patients in one transaction of an upload: 60 documents, about as many as the outbox takes together."""

SOME = 101
"""Look-ups that are timed."""

KINDS: tuple[type[Row], ...] = (CapsuleRow, ProofRow, ReceiptRow, ChainTransactionRow, ConsentRow, EnvelopeRow, TagRow)


@dataclass(frozen=True, slots=True)
class Templates:
    """One row of each kind that a gateway wrote."""

    capsule: CapsuleRow
    proof: ProofRow
    receipt: ReceiptRow
    transaction: ChainTransactionRow
    consent: ConsentRow
    envelope: EnvelopeRow
    tag: TagRow

    @classmethod
    def of(cls, vault: Vault) -> Templates:
        """Take them from a vault that has some of each."""
        return cls(*(vault.find(kind, limit=1)[0] for kind in KINDS))  # type: ignore[arg-type]  # in their order


@dataclass(slots=True)
class Filler:
    """Puts documents into a vault, and remembers some of them. `source` makes their keys."""

    vault: Vault
    templates: Templates
    source: random.Random
    leaves: list[Bytes32] = field(default_factory=list)
    cids: list[str] = field(default_factory=list)
    calls: list[Bytes32] = field(default_factory=list)
    patients: list[Address] = field(default_factory=list)

    def fill(self, rows: int) -> None:
        """Put patients in until there are at least so many rows."""
        wanted = -(-rows // ROWS)
        while len(self.patients) < wanted:
            self.put(min(TOGETHER, wanted - len(self.patients)))

    def put(self, count: int) -> None:
        """Put so many patients in, in one transaction."""
        with self.vault.transaction() as rows:
            for _ in range(count):
                self._patient(rows)

    def _patient(self, rows: Rows) -> None:
        from_bytes, one = self.source.randbytes, self.templates
        patient: Address = f"0x{from_bytes(20).hex()}"
        gateway, tag, last = one.tag.gateway, from_bytes(32), ZERO_32
        leaf, cid, call = ZERO_32, "", ZERO_32
        self.patients.append(patient)
        rows.add(replace(one.consent, consent_id=from_bytes(32), patient=patient))
        rows.add(replace(one.envelope, consent_id=from_bytes(32), patient=patient))
        rows.add(replace(one.tag, patient=patient, tag=tag))
        for number in range(1, PER_PATIENT + 1):
            leaf, digest, call = from_bytes(32), from_bytes(32), from_bytes(32)
            cid = str(cid_of(leaf))
            rows.add(replace(one.capsule, leaf=leaf, patient=patient, cid=cid))
            proof = tuple(from_bytes(32) for _ in range(PROOF))
            rows.add(replace(one.proof, leaf=leaf, patient=patient, cid=cid, proof=proof))
            rows.add(replace(one.receipt, patient=patient, seq=number, digest=digest, previous=last, leaves=(leaf,)))
            nonce = 10**9 + len(self.patients) * PER_PATIENT + number
            rows.add(replace(one.transaction, nonce=nonce, state=Stage.FINAL, call=call, work=None))
            last = digest
        self.leaves.append(leaf)
        self.cids.append(cid)
        self.calls.append(call)
        line = LineRow(gateway=gateway, patient=patient, seq=PER_PATIENT, tag=tag, digest=last)
        rows.add(line)
        step = LineStepRow(gateway=gateway, patient=patient, seq=line.seq, tag=tag, digest=last, period=1)
        rows.add(step)

    def some(self, known: Sequence[T]) -> list[T]:
        """Return some of `known`, drawn at random."""
        return [self.source.choice(known) for _ in range(SOME)]


def measure(
    engine: str, filler: Filler, size: int, used: Callable[[], int], clock: Callable[[], float] = time.process_time
) -> Iterator[Reading]:
    """Yield what an operation of the vault costs with `size` rows in it.

    Args:
        engine: What the vault is.
        filler: Who filled it.
        size: Rows.
        used: Returns the bytes that it takes.
        clock: Seconds: of this process's processor, or, where a server works too, of the wall.
    """
    vault, account = filler.vault, filler.templates.transaction.account

    def reading(name: str, value: float, unit: str = "ms") -> Reading:
        return Reading(engine=engine, name=name, kind=Kind.EACH, units="rows", unit=unit, n=size, value=value)

    def look_up(act: Callable[[T], object], what: Sequence[T]) -> float:
        return 1000 * each(act, filler.some(what), clock)

    yield reading(
        "bytes on the disk for a document with its rows", used() / len(filler.patients) / PER_PATIENT, "bytes"
    )
    begin = clock()
    for _ in range(10):
        filler.put(GROUP)
    yield reading("keep a document with its rows", 1000 * (clock() - begin) / (10 * GROUP * PER_PATIENT))
    yield reading("find a capsule by its leaf", look_up(lambda leaf: vault.get(CapsuleRow, leaf=leaf), filler.leaves))
    yield reading(
        "find a patient's ten documents", look_up(lambda one: vault.find(ProofRow, patient=one), filler.patients)
    )
    yield reading(
        "find a document by the CID of its body", look_up(lambda cid: vault.count(CapsuleRow, cid=cid), filler.cids)
    )
    yield reading(
        "find a transaction by its call",
        look_up(lambda call: vault.find(ChainTransactionRow, account=account, call=call), filler.calls),
    )
