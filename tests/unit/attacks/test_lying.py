"""A gateway or a provider that lies to the patient, to readers, or to validators."""

from __future__ import annotations

from functools import partial

import pytest

from medshare import Category
from medshare.actors import Institution, requester
from medshare.actors.network import LocalNetwork
from medshare.audit.errors import ReceiptAltered, ReceiptForged
from medshare.confirm import RejectReason, submission
from medshare.errors import UnreachableError
from medshare.keys.directory import KeyDirectory
from medshare.keys.errors import DigestDiffers
from medshare.ledger import Role
from medshare.public_records import accreditation_of
from medshare.record.anchor import Anchor, AnchorItem
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import ReadRequest, Reject
from tests.unit.attacks.village import TREAT, Village, document, village


def forged(place: Village, hill: Institution, signer: str) -> None:
    """Let the gateway write a receipt of a question that Hill Hospital never asked, signed by `signer`."""
    key = place.gateway.office.key if signer == "gateway" else hill.account
    asked = ReadRequest(
        gateway=place.gateway.address,
        consent_id=bytes(32),
        patient=place.alice.address if signer == "gateway" else hill.address,
        accessor=hill.address,
        slot=3,
        purpose=60,
        action=1,
        leaf=place.leaf,
        history=False,
        nonce=b"\x05" * 32,
        at=place.sandbox.clock.now(),
    )
    place.gateway.counter.write_receipt(
        asked=Signed.by(key, asked, place.alice.domains),
        patient=place.alice.address,
        grantee=hill.address,
        ground=Ground.RELEASED,
        leaves=[place.leaf],
        head=place.sandbox.ledger.head(),
        nonce=None,
    )


def test_a_gateway_cannot_say_that_somebody_looked_who_never_asked() -> None:
    """[L-002] The accessor's own signature stands behind each line, not whichever the gateway names."""
    place = village()
    hill = place.sandbox.institution("Hill Hospital")
    forged(place, hill, "gateway")
    with pytest.raises(ReceiptForged):
        place.alice.who_looked()


def test_a_question_about_another_patient_has_no_place_in_the_line() -> None:
    """[L-002] A true request of another line does not explain a receipt of this one."""
    place = village()
    hill = place.sandbox.institution("Hill Hospital")
    forged(place, hill, "hill")
    with pytest.raises(ReceiptAltered):
        place.alice.who_looked()


def test_a_reader_does_not_believe_a_directory_that_is_not_on_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """[K-004] [K-005] A gateway's own directory would name an agent of its own, and an inbox (K06)."""
    place = village(validators=3)
    hill = place.sandbox.institution("Hill Hospital")
    consent = place.alice.grant(hill.address, categories=[Category.LABORATORY], purposes=[TREAT], days=1)
    row = hill.list_documents(place.gateway, consent, purpose=TREAT)[0]
    mallory = place.sandbox.patient()
    swapped = KeyDirectory.of(mallory.keys, domains=mallory.domains, patient=place.alice.address, epoch=1)
    monkeypatch.setattr(place.gateway.postbox, "directory", lambda _: swapped)
    with pytest.raises(DigestDiffers):
        hill.read(place.gateway, consent, row, purpose=TREAT)
    with pytest.raises(DigestDiffers):
        hill.request(
            place.alice.address, place.gateway, categories=[Category.NOTES], purposes=[TREAT], days=1, why="care"
        )


def test_nobody_asks_under_the_name_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """[Q-004] The name in a request is the one in the requester's accreditation record, or nobody sees the request."""
    place = village()
    insurer = place.sandbox.researcher("Cheap Insurance", roles=Role.INSURER)
    ask = partial(insurer.request, place.alice.address, place.gateway, purposes=[TREAT], days=1, why="care")
    ask(categories=[Category.NOTES])
    city = accreditation_of(place.sandbox.ledger, place.city.address)
    monkeypatch.setattr(requester, "accreditation_of", lambda *_: city)
    ask(categories=[Category.LABORATORY])
    assert [request.requester_name for request in place.alice.inbox()] == ["Cheap Insurance"]


def test_a_provider_cannot_hide_from_validators_what_its_anchor_replaces() -> None:
    """[V-003] The chain says which leaves the anchor replaces; a submission that names none is rejected."""
    place = village()
    validator = place.sandbox.institution("North Laboratory")
    writer = place.city._writer
    writer.upload(place.alice.address, [document()])
    items = tuple(writer._periods.waiting())
    root = Anchor.of(
        place.city.address, [AnchorItem(patient=i.patient, inner=i.inner, previous_leaf=i.previous_leaf) for i in items]
    ).root
    place.sandbox.ledger.anchor(root=root, count=1, superseded=(place.leaf,), sender=place.city.account)
    message = submission(provider=place.city.address, items=items, superseded=(), at=place.sandbox.clock.now())
    signed = Signed.by(place.city.account, message, place.alice.domains)
    answer = validator._validator.validate(signed, items, (), source=place.gateway)
    assert isinstance(answer.message, Reject)
    assert answer.message.reason == RejectReason.SUPERSEDES


def test_a_hospital_that_is_down_does_not_keep_a_consent_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """[R-007] Revoking and locking go by any door that answers (R14)."""
    place = village()
    hill = place.sandbox.institution("Hill Hospital")
    place.sandbox.enrol(place.alice, hill)
    consent = place.alice.grant(hill.address, categories=[Category.LABORATORY], purposes=[TREAT], days=1)
    there = LocalNetwork.at

    def at(network: LocalNetwork, url: str) -> object:
        if url == place.city.url:
            raise Down
        return there(network, url)

    monkeypatch.setattr(LocalNetwork, "at", at)
    place.alice.revoke(consent)
    ledger = place.sandbox.ledger
    assert ledger.consent_of(consent.patient, consent.grantee, consent.terms).revoked
    place.alice.lock_down()
    assert ledger.mark_of(place.alice.address) == ledger.head().time


class Down(UnreachableError):
    """A door that does not answer."""

    code = "test.down"
    cause = "It is down."
    remedy = "Wait."
