"""The keys that Ethereum nodes know each other by, made before any node runs: so nobody has to be discovered.

Sources: devp2p's enode URL (ethereum.org/developers/docs/networking-layer/network-addresses); libp2p's peer id
specification, whose CID form (base32, codec libp2p-key 0x72, identity multihash) every current libp2p reads.
"""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from eth_keys.datatypes import PrivateKey

from scripts.network.folder import HOST

_PEER_CID = bytes.fromhex("0172002508021221")
"""CIDv1, libp2p-key; identity hash of 37 bytes; a protobuf that says secp256k1 and 33 bytes."""


def make_key(place: Path) -> None:
    """Write a new secret key, 64 hex digits, as geth and Prysm read it."""
    place.write_text(PrivateKey(secrets.token_bytes(32)).to_hex()[2:])
    place.chmod(0o600)


def read_key(place: Path) -> PrivateKey:
    """Return the key in a file."""
    return PrivateKey(bytes.fromhex(place.read_text()))


def enode(key: PrivateKey, port: int) -> str:
    """Return how geth calls a node on the loopback."""
    return f"enode://{key.public_key.to_hex()[2:]}@{HOST}:{port}"


def multiaddress(key: PrivateKey, port: int) -> str:
    """Return how Prysm calls a node on the loopback."""
    peer = base64.b32encode(_PEER_CID + key.public_key.to_compressed_bytes()).decode().lower().rstrip("=")
    return f"/ip4/{HOST}/tcp/{port}/p2p/b{peer}"
