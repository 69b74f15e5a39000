"""Receipts: numbered, linked, signed. What is wrong with a line, `tests/unit/audit/test_judging.py` tests."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.release.receipts import (
    BEGINNING,
    Link,
    next_receipt,
    released_digest,
)
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Domains

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


def test_numbers_begin_at_one_and_each_names_the_one_before():
    first, second = (one.message for one in line(2))
    assert (first.seq, first.previous, second.seq) == (1, ZERO_32, 2)
    assert second.previous == line(2)[0].digest(DOMAINS)
    assert (first.decision, first.reason, first.count) == (1, 0, 1)
    assert (second.decision, second.reason, second.count, second.released) == (0, int(Ground.PURPOSE), 0, ZERO_32)


def test_what_was_released_does_not_depend_on_the_order():
    first, second = keccak(b"1"), keccak(b"2")
    assert released_digest([first, second]) == released_digest([second, first]) != released_digest([first])
    assert released_digest([]) == ZERO_32


def test_where_a_line_stands_cannot_be_changed():
    link = Link(1, ZERO_32)
    with pytest.raises(FrozenInstanceError):
        link.seq = 2
    assert not hasattr(link, "__dict__")
