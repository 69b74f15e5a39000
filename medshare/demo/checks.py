"""What the demo asserts: each claim once, by name, with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medshare.errors import MedShareError


@dataclass(frozen=True, slots=True)
class Claim:
    """One assertion and what shows it: a transaction, a receipt's digest, a count."""

    name: str
    passed: bool
    evidence: str


class Checks:
    """Collects claims and tells each as it is made."""

    def __init__(self, tell: Callable[[Claim], None]) -> None:
        self._tell = tell
        self.claims: list[Claim] = []

    def claim(self, name: str, holds: bool, evidence: object) -> None:  # noqa: FBT001 (the claim is the point)
        """Assert that something holds."""
        claim = Claim(name, bool(holds), str(evidence))
        self.claims.append(claim)
        self._tell(claim)

    def fails(self, name: str, act: Callable[[], object], *expected: type[MedShareError]) -> MedShareError | None:
        """Assert that `act` raises one of `expected`; return the error."""
        try:
            act()
        except expected as error:
            self.claim(name, True, f"{type(error).__name__}: {error}")
            return error
        self.claim(name, False, "nothing was refused")
        return None

    @property
    def all_hold(self) -> bool:
        """Whether every claim so far holds."""
        return all(claim.passed for claim in self.claims)
