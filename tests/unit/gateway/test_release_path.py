"""From the request to the receipt: facts at one block, and a decision that is as young as its receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from inspect import Parameter, signature
from typing import Any

import pytest

from medshare.consent.categories import Category
from medshare.consent.purposes import bit
from medshare.gateway import Refused
from medshare.gateway.consents import KeptConsent
from medshare.gateway.counter import _Found as Found
from medshare.gateway.facts import Document, Gathered, Gathering
from medshare.gateway.receipt_book import Decision
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.ledger import Power
from medshare.release.rule import REQUEST_LIFE, Ground
from medshare.signed import Signed
from medshare.typed_data import Erase, EraseAll, Lockdown, Revoke
from medshare.vault import (
    CapsuleRow,
    ErasureRow,
    ProofRow,
)
from tests.unit.actors.world import LedgerDouble, World

PROBLEMS = Category.PROBLEMS


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(PROBLEMS)


@pytest.fixture
def own(world) -> Iterator[World]:
    """The world with another patient: what is shut for her stays open for the others."""
    patient = world.sandbox.patient()
    world.sandbox.enrol(patient, world.city)
    patient.sync()
    yield replace(world, anna=patient)
    world.wait(1)


@pytest.fixture
def after_gathering(monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen after the facts of the chain were gathered and before the transaction."""

    def arrange(act: Callable[[], object]) -> None:
        gather = Gathering.gather

        def gather_and_act(self, request):
            gathered = gather(self, request)
            monkeypatch.setattr(Gathering, "gather", gather)
            act()
            return gathered

        monkeypatch.setattr(Gathering, "gather", gather_and_act)

    return arrange


def ground_of(world, request, gateway=None) -> Ground:
    with pytest.raises(Refused) as caught:
        (gateway or world.gateway).counter.read(request)
    return caught.value.ground


# One block for all


def test_every_fact_of_the_chain_is_read_at_the_one_block_that_the_receipt_names(world, leaves, consent, monkeypatch):
    """[R-022] Blocks are mined between any two questions; only the final one is another block."""
    asked: list[tuple[str, bytes]] = []
    ledger = world.ledger
    reader = AccountKey.generate()
    world.anna.delegate(reader.address, Power.READ, days=9)
    study = world.grant(Category.LABORATORY, purposes=["BIORCH"], grantee=world.researcher)

    def answers(questions, *, block):
        ledger.mine()
        asked.append(("answers", block.hash))
        found = ledger.answers(questions, block=block)
        ledger.mine()
        return found

    def final():
        found = ledger.block(ledger.head().number - 1)
        asked.append(("final", found.hash))
        return found

    def beside(name: str) -> Callable[..., Any]:
        def told(*_: object, **__: object) -> None:
            pytest.fail(f"{name} was asked beside the view")

        return told

    reads = ("account", "principal_of", "successor_of", "path_of", "empowered", "permits", "why_not", "record_status")
    double = LedgerDouble(ledger, answers=answers, final=final, **{name: beside(name) for name in reads})
    monkeypatch.setattr(world.gateway.office, "ledger", double)
    for request in (
        world.ask(consent, leaves[0]),
        world.ask_own(leaves[0]),
        world.ask_own(leaves[1], key=reader),
        world.ask(study, leaves[1], key=world.researcher.account, purpose=bit("BIORCH")),
    ):
        asked.clear()
        receipt = world.read(request).receipt.message
        finals = {block for what, block in asked if what == "final"}
        assert {block for what, block in asked if what == "answers"} - finals == {receipt.block}
        assert len(finals) == (1 if request.signer == world.researcher.address else 0)


def test_a_read_asks_the_chain_once_at_a_block_and_a_list_once_more_for_all_its_rows(
    world, leaves, consent, monkeypatch
):
    """[R-022] All at once: nobody learns from the number of questions what is here, and the node is not the limit."""
    asked: list[int] = []
    ledger = world.ledger

    def answers(questions, *, block):
        asked.append(len(questions))
        return ledger.answers(questions, block=block)

    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(ledger, answers=answers))
    ledger.mine()
    world.read(world.ask(consent, leaves[0]))
    world.read(world.ask(consent, leaves[0]))
    assert len(asked) == 1
    ground_of(world, world.ask(consent, b"\x01" * 32))
    assert len(asked) == 2
    wide = world.grant(PROBLEMS, Category.LABORATORY)
    asked.clear()
    assert len(world.gateway.counter.listing(world.ask(wide)).rows) >= 2
    assert len(asked) == 2


def test_what_is_mined_before_a_request_comes_counts_for_it(world, leaves):
    """[R-022, R-023] A06: what was known of the block before shuts nothing and opens nothing at the next one."""
    for _ in range(5):
        consent = world.grant(PROBLEMS)
        world.read(world.ask(consent, leaves[0]))
        world.read(world.ask(consent, leaves[0]))
        world.anna.revoke(consent)
        assert ground_of(world, world.ask(consent, leaves[0])) is Ground.REVOCATION_SEEN


@pytest.mark.parametrize("kind", [Gathered, Document, Decision, KeptConsent, Found])
def test_what_was_gathered_is_what_is_decided_on(kind):
    """[R-024] It cannot be changed or added to meanwhile, and nothing in it is mistaken for its neighbour."""
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    named = {parameter.kind for parameter in signature(kind).parameters.values()} == {Parameter.KEYWORD_ONLY}
    assert named or len(fields(kind)) == 2


# The decision is as young as its receipt


def shut_by_revocation(world, leaf, consent) -> None:
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    world.gateway.shelf.saw_revoke(Signed.by(world.anna.account, message, world.anna.domains))


def shut_by_lockdown(world, leaf, consent) -> None:
    message = Lockdown(patient=world.anna.address, time=consent.word.issued_at)
    world.gateway.shelf.saw_lockdown(Signed.by(world.anna.account, message, world.anna.domains))


def shut_by_erasure(world, leaf, consent) -> None:
    proof = world.gateway.office.vault.require(ProofRow, leaf=leaf)
    message = Erase(patient=world.anna.address, inner=proof.inner)
    world.gateway.erase(Signed.by(world.anna.account, message, world.anna.domains))


def shut_by_erasure_of_everything(world, leaf, consent) -> None:
    message = EraseAll(patient=world.anna.address)
    world.gateway.erase(Signed.by(world.anna.account, message, world.anna.domains))


def shut_by_the_end_of_the_consent(world, leaf, consent) -> None:
    world.sandbox.clock.set(consent.word.not_after)


def shut_by_the_age_of_the_request(world, leaf, consent) -> None:
    world.sandbox.clock.advance(REQUEST_LIFE)


def shut_by_the_age_of_the_head(world, leaf, consent) -> None:
    world.sandbox.clock.advance(world.ledger.deployment.head_max_age + 1)


@pytest.mark.parametrize(
    ("shut", "ground"),
    [
        (shut_by_revocation, Ground.REVOCATION_SEEN),
        (shut_by_lockdown, Ground.REVOCATION_SEEN),
        (shut_by_erasure, Ground.ERASURE_SEEN),
        (shut_by_erasure_of_everything, Ground.ERASURE_SEEN),
        (shut_by_the_age_of_the_request, Ground.REQUEST_TIME),
        (shut_by_the_age_of_the_head, Ground.STALE_HEAD),
    ],
)
def test_what_shuts_the_door_before_the_receipt_is_kept_shuts_it_for_this_request(own, after_gathering, shut, ground):
    """[R-024] However long the request waited for its turn to write."""
    (leaf,) = own.write(PROBLEMS)
    consent = own.grant(PROBLEMS)
    own.read(own.ask(consent, leaf))
    after_gathering(lambda: shut(own, leaf, consent))
    assert ground_of(own, own.ask(consent, leaf)) is ground


def test_what_was_erased_and_destroyed_here_is_refused_as_erased(own):
    """[R-012] The capsule is gone, and the reason is still told to who may ask."""
    (leaf,) = own.write(PROBLEMS)
    consent = own.grant(PROBLEMS)
    shut_by_erasure(own, leaf, consent)
    assert own.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None
    assert ground_of(own, own.ask(consent, leaf)) is Ground.ERASURE_SEEN


def test_a_consent_that_ends_while_its_request_waits_opens_nothing(own, after_gathering):
    """[R-009, R-024]"""
    (leaf,) = own.write(PROBLEMS)
    consent = own.grant(PROBLEMS, days=1)
    own.wait(consent.word.not_after - own.sandbox.clock.now() - 5)
    own.read(own.ask(consent, leaf))
    after_gathering(lambda: own.sandbox.clock.set(consent.word.not_after))
    assert ground_of(own, own.ask(consent, leaf)) is Ground.ENDED


def test_a_delegation_that_ends_while_its_request_waits_opens_nothing(own, after_gathering):
    """[R-005, R-024]"""
    (leaf,) = own.write(PROBLEMS)
    reader = AccountKey.generate()
    own.anna.delegate(reader.address, Power.READ, days=1)
    end = own.ledger.delegation_of(own.anna.address, reader.address).not_after
    own.wait(end - own.sandbox.clock.now() - 5)
    assert own.read(own.ask_own(leaf, key=reader)).leaf == leaf
    after_gathering(lambda: own.sandbox.clock.set(end))
    assert ground_of(own, own.ask_own(leaf, key=reader)) is Ground.NOT_THE_PATIENT


def test_a_nonce_that_another_request_used_meanwhile_is_used(world, leaves, consent, after_gathering):
    """[R-003, R-024] E05: both saw it unused; the transaction decides."""
    request = world.ask(consent, leaves[0])
    other = world.ask(consent, leaves[0], nonce=request.message.nonce, at=request.message.at - 1)
    after_gathering(lambda: world.read(other))
    assert ground_of(world, request) is Ground.NONCE_USED


def test_a_document_that_is_erased_while_a_list_is_made_is_not_on_it(own, after_gathering):
    """[R-012, R-024] Neither for a reader, nor with its capsule for the patient; the receipt counts what left."""
    first, second, third = own.write(PROBLEMS, PROBLEMS, PROBLEMS)
    own.anna.sync()
    consent = own.grant(PROBLEMS)
    for erased, request, rest in ((first, own.ask(consent), {second, third}), (second, own.ask_own(), {third})):
        after_gathering(
            lambda erased=erased: own.gateway.office.saw_erasure(ErasureRow(target=erased, patient=ZERO_ADDRESS, at=1))
        )
        listing = own.gateway.counter.listing(request)
        assert {row.leaf for row in listing.rows} == rest
        assert listing.receipt.message.count == len(rest)


def test_a_capsule_is_not_kept_between_two_reads(world, consent):
    """[R-012] Nothing of a document is remembered: a replaced or destroyed one is so at once."""
    (leaf,) = world.write(PROBLEMS)
    first = world.read(world.ask(consent, leaf))
    vault = world.gateway.office.vault
    row = vault.require(CapsuleRow, leaf=leaf)
    vault.put(replace(row, capsule=b"another", seq=row.seq + 1))
    assert (first.sealed.capsule, world.read(world.ask(consent, leaf)).sealed.capsule) == (row.capsule, b"another")
    vault.destroy(CapsuleRow, leaf=leaf)
    assert ground_of(world, world.ask(consent, leaf)) is Ground.LEAF_UNKNOWN
