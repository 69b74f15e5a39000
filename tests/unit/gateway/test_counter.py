"""The counter: facts from the chain, the vault and the clock; a receipt first, always."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.audit.judging import Entry, Line, judge_line
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.purposes import bit
from medshare.consent.slots import slot_map
from medshare.gateway import Refused
from medshare.gateway.counter import Counter, logged_of
from medshare.gateway.errors import WORDS, NotAPatient, ground_words
from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.ledger import NothingFinal, Power, Role
from medshare.release.receipts import released_digest
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import Signed, kept
from medshare.typed_data import Lockdown, Receipt, Revoke
from medshare.typed_data.errors import SignatureForeign
from medshare.vault import CapsuleRow, NonceRow, ReceiptRow, TagRow
from tests.unit.actors.world import DAY, LedgerDouble, aged, make_world, papers


@pytest.fixture(scope="module")
def consent(world, leaves):
    """Hill Hospital may read Anna's problems."""
    return world.grant(Category.PROBLEMS)


def refused(world, request) -> Refused:
    """The refusal of a request: it raised, and it has a receipt in the patient's line that says so."""
    before = world.gateway.office.vault.count(ReceiptRow, patient=request.message.patient)
    with pytest.raises(Refused) as caught:
        world.read(request)
    last = world.gateway.office.vault.last(ReceiptRow, patient=request.message.patient)
    assert last.seq == before + 1
    assert kept(Receipt, last.signed) == caught.value.receipt
    assert (last.decision, last.leaves) == (0, ())
    return caught.value


def test_what_a_consent_grants_is_released_with_a_receipt(world, leaves, consent):
    """[R-019] The receipt is in the vault, signed, and names exactly what left."""
    request = world.ask(consent, leaves[0])
    release = world.read(request)
    message = release.receipt.check(world.anna.domains, signer=world.gateway.address)
    row = world.gateway.office.vault.last(ReceiptRow, patient=world.anna.address)
    assert row is not None
    assert kept(Receipt, row.signed) == release.receipt
    assert row.leaves == (leaves[0],) == (release.leaf,)
    assert message.released == released_digest([leaves[0]])
    assert message.read_request == request.digest(world.anna.domains)
    assert message.block == world.ledger.head().hash


def test_without_a_receipt_nothing_leaves(world, leaves, consent, monkeypatch):
    """[R-019] R18: the log is not there, so nothing is released, and the nonce is not used either."""
    request = world.ask(consent, leaves[0])

    def full(**named):
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr("medshare.gateway.receipt_book.next_receipt", full)
    with pytest.raises(OSError, match="disk full"):
        world.read(request)
    monkeypatch.undo()
    vault = world.gateway.office.vault
    assert vault.get(NonceRow, signer=request.signer, nonce=request.message.nonce) is None
    world.read(request)


def test_every_refusal_has_a_receipt_in_the_patients_line(world, leaves, consent):
    """[R-020]"""
    receipts = world.gateway.office.vault.count(ReceiptRow, patient=world.anna.address)
    another = consent.category_slot(consent.categories[0]) ^ 1  # slots are drawn: any fixed one may be the right one
    for changes in ({"purpose": bit("HMARKT")}, {"slot": another}, {"leaf": b"\x01" * 32}):
        with pytest.raises(Refused):
            world.read(
                world.ask(consent, leaves[0], **changes) if "leaf" not in changes else world.ask(consent, **changes)
            )
    rows = world.gateway.office.vault.find(ReceiptRow, patient=world.anna.address)
    assert len(rows) == receipts + 3
    entries = [
        Entry(receipt=one.receipt, asked=one.asked, leaves=one.leaves) for one in (logged_of(row) for row in rows)
    ]
    line = Line(gateway=world.gateway.address, patient=world.anna.address, entries=tuple(entries))
    assert judge_line(line, world.anna.domains) == ()


def test_a_request_that_the_accessor_did_not_sign_is_refused_without_a_line(world, leaves, consent):
    """E10, A07: nobody fills another's log in a third one's name."""
    request = world.ask(consent, leaves[0])
    before = world.gateway.office.vault.count(ReceiptRow, patient=world.anna.address)
    with pytest.raises(SignatureForeign):
        world.read(replace(request, message=replace(request.message, leaf=leaves[1])))
    assert world.gateway.office.vault.count(ReceiptRow, patient=world.anna.address) == before


def test_a_request_for_another_gateway_is_refused(world, leaves, consent):
    """[R-001]"""
    request = world.ask(consent, leaves[0], gateway=world.hill.gateway.address)
    assert refused(world, request).ground is Ground.OTHER_GATEWAY


@pytest.mark.parametrize("seconds", [-600, 1])
def test_an_old_request_or_one_from_the_future_is_refused(world, leaves, consent, seconds):
    """[R-002]"""
    request = world.ask(consent, leaves[0], at=world.sandbox.clock.now() + seconds)
    assert refused(world, request).ground is Ground.REQUEST_TIME


def test_a_replayed_request_is_refused(world, leaves, consent):
    """[R-003] E01."""
    request = world.ask(consent, leaves[0])
    world.read(request)
    first = refused(world, request)
    assert first.ground is Ground.NONCE_USED
    with pytest.raises(Refused) as again:
        world.read(request)
    assert (again.value.ground, again.value.receipt) == (Ground.NONCE_USED, first.receipt)


def test_nothing_is_released_on_a_stale_head(world, leaves, consent, monkeypatch):
    """[R-004] R09, R15: the node stands still and the clock goes on."""
    ledger, most = world.ledger, world.ledger.deployment.head_max_age
    head = ledger.head()
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(ledger, head=lambda: aged(head, most)))
    world.read(world.ask(consent, leaves[0]))
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(ledger, head=lambda: aged(head, most + 1)))
    assert refused(world, world.ask(consent, leaves[0])).ground is Ground.STALE_HEAD


def test_the_patient_reads_every_own_document_and_it_is_logged(world, leaves):
    """[R-005] Positive: no consent, slot 255."""
    for leaf in leaves:
        assert world.read(world.ask_own(leaf)).leaf == leaf
    row = world.gateway.office.vault.last(ReceiptRow, patient=world.anna.address)
    assert (row.accessor, row.grantee, row.decision) == (world.anna.address, ZERO_ADDRESS, 1)


def test_a_stranger_or_a_reader_does_not_read_without_a_consent(world, leaves):
    """[R-005] A07."""
    for key in (AccountKey.generate(), world.hill.account, world.city.account):
        assert refused(world, world.ask_own(leaves[0], key=key)).ground is Ground.NOT_THE_PATIENT


def test_a_delegate_reads_only_with_the_power_to_read_and_until_its_end(world, leaves):
    """[R-005] C09."""
    reader, revoker = AccountKey.generate(), AccountKey.generate()
    world.anna.delegate(reader.address, Power.READ, days=2)
    world.anna.delegate(revoker.address, Power.REVOKE | Power.ERASE | Power.GRANT, days=2)
    assert world.read(world.ask_own(leaves[2], key=reader)).leaf == leaves[2]
    assert refused(world, world.ask_own(leaves[2], key=revoker)).ground is Ground.NOT_THE_PATIENT
    world.wait(2 * DAY)
    assert refused(world, world.ask_own(leaves[2], key=reader)).ground is Ground.NOT_THE_PATIENT


def test_a_consent_that_the_gateway_does_not_hold_opens_nothing(world, leaves, consent):
    """[R-006]"""
    request = world.ask(consent, leaves[0], consent_id=b"\x05" * 32)
    assert refused(world, request).ground is Ground.CONSENT_UNKNOWN


def test_a_consent_does_not_open_another_patients_line(world, leaves, consent):
    """[R-006] C03: the consent is Anna's, the request names somebody else."""
    other = world.sandbox.patient()
    world.sandbox.enrol(other, world.hill)
    request = world.ask(consent, leaves[0], patient=other.address)
    assert refused(world, request).ground is Ground.CONSENT_UNKNOWN


def test_a_signed_revocation_shuts_the_door_before_it_is_mined(world, leaves):
    """[R-007] K09: from the moment that the gateway holds it."""
    consent = world.grant(Category.PROBLEMS)
    world.read(world.ask(consent, leaves[0]))
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    world.gateway.shelf.saw_revoke(Signed.by(world.anna.account, message, world.anna.domains))
    assert refused(world, world.ask(consent, leaves[0])).ground is Ground.REVOCATION_SEEN


def test_a_revocation_mined_on_a_branch_that_is_gone_still_shuts(world, leaves, monkeypatch):
    """[R-007] R07: seen on one branch; the head of the other permits."""
    consent = world.grant(Category.PROBLEMS)
    before = world.ledger.head()
    world.anna.revoke(consent)
    world.sandbox.clock.advance(1)
    office = Office(
        institution=world.gateway.office.institution,
        key=world.gateway.office.key,
        ledger=world.ledger,
        vault=world.gateway.office.vault,
        store=world.gateway.office.store,
        clock=world.sandbox.clock,
        entropy=world.anna.entropy,
    )
    office.watch()
    office.ledger = LedgerDouble(
        world.ledger, head=lambda: before, events=lambda *_: iter(()), block=lambda number: aged(before, 0)
    )
    with pytest.raises(Refused) as caught:
        Counter(office).read(world.ask(consent, leaves[0]))
    assert caught.value.ground is Ground.REVOCATION_SEEN


def test_a_signed_lockdown_shuts_what_was_signed_until_then_and_nothing_later(world, leaves):
    """[R-007]"""
    other = make_world()
    (leaf,) = other.write(Category.PROBLEMS)
    old = other.grant(Category.PROBLEMS)
    message = Lockdown(patient=other.anna.address, time=old.word.issued_at)
    other.gateway.shelf.saw_lockdown(Signed.by(other.anna.account, message, other.anna.domains))
    assert refused(other, other.ask(old, leaf)).ground is Ground.REVOCATION_SEEN
    later = other.grant(Category.PROBLEMS)
    assert other.read(other.ask(later, leaf)).leaf == leaf


@pytest.mark.parametrize(
    ("changes", "ground"),
    [
        ({"purpose": bit("HMARKT")}, Ground.PURPOSE),
        ({"action": int(Action.READ | Action.EXPORT)}, Ground.ACTION),
        ({"purpose": 200}, Ground.PURPOSE),
    ],
)
def test_what_the_consent_does_not_name_is_refused_with_the_contracts_reason(world, leaves, consent, changes, ground):
    """[R-008]"""
    assert refused(world, world.ask(consent, leaves[0], **changes)).ground is ground


def test_a_stranger_and_a_suspended_grantee_are_refused(world, leaves, consent):
    """[R-008] A05."""
    stranger = AccountKey.generate()
    assert refused(world, world.ask(consent, leaves[0], key=stranger)).ground is Ground.NOT_ACCESSOR
    world.sandbox.regulator.suspend(world.hill.address)
    assert refused(world, world.ask(consent, leaves[0])).ground is Ground.GRANTEE_SUSPENDED
    world.sandbox.regulator.reinstate(world.hill.address)
    assert world.read(world.ask(consent, leaves[0])).leaf == leaves[0]


def test_a_consent_opens_nothing_before_its_beginning(world, leaves):
    """[R-008] C11."""
    consent = world.grant(Category.PROBLEMS, starts_in=DAY)
    assert refused(world, world.ask(consent, leaves[0])).ground is Ground.EARLY
    world.wait(DAY)
    assert world.read(world.ask(consent, leaves[0])).leaf == leaves[0]


def test_at_its_end_by_the_gateways_clock_a_consent_opens_nothing(world, leaves, monkeypatch):
    """[R-009] The head is a few seconds older and still permits."""
    consent = world.grant(Category.PROBLEMS, days=1)
    before = world.ledger.head()
    office = world.gateway.office
    left = consent.word.not_after - world.sandbox.clock.now()
    world.sandbox.clock.advance(left)
    head = replace(before, time=consent.word.not_after - 1)
    monkeypatch.setattr(
        office,
        "ledger",
        LedgerDouble(
            world.ledger,
            head=lambda: head,
            why_not=lambda query, block=None: world.ledger.why_not(query, block=before),
            record_status=lambda query, block=None: world.ledger.record_status(query, block=before),
            path_of=lambda patient, block=None: (),
        ),
    )
    assert refused(world, world.ask(consent, leaves[0])).ground is Ground.ENDED


def test_research_waits_for_a_final_block_and_care_does_not(world, leaves, monkeypatch):
    """[R-010]"""
    study = world.grant(Category.LABORATORY, purposes=["BIORCH"], grantee=world.researcher)
    care = world.grant(Category.LABORATORY)
    start = world.ledger.block(0)
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, final=lambda: start))
    asked = world.ask(study, leaves[1], key=world.researcher.account, purpose=bit("BIORCH"))
    assert refused(world, asked).ground is Ground.NOT_FINAL
    assert world.read(world.ask(care, leaves[1])).leaf == leaves[1]
    monkeypatch.undo()
    asked = world.ask(study, leaves[1], key=world.researcher.account, purpose=bit("BIORCH"))
    assert world.read(asked).leaf == leaves[1]


def test_before_anything_is_final_research_is_refused_with_a_receipt_and_care_is_not(world, leaves, monkeypatch):
    """[R-010, G-010] A network in its first minute: geth answers an error, and that is no fault of the door."""
    study = world.grant(Category.LABORATORY, purposes=["BIORCH"], grantee=world.researcher)
    care = world.grant(Category.LABORATORY)

    def nothing() -> None:
        raise NothingFinal(block="finalized")

    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, final=nothing))
    asked = world.ask(study, leaves[1], key=world.researcher.account, purpose=bit("BIORCH"))
    assert refused(world, asked).ground is Ground.NOT_FINAL
    assert world.read(world.ask(care, leaves[1])).leaf == leaves[1]


def test_a_leaf_that_is_not_here_is_refused(world, consent):
    """[R-011] A12: no such document, and no word more."""
    assert refused(world, world.ask(consent, b"\x01" * 32)).ground is Ground.LEAF_UNKNOWN


def test_a_list_is_not_read(world, consent):
    """[R-011] No leaf was named."""
    assert refused(world, world.ask(consent)).ground is Ground.LEAF_UNKNOWN


def test_another_patients_leaf_is_not_reached(world, leaves, consent):
    """[R-014] A07: Ben's leaf with Anna's consent, and with Anna's own signature."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    (leaf,) = world.write(Category.PROBLEMS, patient=ben)
    assert refused(world, world.ask(consent, leaf)).ground is Ground.OTHER_PATIENT
    assert refused(world, world.ask_own(leaf)).ground is Ground.OTHER_PATIENT
    assert refused(world, world.ask_own(leaf, patient=ben.address)).ground is Ground.NOT_THE_PATIENT


def test_a_granted_slot_does_not_open_another_category(world, leaves, consent):
    """[R-015] The slot is the consent's, the leaf is of another category."""
    assert refused(world, world.ask(consent, leaves[1])).ground is Ground.SLOT_NOT_OF_CATEGORY


def test_a_decoy_opens_neither_a_document_nor_a_list(world, leaves, consent):
    """[R-015] The contract cannot tell a decoy; the gateway can."""
    decoy = next(slot for slot in slot_map(consent.nonce)[32:] if consent.word.scope >> slot & 1)
    assert refused(world, world.ask(consent, leaves[0], slot=decoy)).ground is Ground.SLOT_NOT_OF_CATEGORY
    with pytest.raises(Refused) as caught:
        world.gateway.counter.listing(world.ask(consent, slot=decoy))
    assert caught.value.ground is Ground.SLOT_NOT_OF_CATEGORY


def test_a_slot_outside_the_scope_is_refused_by_the_contract(world, leaves, consent):
    """[R-008, R-015]"""
    outside = next(slot for slot in range(64) if not consent.word.scope >> slot & 1)
    assert refused(world, world.ask(consent, leaves[0], slot=outside)).ground is Ground.SLOT


def test_a_document_that_is_not_confirmed_is_for_the_patient_only(world, leaves, consent):
    """[R-016]"""
    (leaf,) = world.write(Category.PROBLEMS, confirmed=False)
    assert refused(world, world.ask(consent, leaf)).ground is Ground.NOT_CONFIRMED
    assert world.read(world.ask_own(leaf)).leaf == leaf
    assert leaf not in [row.leaf for row in world.gateway.counter.listing(world.ask(consent)).rows]


def test_a_retracted_document_is_refused_to_readers(world, consent):
    """[R-017]"""
    (leaf,) = world.write(Category.PROBLEMS)
    assert world.read(world.ask(consent, leaf)).leaf == leaf
    world.city.retract(leaf, reason=2)
    assert refused(world, world.ask(consent, leaf)).ground is Ground.RETRACTED
    assert world.read(world.ask_own(leaf)).leaf == leaf


def test_a_superseded_document_needs_history(world, consent):
    """[R-018]"""
    (old,) = world.write(Category.PROBLEMS)
    world.city.amend(old, b'{"text":"amended"}')
    world.city.seek_confirmation(world.city.anchor(), world.clinics)
    assert refused(world, world.ask(consent, old)).ground is Ground.SUPERSEDED
    assert world.read(world.ask(consent, old, history=True)).leaf == old
    listed = [row.leaf for row in world.gateway.counter.listing(world.ask(consent)).rows]
    with_history = [row.leaf for row in world.gateway.counter.listing(world.ask(consent, history=True)).rows]
    assert old not in listed
    assert old in with_history


def test_a_consent_to_write_only_opens_nothing(world, leaves):
    """[R-021] The hospital's own consent permits the action write in every category."""
    (consent,) = [one for one in world.anna.consents() if one.grantee == world.city.address]
    assert consent.word.actions == Action.WRITE
    slot = consent.category_slot(Category.PROBLEMS)
    asked = world.ask(consent, leaves[0], key=world.city.account, slot=slot, action=int(Action.WRITE))
    assert refused(world, asked).ground is Ground.ACTION
    asked = world.ask(consent, leaves[0], key=world.city.account, slot=slot)
    assert refused(world, asked).ground is Ground.ACTION


def test_a_list_shows_a_reader_leaves_and_slots_and_no_capsule(world, leaves, consent):
    """P01: nothing that names a category, and only what the consent covers."""
    listing = world.gateway.counter.listing(world.ask(consent))
    assert leaves[0] in [row.leaf for row in listing.rows]
    assert not {leaves[1], leaves[2]} & {row.leaf for row in listing.rows}
    assert {row.slot for row in listing.rows} == {consent.category_slot(Category.PROBLEMS)}
    assert all(row.sealed is None and row.deposit is None for row in listing.rows)
    assert listing.receipt.message.count == len(listing.rows)


def test_the_patients_list_shows_everything_with_capsules(world, leaves):
    """[R-005]"""
    rows = world.gateway.counter.listing(world.ask_own()).rows
    assert set(leaves) <= {row.leaf for row in rows}
    assert all(row.slot == OWN_SLOT and row.sealed is not None for row in rows)


def test_the_log_is_for_the_patient_and_ends_with_the_question_itself(world, leaves, consent):
    """[R-020] H12."""
    request = world.ask_own()
    log = world.gateway.counter.log(request)
    assert log[-1].receipt.message.read_request == request.digest(world.anna.domains)
    for asked in (world.ask(consent), world.ask_own(key=world.hill.account)):
        with pytest.raises(Refused) as caught:
            world.gateway.counter.log(asked)
        assert caught.value.ground is Ground.NOT_THE_PATIENT


def test_a_refusal_begins_no_line_for_an_address_that_is_nobodys(world, consent):
    """[B-036] lines cost room for ever."""
    nobody = AccountKey.generate().address
    rows = world.gateway.office.vault
    for asked in (world.ask(consent, patient=nobody), world.ask(consent, patient=world.hill.address)):
        with pytest.raises(NotAPatient):
            world.gateway.counter.read(asked)
        assert not rows.count(ReceiptRow, patient=asked.message.patient)
        assert not rows.count(TagRow, patient=asked.message.patient)
    other = world.sandbox.patient()
    world.sandbox.enrol(other, world.hill)
    with pytest.raises(Refused):
        world.gateway.counter.read(world.ask(consent, patient=other.address))
    assert rows.count(ReceiptRow, patient=other.address) == 1


def test_a_capsule_without_its_place_in_a_tree_is_not_released(world, consent):
    """[R-011] Deposited, not anchored."""
    upload = world.city.upload(world.anna.address, papers(Category.PROBLEMS))
    leaf = upload.written[0].leaf
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is not None
    assert refused(world, world.ask(consent, leaf)).ground is Ground.LEAF_UNKNOWN
    world.city.anchor()


def test_every_ground_has_words():
    for ground in Ground:
        assert ground_words(ground) == WORDS.get(ground, ground_words(ground)) != ""


def test_staff_reads_in_the_institutions_name_until_it_is_dismissed(world, leaves, consent):
    """[R-008] A05."""
    nurse = world.sandbox.account()
    world.hill.add_staff(nurse, roles=Role.NONE)
    assert world.read(world.ask(consent, leaves[0], key=nurse)).leaf == leaves[0]
    world.hill.remove_staff(nurse.address)
    assert refused(world, world.ask(consent, leaves[0], key=nurse)).ground is Ground.NOT_ACCESSOR


def test_the_listing_of_an_unknown_consent_is_refused(world, leaves, consent):
    """[R-006]"""
    with pytest.raises(Refused) as caught:
        world.gateway.counter.listing(world.ask(consent, consent_id=ZERO_32))
    assert caught.value.ground is Ground.CONSENT_UNKNOWN
