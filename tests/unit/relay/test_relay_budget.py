"""What a relay pays in a day, for whom, and that nobody uses up another's."""

from __future__ import annotations

import threading
from secrets import token_bytes

import pytest

from medshare.clock import HandClock
from medshare.errors import MedShareError
from medshare.ledger import Acts, BlockGone, NoFunds, NotMined
from medshare.ledger.reverts import OutOfGas
from medshare.relay import Relay
from medshare.relay_budget import DAY, Allowance, Budget, OverBudget
from medshare.signed import Signed
from medshare.typed_data import Delegate, Lockdown, Revoke
from medshare.vault import BudgetRow
from medshare.vault.sql import memory_vault

ANNA, BEN = "0x" + "a1" * 20, "0x" + "b2" * 20


@pytest.fixture
def clock():
    return HandClock(1_800_000_000)


@pytest.fixture
def vault():
    return memory_vault()


@pytest.fixture
def budget(vault, clock):
    return Budget(
        vault, clock, ordinary=Allowance(transactions=3, gas=1_000_000), shutting=Allowance(transactions=5, gas=10**9)
    )


def spend(budget, count, *, patient=ANNA, shuts=False, gas=10):
    for _ in range(count):
        budget.reserve(patient, shuts=shuts, gas=gas, message=token_bytes(32))


def test_a_relay_pays_for_one_patient_as_often_as_its_allowance_says_and_not_once_more(budget):
    """[H-013] Specification H-013."""
    spend(budget, 3)
    with pytest.raises(OverBudget):
        spend(budget, 1)


def test_gas_counts_too_and_what_was_refused_counts_nothing(budget):
    """[H-013] Specification H-013."""
    with pytest.raises(OverBudget):
        spend(budget, 1, gas=1_000_001)
    spend(budget, 1, gas=1_000_000)
    with pytest.raises(OverBudget):
        spend(budget, 1, gas=1)


def test_one_patient_uses_up_nothing_of_another(budget):
    spend(budget, 3)
    spend(budget, 3, patient=BEN)


def test_what_shuts_a_door_has_an_allowance_that_nothing_else_uses_up(budget):
    """[H-013] Specification H-013."""
    spend(budget, 3)
    spend(budget, 5, shuts=True)
    with pytest.raises(OverBudget):
        spend(budget, 1, shuts=True)


def test_the_next_day_begins_anew_and_the_day_before_is_forgotten(budget, clock, vault):
    spend(budget, 3)
    clock.advance(DAY)
    spend(budget, 3)
    assert len(vault.find(BudgetRow, account=ANNA)) == 1


def test_processes_that_share_a_vault_share_the_count(vault, clock):
    allowance = Allowance(transactions=10, gas=10**9)
    refused = []

    def work():
        own = Budget(vault, clock, ordinary=allowance)
        for _ in range(5):
            try:
                own.reserve(ANNA, shuts=False, gas=1, message=token_bytes(32))
            except OverBudget:
                refused.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 10
    assert vault.find(BudgetRow, account=ANNA)[0].seq == 10


def test_a_message_that_waits_counts_once_until_it_is_carried_or_refused(budget):
    """[H-018] Specification H-018."""
    message = token_bytes(32)
    for _ in range(10):
        budget.reserve(ANNA, shuts=False, gas=1, message=message)
    assert budget.carried(message) is None
    budget.release(message)
    budget.reserve(ANNA, shuts=False, gas=1, message=message)
    budget.note(message, b"\x01" * 32)
    assert budget.carried(message) == b"\x01" * 32
    budget.release(message)
    assert budget.carried(message) == b"\x01" * 32, "what was carried stays carried"
    budget.reserve(ANNA, shuts=False, gas=1, message=message)
    with pytest.raises(OverBudget):
        spend(budget, 1)
    assert budget.carried(token_bytes(32)) is None


def relay(world, budget):
    office = world.gateway.office
    return Relay(office.ledger, office.key, world.gateway.postbox.knows, budget, office.outbox.once)


def lockdown(world, time):
    message = Lockdown(patient=world.anna.address, time=time)
    return Signed.by(world.anna.account, message, world.anna.domains)


def test_words_that_are_sent_again_are_not_paid_for_again(world, budget):
    """[H-014] Specification H-014: a stranger who repeats her old words starves no later lockdown."""
    own = relay(world, budget)
    now = world.ledger.head().time
    once = lockdown(world, now)
    first = own.carry(once)
    head = world.ledger.head()
    assert all(own.carry(once) == first for _ in range(20))
    assert world.ledger.head() == head
    for back in range(1, 5):
        own.carry(lockdown(world, now - back))
    with pytest.raises(OverBudget):
        own.carry(lockdown(world, now - 9))


def test_what_the_chain_refuses_is_not_counted(world, vault, clock, budget):
    """[H-012] Specification H-012: it is tried out first."""
    own = relay(world, budget)
    forged = Signed(
        message=Revoke(patient=world.anna.address, grantee=world.anna.address, terms=bytes(32)),
        signer=world.anna.address,
        signature=lockdown(world, 1).signature,
    )
    head = world.ledger.head()
    for _ in range(10):
        with pytest.raises(MedShareError):
            own.carry(forged)
    assert world.ledger.head() == head
    assert vault.find(BudgetRow) == []


def test_an_ordinary_message_over_the_budget_is_refused_while_a_revocation_still_goes(world, budget):
    """[H-013] Specification H-013."""
    own = relay(world, budget)
    seq = world.ledger.account(world.anna.address).seq
    now = world.ledger.head().time
    for number in range(1, 5):
        message = Delegate(
            patient=world.anna.address,
            delegate=BEN,
            powers=1,
            issued_at=now,
            not_after=now + DAY,
            seq=seq + number,
        )
        signed = Signed.by(world.anna.account, message, world.anna.domains)
        if number < 4:
            own.carry(signed)
        else:
            with pytest.raises(OverBudget):
                own.carry(signed)
    revoke = Revoke(patient=world.anna.address, grantee=BEN, terms=bytes([7] * 32))
    own.carry(Signed.by(world.anna.account, revoke, world.anna.domains))


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (NoFunds(sender="test"), 1),
        (NotMined(transaction="0x", seconds=1), 1),
        (BlockGone(block=1), 1),
        (OutOfGas(gas=1), 3),
    ],
    ids=["no funds", "not mined", "block gone", "out of gas"],
)
def test_an_erasure_that_waits_for_ether_or_a_block_starves_no_other_message(world, vault, clock, error, counted):
    """[H-018] Specification H-018: what was mined and refused was paid, and counts each time."""
    office = world.gateway.office

    class Failing(Acts):
        def act(self, call, sender):
            del call, sender
            raise error

    allowance = Budget(vault, clock, shutting=Allowance(transactions=9, gas=10**9))
    own = Relay(office.ledger, office.key, world.gateway.postbox.knows, allowance, Failing())
    once = lockdown(world, world.ledger.head().time)
    for _ in range(3):
        with pytest.raises(type(error)):
            own.carry(once)
    (row,) = vault.find(BudgetRow, account=world.anna.address)
    assert row.seq == counted
