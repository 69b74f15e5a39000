"""What the doctor says of a Kubo node: right where it is set as it should be, and the command that mends it where not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from medshare.cli.doctor import kubo
from medshare.cli.doctor.checks import CHECKS, for_role
from medshare.cli.doctor.errors import KuboRpcOpen
from medshare.cli.frame.config import HomeRole
from medshare.errors import MedShareError
from medshare.store.errors import NodeUnreachable, NodeUntested
from medshare.store.kubo import KuboStore
from tests.unit.store.kubo_double import running_kubo

pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter is no longer needed:FutureWarning")
LOOKS = {check.name: check.look for check in CHECKS if check.kubo}


@pytest.fixture
def node():
    with running_kubo() as double:
        yield double


def session(address: str):
    return SimpleNamespace(config=SimpleNamespace(store=SimpleNamespace(kubo=address)))


def fault_of(name: str, node) -> MedShareError:
    with pytest.raises(MedShareError) as caught:
        LOOKS[name](session(node.address))
    return caught.value


def code_of(name: str, node) -> str:
    return fault_of(name, node).code


@pytest.mark.parametrize("name", LOOKS)
def test_a_node_that_is_set_as_it_should_be_is_right(name, node):
    """[ST-008] P06: a private swarm, nothing for strangers, nothing believed of the disk."""
    assert LOOKS[name](session(node.address))


def test_no_check_changes_anything(node):
    for look in LOOKS.values():
        look(session(node.address))
    assert {command for command, _ in node.requests} == {"version", "config/show", "id", "bootstrap", "repo/stat"}


@pytest.mark.parametrize(
    ("name", "path", "value", "code"),
    [
        ("kubo-hashes", "Datastore.HashOnRead", False, "doctor.kubo-trusts-its-disk"),
        ("kubo-no-fetch", "Gateway.NoFetch", False, "doctor.kubo-fetches-for-strangers"),
        ("kubo-gateway", "Addresses.Gateway", "/ip4/0.0.0.0/tcp/8080", "doctor.kubo-gateway-open"),
        ("kubo-gateway", "Addresses.Gateway", ["/ip4/127.0.0.1/tcp/1", "/ip6/::/tcp/2"], "doctor.kubo-gateway-open"),
        ("kubo-rpc", "Addresses.API", "/ip4/0.0.0.0/tcp/5001", "doctor.kubo-rpc-open"),
        ("kubo-rpc", "Addresses.API", ["/ip4/10.0.0.7/tcp/5001"], "doctor.kubo-rpc-open"),
        ("kubo-watermark", "Datastore.StorageGCWatermark", 0, "doctor.kubo-watermark"),
        ("kubo-watermark", "Datastore.StorageGCWatermark", 100, "doctor.kubo-watermark"),
        ("kubo-watermark", "Datastore.StorageGCWatermark", "90", "doctor.kubo-watermark"),
        ("kubo-from-afar", "AutoConf.Enabled", True, "doctor.kubo-configured-from-afar"),
        ("kubo-routing", "Routing.Type", "auto", "doctor.kubo-asks-public-routers"),
    ],
)
def test_each_setting_that_endangers_data_is_named_with_the_command_that_mends_it(node, name, path, value, code):
    """[ST-008] P06"""
    table, setting = path.split(".")
    node.config[table][setting] = value
    error = fault_of(name, node)
    assert error.code == code
    assert f"ipfs config {path}" in error.remedy.replace("--bool ", "").replace("--json ", "")


@pytest.mark.parametrize(
    ("name", "path", "code"),
    [
        ("kubo-hashes", "Datastore.HashOnRead", "doctor.kubo-trusts-its-disk"),
        ("kubo-no-fetch", "Gateway.NoFetch", "doctor.kubo-fetches-for-strangers"),
        ("kubo-watermark", "Datastore.StorageGCWatermark", "doctor.kubo-watermark"),
        ("kubo-from-afar", "AutoConf.Enabled", "doctor.kubo-configured-from-afar"),
        ("kubo-routing", "Routing.Type", "doctor.kubo-asks-public-routers"),
    ],
)
def test_a_setting_that_is_not_written_is_not_taken_for_right(node, name, path, code):
    """[ST-008] The node's own default counts, and endangers data."""
    table, setting = path.split(".")
    del node.config[table][setting]
    assert code_of(name, node) == code
    del node.config[table]
    assert code_of(name, node) == code


@pytest.mark.parametrize("transport", ["udp/4001/quic-v1", "udp/4001/quic-v1/webtransport", "udp/4001/webrtc-direct"])
def test_a_transport_that_no_private_swarm_has_gives_a_node_without_a_key_away(node, transport):
    """[ST-008] P06"""
    node.addresses.append(f"/ip4/127.0.0.1/{transport}/p2p/12D3KooWDouble")
    assert code_of("kubo-private", node) == "doctor.kubo-swarm-open"


@pytest.mark.parametrize("peer", ["auto", "/dnsaddr/bootstrap.libp2p.io/p2p/QmNnoo", "/dnsaddr/example.org/p2p/QmNnoo"])
def test_a_node_that_seeks_peers_of_the_public_network_is_named(node, peer):
    """[ST-008] P06: and one that seeks the consortium's own is not."""
    node.bootstrap.append("/ip4/10.0.0.8/tcp/4001/p2p/12D3KooWOther")
    assert LOOKS["kubo-bootstrap"](session(node.address)) == "1"
    node.bootstrap.append(peer)
    assert code_of("kubo-bootstrap", node) == "doctor.kubo-bootstrap"


def test_an_rpc_that_is_reached_from_another_machine_is_named_whatever_the_node_says(node, monkeypatch):
    """[ST-008] A proxy, or a port that a container publishes."""
    facts = KuboStore(node.address).facts()
    monkeypatch.setattr(kubo, "_facts", lambda _: facts)
    assert kubo.rpc(session(node.address))
    with pytest.raises(KuboRpcOpen):
        kubo.rpc(session("/ip4/10.0.0.7/tcp/5001"))


def test_a_node_that_does_not_answer_is_no_healthy_node():
    with pytest.raises(NodeUnreachable):
        kubo.hashing(session("/ip4/127.0.0.1/tcp/9"))


def test_a_full_node_is_named_before_it_collects_all_the_time(node):
    """[ST-008] R11"""
    node.size = 9 * 10**9 - 1
    assert LOOKS["kubo-room"](session(node.address))
    node.size = 9 * 10**9
    assert code_of("kubo-room", node) == "doctor.kubo-almost-full"


def test_an_untested_version_is_refused_before_its_settings_are_believed(node):
    node.version = "0.44.0"
    with pytest.raises(NodeUntested):
        LOOKS["kubo-hashes"](session(node.address))


def test_only_an_institution_whose_bodies_lie_in_kubo_is_asked_about_it():
    names = {check.name for check in for_role(HomeRole.INSTITUTION, unlock=False, kubo=True)}
    assert names >= set(LOOKS)
    assert not set(LOOKS) & {check.name for check in for_role(HomeRole.INSTITUTION, unlock=False)}
    assert not set(LOOKS) & {check.name for check in for_role(HomeRole.PATIENT, unlock=True, kubo=True)}
