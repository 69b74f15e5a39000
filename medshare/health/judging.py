"""Which figure needs somebody: the limits, and the rule. Each limit stands here alone; alerts repeat none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from medshare.errors import MedShareError
from medshare.health.errors import (
    ErasuresUnanswered,
    HeadStale,
    NotFinalising,
    OutboxStuck,
    ReadsWithoutConsent,
    ReceiptsNotAnchored,
    RelayPoor,
)
from medshare.health.figures import Health
from medshare.ledger import DeploymentInfo
from medshare.outbox.differences import STOPPED_SECONDS
from medshare.relay_budget import SHUTTING

DAY: Final = 86_400
ETHER: Final = 10**18
UNFINALISED_BLOCKS: Final = 128
"""Four epochs of 32 slots: two are always open, and a third while its votes come in."""
ANSWER_SECONDS: Final = 2 * DAY
"""A holder that synchronises daily has answered an erasure by then."""
RESERVE_GAS: Final = SHUTTING.gas
"""Gas that a relay must be able to pay: what it carries in a day for one patient to shut doors."""


class State(IntEnum):
    """What a figure means. The numbers are those of the metric `medshare_status`."""

    RIGHT = 0
    NAG = 1
    """It works, and will hurt later."""
    FAULT = 2
    UNKNOWN = 3
    """Its source did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that matters: its name, the figure, its state, and what is wrong if it is not right."""

    name: str
    figure: int | None
    state: State
    error: MedShareError | None = None


def judge(health: Health, deployment: DeploymentInfo) -> tuple[Point, ...]:
    """Return a point for each thing that matters, in the order in which somebody should look at them."""
    rules = (
        ("reads-without-consent", health.reads_without_consent, State.FAULT, _reads),
        ("head-age", health.head_age, State.FAULT, _head),
        ("unfinalised", health.unfinalised, State.FAULT, _final),
        ("receipts-unanchored", health.receipts_unanchored, State.FAULT, _receipts),
        ("outbox-age", health.outbox_age, State.FAULT, _outbox),
        ("relay-balance", health.relay_balance, State.FAULT, _relay),
        ("erasures-unanswered", health.erasures_unanswered, State.NAG, _erasures),
    )
    return tuple(_point(name, figure, worst, rule, health, deployment) for name, figure, worst, rule in rules)


Rule = Callable[[Health, DeploymentInfo, int], MedShareError | None]


def _point(
    name: str, figure: int | None, worst: State, rule: Rule, health: Health, deployment: DeploymentInfo
) -> Point:
    if figure is None:
        return Point(name=name, figure=None, state=State.UNKNOWN)
    error = rule(health, deployment, figure)
    return Point(name=name, figure=figure, state=State.RIGHT if error is None else worst, error=error)


def _reads(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del health, deployment
    return ReadsWithoutConsent(count=figure) if figure else None  # [OP-002]


def _head(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del health
    most = deployment.head_max_age
    return HeadStale(age=figure, most=most) if figure > most else None


def _final(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del health, deployment
    return NotFinalising(blocks=figure, most=UNFINALISED_BLOCKS) if figure > UNFINALISED_BLOCKS else None


def _receipts(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    age, most = health.receipts_unanchored_age or 0, deployment.anchor_seconds
    return ReceiptsNotAnchored(count=figure, age=age, most=most) if age > most else None


def _outbox(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del deployment
    return OutboxStuck(count=health.outbox_waiting, age=figure) if figure > STOPPED_SECONDS else None


def _relay(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del deployment
    needed = reserve(health)
    if needed is None or figure >= needed:
        return None
    return RelayPoor(balance=f"{figure / ETHER:.4f}", needed=f"{needed / ETHER:.4f}")


def _erasures(health: Health, deployment: DeploymentInfo, figure: int) -> MedShareError | None:
    del deployment
    age = health.erasures_unanswered_age or 0
    return ErasuresUnanswered(count=figure, days=age // DAY) if age > ANSWER_SECONDS else None


def reserve(health: Health) -> int | None:
    """Return the wei that the gateway's account should hold at the least, at the price of now."""
    return None if health.relay_fee is None else health.relay_fee * RESERVE_GAS
