"""Questions that a contract signed (ERC-1271): proven by the chain, or named; they silence nobody's log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from medshare.actors.looking import who_looked
from medshare.actors.oversight import oversee
from medshare.audit.errors import ReceiptForged
from medshare.audit.findings import Fault
from medshare.audit.overseeing import WHY_TEXTS
from medshare.audit.signatures import judge_on_chain
from medshare.audit.verify import verify
from medshare.consent.categories import Category
from medshare.gateway import Gateway, Refused
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.ledger import Power
from medshare.ledger.errors import NodeRefused
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Erased, Message, ReadRequest, digest
from tests.unit.actors.world import World, make_world

YES = "0x" + "66" * 20
WALLET = "0x" + "1c" * 20
OWNER = AccountKey.generate()


@pytest.fixture
def world() -> World:
    """Anna has one document; a stranger has a contract that accepts every signature; another has one owner."""
    found = make_world()
    found.write(Category.PROBLEMS)
    found.anna.sync()
    found.ledger.set_wallet(YES, lambda *_: True)
    found.ledger.set_wallet(WALLET, lambda signed, signature: signature == OWNER.sign_digest(signed))
    return found


def gateways(world: World) -> tuple[Gateway, ...]:
    return tuple(one.gateway for one in (world.city, world.hill, *world.clinics))


def anchored(world: World) -> None:
    for gateway in gateways(world):
        gateway.anchoring.keep_up()
        gateway.anchoring.close()
        gateway.anchoring.keep_up()


def by_wallet(world: World, message: Any) -> Signed[Any]:
    return Signed(message=message, signer=WALLET, signature=OWNER.sign_digest(digest(message, world.anna.domains)))


def asked_by_a_stranger(world: World) -> None:
    """Junk, signed by nobody: the gateway asks the contract, refuses, and writes the receipt."""
    message = ReadRequest(
        gateway=world.gateway.address,
        consent_id=b"\x01" * 32,
        patient=world.anna.address,
        accessor=YES,
        slot=3,
        purpose=60,
        action=1,
        leaf=ZERO_32,
        history=False,
        nonce=world.anna.entropy(32),
        at=world.sandbox.clock.now(),
    )
    with pytest.raises(Refused):
        world.gateway.counter.listing(Signed(message=message, signer=YES, signature=b"junk"))


def test_a_strangers_contract_that_accepts_everything_breaks_no_log(world):
    """[B-031] E11: her log, her export and the regulator's view go on; the question is in all of them."""
    asked_by_a_stranger(world)
    assert YES in {one.accessor for one in who_looked(world.anna)}
    assert world.anna.access_log().findings == ()
    verify(world.anna.export_log().to_bytes(), world.ledger)
    assert world.anna.sync().findings == ()
    anchored(world)
    found = oversee(world.ledger, gateways(world))
    assert (found.broken, found.unproven) == ((), ())


def test_a_question_that_the_chain_does_not_prove_is_named_and_breaks_no_log(world):
    """[B-031] The contract says no to us, or the node forgot that block: nobody can tell whose fault it is."""
    asked_by_a_stranger(world)
    world.ledger.set_wallet(YES, lambda *_: False)
    assert YES in {one.accessor for one in who_looked(world.anna)}
    (finding,) = world.anna.access_log().findings
    assert (finding.fault, finding.fault.grave, finding.gateway) == (Fault.UNPROVEN, False, world.gateway.address)
    assert finding.evidence[1].message.accessor == YES
    anchored(world)
    found = oversee(world.ledger, gateways(world))
    assert found.broken == ()
    (one,) = found.unproven
    assert (one.gateway, one.number, one.patient) == (finding.gateway, finding.number, world.anna.address)
    assert one.asker == YES


def test_a_question_under_a_signature_that_no_contract_could_give_is_forged(world):
    """[B-017, B-031] The gateway may not have taken it, whatever any contract says."""
    asked_by_a_stranger(world)
    log = world.gateway.counter.log

    def frame(request: Any) -> Any:
        return tuple(
            replace(one, asked=replace(one.asked, signature=bytes(4097))) if one.asked.signer == YES else one
            for one in log(request)
        )

    world.gateway.counter.log = frame
    assert Fault.FORGED in {one.fault for one in world.anna.access_log().findings}


def test_a_question_in_the_name_of_an_account_without_code_is_forged(world):
    """[B-017, B-026] E10: only a key signs for it, so the gateway put it into that account's mouth."""
    message = replace(world.anna.own_request(world.gateway).message, accessor=world.hill.address, slot=3)
    asked = Signed.by(world.gateway.office.key, message, world.anna.domains)
    world.gateway.counter.write_receipt(
        asked=asked,
        patient=world.anna.address,
        grantee=world.hill.address,
        ground=Ground.PURPOSE,
        leaves=[],
        head=world.ledger.head(),
        nonce=None,
    )
    with pytest.raises(ReceiptForged):
        who_looked(world.anna)
    anchored(world)
    found = oversee(world.ledger, gateways(world))
    assert {(one.gateway, one.why) for one in found.broken} == {(world.gateway.address, WHY_TEXTS["forged"])}
    assert found.unproven == ()


def test_a_delegates_contract_wallet_asks_and_everyone_reads_on(world):
    """[B-031] E11: what its owner signed is proven at the receipt's block."""
    world.anna.delegate(WALLET, Power.READ, days=2)
    world.wait(1)
    message = replace(world.anna.own_request(world.gateway).message, accessor=WALLET)
    world.gateway.counter.listing(by_wallet(world, message))
    assert WALLET in {one.accessor for one in who_looked(world.anna)}
    assert world.anna.sync().findings == ()


def test_a_node_that_forgot_an_old_block_proves_nothing_and_stops_nothing(world, monkeypatch):
    """[B-031]"""
    message = replace(world.anna.own_request(world.gateway).message, accessor=WALLET)
    asked, block = by_wallet(world, message), world.ledger.head().hash
    assert judge_on_chain(asked, world.anna.domains, world.ledger, block) is None
    assert judge_on_chain(asked, world.anna.domains, world.ledger, b"\x07" * 32) is Fault.UNPROVEN

    def forgot(*_: object, **__: object) -> bool:
        raise NodeRefused(method="eth_call", message="state is not available")

    monkeypatch.setattr(world.ledger, "wallet_accepts", forgot)
    assert judge_on_chain(asked, world.anna.domains, world.ledger, block) is Fault.UNPROVEN


def test_a_holders_contract_wallet_answers_an_erasure_and_a_strangers_does_not(world):
    """[B-028, B-031]"""
    from medshare.audit.overseeing import unanswered
    from medshare.audit.signatures import is_signed
    from medshare.audit.values import HandedErasure

    leaf = b"\x07" * 32
    message: Message = Erased(leaf=leaf, holder=WALLET, at=1)

    def waiting(word: Signed[Any]) -> list[str]:
        handed = {YES: (HandedErasure(leaf=leaf, at=1, holders=(WALLET,), erased=(word,)),)}
        return [one.holder for one in unanswered(handed, frozenset(), lambda one: is_signed(one, world.ledger))]

    good = by_wallet(world, message)
    assert waiting(good) == []
    assert waiting(replace(good, signature=b"junk")) == [WALLET]
    assert waiting(replace(good, signer=YES)) == [WALLET]
