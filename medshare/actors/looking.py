"""Who looked: the log of every gateway, judged against the agent's memory and the anchors on the chain.

What is wrong comes back as findings with their evidence; whoever must not go on with a broken log
raises the first grave one (`who_looked`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from medshare import canonical_json
from medshare.actors.network import DOOR_FAULTS
from medshare.audit.chain import ChainAnchors
from medshare.audit.findings import Fault, Finding
from medshare.audit.forms import signed_json, signed_of
from medshare.audit.judging import (
    Entry,
    Line,
    check,
    judge_answers,
    judge_line,
    judge_memory,
    judge_proof,
    judge_tag,
    judge_time,
)
from medshare.audit.signatures import settled
from medshare.audit.trees import LineProof, Presence
from medshare.audit.values import HandedTag
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import PURPOSES
from medshare.consent.slots import SLOTS, category_at
from medshare.errors import UnreachableError
from medshare.gateway.values import Logged
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.keys.state import SeenReceipts, SeenTag
from medshare.release.receipts import RELEASED
from medshare.release.rule import OWN_SLOT, REQUEST_LIFE, Ground
from medshare.signed import Signed
from medshare.typed_data import Message, ReadRequest, Tag

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway.door import Door

T = TypeVar("T")

ASKED = "asked:"
"""Notes of the agent's own questions that have no receipt yet, under gateway and digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One line: who, for whom, what, why, allowed by which consent, or why refused.

    `category` is None for a list, for the patient's own look, and where the slot is a decoy.
    """

    at: int
    gateway: Address
    number: int
    accessor: Address
    grantee: Address
    category: Category | None
    purpose: str
    consent_id: Bytes32
    ground: Ground
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one gateway logged about one address, and what is wrong with it; no log where it did not answer."""

    door: Door
    patient: Address
    log: tuple[Logged, ...]
    findings: tuple[Finding, ...]


def who_looked(agent: Agent) -> tuple[Looked, ...]:
    """Return every line of every gateway, oldest first, and remember how far it was read.

    Raises:
        The errors of `medshare.audit.errors`: A gateway dropped, moved, rewrote or forged a receipt.
    """
    checked = look(agent)
    check([finding for one in checked for finding in one.findings])
    consents = {consent.consent_id: consent for consent in agent.consents()}
    lines = [looked_of(logged, consents) for one in checked for logged in one.log if is_read(logged)]
    return tuple(sorted(lines, key=lambda line: (line.at, line.gateway, line.number)))


def look(agent: Agent) -> tuple[Checked, ...]:
    """Ask every gateway for its log of every address of the patient, and judge each."""
    anchors = ChainAnchors.read(agent.ledger)
    return tuple(one for door in agent.doors for one in look_at(agent, door, anchors))


def look_at(agent: Agent, door: Door, anchors: ChainAnchors) -> tuple[Checked, ...]:
    """Ask one gateway for its log of every address of the patient, and judge each."""
    return tuple(_look(agent, door, patient, anchors) for patient in agent.addresses)


def note_asked(agent: Agent, request: Signed[ReadRequest]) -> None:
    """Remember a question of the agent's own until its receipt was seen."""
    text = canonical_json.dumps(signed_json(request)).decode()
    agent.note(f"{ASKED}{request.message.gateway}:{to_hex(request.digest(agent.domains))}", text)


def is_read(logged: Logged) -> bool:
    """Return whether somebody asked to read; the other lines are the patient's own refusals."""
    return isinstance(logged.asked.message, ReadRequest)


def looked_of(logged: Logged, consents: dict[Bytes32, ConsentDocument]) -> Looked:
    """Return the line of one receipt of a read, with what the patient's consents say of its slot."""
    receipt, asked = logged.receipt.message, logged.asked.message
    if not isinstance(asked, ReadRequest):
        raise TypeError(type(asked).__name__)
    consent = consents.get(asked.consent_id)
    in_map = consent is not None and asked.slot < SLOTS and asked.leaf != ZERO_32
    return Looked(
        at=receipt.at,
        gateway=receipt.gateway,
        number=receipt.seq,
        accessor=asked.accessor,
        grantee=consent.grantee if consent else logged.grantee,
        category=category_at(consent.nonce, asked.slot) if in_map and consent else None,
        purpose="" if asked.slot == OWN_SLOT else PURPOSES[asked.purpose] if asked.purpose < len(PURPOSES) else "",
        consent_id=asked.consent_id,
        ground=Ground(receipt.reason),
        count=receipt.count,
    )


def line_of(door: Door, patient: Address, log: tuple[Logged, ...]) -> Line:
    """Return what a gateway handed over, as it is judged."""
    entries = tuple(Entry(receipt=one.receipt, asked=one.asked, leaves=one.leaves) for one in log)
    return Line(gateway=door.address, patient=patient, entries=entries)


def whole_log(door: Door, asked: Signed[ReadRequest]) -> tuple[Logged, ...]:
    """Return a whole line: its newest page answers the question, older ones are asked for down to number 1."""
    log = door.counter.log(asked)
    while log and (first := log[0].receipt.message.seq) > 1:  # [B-037]
        older = door.counter.lines(asked.message.patient, until=first - 1)
        if not older or older[0].receipt.message.seq >= first:
            break  # the judge names what is missing
        log = older + log
    return log


def _look(agent: Agent, door: Door, patient: Address, anchors: ChainAnchors) -> Checked:
    asked = agent.own_request(door, patient=patient)
    try:
        log = whole_log(door, asked)
    except DOOR_FAULTS as error:
        agent.faults[door.url] = error.code
        unanswered = line_of(door, patient, ()).finding(Fault.UNANSWERED, 0, error.code, asked)  # [B-035]
        return Checked(door=door, patient=patient, log=(), findings=(unanswered,))
    line = line_of(door, patient, log)
    found = [
        *settled(judge_line(line, agent.domains), agent.domains, agent.ledger),
        *_against_memory(agent, line, asked),
    ]
    found += _against_anchors(agent, door, line, anchors)
    found += _vanished(agent, line)
    found += _unanswered(agent, line)
    if not any(finding.fault.grave for finding in found):
        _remember(agent, line)
    return Checked(door=door, patient=patient, log=log, findings=tuple(found))


def _against_memory(agent: Agent, line: Line, asked: Signed[ReadRequest]) -> list[Finding]:
    """Judge the line against what was seen before, and against the very question that it answers."""
    found: list[Finding] = []
    # The line has this very question: an older one would hide who looked since.
    if judge_answers(line, [asked], agent.domains):
        number = max((entry.receipt.message.seq for entry in line.entries), default=0) + 1
        found.append(line.finding(Fault.DROPPED, number, "the question just asked has no receipt", asked))
    seen = _seen(agent, line)
    if seen is not None:
        found += judge_memory(line, number=seen.seq, digest=seen.digest, domains=agent.domains)
    return found


def _against_anchors(agent: Agent, door: Door, line: Line, anchors: ChainAnchors) -> list[Finding]:
    """Judge the line against the newest anchor of its gateway, and the gateway's tag against the one seen first."""
    newest = len(anchors.of(door.address))
    anchor = anchors.anchor(door.address, newest) if newest else None
    anchored = 0
    found: list[Finding] = []
    tag = _tag(agent, door, line, found)
    if tag is not None and anchor is not None:
        proof = _proof(door, line, anchor.period.head, found)
        if proof is not None:
            found += judge_proof(line, tag, anchor, proof, agent.domains)
            anchored = proof.number if isinstance(proof, Presence) else 0
    return [
        *found,
        *judge_time(
            line,
            anchored=anchored,
            newest=anchor,
            now=agent.ledger.head().time,
            anchor_seconds=agent.ledger.deployment.anchor_seconds,
        ),
    ]


def _tag(agent: Agent, door: Door, line: Line, found: list[Finding]) -> HandedTag | None:
    handed = _asked_for(lambda: door.audit.tag(line.patient), line, found)
    if handed is None:
        return None
    seen = next((row for row in agent.state.tags if (row.gateway, row.patient) == (line.gateway, line.patient)), None)
    faults = judge_tag(line, handed, _signed_tag(seen) if seen else None, agent.domains)
    found += faults
    if seen is None and not faults:
        row = SeenTag(
            gateway=line.gateway,
            patient=line.patient,
            tag=handed.signed.message.tag,
            key=handed.key,
            at=handed.signed.message.at,
            signature=handed.signed.signature,
        )
        agent.state = replace(agent.state, tags=(*agent.state.tags, row))
    return None if faults else handed


def _proof(door: Door, line: Line, head: Bytes32, found: list[Finding]) -> LineProof | None:
    return _asked_for(lambda: door.audit.prove(line.patient, head), line, found)


def _asked_for(ask: Callable[[], T], line: Line, found: list[Finding]) -> T | None:
    """Return what a gateway must be able to show; where it says that it cannot, that is a finding."""
    try:
        return ask()
    except UnreachableError as error:
        found.append(line.finding(Fault.UNANSWERED, 0, error.code))  # [B-035]
    except DOOR_FAULTS as error:
        found.append(line.finding(Fault.WITHHELD, 0, error.code))  # [B-016]
    return None


def _signed_tag(row: SeenTag) -> Signed[Message]:
    message = Tag(gateway=row.gateway, patient=row.patient, tag=row.tag, at=row.at)
    return Signed(message=message, signer=row.gateway, signature=row.signature)


def _unanswered(agent: Agent, line: Line) -> list[Finding]:
    """Forget the own questions that have a receipt; report those that had time enough to get one."""
    found: list[Finding] = []
    for name, text in list(agent.state.notes.items()):
        if not name.startswith(f"{ASKED}{line.gateway}:"):
            continue
        request = signed_of(canonical_json.loads(text.encode()), ReadRequest)
        if request.message.patient != line.patient:
            continue
        faults = judge_answers(line, [request], agent.domains)
        if not faults:
            agent.forget_note(name)
        elif agent.clock.now() >= request.message.at + REQUEST_LIFE:
            found += faults
    return found


def _vanished(agent: Agent, line: Line) -> list[Finding]:
    """Name the releases under a grant that a reorganisation took back: what was read stays read."""
    consents = {consent.consent_id: consent for consent in agent.consents()}
    stands: dict[Bytes32, bool] = {}
    found: list[Finding] = []
    for entry in line.entries:
        receipt, asked = entry.receipt.message, entry.asked.message
        consent = consents.get(asked.consent_id) if isinstance(asked, ReadRequest) else None
        if consent is None or receipt.decision != RELEASED:
            continue
        if consent.consent_id not in stands:
            slot = agent.ledger.consent_of(consent.patient, consent.grantee, consent.terms)
            stands[consent.consent_id] = slot.granted or slot.revoked
        if not stands[consent.consent_id]:  # [B-038]
            found.append(line.finding(Fault.VANISHED, receipt.seq, to_hex(consent.consent_id), entry.asked))
    return found


def _seen(agent: Agent, line: Line) -> SeenReceipts | None:
    rows = (row for row in agent.state.receipts if (row.gateway, row.patient) == (line.gateway, line.patient))
    return next(rows, None)


def _remember(agent: Agent, line: Line) -> None:
    last = line.entries[-1].receipt
    row = SeenReceipts(
        gateway=line.gateway, patient=line.patient, seq=last.message.seq, digest=last.digest(agent.domains)
    )
    seen = _seen(agent, line)
    others = tuple(one for one in agent.state.receipts if one != seen)
    agent.state = replace(agent.state, receipts=(*others, row))
