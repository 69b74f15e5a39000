"""What a regulator oversees: every gateway's handed periods against the chain, gathered once.

Only what a gateway gives a regulator is asked for, and no category and no consent document is part of it
(`medshare.audit.overseeing` judges).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from medshare.audit.anchors import Anchor
from medshare.audit.chain import ChainAnchors, block_of_receipt
from medshare.audit.findings import Fault
from medshare.audit.overseeing import (
    WHY_TEXTS,
    BrokenPeriod,
    Disclosure,
    GatewayLog,
    LateAnchor,
    Questioned,
    UnansweredErasure,
    Unproven,
    disclosure_of,
    held_back,
    late_anchors,
    questioned,
    refusals,
    unanswered,
    unproven,
)
from medshare.audit.signatures import is_signed, judge_on_chain
from medshare.audit.standing import KINDS, standings
from medshare.audit.values import HandedErasure, HandedPeriod, HandedReceipt
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway.door import Door
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import Block, Ledger, Role
from medshare.ledger.events import Log, StaffAdded, StaffRemoved
from medshare.release.receipts import RELEASED
from medshare.release.rule import Ground
from medshare.typed_data import ReadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """What was found, oldest first.

    `asked` are the gateways that answered, `silent` those that the chain knows and that did not, or that nobody
    named: nothing is said of their receipts. `periods` and `receipts` count what was handed over.
    """

    asked: tuple[Address, ...]
    silent: tuple[Address, ...]
    periods: int
    receipts: int
    disclosures: tuple[Disclosure, ...]
    refusals: Mapping[Ground, int]
    broken: tuple[BrokenPeriod, ...]
    late: tuple[LateAnchor, ...]
    unanswered: tuple[UnansweredErasure, ...]
    questioned: tuple[Questioned, ...]
    unproven: tuple[Unproven, ...]

    @property
    def without_consent(self) -> tuple[Disclosure, ...]:
        """The reads that the chain did not allow: there must be none."""
        return tuple(one for one in self.disclosures if not one.allowed)


@dataclass(kw_only=True)
class _Gathered:
    """What the gateways gave so far."""

    asked: list[Address] = field(default_factory=list)
    periods: int = 0
    receipts: list[HandedReceipt] = field(default_factory=list)
    broken: list[BrokenPeriod] = field(default_factory=list)
    late: list[LateAnchor] = field(default_factory=list)
    erasures: dict[Address, Sequence[HandedErasure]] = field(default_factory=dict)
    questioned: list[Questioned] = field(default_factory=list)
    unproven: list[Unproven] = field(default_factory=list)


def oversee(ledger: Ledger, doors: Iterable[Door]) -> Oversight:
    """Ask every gateway for its periods and erasures, and hold them against the chain.

    Args:
        ledger: The regulator's own chain.
        doors: The gateways, in the name of a regulator.

    Raises:
        AnchorBroken: The node tells a chain of anchors that the contract cannot have.
    """
    anchors = ChainAnchors.read(ledger)
    logs = list(ledger.events(kinds=KINDS))
    found = _Gathered()
    for door in doors:
        try:
            _take(found, door, ledger, anchors)
        except UnreachableError:
            continue  # it is among the silent
        found.asked.append(door.address)
    known = _gateways(logs)
    for gateway in sorted({*known, *anchors.logs}):
        found.late += _late(gateway, known.get(gateway), ledger, anchors)
    return Oversight(
        asked=tuple(found.asked),
        silent=tuple(sorted({one for one in (*known, *anchors.logs) if one not in found.asked})),
        periods=found.periods,
        receipts=len(found.receipts),
        disclosures=_disclosures(ledger, logs, found.receipts),
        refusals=refusals(found.receipts),
        broken=tuple(found.broken),
        late=tuple(found.late),
        unanswered=unanswered(found.erasures, _staff(logs), lambda word: is_signed(word, ledger)),
        questioned=tuple(found.questioned),
        unproven=tuple(found.unproven),
    )


def _take(found: _Gathered, door: Door, ledger: Ledger, anchors: ChainAnchors) -> None:
    """Take in what one gateway hands over."""
    domains, gateway = ledger.deployment.domains, door.address
    log = GatewayLog(gateway=gateway, domains=domains)
    for period in anchors.of(gateway):
        try:
            handed: HandedPeriod = door.audit.hand_over(period.number)
        except UnreachableError:
            raise
        except MedShareError as error:  # [B-026]
            found.broken.append(BrokenPeriod(gateway=gateway, number=period.number, why=error.code))
            continue
        found.broken += log.take(handed, period)
        found.late += held_back(
            handed, anchors.anchor(gateway, period.number), anchor_seconds=ledger.deployment.anchor_seconds
        )
        found.questioned += questioned(handed, lambda word: is_signed(word, ledger))
        for said, one in unproven(handed, gateway, domains):
            fault = judge_on_chain(one.asked, domains, ledger, one.receipt.message.block)
            if fault is Fault.FORGED:  # [B-026]
                found.broken.append(BrokenPeriod(gateway=gateway, number=period.number, why=WHY_TEXTS["forged"]))
            elif fault is not None:
                found.unproven.append(said)
        found.receipts += handed.receipts
        found.periods += 1
    try:
        found.erasures[gateway] = door.audit.erasures()
    except UnreachableError:
        raise
    except MedShareError as error:  # [B-034]
        found.broken.append(BrokenPeriod(gateway=gateway, number=0, why=error.code))


def _disclosures(ledger: Ledger, logs: list[Log], receipts: list[HandedReceipt]) -> tuple[Disclosure, ...]:
    by_block: dict[Block, list[HandedReceipt]] = {}
    blocks: dict[Bytes32, Block] = {}
    for one in receipts:
        message = one.receipt.message
        if message.decision != RELEASED or not isinstance(one.asked.message, ReadRequest):
            continue
        if message.block not in blocks:
            blocks[message.block] = block_of_receipt(ledger, message)
        by_block.setdefault(blocks[message.block], []).append(one)
    found = [
        disclosure_of(one, standing, block, head_max_age=ledger.deployment.head_max_age)
        for block, standing in standings(logs, by_block)
        for one in by_block[block]
    ]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.at, one.gateway, one.number)))


def _gateways(logs: Iterable[Log]) -> dict[Address, tuple[int, bool]]:
    """Return the accounts that are or were gateways: the block in which each became one, and whether it still is."""
    found: dict[Address, tuple[int, bool]] = {}
    for log in logs:
        event = log.event
        if isinstance(event, StaffAdded) and event.roles & Role.GATEWAY:
            found[event.staff] = (log.block_number, True)
        elif isinstance(event, StaffRemoved | StaffAdded) and event.staff in found:
            found[event.staff] = (found[event.staff][0], False)
    return found


def _staff(logs: Iterable[Log]) -> frozenset[tuple[Address, Address]]:
    return frozenset((log.event.institution, log.event.staff) for log in logs if isinstance(log.event, StaffAdded))


def _late(
    gateway: Address, known: tuple[int, bool] | None, ledger: Ledger, anchors: ChainAnchors
) -> tuple[LateAnchor, ...]:
    stood: list[Anchor] = [anchors.anchor(gateway, period.number) for period in anchors.of(gateway)]
    since = stood[0].time if known is None else ledger.block(known[0]).time
    still = known is not None and known[1]
    return late_anchors(
        gateway,
        stood,
        since=min(since, stood[0].time) if stood else since,
        until=ledger.head().time if still else None,
        anchor_seconds=ledger.deployment.anchor_seconds,
    )
