"""A signature by a key: one accepted form, one signer, one message, one chain, one contract.

given an act, its message and a signature
├── when the signature is the signer's over this very message: the act is done
├── when it has another form (length, s, v, r or s out of range): refused with the fault
└── when it is of another signer, message, type, chain or contract: refused as the wrong signer's
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.typed_data.signing import CURVE_ORDER, digest, recover_digest, struct_hash
from tests.contracts.people import key_of
from tests.contracts.refusals import refused, refused_as
from tests.contracts.signatures.conftest import ACTS


@pytest.fixture(autouse=True)
def _isolation():
    """Nothing here is mined: every act is only tried."""


@pytest.fixture
def signature(act, world):
    """The good signature of the act."""
    return world.sign(act.signer, act.message)


def parts(signature: bytes) -> tuple[int, int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]


def joined(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


def signed(act, separator: bytes, struct: bytes) -> bytes:
    """The signer's signature over a struct hash under any domain."""
    return key_of(act.signer).sign_digest(keccak(b"\x19\x01" + separator + struct))


def test_every_function_with_a_signature_is_tried(world):
    """[T-004] A function whose name or arguments speak of a signature has an act here, or is a wallet's or a batch."""
    with_signature = {
        entry["name"]
        for contract in (world.participants, world.consents, world.requests, world.records, world.audit)
        for entry in contract.abi
        if entry["type"] == "function"
        and any("ignature" in argument["name"] or argument["name"] == "items" for argument in entry["inputs"])
    }
    by_wallet = {name for name in with_signature if name.endswith("ByWallet")}
    assert with_signature - by_wallet - {"grantBatch", "revokeBatch"} == set(ACTS)


def test_the_signers_own_signature_is_accepted(act, signature):
    """[T-004] The digest made in Python is the one that the contract checks."""
    act.tried(signature)


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_a_signature_of_another_length_is_refused(act, signature, length):
    """[T-001] E09: also the 64 bytes of EIP-2098."""
    # A confirmation holds 65 bytes for each of three signers, end to end.
    three = act.function._name.endswith(".confirm")
    expected = ("RecordRegistry_TooFewSignatures", 3, 130 + length, 3) if three else ("Signatures_BadLength", length)
    with refused(*expected):
        act.tried((signature * 2)[:length])


def test_a_high_s_is_refused(act, signature):
    """[T-002] E08: the twin of a good signature."""
    r, s, v = parts(signature)
    twin = CURVE_ORDER - s
    with refused("Signatures_HighS", twin.to_bytes(32, "big")):
        act.tried(joined(r, twin, 55 - v))


def test_the_smallest_high_s_is_refused(act, signature):
    """[T-002] One above half of the order."""
    r, _, v = parts(signature)
    with refused("Signatures_HighS", (CURVE_ORDER // 2 + 1).to_bytes(32, "big")):
        act.tried(joined(r, CURVE_ORDER // 2 + 1, v))


def test_half_of_the_order_is_no_high_s(act, signature, world):
    """[T-002] It is then only the wrong signer's."""
    r, _, v = parts(signature)
    forged = joined(r, CURVE_ORDER // 2, v)
    recovered = recover_digest(digest(act.message, world.domains), forged)
    with refused("Signatures_WrongSigner", act.signer, recovered):
        act.tried(forged)


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 35, 36, 247, 255])
def test_another_v_is_refused(act, signature, v):
    """[T-003] E09."""
    with refused("Signatures_BadV", v):
        act.tried(signature[:64] + bytes([v]))


def test_the_other_v_is_somebody_elses_signature(act, signature, world):
    """[T-004]"""
    forged = signature[:64] + bytes([55 - signature[64]])
    recovered = recover_digest(digest(act.message, world.domains), forged)
    with refused("Signatures_WrongSigner", act.signer, recovered):
        act.tried(forged)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (0, 0), (CURVE_ORDER, 1), (2**256 - 1, 1), (5, 1)])
def test_what_recovers_nobody_is_nobodys_signature(act, r, s):
    """[T-004] E10: 5 is the x of no point of the curve."""
    with refused("Signatures_WrongSigner", act.signer, ZERO_ADDRESS):
        act.tried(joined(r, s, 27))


@pytest.mark.parametrize("s", [CURVE_ORDER, 2**256 - 1])
def test_an_s_beyond_the_order_is_a_high_s(act, s):
    """[T-002] E10."""
    with refused("Signatures_HighS", s.to_bytes(32, "big")):
        act.tried(joined(1, s, 27))


@pytest.mark.parametrize("other", ["stranger", "deployer", "regulator"])
def test_the_signature_of_somebody_else_is_refused(act, world, people, other):
    """[T-004]"""
    with refused("Signatures_WrongSigner", act.signer, people[other]):
        act.tried(world.sign(people[other], act.message))


def test_a_signature_for_another_chain_is_worth_nothing(act, world):
    """[T-007] E02."""
    domain = replace(world.domains, chain_id=world.domains.chain_id + 1).of(act.message)
    with refused_as("Signatures_WrongSigner"):
        act.tried(signed(act, domain.separator, struct_hash(act.message)))


def test_a_signature_for_another_contract_is_worth_nothing(act, world):
    """[T-007] E02: not even for one of the same deployment."""
    own = world.domains.of(act.message)
    for place in ("participants", "consents", "requests", "records", "audit"):
        other = replace(own, verifying_contract=getattr(world.domains, place))
        if other != own:
            with refused_as("Signatures_WrongSigner"):
                act.tried(signed(act, other.separator, struct_hash(act.message)))


def test_a_signature_for_another_type_is_worth_nothing(act, world, all_acts):
    """[T-007] E16: nor is one over the same type with other values."""
    separator = world.domains.of(act.message).separator
    for other in all_acts.values():
        if other.message != act.message:
            with refused_as("Signatures_WrongSigner"):
                act.tried(signed(act, separator, struct_hash(other.message)))


def test_every_field_of_the_message_counts(act, world):
    """[T-007] [T-004] K03: change one field of what was signed, and it is worth nothing."""
    for member in act.message.members:
        value = getattr(act.message, member.attribute)
        if isinstance(value, str):
            other = "0x" + "11" * 20 if member.attribute != "statement" else value + "!"
        else:
            other = keccak(value) if isinstance(value, bytes) else value + 1
        message = replace(act.message, **{member.attribute: other})
        with refused_as("Signatures_WrongSigner"):
            act.tried(world.sign(act.signer, message))


def test_nobody_signs_for_the_zero_address(consents, world, relayer):
    """[C-002] E10: what recovers nobody is not the signature of the zero address."""
    draft = world.draft(ZERO_ADDRESS, relayer)
    with refused("Signatures_WrongSigner", ZERO_ADDRESS, ZERO_ADDRESS):
        consents.grantBySig.call(ZERO_ADDRESS, *draft.direct, joined(0, 1, 27), {"from": relayer})
