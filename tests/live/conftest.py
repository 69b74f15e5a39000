"""One network for the session: the one that runs in .network, or one of our own that ends with the tests.

Its progress goes to reports/live-network.log, so that a start that fails can be read.
"""

from __future__ import annotations

import shutil

import pytest

from scripts.network.__main__ import FOLDER
from scripts.network.consortium import Consortium, Progress
from scripts.network.folder import BASE_PORT, Folder, Ports
from scripts.network.programs import ROOT, ensure
from scripts.network.road import Road, next_patient

OWN = ROOT / ".network-live"


@pytest.fixture(scope="session")
def consortium():
    """A network that runs: four pairs, four Kubo nodes, four gateways, PostgreSQL and Prometheus."""
    reports = ROOT / "reports"
    reports.mkdir(exist_ok=True)
    with (reports / "live-network.log").open("a") as log:

        def write(line: str) -> None:
            log.write(f"{line}\n")
            log.flush()

        tell = Progress(write)
        programs = ensure(tell)
        found = Consortium.at(Folder(FOLDER), tell, programs)
        if found.folder.exists and found.processes.names():
            with found.alone():
                found.start(Ports(base=BASE_PORT))  # what does not run of it
                yield found
            return
        own = Consortium.at(Folder(OWN), tell, programs)
        own.stop()  # what an interrupted run left
        shutil.rmtree(OWN, ignore_errors=True)
        with own.alone():
            own.start(Ports(base=BASE_PORT))
            try:
                yield own
            finally:
                own.stop()
        shutil.rmtree(OWN)


@pytest.fixture(scope="session")
def new_road(consortium):
    """A road of a patient that nobody has met, to be walked step by step."""

    def make() -> Road:
        state = consortium.folder.change(roads=consortium.folder.read().roads + 1)
        return Road(
            consortium.institutions.medshare,
            next_patient(state.roads),
            rpc=consortium.pairs.rpc(1),
            deployment=consortium.institutions.deployment,
            tell=consortium.tell,
        )

    return make
