"""Asks the JavaScript reference packages, through `reference.mjs`."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

PROGRAM = pathlib.Path(__file__).with_name("reference.mjs")


def ask(**request: Any) -> dict[str, Any]:
    """Return the answer to one request."""
    done = subprocess.run(
        ["node", str(PROGRAM)], input=json.dumps(request), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout)
