"""`python -m medshare.demo [--json]`; `DEMO_FAULT` plants one of twelve faults."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict

from medshare.demo import ending, story
from medshare.demo.checks import Checks
from medshare.demo.faults import check_fault
from medshare.demo.stage import set_up
from medshare.demo.voice import Voice
from medshare.errors import MedShareError

CHAPTERS = (
    story.open_the_doors,
    story.seal_the_charts,
    story.ask_and_answer,
    story.read_what_was_granted,
    story.doors_that_stay_shut,
    story.tampering,
    story.amendment,
    ending.who_looked,
    ending.research,
    ending.wrong_patient,
    ending.revocation,
    ending.lost_device,
    ending.erasure,
    ending.outsider,
)


def play(fault: str, *, quiet: bool) -> Checks:
    """Play the whole story and return what was claimed."""
    voice = Voice(quiet=quiet)
    checks = Checks(voice.claim)
    start = time.monotonic()
    with set_up(fault) as stage:
        telling = story.Telling(stage=stage, checks=checks, voice=voice)
        for chapter in CHAPTERS:
            chapter(telling)
    held = sum(claim.passed for claim in checks.claims)
    voice.say(f"\n{held} of {len(checks.claims)} claims hold, {time.monotonic() - start:.0f} s.")
    return checks


def run(fault: str, *, as_json: bool) -> int:
    """Play the story, print what was claimed, and return the exit code.

    Raises:
        NoSuchFault, AnvilMissing, AnvilFailed: It cannot begin.
    """
    checks = play(check_fault(fault), quiet=as_json)
    if as_json:
        print(json.dumps({"fault": fault, "assertions": [asdict(claim) for claim in checks.claims]}, indent=1))
    return 0 if checks.all_hold else 6


def main() -> int:
    """Run the demo; 0 only if every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m medshare.demo", description="The whole story on a local chain.")
    parser.add_argument("--json", action="store_true", help="print every assertion with its evidence as JSON")
    arguments = parser.parse_args()
    try:
        return run(os.environ.get("DEMO_FAULT", ""), as_json=arguments.json)
    except MedShareError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
