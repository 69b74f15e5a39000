"""The agent's backup: the words bring everything back, the highest number wins, the lower one says so. Cases K03, K08, K14."""

from __future__ import annotations

import dataclasses
import json

import pytest

from medshare import canonical_json
from medshare.age import decrypt
from medshare.age.errors import NoIdentityMatches
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.compartments import Compartments
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed, NoStateLeft, StateOvertaken
from medshare.keys.form import seal_json
from medshare.keys.persona import Persona
from medshare.keys.root import RootSecret
from medshare.keys.state import (
    AgentState,
    CapsuleCopy,
    ConsentCopy,
    Enrolment,
    Folder,
    OldRoot,
    SealedState,
    SeenReceipts,
    SeenTag,
    check_not_overtaken,
    restore_state,
    seal_state,
)
from medshare.record.padding import padded_length
from medshare.signed import Signed
from medshare.typed_data import State
from medshare.typed_data.errors import FieldLength, FieldType, SignatureForeign
from tests.unit.keys.actors import (
    CLINIC,
    DOMAINS,
    EPOCH,
    KEYS,
    NOW,
    OLD_ADDRESS,
    OTHER_DOMAINS,
    OTHER_KEYS,
    PATIENT,
    ROOT,
    STRANGER,
    STRANGER_ACCOUNT,
    consent,
)
from tests.vectors.generate_consent import stream

LEAF = keccak(b"leaf")
CAPSULE = CapsuleCopy(
    leaf=LEAF,
    inner=keccak(b"inner"),
    previous_leaf=ZERO_32,
    record_id=keccak(b"record"),
    version=1,
    patient=PATIENT,
    provider=CLINIC,
    gateway=CLINIC,
    category=7,
    epoch=EPOCH,
    cid="bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    at=NOW,
    capsule=b"age-encryption.org/v1\n" + bytes(2000),
)
STATE = AgentState(
    chain_id=DOMAINS.chain_id,
    registry=DOMAINS.participants,
    patient=PATIENT,
    epoch=EPOCH,
    number=3,
    counters={"envelope:0x" + "ab" * 32: 4, "catalogue:7": 2, "directory": 5},
    notes={"clinic:name": "Dr. 陳"},
    consents=(ConsentCopy(document=consent().to_bytes()),),
    folders=(Folder(number=24, name="the visit in May", leaves=(LEAF, keccak(b"other")), frozen=True),),
    personas=(Persona.generate("quiet", stream("persona")),),
    enrolments=(Enrolment(patient=PATIENT, institution=CLINIC, name="The Clinic", key=keccak(b"key"), at=NOW),),
    old_roots=(OldRoot(patient=OLD_ADDRESS, root=RootSecret(keccak(b"old root")), epoch=9),),
    capsules=(CAPSULE,),
    receipts=(SeenReceipts(gateway=CLINIC, patient=PATIENT, seq=12, digest=keccak(b"receipt")),),
    tags=(SeenTag(gateway=CLINIC, patient=PATIENT, tag=keccak(b"tag"), key=bytes(32), at=NOW, signature=bytes(65)),),
)


def sealed(state=STATE, *, keys=KEYS, number=None, domains=DOMAINS):
    state = state if number is None else dataclasses.replace(state, number=number)
    return seal_state(state, keys, at=NOW, domains=domains)


def restore(*backups, keys=KEYS, patient=PATIENT, domains=DOMAINS):
    return restore_state(backups, keys, patient=patient, domains=domains)


def resealed(value, *, key=KEYS.agent_key, **changes):
    data = seal_json(value, KEYS.self_identity.recipient)
    message = State(**{"patient": PATIENT, "seq": 3, "digest": keccak(data), "at": NOW, **changes})
    return SealedState(data=data, signed=Signed.by(key, message, DOMAINS))


GOOD = sealed()


def test_a_new_device_with_the_words_gets_everything_back():
    keys = Compartments(RootSecret.from_secret_words(ROOT.secret_words()))
    restored = restore(GOOD, keys=keys)
    assert restored.state.to_secret_json() == STATE.to_secret_json()
    assert restored.unusable == {}
    assert restored.state.old_roots[0].root == RootSecret(keccak(b"old root"))
    assert restored.state.personas[0].address == STATE.personas[0].address
    assert restored.state.capsules == (CAPSULE,)
    assert restored.state.notes == {"clinic:name": "Dr. 陳"}


def test_an_empty_state_is_a_state():
    state = AgentState(chain_id=DOMAINS.chain_id, registry=DOMAINS.participants, patient=PATIENT, epoch=1)
    assert restore(sealed(state)).state.to_secret_json() == state.to_secret_json()


def test_a_device_with_other_words_gets_nothing():
    with pytest.raises(NoStateLeft, match="None of the 1 backups"):
        restore(GOOD, keys=OTHER_KEYS)
    with pytest.raises(NoIdentityMatches):
        decrypt(GOOD.data, [OTHER_KEYS.self_identity])


def test_the_highest_number_is_restored_wherever_it_lies():
    """[K-007]."""
    backups = [sealed(number=number) for number in (5, 9, 7)]
    for order in (backups, backups[::-1], backups[1:] + backups[:1]):
        assert restore(*order).state.number == 9


def test_a_bad_backup_is_passed_over_and_reported():
    """Cases K03, K08: one bad custodian keeps nobody from restoring, and cannot pretend a higher number."""
    foreign = resealed(STATE.to_secret_json(), key=STRANGER_ACCOUNT, seq=90)
    raised = SealedState(
        data=GOOD.data,
        signed=dataclasses.replace(GOOD.signed, message=dataclasses.replace(GOOD.signed.message, seq=80)),
    )
    swapped = dataclasses.replace(sealed(number=70), data=GOOD.data)
    inside = resealed(STATE.to_secret_json(), seq=60)
    somebody = resealed(STATE.to_secret_json(), patient=STRANGER, seq=50)
    restored = restore(foreign, GOOD, raised, swapped, inside, somebody)
    assert restored.state.number == 3
    assert {place: type(error) for place, error in restored.unusable.items()} == {
        0: SignatureForeign,
        2: SignatureForeign,
        3: DigestDiffers,
        4: DocumentForeign,
        5: DocumentForeign,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"x": 1},
        {"epoch": 0},
        {"epoch": "5"},
        {"number": 4},
        {"number": -1},
        {"chainId": 1},
        {"registry": DOMAINS.consents},
        {"patient": STRANGER},
        {"counters": {"Envelope": 1}},
        {"counters": {"directory": -1}},
        {"counters": {"directory": True}},
        {"counters": []},
        {"notes": {"a": 1}},
        {"notes": {"": "x"}},
        {"capsules": [{}]},
        {"capsules": None},
        {"capsules": [{**CAPSULE.to_json(), "version": "1"}]},
        {"capsules": [{**CAPSULE.to_json(), "version": -1}]},
        {"capsules": [{**CAPSULE.to_json(), "leaf": "0x00"}]},
        {"capsules": [{**CAPSULE.to_json(), "capsule": "age"}]},
        {"oldRoots": [{**STATE.old_roots[0].to_json(), "root": "0x00"}]},
        {"folders": [{**STATE.folders[0].to_json(), "leaves": "none"}]},
        {"folders": [{**STATE.folders[0].to_json(), "leaves": [1]}]},
        {"folders": [{**STATE.folders[0].to_json(), "frozen": 1}]},
        {"personas": [7]},
    ],
)
def test_a_backup_in_any_other_form_is_not_restored(change):
    value = {**STATE.to_secret_json(), **change}
    backup = resealed(value)
    with pytest.raises(NoStateLeft):
        restore(backup)


@pytest.mark.parametrize("change", [{"epoch": 0}, {"epoch": 4096}, {"counters": {"a b": 1}}, {"notes": {"a": b""}}])
def test_a_state_is_checked_when_it_is_made(change):
    with pytest.raises(DocumentMalformed):
        dataclasses.replace(STATE, **change)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"leaf": bytes(31)}, FieldLength),
        ({"version": "1"}, FieldType),
        ({"version": True}, FieldType),
        ({"version": -1}, FieldType),
        ({"capsule": "0x"}, FieldType),
    ],
)
def test_a_row_is_checked_when_it_is_made(change, error):
    with pytest.raises(error):
        dataclasses.replace(CAPSULE, **change)


def test_a_folder_holds_a_tuple_of_leaves():
    with pytest.raises(FieldType):
        dataclasses.replace(STATE.folders[0], leaves=[LEAF])


def test_an_error_about_a_secret_does_not_repeat_it():
    """Case K15."""
    canary = "0x" + "c0ffee" * 11
    with pytest.raises(DocumentMalformed) as got:
        AgentState.from_secret_json(
            {**STATE.to_secret_json(), "oldRoots": [{**STATE.old_roots[0].to_json(), "root": canary}]}
        )
    assert "c0ffee" not in str(got.value)
    assert got.value.__context__ is None


def test_a_state_of_another_deployment_is_not_sealed():
    with pytest.raises(DocumentForeign):
        sealed(domains=OTHER_DOMAINS)


def test_a_counter_starts_at_zero():
    assert STATE.counter("directory") == 5
    assert STATE.counter("replace") == 0


def test_the_size_of_a_backup_is_a_padme_size():
    padded = decrypt(GOOD.data, [KEYS.self_identity])
    assert len(padded) == padded_length(len(canonical_json.dumps(STATE.to_secret_json())))


def test_of_two_devices_the_lower_number_loses_and_says_so():
    """Case K14, adapted: the old device cannot undo what the new one did. [K-007]"""
    mine, newer = sealed(number=4), sealed(number=6)
    with pytest.raises(StateOvertaken, match=r"saved state 6; this one stands at 4"):
        check_not_overtaken(mine, [GOOD, newer], KEYS, domains=DOMAINS)
    check_not_overtaken(newer, [GOOD, mine], KEYS, domains=DOMAINS)


def test_two_devices_with_the_same_number_and_different_states_notice():
    mine = sealed(number=4)
    other = sealed(dataclasses.replace(STATE, notes={}), number=4)
    with pytest.raises(StateOvertaken):
        check_not_overtaken(mine, [other], KEYS, domains=DOMAINS)
    check_not_overtaken(mine, [mine], KEYS, domains=DOMAINS)


def test_nobody_else_can_stop_a_device_by_a_higher_number():
    foreign = resealed(STATE.to_secret_json(), key=STRANGER_ACCOUNT, seq=90)
    somebody = resealed(STATE.to_secret_json(), patient=STRANGER, seq=90)
    check_not_overtaken(GOOD, [foreign, somebody], KEYS, domains=DOMAINS)


def test_a_state_shows_nothing_in_print():
    """Case K15."""
    assert repr(STATE) == "<AgentState 3 masked>"
    shown = f"{STATE} {STATE!r} {STATE.old_roots!r} {STATE.personas!r} {GOOD!r}"
    secrets = [STATE.old_roots[0].root, STATE.personas[0].root, STATE.personas[0].account]
    for secret in secrets:
        assert secret.secret_bytes().hex() not in shown
        assert repr(secret.secret_bytes())[2:-1] not in shown
        assert secret.secret_bytes().hex() in json.dumps(STATE.to_secret_json())
