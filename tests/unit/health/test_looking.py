"""What a look at a whole gateway finds: each figure made to move by what people do, and the reads compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.purposes import bit
from medshare.gateway import Refused
from medshare.gateway.receipt_book import Decision, ReceiptBook
from medshare.health import Looking, Reads
from medshare.ledger import Role
from medshare.ledger.errors import NodeUnreachable, NothingFinal
from medshare.ledger.memory import MemoryLedger
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Erase
from medshare.vault import ErasedRow, HolderRow, ProofRow
from tests.unit.actors.world import LedgerDouble, World, aged, make_world, papers

PROBLEMS = Category.PROBLEMS


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def looking(world) -> Looking:
    return Looking(world.gateway, Reads(world.gateway.office))


def anchored(world: World) -> None:
    """Let City's gateway anchor what it logged, and some time pass."""
    world.gateway.anchoring.close()
    world.gateway.anchoring.keep_up()
    world.wait(600)


def released(world: World, asked, **changes) -> None:
    """Let City's gateway write that it released, whatever the rule says: what a dishonest one does."""
    decision = Decision(
        asked=asked,
        patient=asked.message.patient,
        grantee=world.hill.address,
        ground=Ground.RELEASED,
        leaves=(asked.message.leaf,),
        block=world.ledger.head().hash,
        at=world.sandbox.clock.now(),
        nonce=None,
    )
    ReceiptBook(world.gateway.office).write(lambda _: replace(decision, **changes))


def reads(health) -> tuple[int, int, int]:
    return health.reads_without_consent, health.reads_break_glass, health.reads_unjudged


# Chain and outbox


def test_an_upload_waits_in_the_outbox_until_it_is_anchored(world, looking):
    assert (looking.health().outbox_waiting, looking.health().outbox_age) == (0, 0)
    world.city.upload(world.anna.address, papers(PROBLEMS, Category.LABORATORY))
    world.wait(1000)
    assert (looking.health().outbox_waiting, looking.health().outbox_age) == (2, 1000)
    world.city.anchor()
    assert (looking.health().outbox_waiting, looking.health().outbox_age) == (0, 0)


def test_a_transaction_that_is_not_mined_waits_with_the_time_of_the_head_at_which_it_was_signed(world, looking):
    world.ledger.automatic = False
    consent = world.anna.grant  # the relay's account sends for her
    office = world.gateway.office
    office.outbox.policy = replace(office.outbox.policy, patience=0)
    world.gateway.anchoring.close()
    with pytest.raises(Exception, match="not mined"):
        world.gateway.anchoring.keep_up()
    assert consent is not None
    world.sandbox.clock.advance(70)
    found = looking.health()
    assert found.outbox_waiting == 1
    assert found.outbox_age >= 70
    world.ledger.mine()
    world.gateway.resume()
    assert looking.health().outbox_waiting == 0


def test_head_finality_and_balance_are_the_chains(world, looking, monkeypatch):
    ledger: MemoryLedger = world.ledger
    ledger.set_balance(world.gateway.address, 12)
    ledger._depth = 3
    old = aged(ledger.head(), 9 + ledger.head().time - world.sandbox.clock.now())
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(ledger, head=lambda: old))
    found = looking.health()
    assert (found.head_age, found.unfinalised, found.relay_balance) == (9, 3, 12)
    assert found.relay_fee == ledger.fees()[0]


def test_where_nothing_is_final_every_block_stands_above_it_and_the_other_figures_are_told(world, looking, monkeypatch):
    """[G-010] Receipts wait to be compared; nothing is said to be unknown."""

    def nothing() -> None:
        raise NothingFinal(block="finalized")

    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    anchored(world)
    assert reads(looking.health()) == (0, 0, 0)
    released(world, world.ask_own(leaf, key=world.hill.account))
    anchored(world)
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, final=nothing))
    found = looking.health()
    assert found.unfinalised == world.ledger.head().number + 1
    assert (found.head_age, found.faults) == (0, ())
    assert reads(found) == (0, 0, 1)


def test_a_node_that_is_silent_leaves_the_vaults_figures(world, looking, monkeypatch):
    """[OP-004]"""

    def silent(*_, **__):
        raise NodeUnreachable(node="node.internal")

    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, head=silent, final=silent))
    found = looking.health()
    assert (found.head_age, found.reads_without_consent, found.erasures_unanswered) == (None, None, 0)
    assert [one.code for one in found.faults] == ["ledger.node-unreachable"]


# Receipts


def test_receipts_wait_for_their_anchor_and_are_counted_until_the_chain_has_it(world, looking):
    anchored(world)
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    anchored(world)
    assert (looking.health().receipts_unanchored, looking.health().receipts_unanchored_age) == (0, 0)
    world.read(world.ask_own(leaf))
    world.wait(40)
    assert (looking.health().receipts_unanchored, looking.health().receipts_unanchored_age) == (1, 40)
    world.gateway.anchoring.close()
    world.wait(5)
    assert (looking.health().receipts_unanchored, looking.health().receipts_unanchored_age) == (1, 5)
    world.gateway.anchoring.keep_up()
    assert (looking.health().receipts_unanchored, looking.health().receipts_unanchored_age) == (0, 0)


# Reads


def test_reads_with_a_consent_her_own_and_refusals_are_no_breach(world, looking):
    """[OP-002]"""
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    consent = world.grant(PROBLEMS)
    world.read(world.ask(consent, leaf))
    world.read(world.ask_own(leaf))
    with pytest.raises(Refused):
        world.read(world.ask(consent, leaf, purpose=bit("HMARKT")))
    looking.health()
    anchored(world)
    assert reads(looking.health()) == (0, 0, 0)
    world.anna.revoke(consent)
    world.wait(700)
    assert reads(looking.health()) == (0, 0, 0), "what was released while it was in force stays allowed"


def test_a_read_without_a_consent_is_counted_once_whatever_the_gateway_writes(world, looking):
    """[OP-002] After the revocation, by one who was never named, and of a purpose that was not granted."""
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    consent = world.grant(PROBLEMS)
    released(world, world.ask(consent, leaf))
    released(world, world.ask(consent, leaf, purpose=bit("HMARKT")))
    released(world, world.ask(consent, leaf, key=world.researcher.account))
    world.anna.revoke(consent)
    world.wait(1)
    released(world, world.ask(consent, leaf))
    assert reads(looking.health())[0] == 0
    anchored(world)
    for _ in range(2):
        assert reads(looking.health()) == (3, 0, 0)
    assert reads(Looking(world.gateway, Reads(world.gateway.office)).health()) == (3, 0, 0)


def test_a_release_on_an_old_block_is_a_breach_also_behind_younger_ones(world, looking):
    """[OP-002] The block before the revocation hides it from who looks there alone."""
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    consent = world.grant(PROBLEMS)
    old = world.ledger.head().hash
    world.anna.revoke(consent)
    anchored(world)
    world.read(world.ask_own(leaf))
    anchored(world)
    assert reads(looking.health()) == (0, 0, 0)
    released(world, world.ask(consent, leaf), block=old)
    anchored(world)
    assert reads(looking.health()) == (1, 0, 0)


def test_nothing_is_counted_before_a_final_block_is_behind_it(world, looking):
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    anchored(world)
    assert reads(looking.health()) == (0, 0, 0)
    world.ledger._depth = 4
    released(world, world.ask_own(leaf, key=world.hill.account))
    anchored(world)
    assert reads(looking.health()) == (0, 0, 1)
    for _ in range(4):
        world.wait(1)
    assert reads(looking.health()) == (1, 0, 0)


def test_one_look_takes_in_a_part_and_the_next_ones_go_on(world):
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    anchored(world)
    for _ in range(3):
        released(world, world.ask_own(leaf, key=world.hill.account))
        anchored(world)
    few = Reads(world.gateway.office, most=1)
    found = [few.look() for _ in range(8)]
    assert found[0].unjudged > 0
    assert (found[-1].without_consent, found[-1].unjudged) == (3, 0)
    assert [one.without_consent for one in found] == sorted(one.without_consent for one in found)


def test_receipts_from_before_the_span_are_not_compared(world):
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    released(world, world.ask_own(leaf, key=world.hill.account))
    anchored(world)
    since = world.sandbox.clock.now()
    released(world, world.ask_own(leaf, key=world.hill.account))
    anchored(world)
    assert Reads(world.gateway.office).look().without_consent == 2
    assert Reads(world.gateway.office, since=since).look().without_consent == 1


def test_an_emergency_is_counted_apart_and_its_purpose_alone_excuses_nobody(world, looking):
    """[OP-003] One that the consent allowed; one that a service answered for; one without any of both."""
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    urgent = world.grant(PROBLEMS, purposes=["BTG"])
    released(world, world.ask(urgent, leaf, purpose=bit("BTG")))
    anchored(world)
    assert reads(looking.health()) == (0, 1, 0)
    service = world.sandbox.institution("Emergency Access", roles=Role.SERVICE)
    standing = world.grant(PROBLEMS, grantee=service, purposes=["BTG"])
    world.ledger.set_service(service.address, lambda patient, accessor: accessor == world.hill.address)
    released(world, world.ask(standing, leaf, purpose=bit("BTG")), grantee=service.address)
    anchored(world)
    assert reads(looking.health()) == (0, 2, 0)
    released(world, world.ask(standing, leaf, purpose=bit("TREAT")), grantee=service.address)
    care = world.grant(PROBLEMS)
    released(world, world.ask(care, leaf, purpose=bit("BTG")))
    released(world, world.ask(urgent, leaf, purpose=bit("BTG"), action=int(Action.EXPORT)))
    anchored(world)
    assert reads(looking.health()) == (3, 2, 0)


# Erasures


def test_holders_that_have_not_answered_an_erasure_are_counted_with_its_age(world, looking):
    leaf = world.write(PROBLEMS)[0]
    world.anna.sync()
    proof = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    message = Erase(patient=proof.patient, inner=proof.inner)
    world.gateway.carry(Signed.by(world.anna.account, message, world.anna.domains))
    world.wait(30)
    found, vault = looking.health(), world.gateway.office.vault
    others = {row.holder for row in vault.find(HolderRow, leaf=leaf)} - {
        row.holder for row in vault.find(ErasedRow, leaf=leaf)
    }
    assert found.erasures_unanswered == len(others) == 3
    assert found.erasures_unanswered_age >= 30
    for clinic in world.clinics:
        clinic.honour_erasures()
    assert looking.health().erasures_unanswered == 0


def test_what_is_still_to_be_destroyed_here_is_unanswered_too(world, looking, monkeypatch):
    leaf = world.write(PROBLEMS)[0]
    world.ledger._depth = 5
    proof = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    world.anna.sync()
    signed = Signed.by(world.anna.account, Erase(patient=proof.patient, inner=proof.inner), world.anna.domains)
    world.ledger.erase_by_sig(
        patient=proof.patient, inner=proof.inner, path=(), signature=signed.signature, sender=world.sandbox.account()
    )
    world.gateway.office.watch()
    assert looking.health().erasures_unanswered == 1
