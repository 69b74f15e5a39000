"""The demo, played in this process: every claim holds, and each has a name of its own and evidence."""

from __future__ import annotations

from medshare.demo.__main__ import play
from medshare.demo.faults import FAULTS


def test_every_claim_of_the_demo_holds_and_shows_its_evidence() -> None:
    checks = play("", quiet=True)
    names = [claim.name for claim in checks.claims]
    assert [claim.name for claim in checks.claims if not claim.passed] == []
    assert len(names) == len(set(names)) >= 30
    assert all(claim.evidence for claim in checks.claims)
    assert set(FAULTS.values()) <= set(names)
