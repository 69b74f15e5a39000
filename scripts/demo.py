"""Play the whole story on a chain of its own: `brownie run demo main`."""

from __future__ import annotations

from medshare.demo.__main__ import run


def main(fault: str = "") -> int:
    """Tell the story and check every claim; return 0 when all hold. `fault` plants one."""
    return run(fault, as_json=False)
