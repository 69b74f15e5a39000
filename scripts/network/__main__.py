"""The commands of the network on one machine; what `make network` and `make network-down` call.

    python3 -m scripts.network up         start everything that does not run, walk the whole road, say where it answers
    python3 -m scripts.network status     what runs
    python3 -m scripts.network down       stop all of it; with --delete forget it too
    python3 -m scripts.network drill      break parts of the network that runs, and write docs/drills.md; names run some
    python3 -m scripts.network programs   only build what is missing

`--folder` is where its state is kept, .network in this tree by default. Exit code 1: it failed, and why; 2: this
machine lacks something, which is named with its remedy.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.network.command_line import Refusal
from scripts.network.consortium import Consortium, Progress
from scripts.network.drills.faults import FAULTS
from scripts.network.drills.table import PAGE, page, run, table
from scripts.network.errors import MissingProgramsError, NetworkError
from scripts.network.folder import BASE_PORT, Folder, Ports
from scripts.network.node_rpc import NOT_YET, block
from scripts.network.pairs import NUMBERS
from scripts.network.programs import ROOT, ensure

FOLDER = ROOT / ".network"


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def up(folder: Folder, base_port: int, *, road: bool) -> None:
    """Start the network and walk the road."""
    tell = Progress(say)
    programs = ensure(tell)
    consortium = Consortium.at(folder, tell, programs)
    with consortium.alone():
        consortium.start(Ports(base=base_port))
        if road:
            walked = consortium.road()
            tell(f"the whole road is walked in {walked.seconds:.0f} s: {walked.patient} is {walked.address}")
            consortium.wait_final_after()
    say("\n".join(["", *consortium.urls(), "", "make network-down stops all of it."]))


def status(folder: Folder) -> None:
    """Say what runs."""
    consortium = Consortium.at(folder, say)
    folder.read()
    for number in NUMBERS:
        try:
            heads = [str(block(consortium.pairs.rpc(number), tag).number) for tag in ("latest", "finalized")]
        except NOT_YET as error:
            heads = [f"no answer: {error}"]
        say(f"pair {number}: {' final '.join(heads)}")
    say(f"running: {', '.join(consortium.processes.names()) or 'nothing'}")


def down(folder: Folder, *, delete: bool) -> None:
    """Stop the network."""
    consortium = Consortium.at(folder, say)
    if not folder.exists:
        say(f"no network is in {folder.place}")
        return
    before = len(consortium.processes.names())
    consortium.stop()
    say(f"{before} processes were stopped; none is left")
    if delete:
        shutil.rmtree(folder.place)


def drill(folder: Folder, names: Sequence[str]) -> bool:
    """Run drills on the network that runs; return whether everything held. Only a run of all writes the page."""
    base, tell = folder.read().ports.base, Progress(say)
    consortium = Consortium.at(folder, tell, ensure(tell))
    with consortium.alone():
        consortium.start(Ports(base=base))
        rows = run(consortium, names, tell)
    say(f"\n{table(rows)}")
    if not names:
        PAGE.write_text(page(rows, dt.datetime.now(dt.UTC).date()))
    return all(row.held.good for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="python3 -m scripts.network", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", choices=("up", "status", "down", "drill", "programs"))
    parser.add_argument("names", nargs="*", help="of drills; all of them by default")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the network's state is")
    parser.add_argument("--base-port", type=int, default=BASE_PORT, help="the first of some 215 ports")
    parser.add_argument("--no-road", action="store_true", help="only start everything")
    parser.add_argument("--delete", action="store_true", help="forget the chain and everything else as well")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in FAULTS]:
        parser.error(f"no drill is called {', '.join(unknown)}; there are {', '.join(FAULTS)}.")
    folder = Folder(given.folder)
    # So that a start that is told to end stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        match given.command:
            case "up":
                up(folder, given.base_port, road=not given.no_road)
            case "status":
                status(folder)
            case "down":
                down(folder, delete=given.delete)
            case "drill":
                return 0 if drill(folder, given.names) else 1
            case _:
                for name, path in ensure(Progress(say)).paths.items():
                    say(f"{name}: {path}")
    except MissingProgramsError as error:
        print(error, file=sys.stderr)
        return 2
    except (NetworkError, Refusal) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
