"""Grants and erasures at a gateway that dies between any two steps: the next start completes them, once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from medshare.actors.consenting import sign_consent
from medshare.actors.requester import DAY
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.purposes import closure
from medshare.errors import MedShareError
from medshare.gateway.errors import NotEmpoweredHere
from medshare.hexadecimal import to_hex
from medshare.ledger import BlockGone, NodeRefused, NodeUnreachable, NoFunds, Power, WrongChain, events
from medshare.outbox import steps
from medshare.outbox.relaying import _erasure_from_bytes, _erasure_to_bytes
from medshare.outbox.report import Resumed
from medshare.outbox.tending import tend
from medshare.record.leaf import leaf_hash
from medshare.relay import NotCarried
from medshare.relay_budget import Allowance, Budget, OverBudget
from medshare.signed import Signed, consent_message
from medshare.typed_data import Erase, EraseAll
from medshare.typed_data.errors import SignatureForeign
from medshare.vault import CapsuleRow, ChainTransactionRow, ConsentRow, ErasedRow, OutboxRow, ProofRow, Stage
from medshare.vault.errors import VaultNotDurable
from tests.unit.actors.world import make_world
from tests.unit.outbox.stopping import moments, restarted, stopped_at

PROBLEMS = Category.PROBLEMS


@pytest.fixture(scope="module")
def world():
    return make_world()


def consent_of(world, *, days: int = 30):
    """A consent that Anna signed and nobody carried yet."""
    return sign_consent(
        world.anna,
        grantee=world.hill.address,
        categories=(PROBLEMS,),
        purposes=closure(["TREAT"]),
        actions=Action.READ,
        seconds=days * DAY,
        language="en",
    )


def happened(world, kind, **fields) -> int:
    """How often an event with these fields is on the chain."""
    told = (log.event for log in world.ledger.events(kinds=(kind,)))
    return sum(all(getattr(event, name) == value for name, value in fields.items()) for event in told)


def sent_by(world) -> int:
    """How many transactions City Hospital's gateway ever sent."""
    return world.gateway.office.vault.count(ChainTransactionRow, account=world.gateway.address)


def grant(world, consent, step) -> None:
    restarted(world.gateway, step).grant(consent)


GRANT_STEPS = [
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.MINED,
    steps.CONSENT_KEPT,
    steps.CLOSED,
]
ERASURE_STEPS = [
    steps.ERASURE_KEPT,
    steps.DESTROYED,
    steps.QUOTED,
    steps.SAVED,
    steps.HANDED_OVER,
    steps.MINED,
    steps.CLOSED,
]


def test_these_are_the_steps_of_a_grant_and_of_an_erasure(world):
    assert moments(partial(grant, world, consent_of(world))) == GRANT_STEPS
    assert moments(partial(carry, world, erasure_of(world, *world.write(PROBLEMS)))) == ERASURE_STEPS


@pytest.mark.parametrize("number", range(len(GRANT_STEPS)), ids=GRANT_STEPS)
def test_a_grant_that_was_stopped_is_completed_once(world, number):
    """[U-009] R01: after every step; before the bytes are saved, the patient sends the same words again."""
    consent, before = consent_of(world, days=number + 1), sent_by(world)
    stopped_at(number, partial(grant, world, consent))
    gateway = restarted(world.gateway)
    found, _ = gateway.relaying.resume()
    saved = GRANT_STEPS[number] != steps.QUOTED
    assert found.found == (1 if saved and GRANT_STEPS[number] != steps.CLOSED else 0)
    assert found.completed == found.found
    if saved:
        assert world.ledger.consent_of(consent.patient, consent.grantee, consent.terms).granted
        assert gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id) is not None
    gateway.grant(consent)
    assert happened(world, events.Granted, terms=consent.terms) == 1
    assert sent_by(world) == before + 1
    assert world.gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id) is not None
    assert gateway.relaying.resume()[0] == Resumed()


def test_a_grant_leaves_nothing_in_the_outbox_once_it_is_final(world):
    gateway = restarted(world.gateway)
    gateway.grant(consent_of(world, days=100))
    tend(gateway.office.outbox, [gateway.office.key])
    gateway.relaying.resume()
    assert gateway.office.vault.count(OutboxRow, act="grant") == 0


def test_a_grant_that_the_chain_refuses_is_kept_nowhere(world):
    """[U-001] A consent that was signed too long ago."""
    consent, before = consent_of(world, days=50), sent_by(world)
    world.wait(8 * DAY)
    gateway = restarted(world.gateway)
    with pytest.raises(MedShareError):
        gateway.grant(consent)
    assert sent_by(world) == before
    assert gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id) is None
    assert gateway.relaying.resume()[0] == Resumed()


def test_a_grant_whose_transaction_was_refused_on_the_chain_is_dropped(world):
    """R02: it was too old by the time that a block took it."""
    consent = consent_of(world, days=2)
    world.ledger.automatic = False
    try:
        stopped_at(1, partial(grant, world, consent))
        world.sandbox.clock.advance(8 * DAY)
    finally:
        world.ledger.automatic = True
    gateway = restarted(world.gateway)
    assert gateway.relaying.resume()[0] == Resumed(refused=1)
    assert gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id) is None
    assert gateway.relaying.resume()[0] == Resumed()


def test_a_node_that_is_down_makes_a_grant_wait(world, monkeypatch):
    """R04."""
    consent = consent_of(world, days=3)
    stopped_at(1, partial(grant, world, consent))
    gateway = restarted(world.gateway)

    def down(_row, _sender=None):
        raise NodeUnreachable(node="test")

    monkeypatch.setattr(gateway.office.outbox, "finish", down)
    assert gateway.relaying.resume()[0] == Resumed(waiting=1)
    assert restarted(world.gateway).relaying.resume()[0] == Resumed(completed=1)


def test_a_consent_that_a_delegate_signed_is_carried_where_she_may_grant_and_not_otherwise(world):
    """[H-017, C-003]"""
    ines = world.sandbox.account()

    def signed_by_ines():
        consent = consent_of(world, days=4)
        signature = Signed.by(ines, consent_message(consent), world.anna.domains).signature
        return replace(consent, signer=ines.address, signature=signature)

    world.anna.delegate(ines.address, Power.REVOKE, days=9)
    with pytest.raises(NotEmpoweredHere):
        world.gateway.grant(signed_by_ines())
    world.anna.delegate(ines.address, Power.GRANT, days=9)
    consent = signed_by_ines()
    world.gateway.grant(consent)
    assert world.ledger.consent_of(consent.patient, consent.grantee, consent.terms).granted


# Erasures


def erasure_of(world, leaf):
    proof = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    assert leaf_hash(patient=proof.patient, inner=proof.inner) == leaf
    return Signed.by(world.anna.account, Erase(patient=proof.patient, inner=proof.inner), world.anna.domains)


def carry(world, signed, step) -> None:
    restarted(world.gateway, step).carry(signed)


@pytest.mark.parametrize("number", range(len(ERASURE_STEPS)), ids=ERASURE_STEPS)
def test_an_erasure_that_was_stopped_is_completed_once(world, number):
    """[U-010] R01: refused from the first step on; destroyed, put on the chain once, and signed for."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    signed, vault = erasure_of(world, leaf), world.gateway.office.vault
    cid = vault.require(ProofRow, leaf=leaf).cid
    before = sent_by(world)
    stopped_at(number, partial(carry, world, signed))
    gateway = restarted(world.gateway)
    _, found = gateway.relaying.resume()
    assert found == Resumed(completed=0 if ERASURE_STEPS[number] == steps.CLOSED else 1)
    assert vault.get(CapsuleRow, leaf=leaf) is None
    assert vault.get(ProofRow, leaf=leaf) is None
    assert not gateway.office.store.has(cid)
    assert world.ledger.is_erased(leaf)
    assert vault.get(ErasedRow, leaf=leaf, holder=world.city.address) is not None
    gateway.carry(signed)
    assert happened(world, events.Erased, leaf=leaf) == 1
    assert sent_by(world) == before + 1
    assert gateway.relaying.resume()[1] == Resumed()


def test_an_erasure_that_nobody_may_sign_is_kept_nowhere(world):
    """[U-010]."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    signed = erasure_of(world, leaf)
    stranger = Signed.by(world.hill.account, signed.message, world.anna.domains)
    with pytest.raises(NotEmpoweredHere):
        world.gateway.carry(stranger)
    assert world.gateway.office.vault.count(OutboxRow, act="erasure", state=Stage.DRAFT) == 0
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is not None


def test_an_erasure_that_the_relay_does_not_carry_is_not_tried_for_ever(world):
    """[U-010] An address that nobody registered."""
    stranger = world.sandbox.account()
    signed = Signed.by(stranger, EraseAll(patient=stranger.address), world.anna.domains)
    with pytest.raises(NotCarried):
        world.gateway.carry(signed)
    assert restarted(world.gateway).relaying.resume()[1] == Resumed()


def test_an_erasure_over_the_days_budget_waits_for_the_next(world):
    """[U-010]."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    signed = erasure_of(world, leaf)
    stopped_at(1, partial(carry, world, signed))
    gateway = restarted(world.gateway)
    nothing = Allowance(transactions=0, gas=0)
    gateway.relay._budget = Budget(gateway.office.vault, gateway.office.clock, shutting=nothing)
    assert gateway.relaying.resume()[1] == Resumed(waiting=1)
    assert not world.ledger.is_erased(leaf)
    assert restarted(world.gateway).relaying.resume()[1] == Resumed(completed=1)
    assert world.ledger.is_erased(leaf)


def test_a_vault_or_node_that_fails_during_an_erasure_leaves_it_to_the_next_start(world, monkeypatch):
    """[U-010] R04."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    gateway = restarted(world.gateway)

    def down(*_, **__):
        raise NodeUnreachable(node="test")

    monkeypatch.setattr(gateway.relay, "carry", down)
    with pytest.raises(NodeUnreachable):
        gateway.carry(erasure_of(world, leaf))
    assert restarted(world.gateway).relaying.resume()[1] == Resumed(completed=1)


PASSING_FAULTS = [
    NoFunds(sender="test"),
    WrongChain(found=1, expected=2),
    BlockGone(block=1),
    NodeRefused(method="test", message="test"),
    VaultNotDurable(place="test"),
]


@pytest.mark.parametrize("fault", PASSING_FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_erasure_waits_for_whatever_passes_an_empty_purse_for_one(world, monkeypatch, fault):
    """[U-010] R04: only a refusal ends it, at the first try and at the next start."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)

    def fail(*_, **__):
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "quote", fail)
        with pytest.raises(type(fault)):
            restarted(world.gateway).carry(erasure_of(world, leaf))
        assert restarted(world.gateway).relaying.resume()[1] == Resumed(waiting=1)
    assert not world.ledger.is_erased(leaf)
    assert restarted(world.gateway).relaying.resume()[1] == Resumed(completed=1)
    assert world.ledger.is_erased(leaf)


def test_an_erasure_over_the_budget_at_its_first_try_waits_too(world):
    """[U-010] What was destroyed is to be on the chain, be it tomorrow."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    gateway = restarted(world.gateway)
    gateway.relay._budget = Budget(
        gateway.office.vault, gateway.office.clock, shutting=Allowance(transactions=0, gas=0)
    )
    with pytest.raises(OverBudget):
        gateway.carry(erasure_of(world, leaf))
    assert restarted(world.gateway).relaying.resume()[1] == Resumed(completed=1)


def test_an_erasure_of_everything_with_a_forged_recovery_signature_is_not_kept():
    """[U-010] D-009."""
    world = make_world()
    recovery, thief = world.sandbox.account(), world.sandbox.account()
    world.anna.name_recovery(recovery.address)
    message = EraseAll(patient=world.anna.address)
    signed = Signed.by(world.anna.account, message, world.anna.domains)
    forged = Signed.by(thief, message, world.anna.domains).signature
    with pytest.raises(SignatureForeign):
        world.gateway.carry(signed, recovery_signature=forged)
    assert restarted(world.gateway).relaying.resume()[1] == Resumed()


def test_everything_of_an_address_is_erased_after_a_stop_too():
    """[U-010]."""
    world = make_world()
    leaves = world.write(PROBLEMS, Category.LABORATORY, confirmed=False)
    signed = Signed.by(world.anna.account, EraseAll(patient=world.anna.address), world.anna.domains)
    stopped_at(0, partial(carry, world, signed))
    assert restarted(world.gateway).relaying.resume()[1] == Resumed(completed=1)
    assert world.ledger.is_erased_all(world.anna.address)
    assert all(world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None for leaf in leaves)


def test_a_kept_erasure_comes_back_as_it_was(world):
    message = EraseAll(patient=world.anna.address)
    signed = Signed.by(world.anna.account, message, world.anna.domains)
    path = (world.hill.address,)
    assert _erasure_from_bytes(_erasure_to_bytes(signed, path, b"\x01")) == (signed, path, b"\x01")
    assert to_hex(b"") == "0x"
