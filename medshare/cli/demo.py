"""`medshare demo`: the whole story on a fresh local chain."""

from __future__ import annotations

import os
from dataclasses import dataclass

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResult:
    """One claim of the story: whether it holds, and by what."""

    name: str
    passed: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the story claimed. `fault` names the one that was planted by DEMO_FAULT, if any."""

    fault: str
    assertions: tuple[ClaimResult, ...]

    @property
    def exit_code(self) -> int:
        """6 when a claim does not hold."""
        return 0 if all(claim.passed for claim in self.assertions) else 6

    def show(self, page: Page) -> None:
        """Say nothing: the story was told while it was played."""
        del page


@command(app, examples=("medshare demo", "medshare demo --json"))
def demo(session: Session) -> DemoResult:
    """Play the whole story on a fresh local chain; needs Anvil, and no home."""
    from medshare.demo.__main__ import play
    from medshare.demo.faults import check_fault

    fault = os.environ.get("DEMO_FAULT", "")
    checks = play(check_fault(fault), quiet=session.options.json)
    return DemoResult(
        fault=fault,
        assertions=tuple(ClaimResult(name=one.name, passed=one.passed, evidence=one.evidence) for one in checks.claims),
    )
