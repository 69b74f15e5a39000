"""The twin of the chain does what every ledger does, and what only a twin can."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from medshare.clock import HandClock
from medshare.consent.reasons import Reason
from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.ledger import Block, BlockGone, Call, Ledger, NotMined, PathTooLong, Role, events
from medshare.ledger.memory import MemoryLedger, participants
from medshare.ledger.memory.records import leaf_of
from medshare.ledger.memory.world import World
from medshare.ledger.reverts import participants as errors
from medshare.ledger.reverts import records as record_errors
from medshare.ledger.reverts import signatures
from medshare.typed_data import messages
from tests.scenarios.ledger import NAMES, SCENARIOS, Consented, Play

START = 1_800_000_000


class TwinStage:
    """A twin with every actor's key."""

    def __init__(self, **options: int) -> None:
        self.keys = {name: AccountKey(keccak(name.encode())) for name in NAMES}
        self.clock = HandClock(START)
        self.twin = MemoryLedger(self.keys["regulator"].address, self.clock, **options)  # type: ignore[arg-type]
        self.ledger: Ledger = self.twin

    def set_time(self, at: int) -> None:
        self.clock.set(at)


def play_on(stage: TwinStage) -> Play:
    return Play(stage, START)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_twin_does_what_every_ledger_does(scenario: Callable[[Play], None]) -> None:
    scenario(play_on(TwinStage()))


def test_two_twins_that_did_the_same_are_the_same() -> None:
    heads = []
    for _ in range(2):
        play = play_on(TwinStage())
        play.register("patient")
        heads.append(play.ledger.head())
    assert heads[0] == heads[1]


def test_a_contract_wallet_signs_by_its_own_rule() -> None:
    """E11: ERC-1271 only through the entries that name a wallet."""
    stage = TwinStage()
    play = play_on(stage)
    wallet, owner = "0x" + "1a" * 20, play.key("patient")
    stage.twin.set_wallet(wallet, lambda digest, signature: signature == owner.sign_digest(digest))
    register = messages.Register(patient=wallet, directory=keccak(b"d"))
    play.did(
        lambda ledger: ledger.register_by_wallet(
            patient=wallet, directory=keccak(b"d"), signature=play.signed("patient", register), sender=owner
        ),
        events.Registered(patient=wallet, directory=keccak(b"d")),
    )
    play.refused(
        lambda ledger: ledger.set_directory_by_wallet(
            patient=wallet, digest=keccak(b"e"), seq=2, signature=b"no", sender=owner
        ),
        signatures.WalletRefused,
    )
    directory = messages.Directory(patient=wallet, digest=keccak(b"e"), seq=2)
    play.did(
        lambda ledger: ledger.set_directory_by_wallet(
            patient=wallet, digest=keccak(b"e"), seq=2, signature=play.signed("patient", directory), sender=owner
        ),
        events.DirectorySet(patient=wallet, digest=keccak(b"e"), seq=2),
    )
    recovery = messages.Recovery(patient=wallet, recovery=play.at("recovery"), seq=3)
    play.did(
        lambda ledger: ledger.set_recovery_by_wallet(
            patient=wallet,
            recovery=play.at("recovery"),
            seq=3,
            signature=play.signed("patient", recovery),
            sender=owner,
        ),
        events.RecoverySet(patient=wallet, recovery=play.at("recovery"), seq=3),
    )
    delegate = messages.Delegate(
        patient=wallet, delegate=play.at("delegate"), powers=16, issued_at=play.now, not_after=play.now + 9, seq=4
    )
    play.did(
        lambda ledger: ledger.delegate_by_wallet(
            patient=wallet,
            to=play.at("delegate"),
            powers=delegate.powers,  # type: ignore[arg-type]
            issued_at=delegate.issued_at,
            not_after=delegate.not_after,
            seq=4,
            signature=play.signed("patient", delegate),
            sender=owner,
        ),
        events.Delegated(
            patient=wallet,
            delegate=play.at("delegate"),
            powers=16,
            issued_at=delegate.issued_at,
            not_after=delegate.not_after,
            seq=4,
        ),
    )


def test_a_wallet_on_the_staff_is_asked_where_its_key_did_not_sign() -> None:
    stage = TwinStage()
    play = play_on(stage)
    play.accredit("hospital", Role.INSTITUTION)
    robot = play.at("clinician")
    stage.twin.set_wallet(robot, lambda digest, signature: signature == b"yes")
    play.did(
        lambda ledger: ledger.add_staff(
            staff=robot, roles=Role.NONE, at=play.now, signature=b"yes", sender=play.key("hospital")
        ),
        events.StaffAdded(institution=play.at("hospital"), staff=robot, roles=0),
    )
    play.refused(
        lambda ledger: ledger.add_staff(
            staff=robot, roles=Role.NONE, at=play.now, signature=b"no", sender=play.key("hospital")
        ),
        signatures.WalletRefused,
    )
    play.join("hospital", "clinician")


def test_a_service_answers_for_whom_it_stands() -> None:
    """E11: break-glass goes through a service; anything but a yes is a no."""
    stage = TwinStage()
    play = play_on(stage)
    play.accredit("clinic", Role.SERVICE)
    play.accredit("hospital", Role.INSTITUTION)
    one: Consented = play.consent()
    play.grant(one)
    hospital = play.at("hospital")
    assert play.ledger.why_not(one.query(hospital)) is Reason.NOT_ACCESSOR
    stage.twin.set_service(one.grantee, lambda patient, accessor: (patient, accessor) == (one.patient, hospital))
    assert play.ledger.why_not(one.query(hospital)) is Reason.PERMITTED
    assert play.ledger.why_not(one.query(play.at("stranger"))) is Reason.NOT_ACCESSOR


def test_the_head_moves_with_the_clock_and_the_final_block_lies_behind() -> None:
    stage = TwinStage(finality_depth=2)
    first = stage.ledger.head()
    assert stage.ledger.final() == first
    stage.set_time(START + 12)
    second = stage.ledger.head()
    assert (second.number, second.time) == (1, START + 12)
    assert stage.ledger.head() == second
    third = stage.twin.mine()
    assert third.time == START + 12
    stage.set_time(START)
    assert stage.twin.mine().time == START + 12
    assert stage.ledger.final() == second


def test_an_unknown_block_and_an_unknown_transaction_raise() -> None:
    stage = TwinStage()
    with pytest.raises(BlockGone):
        stage.ledger.quorum(block=Block(0, b"x" * 32, 0))
    with pytest.raises(BlockGone):
        stage.ledger.block(-1)
    with pytest.raises(NotMined):
        stage.ledger.wait(b"x" * 32)


def test_a_path_of_more_than_eight_successors_is_not_followed() -> None:
    stage = TwinStage()
    steps = [f"0x{number:040x}" for number in range(1, 12)]
    row = stage.twin._chain[-1]
    world = World(successors=dict(itertools.pairwise(steps)))
    stage.twin._chain[-1] = replace(row, world=world)
    stage.twin._by_hash[row.block.hash] = stage.twin._chain[-1]
    with pytest.raises(PathTooLong):
        stage.ledger.path_of(steps[0])
    assert stage.ledger.path_of(steps[-3]) == tuple(steps[-2:])


def test_a_path_that_ends_before_the_last_successor_is_refused() -> None:
    first, second, third = (f"0x{number:040x}" for number in (1, 2, 3))
    world = World(successors={first: second, second: third})
    assert participants.head(world, first, (second, third)) == third
    for path, index in (((second,), 1), ((third,), 0), ((second, third, first), 2)):
        with pytest.raises(errors.BadPath) as caught:
            participants.head(world, first, path)
        assert caught.value.facts["index"] == index


def test_signers_that_do_not_rise_are_refused() -> None:
    """Nobody counts twice, whoever encodes the call."""
    stage = TwinStage()
    play = play_on(stage)
    play.accredit("hospital", Role.INSTITUTION)
    play.accredit("first_validator", Role.VALIDATOR)
    root = keccak(b"root")
    play.did(
        lambda ledger: ledger.anchor(root=root, count=1, sender=play.key("hospital")),
        events.Anchored(provider=play.at("hospital"), root=root, count=1),
    )
    signature = play.signed("first_validator", messages.Confirm(provider=play.at("hospital"), root=root))
    twice = (play.at("hospital"), root, (play.at("first_validator"),) * 3, signature * 3)
    with pytest.raises(record_errors.UnsortedSigners):
        stage.twin.act(Call("RecordRegistry", "confirm", twice), play.key("relayer"))


def test_a_contract_wallet_erases_everything_of_its_own() -> None:
    stage = TwinStage()
    play = play_on(stage)
    wallet, key = "0x" + "1a" * 20, play.key("relayer")
    stage.twin.set_wallet(wallet, lambda digest, signature: signature == b"yes")
    play.did(
        lambda ledger: ledger.register_by_wallet(patient=wallet, directory=keccak(b"d"), signature=b"yes", sender=key),
        events.Registered(patient=wallet, directory=keccak(b"d")),
    )
    for told in ([events.ErasedAll(patient=wallet)], []):
        play.did(
            lambda ledger: ledger.erase_all_signed_by(signer=wallet, patient=wallet, signature=b"yes", sender=key),
            *told,
        )
    play.did(
        lambda ledger: ledger.erase_signed_by(
            signer=wallet, patient=wallet, inner=keccak(b"i"), signature=b"yes", sender=key
        ),
        events.Erased(leaf=leaf_of(wallet, keccak(b"i"))),
    )
