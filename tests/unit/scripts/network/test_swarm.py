"""The settings of a Kubo node: nobody but the peers, and no damaged block."""

from __future__ import annotations

import json

from scripts.network.swarm import configured

FRESH = {
    "Ipns": {},
    "Discovery": {"MDNS": {"Enabled": True}},
    "Gateway": {"NoFetch": False},
    "Datastore": {"HashOnRead": False},
    "Swarm": {},
    "Bootstrap": ["/dnsaddr/bootstrap.libp2p.io/p2p/QmX"],
    "Identity": {"PeerID": "12D3"},
}


def test_a_node_knows_and_hears_nobody_but_its_peers():
    peers = [{"ID": "12D3KooW", "Addrs": ["/ip4/127.0.0.1/tcp/3"]}]
    made = configured(json.loads(json.dumps(FRESH)), {"api": 1, "gateway": 2, "p2p": 3}, peers)
    assert made["Bootstrap"] == []
    assert made["Peering"]["Peers"] == peers
    assert made["Routing"]["Type"] == "none"
    assert made["Discovery"]["MDNS"] == {"Enabled": False}
    listening = [made["Addresses"]["API"], made["Addresses"]["Gateway"], *made["Addresses"]["Swarm"]]
    assert all(address.startswith("/ip4/127.0.0.1/tcp/") for address in listening)


def test_a_node_hashes_what_it_reads_and_fetches_nothing_for_strangers():
    made = configured(json.loads(json.dumps(FRESH)), {"api": 1, "gateway": 2, "p2p": 3}, [])
    assert made["Datastore"]["HashOnRead"] is True
    assert made["Gateway"]["NoFetch"] is True
