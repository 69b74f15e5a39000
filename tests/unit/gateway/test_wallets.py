"""Contract wallets at a gateway: what their contracts accept counts as signed (ERC-1271)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.gateway import Refused
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.ledger import Power
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Revoke, digest
from medshare.typed_data.errors import SignatureForeign, SignatureLength
from medshare.vault import (
    ReceiptRow,
)
from tests.unit.actors.world import DAY

PROBLEMS = Category.PROBLEMS


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(PROBLEMS)


def ground_of(world, request, gateway=None) -> Ground:
    with pytest.raises(Refused) as caught:
        (gateway or world.gateway).counter.read(request)
    return caught.value.ground


def test_a_contract_wallet_reads_by_what_its_contract_accepts(world, leaves):
    """[R-025] E11: a delegate whose account is a contract (ERC-1271); its owner signs."""
    wallet, owner, thief = "0x" + "1a" * 20, AccountKey.generate(), AccountKey.generate()
    owners = [owner]
    world.ledger.set_wallet(wallet, lambda signed, signature: signature == owners[-1].sign_digest(signed))
    world.anna.delegate(wallet, Power.READ, days=2)

    def asked(key: AccountKey):
        message = replace(world.ask_own(leaves[0]).message, accessor=wallet, nonce=world.anna.entropy(32))
        signature = key.sign_digest(digest(message, world.anna.domains))
        return Signed(message=message, signer=wallet, signature=signature)

    assert world.read(asked(owner)).leaf == leaves[0]
    line = world.gateway.counter.log(world.ask_own())
    assert line[-2].asked.signer == wallet
    with pytest.raises(SignatureForeign):
        world.read(asked(thief))
    request = asked(owner)
    with pytest.raises(SignatureForeign):
        world.read(replace(request, message=replace(request.message, leaf=leaves[1])))
    owners.append(thief)
    with pytest.raises(SignatureForeign):
        world.read(asked(owner))


def test_a_signature_that_is_no_keys_and_no_wallets_is_refused_without_a_receipt(world, leaves, consent):
    """[R-025] Neither an account without code, nor nobody, nor a signature that no wallet would give."""
    before = world.gateway.office.vault.count(ReceiptRow)
    request = world.ask(consent, leaves[0])
    accepted = "0x" + "1b" * 20
    world.ledger.set_wallet(accepted, lambda *_: True)
    world.ledger.set_wallet(ZERO_ADDRESS, lambda *_: True)
    for changed in (
        replace(request, signature=b"short"),
        replace(request, message=replace(request.message, accessor=ZERO_ADDRESS), signature=b"short"),
        replace(request, message=replace(request.message, accessor=accepted), signature=bytes(4097)),
    ):
        with pytest.raises(SignatureLength):
            world.read(changed)
    assert world.gateway.office.vault.count(ReceiptRow) == before


def test_a_delegate_with_a_wallet_revokes_and_erases_here(world, leaves):
    """[R-025] The same at the shelf: from the moment that the gateway holds the message."""
    wallet, owner = "0x" + "1c" * 20, AccountKey.generate()
    world.ledger.set_wallet(wallet, lambda signed, signature: signature == owner.sign_digest(signed))
    world.anna.delegate(wallet, Power.REVOKE, days=2)
    consent = world.grant(PROBLEMS)
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    signature = owner.sign_digest(digest(message, world.anna.domains))
    world.gateway.shelf.saw_revoke(Signed(message=message, signer=wallet, signature=signature))
    assert ground_of(world, world.ask(consent, leaves[0])) is Ground.REVOCATION_SEEN
    world.wait(3 * DAY)
