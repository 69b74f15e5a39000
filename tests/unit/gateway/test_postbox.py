"""Postbox and shelf: what is left at a gateway, by whom, and what is turned away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.purposes import closure
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.gateway.errors import (
    ConsentNotOnChain,
    DirectoryUnknown,
    NotEmpoweredHere,
    NotEnrolled,
    NotWhatWasSigned,
    RequestClosed,
)
from medshare.gateway.office import Office
from medshare.gateway.shelf import cid_digest
from medshare.keys.account import AccountKey
from medshare.keys.catalogue import SealedCatalogue, open_catalogue
from medshare.keys.errors import DigestDiffers
from medshare.ledger import Power
from medshare.public_records import accreditation_of
from medshare.signed import Signed, consent_message, kept
from medshare.statement.check import draft
from medshare.typed_data import (
    Catalogue,
    Deposit,
    Directory,
    Dispute,
    Envelope,
    Erase,
    Lockdown,
    Refuse,
    Revoke,
    State,
)
from medshare.typed_data.errors import SignatureForeign, SignatureScalar
from medshare.vault import CapsuleRow, ConsentRow, DisputeRow, ErasureRow, ProofRow, RevocationRow
from medshare.vault.errors import RowMissing, RowOutdated
from tests.unit.actors.world import LedgerDouble, aged

PROBLEMS = Category.PROBLEMS


def by(world, message, key=None) -> Signed:
    return Signed.by(key or world.anna.account, message, world.anna.domains)


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(PROBLEMS)


@pytest.fixture
def box(world):
    return world.gateway.postbox


def test_the_directory_is_the_one_on_the_chain(world, box):
    """[K-005] K06: bytes without the signature, other bytes, another's directory."""
    directory = world.anna.directory()
    seq = world.ledger.account(world.anna.address).seq + 1
    signed = by(world, Directory(patient=world.anna.address, digest=directory.digest, seq=seq))
    box.take_directory(directory.to_bytes(), signed)
    assert box.directory(world.anna.address).digest == world.ledger.digest_of(world.anna.address)
    with pytest.raises(DigestDiffers):
        box.take_directory(directory.to_bytes() + b" ", signed)
    with pytest.raises(SignatureForeign):
        box.take_directory(directory.to_bytes(), by(world, signed.message, world.hill.account))
    with pytest.raises(DirectoryUnknown):
        box.directory(world.hill.address)


def test_a_consent_is_kept_once_the_chain_has_it(world, box, consent):
    """[S-002] What anybody makes up is not kept, nor one whose words differ, nor one of another chain."""
    box.take_consent(consent)
    made_up = replace(consent, request=b"\x01" * 32)
    for other, error in (
        (replace(consent, chain_id=1), NotWhatWasSigned),
        (replace(consent, registry=world.hill.address), NotWhatWasSigned),
        (made_up, MedShareError),
    ):
        with pytest.raises(error):
            box.take_consent(other)
        assert world.gateway.office.vault.get(ConsentRow, consent_id=other.consent_id) in {
            None,
            world.gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id),
        }


def test_a_consent_that_is_not_granted_yet_is_not_kept(world, box):
    """[R-006]"""
    ungranted = world.hill.offer_enrolment()
    ben = world.sandbox.patient()
    answer = ben.answer(ungranted)
    with pytest.raises(ConsentNotOnChain):
        world.hill.gateway.postbox.take_consent(answer.consents[0])


@pytest.fixture
def made_up(world):
    """What a stranger makes up: is the hospital, or a clinic, one of Ben's custodians?"""
    ben = world.sandbox.patient()
    ben.note(f"custodian:{world.clinics[0].address}", world.clinics[0].url)
    world.sandbox.enrol(ben, world.city)

    def consent(grantee):
        now = world.sandbox.clock.now()
        unsigned = draft(
            chain_id=ben.domains.chain_id,
            registry=ben.domains.consents,
            patient=ben.address,
            grantee=accreditation_of(world.ledger, grantee.address),
            categories=[PROBLEMS],
            folders=[],
            purposes=closure(["TREAT"]),
            actions=Action.READ,
            not_before=now,
            not_after=now + 86_400,
            issued_at=now,
            language="en",
            custodians=(),
        )
        return replace(unsigned, signature=bytes(65))

    return consent


def no_scan(*_, **__):
    raise AssertionError("the events are read from the first block on")


def test_a_consent_that_anybody_made_up_costs_no_search_and_tells_nothing(world, box, made_up, monkeypatch):
    """[H-017] A07. One answer, whether the grantee is her custodian or not."""
    documents = [made_up(one) for one in (world.clinics[0], world.clinics[1], world.hill)]
    monkeypatch.setattr(world.ledger, "events", no_scan)
    for document in documents:
        with pytest.raises(ConsentNotOnChain):
            box.take_consent(document)
        with pytest.raises(SignatureScalar):
            world.gateway.grant(replace(document, signature=bytes(64) + b"\x1b"))
        stranger = AccountKey.generate()
        signature = Signed.by(stranger, consent_message(document), world.anna.domains).signature
        with pytest.raises(NotEmpoweredHere):
            world.gateway.grant(replace(document, signer=stranger.address, signature=signature))
        with pytest.raises(SignatureForeign):
            world.gateway.grant(replace(document, signature=signature))


def envelope(world, box, consent, data: bytes, *, seq: int, key=None) -> Signed:
    message = box.envelope(consent.consent_id)[0].message
    return by(world, replace(message, seq=seq, digest=keccak(data)), key or world.anna.keys.agent_key)


def test_an_envelope_is_the_agents_and_its_number_rises(world, box, consent):
    """[K-004] K06, K07."""
    current = box.envelope(consent.consent_id)[0].message.seq
    for key in (world.anna.account, world.hill.account, AccountKey.generate()):
        with pytest.raises(NotEmpoweredHere):
            box.take_envelope(envelope(world, box, consent, b"x", seq=current + 1, key=key), b"x")
    with pytest.raises(NotWhatWasSigned):
        box.take_envelope(envelope(world, box, consent, b"x", seq=current + 1), b"y")
    with pytest.raises(RowOutdated):
        box.take_envelope(envelope(world, box, consent, b"x", seq=current), b"x")
    stray = by(world, Envelope(consent_id=b"\x01" * 32, grantee_key=b"\x01" * 32, seq=1, digest=keccak(b"x"), at=1))
    with pytest.raises(RowMissing):
        box.take_envelope(stray, b"x")
    assert box.envelope(consent.consent_id)[0].message.seq == current


def test_the_agents_state_and_catalogues_are_the_agents(world, box):
    """[K-007, K-008] Wrong signer, wrong bytes, an old number, a patient who is not served."""
    seq = world.anna.state.number
    for message, take in (
        (State(patient=world.anna.address, seq=seq + 1, digest=keccak(b"x"), at=1), box.take_state),
        (Catalogue(patient=world.anna.address, category=3, seq=999, digest=keccak(b"x"), at=1), box.take_catalogue),
    ):
        with pytest.raises(NotEmpoweredHere):
            take(by(world, message, world.anna.account), b"x")
        with pytest.raises(NotWhatWasSigned):
            take(by(world, message, world.anna.keys.agent_key), b"y")
        stranger = replace(message, patient=world.hill.address)
        with pytest.raises(NotEnrolled):
            take(by(world, stranger, world.anna.keys.agent_key), b"x")
    old = State(patient=world.anna.address, seq=0, digest=keccak(b"x"), at=1)
    with pytest.raises(RowOutdated):
        box.take_state(by(world, old, world.anna.keys.agent_key), b"x")
    assert box.state(world.hill.address) is None
    assert box.catalogue(world.anna.address, 23) is None


def test_a_reader_sees_from_the_catalogue_what_was_kept_back(world, leaves, box, consent):
    """[K-008] "n in the catalogue, m received": a gateway that hides a leaf from the list is seen."""
    world.anna.sync()
    found = box.catalogue(world.anna.address, int(PROBLEMS))
    assert found is not None
    rows = open_catalogue(
        SealedCatalogue(signed=found[0], data=found[1]),
        patient=world.anna.address,
        category=int(PROBLEMS),
        identity=world.anna.keys.identity(int(PROBLEMS), world.anna.state.epoch),
        agent=world.anna.keys.agent,
        domains=world.anna.domains,
        last_seq=0,
    )
    listed = world.hill.list_documents(world.gateway, consent, purpose="TREAT")
    assert {row.leaf for row in rows if row.gateway == world.gateway.address} == {row.leaf for row in listed}


@pytest.fixture
def request_(world, box):
    return world.researcher.request(
        world.anna.address, world.gateway, categories=(PROBLEMS,), purposes=["BIORCH"], days=3, why="A study"
    )


def test_a_request_is_left_only_while_it_is_open(world, box, request_):
    """[Q-002] E04."""
    with pytest.raises(RequestClosed):
        box.leave_request(
            patient=world.anna.address, requester=world.researcher.address, digest=b"\x01" * 32, sealed=b"x"
        )
    assert request_.request in [row.request for row in box.requests(world.anna.address)]
    world.researcher.withdraw(request_)
    assert request_.request not in [one.request for one in world.anna.inbox()]


def test_one_bad_letter_keeps_nobody_from_the_others(world, box, request_):
    """R09: it does not open, or it is another document than the chain holds."""
    other = replace(request_, salt=b"\x09" * 32)
    now = world.ledger.head().time
    world.ledger.open_request(digest=other.digest, deadline=now + 999, sender=world.researcher.account)
    box.leave_request(
        patient=world.anna.address, requester=world.researcher.address, digest=other.digest, sealed=b"rubbish"
    )
    third = replace(request_, salt=b"\x0a" * 32)
    world.ledger.open_request(digest=third.digest, deadline=now + 999, sender=world.researcher.account)
    box.leave_request(
        patient=world.anna.address,
        requester=world.researcher.address,
        digest=third.digest,
        sealed=request_.seal(box.directory(world.anna.address).inbox),
    )
    found = [one.request for one in world.anna.inbox()]
    assert request_.request in found
    assert not {other.request, third.request} & set(found)


def test_a_refusal_is_the_patients_or_a_delegates_who_may(world, box, request_):
    """[W-008] A07."""
    message = Refuse(request=request_.request, reason=1, at=world.sandbox.clock.now())
    deputy, other = AccountKey.generate(), AccountKey.generate()
    world.anna.delegate(deputy.address, Power.REFUSE, days=1)
    world.anna.delegate(other.address, Power.READ, days=1)
    for key in (world.hill.account, other):
        with pytest.raises(NotEmpoweredHere):
            world.gateway.refuse(by(world, message, key))
    with pytest.raises(RequestClosed):
        world.gateway.refuse(by(world, replace(message, request=b"\x01" * 32)))
    assert box.refusal(request_.request) is None
    world.gateway.refuse(by(world, message, deputy))
    assert box.refusal(request_.request).signer == deputy.address


def test_only_the_patient_disputes_her_documents(world, leaves, box):
    """[W-004] A07: a registered stranger cannot have Anna's documents retracted."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    message = Dispute(leaf=leaves[0], reason=1, text_digest=bytes(32))
    for key in (ben.account, ben.keys.agent_key, world.hill.account, world.city.account):
        with pytest.raises(NotEmpoweredHere):
            box.take_dispute(by(world, message, key))
    with pytest.raises(RowMissing):
        box.take_dispute(by(world, replace(message, leaf=b"\x01" * 32)))
    assert world.gateway.office.vault.get(DisputeRow, leaf=leaves[0]) is None
    box.take_dispute(by(world, message, world.anna.keys.agent_key))
    assert world.gateway.office.vault.get(DisputeRow, leaf=leaves[0]).patient == world.anna.address


def deposit(world, leaves, **changes):
    row = world.gateway.office.vault.require(CapsuleRow, leaf=leaves[0])
    message = kept(Deposit, row.deposit).message
    return row, replace(message, leaf=b"\x07" * 32, **changes)


def test_a_deposit_is_the_providers_and_of_the_very_bytes(world, leaves):
    """[W-001] E16."""
    shelf = world.gateway.shelf
    row, message = deposit(world, leaves)
    with pytest.raises(NotEmpoweredHere):
        shelf.deposit(by(world, message, world.hill.account), capsule=row.capsule, cid=row.cid)
    other = "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu"
    for capsule, cid in ((b"other", row.cid), (row.capsule, other)):
        with pytest.raises(NotWhatWasSigned):
            shelf.deposit(by(world, message, world.city.account), capsule=capsule, cid=cid)
    assert message.cid == cid_digest(row.cid)


def test_another_institutions_deposit_is_taken_only_for_patients_who_chose_this_one(world, leaves):
    """[Y-002]"""
    row, message = deposit(world, leaves, provider=world.hill.address)
    with pytest.raises(NotEnrolled):
        world.gateway.shelf.deposit(by(world, message, world.hill.account), capsule=row.capsule, cid=row.cid)


def test_a_place_that_does_not_make_its_leaf_is_refused(world, leaves):
    """[O-003]"""
    vault = world.gateway.office.vault
    row = vault.require(ProofRow, leaf=leaves[0])
    with pytest.raises(MedShareError):
        world.gateway.shelf.place(replace(row, inner=b"\x01" * 32, seq=row.seq + 1))
    with pytest.raises(RowMissing):
        world.gateway.shelf.place(replace(row, leaf=b"\x01" * 32))
    assert vault.require(ProofRow, leaf=leaves[0]) == row


def test_a_stranger_shuts_no_door(world, leaves, consent):
    """[R-007, R-012] E10: neither a revocation, nor a lockdown, nor an erasure."""
    shelf, patient = world.gateway.shelf, world.anna.address
    for act, message in (
        (shelf.saw_revoke, Revoke(patient=patient, grantee=consent.grantee, terms=consent.terms)),
        (shelf.saw_lockdown, Lockdown(patient=patient, time=world.ledger.head().time)),
        (shelf.erase, Erase(patient=patient, inner=world.gateway.office.vault.require(ProofRow, leaf=leaves[0]).inner)),
    ):
        with pytest.raises(NotEmpoweredHere):
            act(by(world, message, world.hill.account))
    assert world.read(world.ask(consent, leaves[0])).leaf == leaves[0]


def test_a_request_that_a_stranger_made_up_gets_one_answer_whoever_it_names(world, box):
    """[H-019] A07. Whether the gateway serves the patient, is told to accredited requesters of open requests."""
    stranger = AccountKey.generate()
    for patient in (world.anna.address, "0x" + "07" * 20):
        for requester in (stranger, world.hill):
            with pytest.raises(RequestClosed):
                box.leave_request(patient=patient, requester=requester.address, digest=b"\x06" * 32, sealed=b"x")
    deadline = world.ledger.head().time + 86_400
    digest = b"\x08" * 32
    for account in (world.sandbox.account(), world.hill.account):
        world.ledger.open_request(digest=digest, deadline=deadline, sender=account)
        accredited = account is world.hill.account
        with pytest.raises(NotEnrolled if accredited else NotEmpoweredHere):
            box.leave_request(patient="0x" + "07" * 20, requester=account.address, digest=digest, sealed=b"x")
    box.leave_request(patient=world.anna.address, requester=world.hill.address, digest=digest, sealed=b"x")


def test_a_reorganisation_is_looked_at_again(world, leaves):
    """[R-007, R-012] R07: what another branch mined in blocks that were watched already is not missed."""
    consent = world.grant(PROBLEMS)
    office = world.gateway.office
    clean = Office(
        institution=office.institution,
        key=office.key,
        ledger=world.ledger,
        vault=world.clinics[2].gateway.office.vault,
        store=office.store,
        clock=office.clock,
        entropy=office.entropy,
    )
    start = world.ledger.block(0)
    branch = world.ledger.head()
    world.anna.revoke(consent)
    head = world.ledger.head()
    # The branch that was watched has as many blocks, and no revocation in them.
    clean.ledger = LedgerDouble(world.ledger, head=lambda: replace(head, hash=b"\x01" * 32), events=lambda *_: iter(()))
    clean.watch()
    clean.ledger = LedgerDouble(world.ledger, final=lambda: start)
    clean.watch()
    assert clean.vault.get(RevocationRow, consent_id=consent.consent_id) is not None
    clean.ledger = LedgerDouble(world.ledger, head=lambda: aged(branch, 0), final=lambda: start)
    clean.watch()
    assert clean.vault.get(ErasureRow, target=b"\x01" * 32) is None


def test_a_body_is_handed_to_anybody_since_it_is_sealed(world, leaves):
    """[O-001] Ciphertext only."""
    row = world.gateway.office.vault.require(CapsuleRow, leaf=leaves[0])
    body = world.gateway.body(row.cid)
    assert b"synthetic" not in body
    with pytest.raises(MedShareError):
        world.gateway.body("bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu")
