"""The invariants, looked at from outside: what crosses a door, what a vault keeps, what stands on the chain.

The watcher has its own short account of who may have what, read from the numbers of a consent and from the worlds of
the chain's twin; it asks neither the release rule nor the gateway. Which invariant is checked when, and how, stands in
the README of this folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from medshare import canonical_json
from medshare.confirm import items_from_bytes
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.terms import consent_id
from medshare.errors import MedShareError, RefusedError
from medshare.gateway.errors import Refused
from medshare.gateway.postbox import read_padded_consent
from medshare.gateway.values import Listing, Release
from medshare.gateway.watch import Watch
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, from_hex, to_hex
from medshare.index import Index
from medshare.ledger import raw
from medshare.ledger.events import Anchored, Erased, ErasedAll, LockedDown, Revoked
from medshare.outbox.book import FLYING
from medshare.outbox.documents import DOCUMENT, DRAFT
from medshare.outbox.findings import Finding, Outcome, Trouble
from medshare.outbox.periods import GREATEST_REASON, PERIOD
from medshare.outbox.reconciler import reconcile
from medshare.outbox.relaying import ERASURE, GRANT
from medshare.record.leaf import leaf_hash
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import kept as kept_signed
from medshare.store import cid_of
from medshare.typed_data import Erase, EraseAll, Lockdown, Receipt, Revoke, digest
from medshare.vault import (
    CapsuleRow,
    ChainTransactionRow,
    ConsentRow,
    OutboxRow,
    ProofRow,
    ReceiptRow,
    Row,
    Stage,
    SubmissionRow,
    VerdictRow,
)
from tests.scenarios.scripted_node import ScriptedChain
from tests.simulation.faults import Fault
from tests.simulation.town import CANARY, Base, House, Town

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEAD_MAX_AGE: Final = 36
MOST_SKEW: Final = 20
"""Seconds that a clock may be wrong in a run."""

QUARTER: Final = 1000
"""Seconds after which the reconciler names what stands still."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Which invariant does not hold, and what shows it."""

    invariant: str
    text: str
    step: int

    def __str__(self) -> str:
        return f"{self.invariant} at step {self.step}: {self.text}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A sealed document: whose it is, who wrote it, what it is, which version of which record."""

    patient: Address
    provider: str
    category: int
    record: tuple[str, int]
    cid: str


class Watcher:
    """Looks on."""

    def __init__(self, base: Base, *, follows: bool = False) -> None:
        self.violation: Violation | None = None
        self.grounds: Counter[str] = Counter()
        self.accepted_leaves: dict[Bytes32, House] = {}
        self.first = len(base.chain.rows)
        self.refused: Counter[str] = Counter()
        self.mirror = Mirror() if follows else None
        self._town: Town
        self._papers: dict[Bytes32, Paper] = {}
        self._consents: dict[Bytes32, ConsentDocument] = {}
        self._periods: dict[Bytes32, tuple[Bytes32, ...]] = {}
        """The leaves of a root."""
        self._roots: dict[Bytes32, set[tuple[Address, Bytes32]]] = defaultdict(set)
        self._lines: dict[tuple[Address, Address], list[Bytes32]] = defaultdict(list)
        self._worlds: dict[Bytes32, Any] = {}
        self._looked: list[Bytes32] = []
        self._anchored: dict[tuple[str, int], dict[Bytes32, Bytes32]] = defaultdict(dict)
        self._shut_on_chain: dict[Bytes32, int] = {}
        self._locked_on_chain: dict[Address, dict[int, int]] = defaultdict(dict)
        self._told: set[tuple[str, Bytes32]] = set()
        self._told_lock: dict[tuple[str, Address], int] = {}
        self._told_erased: set[tuple[str, Bytes32]] = set()
        self._lost: set[tuple[str, str]] = set()
        self._anchorings: Counter[tuple[Address, Bytes32]] = Counter()
        self._calls_of: dict[Bytes32, list[tuple[Address, Bytes32]]] = {}
        self._gone: set[Bytes32] = set()
        """Leaves of which an erasure was ever seen, on any branch or signed: whoever keeps them destroys them."""

    def attach(self, town: Town) -> None:
        """Begin to look at a town."""
        self._town = town
        self._houses = {house.keys.url: house for house in town.houses.values()}
        for house in town.houses.values():
            for kind in (OutboxRow, ConsentRow, SubmissionRow, ReceiptRow, ProofRow):
                for row in house.vault.find(kind):
                    self.kept(house.name, row)
        self.look()

    def fail(self, invariant: str, text: str) -> None:
        """Note a violation; the first one counts."""
        if self.violation is None:
            self.violation = Violation(invariant, text, self._town.wires.schedule.steps)

    # What acts say

    def accepted(self, house: House, leaf: Bytes32) -> None:
        """An upload was accepted: it must end final or given up."""
        self.accepted_leaves[leaf] = house

    def lost(self, house: House, cid: str) -> None:
        """A store lost a body."""
        self._lost.add((house.name, cid))

    def ended(self, name: str, error: MedShareError | None) -> None:  # noqa: ARG002 - the seam
        """An act ended; a refusal is part of life."""
        if isinstance(error, Refused):
            self.grounds[error.ground.name] += 1
        elif isinstance(error, RefusedError):
            self.refused[error.code] += 1

    def reconciled(self, house: House, found: tuple[Finding, ...]) -> None:
        """After an institution compared: what it should hold is there, or an alarm names it. I2, and I3's first half."""
        named = {one.subject for one in found if one.trouble is Trouble.BODY_LOST}
        for cid in self._should_hold(house):
            if not self._holds(house, cid) and cid not in named:
                self.fail("I2", f"{house.name} lost the body {cid} of a live record and says nothing")
        for one in found:
            if one.trouble is Trouble.BODY_LOST and one.outcome is Outcome.REPAIRED:
                self._lost.discard((house.name, one.subject))

    # What vaults keep

    def kept(self, house: str, row: Row) -> None:
        """A row was committed."""
        match row:
            case OutboxRow():
                self._kept_act(house, row)
            case ConsentRow():
                self._consents[row.consent_id] = _consent(row.document)
            case SubmissionRow():
                self._period(row.provider, row.root, row.items)
            case ProofRow():
                self._roots[row.leaf].add((row.provider, row.root))
            case ReceiptRow():
                self._kept_receipt(row)

    def _kept_act(self, house: str, row: OutboxRow) -> None:
        if row.act == DOCUMENT:
            value = canonical_json.loads(row.work)
            self._papers[row.id] = Paper(
                value["patient"], house, value["category"], (value["recordId"], value["version"]), value["cid"]
            )
        elif row.act == PERIOD and row.work and row.period is not None:
            self._period(self._town.houses[house].address, row.period, row.work)
        if row.act != DRAFT and (CANARY in row.work or (row.secret and CANARY in row.secret)):
            self.fail("I1", f"a plaintext stands in a row of {house} that is no draft")

    def _period(self, provider: Address, root: Bytes32, items: bytes) -> None:
        leaves = tuple(item.leaf for item in items_from_bytes(items))
        self._periods[root] = leaves
        for leaf in leaves:
            self._roots[leaf].add((provider, root))

    def _kept_receipt(self, row: ReceiptRow) -> None:
        """I5: numbered without a gap, each linked to the one before."""
        line = self._lines[row.gateway, row.patient]
        previous = line[-1] if line else ZERO_32
        if row.seq != len(line) + 1 or row.previous != previous:
            self.fail("I5", f"receipt {row.seq} of a line does not follow receipt {len(line)}")
        line.append(row.digest)
        self.grounds[Ground(kept_signed(Receipt, row.signed).message.reason).name] += 1

    # What crosses a door

    def asked(self, url: str, part: str, method: str, arguments: tuple[Any, ...]) -> None:  # noqa: ARG002 - the seam
        """A request has arrived: an erasure may be honoured from now on."""
        message = getattr(arguments[0], "message", None) if arguments else None
        if isinstance(message, Erase):
            self._gone.add(leaf_hash(patient=message.patient, inner=message.inner))
        elif isinstance(message, EraseAll):
            self._gone |= {leaf for leaf, paper in self._papers.items() if paper.patient == message.patient}

    def answered(
        self,
        url: str,
        part: str,  # noqa: ARG002 - the seam
        method: str,
        arguments: tuple[Any, ...],
        answer: Any,
    ) -> None:
        """An answer leaves."""
        house = self._houses[url]
        if isinstance(answer, Release):
            self._released(house, arguments[0].message, answer.receipt.message, (answer.leaf,))
        elif isinstance(answer, Listing):
            self._released(house, arguments[0].message, answer.receipt.message, tuple(row.leaf for row in answer.rows))
        elif isinstance(answer, bytes) and CANARY in answer:
            self.fail("I1", f"{method} at {house.name} gave a plaintext away")
        message = getattr(arguments[0], "message", None) if arguments else None
        if isinstance(message, Revoke):
            self._told.add(
                (house.name, consent_id(patient=message.patient, grantee=message.grantee, terms=message.terms))
            )
        elif isinstance(message, Lockdown):
            known = self._told_lock.get((house.name, message.patient), 0)
            self._told_lock[house.name, message.patient] = max(known, message.time)
        elif isinstance(message, Erase) and method in {"carry", "erase"}:
            self._told_erased.add((house.name, leaf_hash(patient=message.patient, inner=message.inner)))

    def _released(self, house: House, message: Any, receipt: Any, leaves: tuple[Bytes32, ...]) -> None:
        self._check_receipt(house, message, receipt, leaves)
        known = self._worlds.get(receipt.block)
        if known is None:
            self.fail("I1", f"{house.name} released at a block that never was")
            return
        world, at = known
        now = self._town.wires.clock.now()
        if now - at > HEAD_MAX_AGE + MOST_SKEW:
            self.fail("I1", f"{house.name} released on a block that is {now - at} seconds old")
        if message.slot == OWN_SLOT:
            if message.accessor != _end_of(world, message.patient):
                self.fail("I1", f"{house.name} released to somebody who does not speak for the patient")
        else:
            self._check_consent(house, message, world, at, now)
        for leaf in leaves:
            self._check_leaf(house, message, world, leaf)

    def _check_receipt(self, house: House, message: Any, receipt: Any, leaves: tuple[Bytes32, ...]) -> None:
        """I5: nothing leaves without a receipt of it on the disk."""
        row = house.vault.get(ReceiptRow, gateway=receipt.gateway, patient=receipt.patient, seq=receipt.seq)
        if row is None or kept_signed(Receipt, row.signed).message != receipt:
            self.fail("I5", f"{house.name} released without a receipt on its disk")
        elif row.leaves != leaves or row.accessor != message.accessor:
            self.fail("I5", f"the receipt of {house.name} says otherwise than what left")

    def _check_consent(self, house: House, message: Any, world: Any, at: int, now: int) -> None:
        """I1: the consent was in force at that block. I6: nothing that shuts it was known for long."""
        consent = self._consents.get(message.consent_id)
        word = world.consents.words.get(message.consent_id, 0)
        scope, purposes = word >> 192, word >> 128 & (2**64 - 1)
        begin, end, issued = word >> 88 & (2**40 - 1), word >> 48 & (2**40 - 1), word >> 16 & (2**32 - 1)
        granted, actions = word & 255 == 1, word >> 8 & 255
        mark = world.consents.marks.get(message.patient, 0)
        open_then = granted and begin <= at < end and issued > mark and actions & 1
        fits = scope >> message.slot & 1 and purposes >> message.purpose & 1
        accessor = world.principal(message.accessor).address
        if consent is None or not open_then or not fits or accessor != consent.grantee:
            self.fail("I1", f"{house.name} released under a consent that was not in force at its block")
            return
        if message.slot not in {consent.category_slot(category) for category in consent.categories}:
            self.fail("I1", f"{house.name} released for a decoy")
        since = self._shut_since(message.consent_id, message.patient, issued)
        if since is not None and now > since + HEAD_MAX_AGE + MOST_SKEW:
            self.fail("I6", f"{house.name} released {now - since} seconds after the revocation")
        told = (house.name, message.consent_id) in self._told
        if told or self._told_lock.get((house.name, message.patient), 0) >= issued:
            self.fail("I6", f"{house.name} released although it held the signed revocation")

    def _shut_since(self, identifier: Bytes32, patient: Address, issued: int) -> int | None:
        """Return the second in which the consent was first shut on any branch."""
        found = [at for mark, at in self._locked_on_chain.get(patient, {}).items() if mark >= issued]
        if identifier in self._shut_on_chain:
            found.append(self._shut_on_chain[identifier])
        return min(found, default=None)

    def _check_leaf(self, house: House, message: Any, world: Any, leaf: Bytes32) -> None:
        paper = self._papers.get(leaf)
        if paper is None:
            self.fail("I1", f"{house.name} released a leaf that nobody sealed")
            return
        if leaf in world.erased or paper.patient in world.erased_all or (house.name, leaf) in self._told_erased:
            self.fail("I1", f"{house.name} released a document that was erased")
        if _end_of(world, paper.patient) != message.patient:
            self.fail("I1", f"{house.name} released another patient's document")
        if message.slot == OWN_SLOT:
            return
        consent = self._consents.get(message.consent_id)
        if consent is not None and message.leaf != ZERO_32:
            category = Category(paper.category)
            if category not in consent.categories or consent.category_slot(category) != message.slot:
                self.fail("I1", f"{house.name} released a category that the consent does not cover")
        states = [world.anchors.get(root) for root in self._roots[leaf]]
        if not any(state is not None and state.confirmations for state in states):
            self.fail("I1", f"{house.name} released a document that is not confirmed")

    # After every step

    def look(self) -> None:
        """Look at what is new on the chain."""
        rows = self._town.wires.chain.rows
        looked = self._looked
        if looked and len(rows) == len(looked) and rows[-1].block.hash == looked[-1]:
            return
        keep = min(len(rows), len(looked))
        while keep and rows[keep - 1].block.hash != looked[keep - 1]:
            keep -= 1
        for gone in looked[keep:]:
            for leaves in self._anchored.values():
                for leaf in [leaf for leaf, block in leaves.items() if block == gone]:
                    del leaves[leaf]
        for gone in looked[keep:]:
            for call in self._calls_of.pop(gone, ()):
                self._anchorings[call] -= 1
        if self.mirror is not None:
            self.mirror.grow(len(looked) - keep, rows[keep:])
        del looked[keep:]
        for row in rows[keep:]:
            looked.append(row.block.hash)
            self._look_at_call(row)
            self._worlds[row.block.hash] = (row.world, row.block.time)
            if row.transaction is not None and row.failure is None:
                for log in row.transaction.logs:
                    self._happened(log.event, row.block)
            if row.signed is not None and CANARY in row.signed.raw:
                self.fail("I1", "a plaintext stands on the chain")

    def _look_at_call(self, row: Any) -> None:
        """I4: a root is anchored by one transaction. I2: whoever signed that it keeps a body does."""
        if row.signed is None or row.failure is not None:
            return
        unsigned = raw.unsigned_of(row.signed.raw)
        call = self._town.wires.chain._calls.get((unsigned.to, unsigned.data))
        if call is not None and call.function == "anchor":
            name = (row.signed.sender, call.arguments[0])
            self._anchorings[name] += 1
            self._calls_of.setdefault(row.block.hash, []).append(name)
            if self._anchorings[name] > 1:
                self.fail("I4", "one root was anchored by two transactions")
        elif call is not None and call.function == "confirm":
            provider, root, signers = call.arguments[0], call.arguments[1], call.arguments[2]
            self._check_copies(root, {provider, *signers}, row.world)

    def _check_copies(self, root: Bytes32, holders: set[Address], world: Any) -> None:
        for leaf in self._periods.get(root, ()):
            paper = self._papers.get(leaf)
            if paper is None or leaf in world.erased or paper.patient in world.erased_all:
                continue
            for house in self._town.houses.values():
                excused = (house.name, paper.cid) in self._lost or leaf in self._gone
                if house.address in holders and not excused and not self._holds(house, paper.cid):
                    self.fail("I2", f"{house.name} signed for a body that it does not keep")

    def _happened(self, event: Any, block: Any) -> None:
        match event:
            case Anchored(provider=_, root=root):
                for leaf in self._periods.get(root, ()):
                    self._anchored_leaf(leaf, block.hash)
            case Revoked(consent_id=identifier):
                self._shut_on_chain.setdefault(identifier, block.time)
            case LockedDown(patient=patient, mark=mark):
                self._locked_on_chain[patient].setdefault(mark, block.time)
            case Erased(leaf=leaf):
                self._gone.add(leaf)
            case ErasedAll(patient=patient):
                self._gone |= {leaf for leaf, paper in self._papers.items() if paper.patient == patient}

    def _anchored_leaf(self, leaf: Bytes32, block: Bytes32) -> None:
        """I4: of a version of a record one leaf is anchored, and no other."""
        paper = self._papers.get(leaf)
        if paper is None:
            return
        leaves = self._anchored[paper.record]
        leaves.setdefault(leaf, block)
        if len(leaves) > 1:
            self.fail("I4", f"version {paper.record[1]} of a record is anchored as {len(leaves)} leaves")

    # At the end

    def unfinished(self) -> list[str]:
        """Return what is still on its way: acts of outboxes, periods without confirmation."""
        found = []
        for house in self._town.houses.values():
            vault = house.vault
            for row in vault.find(OutboxRow):
                if row.act == DOCUMENT and row.state is Stage.STORED and self._overtaken(house, row):
                    continue
                if row.act == DRAFT or (row.act == DOCUMENT and row.state in {Stage.SEALED, Stage.STORED}):
                    found.append(f"{house.name} has a document in the state {row.state.name}")
                elif row.act in {PERIOD, GRANT, ERASURE} and row.work:
                    found.append(f"{house.name} has an unfinished {row.act}")
            found += [
                f"{house.name} has a transaction that waits"
                for state in (*FLYING, Stage.MINED)
                for _ in vault.find(ChainTransactionRow, state=state)
            ]
            found += [f"{house.name} has a period that is not confirmed" for _ in house.institution.unconfirmed()]
        return found

    def finish(self) -> None:
        """Look at everything once more, when nothing is on its way."""
        if self.violation is not None:
            return
        self._town.wires.clock.advance(QUARTER)
        left = self.unfinished()
        if left:
            self.fail("liveness", f"{len(left)} things are not finished: {left[0]}")
        self._check_accepted()
        for house in self._town.houses.values():
            self._check_lines(house)
            self._check_pins(house)
            self._check_watch(house)
        if self.mirror is not None and not self.mirror.equals_rebuild():
            self.fail("I7", "the index is not what a rebuild gives")

    def _check_pins(self, house: House) -> None:
        """I3: a day and two rounds after everything has ended, no body is kept that no record needs."""
        world = self._town.wires.chain.rows[-1].world
        needed = set()
        for kind in (CapsuleRow, ProofRow):
            needed |= {
                row.cid
                for row in house.vault.find(kind)
                if row.leaf not in world.erased and row.patient not in world.erased_all
            }
        for cid in house.bodies.list():
            if cid not in needed:
                self.fail("I3", f"{house.name} still pins the body {cid}, which no live record needs")

    def _check_watch(self, house: House) -> None:
        """I7: what a gateway remembers of the chain is what a fresh one reads from it."""
        hit = self._town.wires.trouble.hit
        for process, gateway in ((house.server, house.gateway), (house.desk, house.institution.gateway)):
            if (Fault.NODE_FORGETS_LOGS, process.name) in hit:
                continue  # what its node left out it never sees again, until it starts anew
            office = gateway.office
            office.watch()
            fresh = Watch(office)
            fresh.look()
            for person in self._town.people.values():
                address = person.keys.account.address
                if office._watch.directories_of(address) != fresh.directories_of(address):
                    self.fail("I7", f"{house.name} remembers directories that the chain does not have")

    def _check_accepted(self) -> None:
        """Every accepted upload is final, or certainly given up: erased, or of a period that was abandoned."""
        world = self._town.wires.chain.rows[-1].world
        for leaf, house in self.accepted_leaves.items():
            paper = self._papers[leaf]
            if leaf in world.erased or paper.patient in world.erased_all:
                continue
            if any(state is not None and state.confirmations for state in map(world.anchors.get, self._roots[leaf])):
                continue
            row = house.vault.get(OutboxRow, id=leaf)
            if row is not None and self._overtaken(house, row):
                late = reconcile(house.institution.gateway, repair=False)
                if not any((one.trouble, one.subject) == (Trouble.NOT_ANCHORED, to_hex(leaf)) for one in late):
                    self.fail("liveness", f"{house.name} holds an overtaken amendment back and says nothing")
            elif row is not None and row.state is not Stage.ABANDONED and not self._rejected(house, leaf):
                self.fail("liveness", f"an accepted upload of {house.name} ends in the state {row.state.name}")

    def _overtaken(self, house: House, row: OutboxRow) -> bool:
        """Return whether what a document replaces was closed since it was written: a person must decide."""
        world = self._town.wires.chain.rows[-1].world
        previous = from_hex(canonical_json.loads(row.work)["previousLeaf"], 32)
        closed = world.closed.get((house.address, previous), 0)
        if closed <= GREATEST_REASON:
            return closed > 0
        state = world.anchors.get((house.address, closed.to_bytes(32, "big")))
        return state is not None and state.confirmations > 0 and row.period is None

    def _rejected(self, house: House, leaf: Bytes32) -> bool:
        """Return whether a validator rejected the leaf."""
        return any(row.leaf == leaf for row in house.vault.find(VerdictRow, provider=house.address))

    def _check_lines(self, house: House) -> None:
        """I5: every receipt that was ever kept is there, signed and linked."""
        domains = house.gateway.office.domains
        for (gateway, patient), line in self._lines.items():
            if gateway != house.gateway.address:
                continue
            rows = house.vault.find(ReceiptRow, gateway=gateway, patient=patient)
            if [row.digest for row in rows] != line:
                self.fail("I5", f"{house.name} has lost a receipt")
            for row in rows:
                if digest(kept_signed(Receipt, row.signed).message, domains) != row.digest:
                    self.fail("I5", f"a receipt of {house.name} was changed")

    # Bodies

    def _should_hold(self, house: House) -> Iterable[str]:
        world = self._town.wires.chain.rows[-1].world
        for row in house.vault.find(ProofRow):
            state = world.anchors.get((row.provider, row.root))
            erased = row.leaf in world.erased or row.patient in world.erased_all
            if state is not None and state.confirmations and not erased:
                yield row.cid

    @staticmethod
    def _holds(house: House, cid: str) -> bool:
        try:
            with house.bodies.get(cid) as body:
                return str(cid_of(body.read())) == cid
        except MedShareError:
            return False


class Mirror:
    """The canonical chain again, behind JSON-RPC, and the package's index that follows it."""

    def __init__(self) -> None:
        self._chain = ScriptedChain()
        self._index = Index.open("sqlite://")

    def grow(self, gone: int, rows: Sequence[Any]) -> None:
        """Take back and mine what the chain's twin did; the index follows."""
        if gone:
            self._chain.fork(gone)
        for row in rows:
            logs = row.transaction.logs if row.transaction is not None and row.failure is None else ()
            self._chain.mine(*(log.event for log in logs))
        self._index.follow(self._chain.rpc, self._chain.deployment)

    def equals_rebuild(self) -> bool:
        """Return whether the index has the rows of one that reads the chain from nothing."""
        with Index.open("sqlite://") as fresh:
            fresh.follow(self._chain.rpc, self._chain.deployment)
            return list(fresh.dump()) == list(self._index.dump())


@lru_cache(maxsize=64)
def _consent(document: bytes) -> ConsentDocument:
    return read_padded_consent(document)


def _end_of(world: Any, patient: Address) -> Address:
    last = patient
    while (following := world.successor(last)) != ZERO_ADDRESS:
        last = following
    return last
