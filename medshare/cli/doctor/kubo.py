"""What the doctor looks at in a Kubo node: the settings without which data is lost or shown to strangers.

A check returns what it found right, or raises what is wrong. Whether a swarm is private cannot be seen for certain:
the key is never shown. A node without one gives itself away by transports that no private swarm has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from medshare.cli.doctor import errors
from medshare.cli.frame.session import Session
from medshare.store.kubo_facts import NodeFacts

WATERMARKS: Final = range(50, 96)
"""Percent of the room at which a node may begin to collect garbage."""

LOOPBACK: Final = re.compile(r"/(ip4/127\.\d+\.\d+\.\d+|ip6/::1|dns[46]?/localhost|unix)(/|$)")
NOT_PRIVATE: Final = re.compile(r"/(quic|quic-v1|webtransport|webrtc|webrtc-direct)(/|$)")
"""Transports that do not know private swarms."""

PUBLIC_PEERS: Final = re.compile(r"^auto$|bootstrap\.libp2p\.io|^/dnsaddr/")
PRIVATE_ROUTING: Final = frozenset(("none", "dht", "dhtserver", "dhtclient"))


def hashing(session: Session) -> str:
    """Look whether the node hashes what it reads."""
    if _facts(session).setting("Datastore.HashOnRead") is not True:  # [ST-008]
        raise errors.KuboTrustsItsDisk(node=_node(session))
    return "HashOnRead"


def no_fetch(session: Session) -> str:
    """Look whether the node's gateway fetches for whoever asks."""
    if _facts(session).setting("Gateway.NoFetch") is not True:
        raise errors.KuboFetchesForStrangers(node=_node(session))
    return "NoFetch"


def gateway(session: Session) -> str:
    """Look where the node's gateway listens."""
    found = tuple(_addresses(_facts(session), "Addresses.Gateway"))
    for address in found:
        if not LOOPBACK.match(address):
            raise errors.KuboGatewayOpen(node=_node(session), address=address)
    return ", ".join(found)


def rpc(session: Session) -> str:
    """Look where the node's RPC listens; whatever the address by which it was reached."""
    found = (*_addresses(_facts(session), "Addresses.API"), _node(session))
    for address in found:
        if not LOOPBACK.match(address):
            raise errors.KuboRpcOpen(node=_node(session), address=address)
    return found[0]


def watermark(session: Session) -> str:
    """Look when the node collects garbage. It collects only when it was started with --enable-gc; pins are kept."""
    found = _facts(session).setting("Datastore.StorageGCWatermark")
    if type(found) is not int or found not in WATERMARKS:
        raise errors.KuboWatermark(node=_node(session), found=str(found))
    return f"{found} %"


def room(session: Session) -> str:
    """Look whether the node has room below its watermark."""
    facts = _facts(session)
    share = facts.setting("Datastore.StorageGCWatermark")
    if type(share) is int and 100 * facts.size >= share * facts.most:
        raise errors.KuboAlmostFull(node=_node(session), size=facts.size >> 20, most=facts.most >> 20)
    return f"{facts.size >> 20} of {facts.most >> 20} MiB"


def private(session: Session) -> str:
    """Look for transports that no private swarm has."""
    facts = _facts(session)
    for address in facts.addresses:
        if NOT_PRIVATE.search(address):
            raise errors.KuboSwarmOpen(node=_node(session), address=address)
    return f"{len(facts.addresses)}"


def bootstrap(session: Session) -> str:
    """Look for peers of the public network among those that the node seeks."""
    facts = _facts(session)
    for address in facts.bootstrap:
        if PUBLIC_PEERS.search(address):
            raise errors.KuboBootstrap(node=_node(session), address=address)
    return f"{len(facts.bootstrap)}"


def from_afar(session: Session) -> str:
    """Look whether the node takes settings from a server of others; it does unless that is switched off."""
    if _facts(session).setting("AutoConf.Enabled") is not False:
        raise errors.KuboConfiguredFromAfar(node=_node(session))
    return "AutoConf off"


def routing(session: Session) -> str:
    """Look whom the node asks who has what; unless it is set, servers of others."""
    found = _facts(session).setting("Routing.Type")
    if found not in PRIVATE_ROUTING:
        raise errors.KuboAsksPublicRouters(node=_node(session), found=str(found or "auto"))
    return str(found)


def _facts(session: Session) -> NodeFacts:
    from medshare.store.kubo import KuboStore

    return KuboStore(_node(session)).facts()


def _node(session: Session) -> str:
    return session.config.store.kubo


def _addresses(facts: NodeFacts, path: str) -> Iterator[str]:
    """Give the addresses of a setting, which may be one text, a list, or nothing."""
    found = facts.setting(path)
    yield from (str(one) for one in (found if isinstance(found, list) else [found] if found else []))
