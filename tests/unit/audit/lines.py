"""A patient's line at one gateway, made by hand, with its anchors: what tests of judgement begin from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from medshare.audit.anchors import Anchor, Period
from medshare.audit.export import Anchored, Export, ExportedLine
from medshare.audit.judging import Entry, Line
from medshare.audit.tags import tag_of
from medshare.audit.trees import LineHead, LineTree, receipt_proof, receipts_root
from medshare.audit.values import HandedTag
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.release.receipts import BEGINNING, Link, next_receipt
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Domains, ReadRequest, Tag

GATEWAY, READER, OTHER, ANNA = (AccountKey(keccak(name.encode())) for name in ("gateway", "reader", "other", "anna"))
PATIENT = ANNA.address
START = 1_800_000_000
LENGTH = 4
"""Receipts of a line of which an export is made."""
DOMAINS = Domains(
    **{
        name: "0x" + f"{index:02x}" * 20
        for index, name in enumerate(("participants", "consents", "requests", "records", "audit"), start=1)
    },
    chain_id=31337,
)
KEY = keccak(b"tag key")
TAG = tag_of(key=KEY, gateway=GATEWAY.address, patient=PATIENT)


def question(number: int, **changes: Any) -> Signed[ReadRequest]:
    """A read request of the reader."""
    message = ReadRequest(
        gateway=GATEWAY.address,
        consent_id=keccak(b"consent"),
        patient=PATIENT,
        accessor=READER.address,
        slot=7,
        purpose=60,
        action=1,
        leaf=keccak(b"leaf"),
        history=False,
        nonce=keccak(number.to_bytes(4, "big")),
        at=START + number,
    )
    return Signed.by(READER, replace(message, **changes), DOMAINS)


def entries(length: int) -> list[Entry]:
    """So many receipts: released and refused by turns."""
    found: list[Entry] = []
    for number in range(1, length + 1):
        asked, released = question(number), number % 2 == 1
        leaves = (asked.message.leaf,) if released else ()
        receipt = next_receipt(
            gateway=GATEWAY.address,
            patient=PATIENT,
            last=Link(number - 1, found[-1].receipt.digest(DOMAINS)) if found else BEGINNING,
            read_request=asked.digest(DOMAINS),
            ground=Ground.RELEASED if released else Ground.PURPOSE,
            leaves=leaves,
            block=b"\x09" * 32,
            at=START + number,
        )
        found.append(Entry(receipt=Signed.by(GATEWAY, receipt, DOMAINS), asked=asked, leaves=leaves))
    return found


def line(rows: Sequence[Entry]) -> Line:
    """The line of these entries, in this order."""
    return Line(gateway=GATEWAY.address, patient=PATIENT, entries=tuple(rows))


def signed_anew(entry: Entry, *, key: AccountKey = GATEWAY, **changes: Any) -> Entry:
    """The entry with its receipt changed, and signed again by `key`."""
    return replace(entry, receipt=Signed.by(key, replace(entry.receipt.message, **changes), DOMAINS))


def handed_tag(key: bytes = KEY, at: int = START, signer: AccountKey = GATEWAY) -> HandedTag:
    """The gateway's signed tag."""
    tag = tag_of(key=key, gateway=GATEWAY.address, patient=PATIENT)
    message = Tag(gateway=GATEWAY.address, patient=PATIENT, tag=tag, at=at)
    return HandedTag(signed=Signed.by(signer, message, DOMAINS), key=key)


def tree_of(rows: Sequence[Entry]) -> LineTree:
    """The gateway's tree of lines: Anna's, if she has one, and two strangers'."""
    heads = [LineHead(tag=keccak(name), number=3, receipt=keccak(name)) for name in (b"one", b"two")]
    if rows:
        last = rows[-1].receipt
        heads.append(LineHead(tag=TAG, number=last.message.seq, receipt=last.digest(DOMAINS)))
    return LineTree.of(heads)


def anchor_of(rows: Sequence[Entry], *, time: int = START + 1000) -> Anchor:
    """The anchor of a period with these receipts."""
    digests = [entry.receipt.digest(DOMAINS) for entry in rows]
    period = Period(
        number=1, previous=ZERO_32, receipts=receipts_root(digests), heads=tree_of(rows).root, count=len(rows)
    )
    return Anchor(period=period, block_number=9, block_hash=b"\x09" * 32, time=time)


def export_of(rows: Sequence[Entry], *, anchored: int | None = None) -> Export:
    """An export of these entries; the anchor has `anchored` of the true line."""
    truth = entries(LENGTH)[: LENGTH if anchored is None else anchored]
    anchor, digests = anchor_of(truth), [entry.receipt.digest(DOMAINS) for entry in truth]
    stands = [
        Anchored(anchor=anchor, proof=receipt_proof(digests, digest)) if digest in digests else None
        for digest in (entry.receipt.digest(DOMAINS) for entry in rows)
    ]
    exported = ExportedLine(
        line=line(rows),
        count=len(rows),
        tag=handed_tag(),
        anchor=anchor,
        proof=tree_of(truth).prove(TAG),
        stands=tuple(stands),
    )
    return Export(
        chain_id=DOMAINS.chain_id,
        participants=DOMAINS.participants,
        audit=DOMAINS.audit,
        patient=PATIENT,
        at=1_800_005_000,
        lines=(exported,),
    )
