"""The blinded tag of a patient at a gateway (design, section 3.5).

    tag = keccak256(abi.encode(bytes32 key, address gateway, address patient))

`key` is 32 random bytes that the gateway draws once for each patient and hands to her with a signed
`Tag`. Nobody else can tell whose tag it is, and no two patients can be given the same one.
"""

from __future__ import annotations

from medshare.audit.errors import TagForeign
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32

KEY_LENGTH = 32
"""Bytes of a tag's key."""


def tag_of(*, key: bytes, gateway: Address, patient: Address) -> Bytes32:
    """Return the tag that `key` makes for `patient` at `gateway`.

    Raises:
        TagForeign: The key has not 32 bytes.
    """
    if len(key) != KEY_LENGTH:
        raise TagForeign(gateway=gateway)
    return keccak(key + _padded(gateway) + _padded(patient))


def check_tag(tag: Bytes32, *, key: bytes, gateway: Address, patient: Address) -> None:
    """Check that `tag` is the one that `key` makes.

    Raises:
        TagForeign: It is another.
    """
    if tag_of(key=key, gateway=gateway, patient=patient) != tag:  # [B-005]
        raise TagForeign(gateway=gateway)


def _padded(account: Address) -> bytes:
    return bytes(12) + bytes.fromhex(account[2:])
