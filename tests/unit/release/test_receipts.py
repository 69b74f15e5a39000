"""Receipts: numbered, linked, signed; each fault of a line is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.release.receipts import (
    BEGINNING,
    Link,
    ReceiptAltered,
    ReceiptForeign,
    ReceiptMissing,
    check_line,
    next_receipt,
    released_digest,
)
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Domains
from medshare.typed_data.errors import SignatureForeign

GATEWAY, OTHER = AccountKey.generate(), AccountKey.generate()
PATIENT = "0x" + "22" * 20
DOMAINS = Domains(
    **{
        name: "0x" + f"{index:02x}" * 20
        for index, name in enumerate(("participants", "consents", "requests", "records", "audit"), start=1)
    },
    chain_id=31337,
)


def line(length: int, *, key: AccountKey = GATEWAY, patient: str = PATIENT) -> list[Signed]:
    receipts: list[Signed] = []
    for number in range(length):
        receipt = next_receipt(
            gateway=key.address,
            patient=patient,
            last=Link(receipts[-1].message.seq, receipts[-1].digest(DOMAINS)) if receipts else BEGINNING,
            read_request=keccak(bytes([number])),
            ground=Ground.RELEASED if number % 2 == 0 else Ground.PURPOSE,
            leaves=[keccak(b"leaf")] if number % 2 == 0 else [],
            block=b"\x09" * 32,
            at=1_800_000_000 + number,
        )
        receipts.append(Signed.by(key, receipt, DOMAINS))
    return receipts


def check(receipts: list[Signed]) -> None:
    check_line(receipts, gateway=GATEWAY.address, patient=PATIENT, domains=DOMAINS)


def signed_anew(receipt: Signed, **changes) -> Signed:
    return Signed.by(GATEWAY, replace(receipt.message, **changes), DOMAINS)


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_whole_line_is_accepted(length):
    check(line(length))


def test_numbers_begin_at_one_and_each_names_the_one_before():
    first, second = (one.message for one in line(2))
    assert (first.seq, first.previous, second.seq) == (1, ZERO_32, 2)
    assert second.previous == line(2)[0].digest(DOMAINS)
    assert (first.decision, first.reason, first.count) == (1, 0, 1)
    assert (second.decision, second.reason, second.count, second.released) == (0, int(Ground.PURPOSE), 0, ZERO_32)


@pytest.mark.parametrize("dropped", range(4))
def test_a_dropped_receipt_is_seen(dropped):
    """[L-001] R09: a log with a hole."""
    receipts = line(5)
    del receipts[dropped]
    with pytest.raises(ReceiptMissing) as caught:
        check(receipts)
    assert caught.value.facts == {"expected": dropped + 1, "found": dropped + 2}


def test_receipts_out_of_order_are_seen():
    """[L-001]"""
    receipts = line(4)
    receipts[1], receipts[2] = receipts[2], receipts[1]
    with pytest.raises(ReceiptMissing):
        check(receipts)


def test_a_receipt_told_twice_is_seen():
    """[L-001]"""
    receipts = line(3)
    with pytest.raises(ReceiptMissing):
        check([*receipts, receipts[-1]])


@pytest.mark.parametrize("altered", range(4))
def test_a_receipt_that_the_gateway_wrote_anew_is_seen_by_the_next(altered):
    """[L-002] The gateway's own signature does not help it."""
    receipts = line(5)
    receipts[altered] = signed_anew(receipts[altered], at=7)
    with pytest.raises(ReceiptAltered) as caught:
        check(receipts)
    assert caught.value.facts == {"seq": altered + 2, "previous": altered + 1}


def test_a_line_that_begins_with_a_link_to_nothing_is_seen():
    """[L-002]"""
    with pytest.raises(ReceiptAltered):
        check([signed_anew(line(1)[0], previous=keccak(b"something"))])


@pytest.mark.parametrize("foreign", [{"patient": "0x" + "44" * 20}, {"gateway": OTHER.address}])
def test_a_receipt_of_another_line_has_no_place(foreign):
    """[L-003] C03: the numbers and links may fit; gateway and patient do not."""
    receipts = line(2)
    receipts[1] = signed_anew(receipts[1], **foreign)
    with pytest.raises(ReceiptForeign):
        check(receipts)


def test_a_receipt_that_somebody_else_signed_is_refused():
    """E16: only the gateway's key makes a receipt of the gateway."""
    with pytest.raises(SignatureForeign):
        check(line(2, key=OTHER))


def test_what_was_released_does_not_depend_on_the_order():
    first, second = keccak(b"1"), keccak(b"2")
    assert released_digest([first, second]) == released_digest([second, first]) != released_digest([first])
    assert released_digest([]) == ZERO_32
