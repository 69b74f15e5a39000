"""What chain, vault and store say at one time, as far as they can disagree: what the reconciler compares.

The chain is asked and the store listed before the vault is read, because a row is written before its body and
before its anchor; what the vault names beyond them is then asked for one by one. So whatever is on its way
meanwhile looks unfinished, and never unknown or lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from medshare import canonical_json
from medshare.gateway.office import Office
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.events import Anchored, Confirmed, Erased, ErasedAll
from medshare.ledger.finality import final_of
from medshare.outbox.documents import DOCUMENT, DRAFT, cid_in
from medshare.outbox.periods import ABANDONING, PERIOD
from medshare.vault import CapsuleRow, ChainTransactionRow, OutboxRow, ProofRow, Rows, Stage, VerdictRow

ORPHAN = "orphan"
"""The act of a row that remembers when a body without a row was first seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSnapshot:
    """The institution's anchors with their confirmations, and what is erased at a final block.

    `head` is the number of the newest block, `quorum` how many validators confirm a period.
    """

    head: int
    quorum: int
    anchors: Mapping[Bytes32, int]
    erased: frozenset[Bytes32]
    erased_all: frozenset[Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a capsule or a proof says of its document. `root` is None for a capsule."""

    patient: Address
    provider: Address
    cid: str
    root: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document of the institution's own: how far it is, its body, and the second in which it was taken in."""

    state: Stage
    cid: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSnapshot:
    """The rows that speak of documents, periods and transactions.

    Args:
        institution: Whose vault it is.
        capsules: By leaf.
        proofs: By leaf.
        documents: The institution's own by leaf, from sealing on.
        drafts: The second in which each was taken in, by the id of its row.
        periods: The number of the block at whose time a period was signed, None where its transaction was given
            up, by the id of its row; only those whose proofs are not placed yet.
        closed: The ids of the rows of every period that was signed here.
        verdicts: Roots for which at least one validator's confirmation is kept.
        waiting: Transactions that are not mined: account, nonce, and the head when they were signed.
        orphans: The second in which a body without a row was first seen, by CID.
    """

    institution: Address
    capsules: Mapping[Bytes32, Held]
    proofs: Mapping[Bytes32, Held]
    documents: Mapping[Bytes32, Written]
    drafts: Mapping[Bytes32, int]
    periods: Mapping[Bytes32, int | None]
    closed: frozenset[Bytes32]
    verdicts: frozenset[Bytes32]
    waiting: tuple[tuple[Address, int, int], ...]
    orphans: Mapping[str, int]

    @property
    def named(self) -> frozenset[str]:
        """The CIDs that a row names."""
        held = {one.cid for one in (*self.capsules.values(), *self.proofs.values())}
        return frozenset(held | {one.cid for one in self.documents.values()})

    @property
    def placed(self) -> frozenset[Bytes32]:
        """The roots under which proofs of the institution's own documents stand."""
        own = (one.root for one in self.proofs.values() if one.provider == self.institution)
        return frozenset(root for root in own if root is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """The CIDs of the bodies that are in the store."""

    bodies: frozenset[str]


def look(office: Office) -> tuple[ChainSnapshot, VaultSnapshot, StoreSnapshot]:
    """Return what the three say now.

    Raises:
        NodeUnreachable, VaultUnreachable, StoreUnreachable: One of them does not answer.
    """
    chain, listed = _chain(office), frozenset(office.store.list())
    with office.vault.reading() as rows:
        vault = _vault(rows, office.institution)
    stored = frozenset(cid for cid in vault.named - listed if office.store.has(cid))
    anchored = {root: office.ledger.anchor_of(office.institution, root) for root in vault.placed - chain.anchors.keys()}
    late = {root: state.confirmations for root, state in anchored.items() if state.count}
    chain = replace(chain, anchors={**chain.anchors, **late})
    return chain, vault, StoreSnapshot(bodies=listed | stored)


def _chain(office: Office) -> ChainSnapshot:
    ledger = office.ledger.pinned()
    last = final_of(ledger)
    final = -1 if last is None else last.number  # nothing is final yet
    anchors: dict[Bytes32, int] = {}
    erased, erased_all = set[Bytes32](), set[Address]()
    for log in ledger.events(kinds=(Anchored, Confirmed, Erased, ErasedAll)):
        match log.event:
            case Anchored(provider=provider, root=root) if provider == office.institution:
                anchors.setdefault(root, 0)
            case Confirmed(provider=provider, root=root, confirmations=count) if provider == office.institution:
                anchors[root] = count
            case Erased(leaf=leaf) if log.block_number <= final:
                erased.add(leaf)
            case ErasedAll(patient=patient) if log.block_number <= final:
                erased_all.add(patient)
    return ChainSnapshot(
        head=ledger.head().number,
        quorum=ledger.quorum(),
        anchors=anchors,
        erased=frozenset(erased),
        erased_all=frozenset(erased_all),
    )


def _vault(rows: Rows, institution: Address) -> VaultSnapshot:
    acts = {act: rows.find(OutboxRow, act=act) for act in (PERIOD, ABANDONING)}
    periods = [row for kind in acts.values() for row in kind]
    transactions = rows.find(ChainTransactionRow, state=Stage.SIGNED) + rows.find(ChainTransactionRow, state=Stage.SENT)
    return VaultSnapshot(
        institution=institution,
        capsules={
            leaf: Held(patient=patient, provider=provider, cid=cid)
            for leaf, patient, provider, cid in rows.pick(CapsuleRow, ("leaf", "patient", "provider", "cid"))
        },
        proofs={
            leaf: Held(patient=patient, provider=provider, cid=cid, root=root)
            for leaf, patient, provider, cid, root in rows.pick(
                ProofRow, ("leaf", "patient", "provider", "cid", "root")
            )
        },
        documents={
            leaf: Written(state=state, cid=cid_in(work), at=canonical_json.loads(work)["at"])
            for state in Stage
            for leaf, work in rows.pick(OutboxRow, ("id", "work"), act=DOCUMENT, state=state)
        },
        drafts={one: canonical_json.loads(work)["at"] for one, work in rows.pick(OutboxRow, ("id", "work"), act=DRAFT)},
        periods={row.id: _signed_at(rows, row) for row in periods if row.work},
        closed=frozenset(row.id for row in periods),
        verdicts=frozenset(root for (root,) in rows.pick(VerdictRow, ("root",), provider=institution, leaf=None)),
        waiting=tuple((row.account, row.nonce, row.at) for row in transactions),
        orphans={
            str(value["cid"]): int(value["at"])
            for (work,) in rows.pick(OutboxRow, ("work",), act=ORPHAN)
            for value in (canonical_json.loads(work),)
        },
    )


def _signed_at(rows: Rows, period: OutboxRow) -> int | None:
    if period.account is None:
        return None
    return rows.require(ChainTransactionRow, account=period.account, nonce=period.nonce).at
