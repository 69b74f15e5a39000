"""The whole road on real nodes: four institutions, each with its own chain, Kubo, database and gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from medshare.deployment import file
from medshare.store import cid_of
from medshare.store.kubo import KuboStore
from scripts.network.folder import INSTITUTIONS
from scripts.network.institutions import number_of
from scripts.network.node_rpc import block, call
from scripts.network.pairs import NUMBERS

pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter is no longer needed:FutureWarning")


@pytest.fixture(scope="module")
def bodies(consortium):
    """What lies pinned on every Kubo node before and after one road, by institution."""
    stores = {name: KuboStore(consortium.swarm.multiaddress(number_of(name))) for name in INSTITUTIONS}
    before = {name: set(store.list()) for name, store in stores.items()}
    walked = consortium.road()
    after = {name: set(store.list()) - before[name] for name, store in stores.items()}
    return stores, after, walked


def test_the_whole_road_is_walked_by_commands(bodies):
    """Each step checks its own claim: enrolled, confirmed by three, asked, consented, read, seen, refused, erased."""
    _, _, walked = bodies
    assert len(walked.leaves) > 10
    assert 0 < walked.read < len(walked.leaves)
    assert walked.erased


def test_real_nodes_name_every_body_as_the_embedded_store_does(bodies):
    stores, after, walked = bodies
    assert len(after["city"]) == len(walked.leaves) - 1
    for cid in after["city"]:
        assert cid_of(stores["city"].get(cid).read()) == cid


def test_those_who_confirmed_keep_what_they_confirmed(bodies):
    _, after, _ = bodies
    for name in INSTITUTIONS[1:]:
        assert after["city"] <= after[name]


def test_what_was_erased_nobody_keeps_once_they_have_heard_of_it(consortium, bodies):
    stores, after, _ = bodies
    for name in INSTITUTIONS[1:]:
        consortium.institutions.medshare(name, "sync", "--yes")
        assert after[name] & set(stores[name].list()) == after["city"]


def test_every_pair_tells_the_same_story(consortium):
    """Every contract stands on each institution's own node, and all have one block at the height that all have."""
    height = consortium.pairs.agree()
    urls = [consortium.pairs.rpc(number) for number in NUMBERS]
    assert len({block(url, height).hash for url in urls}) == 1
    deployment = file.load(Path(consortium.institutions.deployment))
    codes = {
        place: {call(url, "eth_getCode", place, "latest") for url in urls} for place in deployment.addresses.values()
    }
    assert all(len(found) == 1 and "0x" not in found for found in codes.values())


def test_prometheus_hears_every_gateway(consortium):
    consortium.monitoring.wait()
    assert consortium.monitoring.answering() == len(INSTITUTIONS)
