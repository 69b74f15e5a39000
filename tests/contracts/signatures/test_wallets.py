"""Signatures by contract wallets (ERC-1271): good ones are asked at a bounded price, bad ones are refused.

given an act that names its signer, and a signer with code
├── when the wallet answers the 32 bytes of the magic value: the act is done
└── when it answers anything else, reverts, burns gas, answers too much or re-enters: refused, nothing changed
"""

from __future__ import annotations

import pytest
from brownie import TestBadWallet, TestWallet, web3

from medshare.consent.terms import request_digest
from medshare.typed_data import Accept, Confirm, Directory, Erase, EraseAll, Join, Recovery, Register
from tests.contracts.chainclock import DAY, now, rpc
from tests.contracts.people import low
from tests.contracts.refusals import refused
from tests.contracts.signatures.conftest import DIGEST, INNER, ROOT
from tests.contracts.world import ALL_POWERS, GRANT, INSTITUTION, VALIDATOR, as_tuple

BAD_WALLETS = (
    "wrong magic",
    "reverts",
    "burns gas",
    "returns much",
    "returns nothing",
    "returns short",
    "dirty magic",
    "re-enters",
    "long magic",
)
"""Modes of contracts/test/TestBadWallet.sol, in their order."""

ENTRIES = (
    "registerByWallet",
    "setDirectoryByWallet",
    "setRecoveryByWallet",
    "delegateByWallet",
    "grantBy",
    "revokeBy",
    "lockdownBy",
    "approveBy",
    "eraseBy",
    "eraseAllBy",
)
"""Every entry for a patient whose account is a contract wallet."""


@pytest.fixture(scope="module")
def bad_wallets(world, people):
    """One wallet of each bad kind. The one that re-enters tries to lock the patient down."""
    payload = world.consents.lockdown.encode_input()
    return {
        name: people["deployer"].deploy(TestBadWallet, mode, world.consents, payload)
        for mode, name in enumerate(BAD_WALLETS)
    }


def entry(name, world, people, wallet, signer):
    """The function called `name` and its arguments for a patient `wallet`, signed by `signer`'s key."""
    home, hospital, recovery = low(wallet), people["hospital"], low(people["recovery"])
    participants, consents, records = world.participants, world.consents, world.records
    seq, time = world.seq(wallet) + 1, now()
    draft = world.draft(wallet, hospital)
    if name == "registerByWallet":
        return participants.registerByWallet, (wallet, DIGEST), Register(patient=home, directory=DIGEST)
    if name == "setDirectoryByWallet":
        message = Directory(patient=home, digest=INNER, seq=seq)
        return participants.setDirectoryByWallet, (wallet, INNER, seq), message
    if name == "setRecoveryByWallet":
        message = Recovery(patient=home, recovery=recovery, seq=seq)
        return participants.setRecoveryByWallet, (wallet, recovery, seq), message
    if name == "delegateByWallet":
        message = world.delegation(wallet, people["delegate"], GRANT)
        values = (wallet, message.delegate, GRANT, message.issued_at, message.not_after, seq)
        return participants.delegateByWallet, values, message
    if name == "grantBy":
        return consents.grantBy, (wallet, wallet, *draft.direct), draft.message
    if name == "revokeBy":
        return consents.revokeBy, (wallet, wallet, hospital, draft.terms), draft.revocation
    if name == "lockdownBy":
        return consents.lockdownBy, (wallet, wallet, time), world.lockdown(wallet, time)
    if name == "approveBy":
        opening = world.opening(wallet, people["researcher"], people["researcher"])
        world.requests.open(request_digest(opening), time + DAY, {"from": people["researcher"]})
        answer = world.answer(opening)
        values = (wallet, as_tuple(opening), answer.word.pack(), answer.statement_hash)
        return world.requests.approveBy, values, answer.message
    if name == "eraseBy":
        return records.eraseBy, (wallet, wallet, [], INNER), Erase(patient=home, inner=INNER)
    assert name == "eraseAllBy"
    return records.eraseAllBy, (wallet, wallet, []), EraseAll(patient=home)


def called(function, values, signature, sender):
    """Carry it; `eraseAllBy` takes the recovery address's signature too."""
    more = (b"",) if function._name.endswith("eraseAllBy") else ()
    return function(*values, signature, *more, {"from": sender})


@pytest.fixture
def home(request, wallet, people):
    """The registered wallet, or a fresh one where registering is what is tried."""
    if request.node.callspec.params["name"] == "registerByWallet":
        return people["stranger"].deploy(TestWallet, people["stranger"])
    return wallet


@pytest.mark.parametrize("name", ENTRIES)
def test_a_contract_wallet_acts_by_its_answer(world, people, home, stranger, relayer, name):
    """[C-005] [P-001] The wallet's owner signs."""
    function, values, message = entry(name, world, people, home, stranger)
    assert called(function, values, world.sign(stranger, message), relayer).events


@pytest.mark.parametrize("name", ENTRIES)
def test_a_contract_wallet_refuses_the_signature_of_others(world, people, home, delegate, relayer, name):
    """[C-005]"""
    function, values, message = entry(name, world, people, home, delegate)
    with refused("Signatures_WalletRefused", home):
        called(function, values, world.sign(delegate, message), relayer)


@pytest.mark.parametrize("kind", BAD_WALLETS)
def test_a_bad_wallet_grants_nothing(consents, world, bad_wallets, hospital, relayer, kind):
    """[C-005] E11."""
    wallet = bad_wallets[kind]
    draft = world.draft(wallet, hospital)
    with refused("Signatures_WalletRefused", wallet):
        consents.grantBy(*draft.signed_by(wallet, relayer), {"from": relayer})
    assert world.status_of(draft) == 0


@pytest.mark.parametrize("kind", BAD_WALLETS)
@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in ("grantBy", "registerByWallet")])
def test_a_patient_whose_wallet_turned_bad_does_nothing(world, people, wallet, bad_wallets, relayer, name, kind):
    """[C-005] E11: at every entry."""
    code = rpc("eth_getCode", bad_wallets[kind].address, "latest")
    rpc("anvil_setCode", wallet.address, code)
    function, values, message = entry(name, world, people, wallet, relayer)
    with refused("Signatures_WalletRefused", wallet):
        called(function, values, world.sign(relayer, message), relayer)


@pytest.mark.parametrize("kind", BAD_WALLETS)
def test_a_bad_wallet_costs_a_bounded_price(consents, world, bad_wallets, hospital, relayer, kind):
    """[C-005] E11: 100,000 gas for its answer at most, and little for what it returns."""
    wallet = bad_wallets[kind]
    data = consents.grantBy.encode_input(*world.draft(wallet, hospital).signed_by(wallet, relayer))
    call = {"from": relayer.address, "to": consents.address, "data": data, "gas": hex(10**6)}
    sent = rpc("eth_sendTransaction", call)
    receipt = web3.eth.wait_for_transaction_receipt(sent)
    assert receipt["status"] == 0
    assert receipt["gasUsed"] < 250_000


@pytest.mark.parametrize("kind", BAD_WALLETS)
def test_a_bad_wallet_does_not_register(participants, world, bad_wallets, relayer, kind):
    """[P-001] E11."""
    wallet = bad_wallets[kind]
    signature = world.sign(relayer, Register(patient=low(wallet), directory=DIGEST))
    with refused("Signatures_WalletRefused", wallet):
        participants.registerByWallet(wallet, DIGEST, signature, {"from": relayer})


@pytest.mark.parametrize("kind", BAD_WALLETS)
def test_a_bad_wallet_is_no_delegate(consents, world, bad_wallets, patient, hospital, relayer, kind):
    """[C-003] E11: its power does not help it."""
    wallet = bad_wallets[kind]
    world.delegate(patient, wallet, ALL_POWERS, now() + 400 * DAY)
    draft = world.draft(patient, hospital)
    with refused("Signatures_WalletRefused", wallet):
        consents.grantBy(*draft.signed_by(wallet, relayer), {"from": relayer})


def test_a_wallet_that_re_enters_changes_nothing(consents, world, bad_wallets, hospital, relayer):
    """[C-005] E11: the question is a static call."""
    wallet = bad_wallets["re-enters"]
    with refused("Signatures_WalletRefused", wallet):
        consents.grantBy(*world.draft(wallet, hospital).signed_by(wallet, relayer), {"from": relayer})
    assert consents.lockedAt(wallet) == 0


def test_an_account_without_code_is_no_wallet(consents, world, patient, hospital, relayer):
    """[C-005] A key's signature belongs to `grantBySig`."""
    with refused("Signatures_WalletRefused", patient):
        consents.grantBy(*world.draft(patient, hospital).signed_by(patient), {"from": relayer})


def test_the_entry_for_keys_does_not_ask_a_wallet(consents, world, wallet, hospital, stranger, relayer):
    """[C-002] `grantBySig` recovers a key and looks at nothing else."""
    with refused("Signatures_WrongSigner", wallet, stranger):
        consents.grantBySig(*world.draft(wallet, hospital).by(stranger), {"from": relayer})


def test_a_wallet_with_the_power_grants_as_a_delegate(consents, world, wallet, patient, hospital, stranger, relayer):
    """[C-003] [C-005]"""
    world.delegate(patient, wallet, GRANT, now() + 400 * DAY)
    draft = world.draft(patient, hospital)
    consents.grantBy(*draft.signed_by(wallet, stranger), {"from": relayer})
    assert world.why_not(draft) == 0


def test_a_wallet_joins_a_staff_by_its_answer(participants, world, wallet_of_nobody, hospital, stranger):
    """[P-005]"""
    time = now()
    message = Join(institution=low(hospital), staff=low(wallet_of_nobody), roles=0, at=time)
    participants.addStaff(wallet_of_nobody, 0, time, world.sign(stranger, message), {"from": hospital})
    assert world.status(wallet_of_nobody) == 1


def test_a_wallet_does_not_join_by_somebody_elses_signature(participants, world, wallet_of_nobody, hospital, relayer):
    """[P-005]"""
    time = now()
    message = Join(institution=low(hospital), staff=low(wallet_of_nobody), roles=0, at=time)
    with refused("Signatures_WalletRefused", wallet_of_nobody):
        participants.addStaff(wallet_of_nobody, 0, time, world.sign(relayer, message), {"from": hospital})


@pytest.fixture
def wallet_of_nobody(people):
    """A contract wallet of the stranger's without an account."""
    return people["stranger"].deploy(TestWallet, people["stranger"])


def test_a_patient_moves_to_a_wallet_that_accepts(participants, world, patient, wallet, recovery, stranger):
    """[P-008]"""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    signature = world.sign(stranger, Accept(patient=low(patient), next=low(wallet)))
    participants.succeed(patient, wallet, signature, {"from": recovery})
    assert participants.movedTo(patient) == wallet


def test_a_validator_may_be_a_wallet(records, world, people, wallet_of_nobody, hospital, stranger, relayer):
    """[D-006]"""
    world.accredit(wallet_of_nobody, INSTITUTION | VALIDATOR)
    records.anchor(ROOT, 1, [], {"from": hospital})
    message = Confirm(provider=low(hospital), root=ROOT)
    keys = {low(wallet_of_nobody): stranger, low(people["validator"]): people["validator"]}
    keys[low(people["second_validator"])] = people["second_validator"]
    three = sorted(keys)
    records.confirm(hospital, ROOT, three, b"".join(world.sign(keys[who], message) for who in three), {"from": relayer})
    assert records.anchorOf(hospital, ROOT)[2] == 3


def test_a_wallet_is_the_sender_of_its_own_calls(consents, world, wallet, hospital, stranger):
    """[C-001] The direct entry works for a contract too."""
    draft = world.draft(wallet, hospital)
    data = consents.grant.encode_input(*draft.direct)
    wallet.call(consents, data, {"from": stranger})
    assert world.why_not(draft) == 0
