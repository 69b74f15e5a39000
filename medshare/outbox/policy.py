"""How patient the outbox is, and how much it offers."""

from __future__ import annotations

from dataclasses import dataclass

GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When a transaction is replaced by the same one at a higher fee, and when waiting ends.

    `replace_after` is the number of blocks for which the next transaction of an account waits at one price.
    `most_fee` is the most wei for a unit of gas that is ever offered: whoever can hold transactions back
    must not empty the account. `patience` is the number of seconds for which whoever acts waits for the
    block; afterwards the act goes on without them. `poll` and `slowest_poll` are the seconds between two looks.
    """

    replace_after: int = 3
    most_fee: int = 500 * GWEI
    patience: float = 120.0
    poll: float = 0.02
    slowest_poll: float = 1.0
