"""How nodes are named, against what other software says of the same keys."""

from __future__ import annotations

import base64

from eth_keys.datatypes import PrivateKey

from scripts.network.node_keys import enode, make_key, multiaddress, read_key

# libp2p's peer id specification, test vectors: a secp256k1 key and its public half as a protobuf.
LIBP2P = PrivateKey(bytes.fromhex("53dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb"))
PUBLIC = bytes.fromhex("08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99")
# SEC 2, section 2.4.1: the generator is the public key of 1.
GENERATOR = (
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)


def test_a_peer_is_the_identity_hash_of_its_public_key():
    head, _, peer = multiaddress(LIBP2P, 4001).rpartition("/")
    assert head == "/ip4/127.0.0.1/tcp/4001/p2p"
    assert peer[0] == "b"
    padded = peer[1:].upper() + "=" * (-len(peer[1:]) % 8)
    assert base64.b32decode(padded) == bytes.fromhex("01720025") + PUBLIC


def test_an_enode_is_the_whole_public_key():
    assert enode(PrivateKey((1).to_bytes(32, "big")), 30303) == f"enode://{GENERATOR}@127.0.0.1:30303"


def test_a_key_is_read_as_it_was_written_and_open_to_nobody_else(tmp_path):
    place = tmp_path / "key"
    make_key(place)
    assert len(place.read_text()) == 64
    assert read_key(place).to_hex()[2:] == place.read_text()
    assert place.stat().st_mode & 0o777 == 0o600
