"""Read a live deployment and check it: code, addresses, roles, settings, no deployer power left.

    brownie run check_deployment main [FILE] --network NAME
    python scripts/check_deployment.py --node URL [--file FILE]

Sends nothing. Exit code 0 when all is right; otherwise it names the first thing that is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from medshare.deployment import file
from medshare.deployment.check import Finding, check
from medshare.errors import MedShareError
from medshare.ledger.chain.rpc import Rpc


def run(rpc: Rpc, *, path: Path | None = None, tell: Callable[[str], None] = print) -> tuple[Finding, ...]:
    """Check the deployment in the file at `path` against the node, and return what was found right.

    Raises:
        MedShareError: The first thing that is wrong.
    """
    path = path or file.default_path(rpc.chain_id())
    deployment = file.load(path)
    tell(f"Chain {deployment.chain_id} at {rpc.place}, deployment file {path}.")
    findings = check(rpc, deployment, tell=lambda one: tell(f"  {one.contract}: {one.what} is {one.found}"))
    tell(f"{len(findings)} things are as they must be. The deployer holds no power.")
    return findings


def main(path: str | None = None) -> tuple[Finding, ...]:
    """Check from `brownie run` or the Brownie console."""
    from scripts.deploy import brownie_rpc, said_plainly

    return said_plainly(run)(brownie_rpc(), path=Path(path) if path else None)


def command_line(arguments: list[str]) -> int:
    """Check without Brownie; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--node", required=True, help="the node's JSON-RPC address")
    parser.add_argument("--file", type=Path, help="the deployment file")
    options = parser.parse_args(arguments)
    try:
        run(Rpc.http(options.node), path=options.file)
    except MedShareError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(command_line(sys.argv[1:]))
