"""The audit export: one canonical JSON file with all that proves a patient's log, to anyone, without a gateway.

    {v, chainId, participants, audit, patient, at,
     lines: [{gateway, patient, count, tag, anchor, proof, receipts: [...], digest}],
     digest}

A line has the gateway's signed tag with its key, its newest anchor with the block it stands in, the
proof of the line's end under that anchor, and each receipt with the question behind it, the leaves
that it names, and the anchored period that it stands in with the proof.

Signatures, links and proofs show what somebody changed on purpose. Each receipt and each line also has
the digest of its own JSON, so that a byte that was changed anywhere is noticed and named; they prove
nothing against whoever makes the file anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from medshare import canonical_json
from medshare.audit.anchors import Anchor
from medshare.audit.errors import ExportDamaged
from medshare.audit.forms import (
    KIND,
    line_proof_json,
    line_proof_of,
    period_json,
    period_of,
    proof_json,
    proof_of,
    signed_json,
    signed_of,
)
from medshare.audit.judging import Entry, Line
from medshare.audit.trees import LineProof
from medshare.audit.values import HandedTag
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32, from_hex, to_hex
from medshare.keys.form import Form
from medshare.record.merkle import Proof
from medshare.typed_data import Domains, ReadRequest, Receipt, Refuse, Tag

VERSION: Final = 1
MOST_LINES: Final = 1024
MOST_RECEIPTS: Final = 1_000_000
MOST_LEAVES: Final = 1_000_000
LARGEST_EXPORT: Final = 512 * 2**20
"""Bytes."""

_TOP: Final = ("v", "chainId", "participants", "audit", "patient", "at", "lines", "digest")
_LINE: Final = ("gateway", "patient", "count", "tag", "anchor", "proof", "receipts", "digest")
_ENTRY: Final = ("asked", "digest", "leaves", "receipt", "stands")
_ANCHOR: Final = ("block", "hash", "period", "time")
_LINE_BEGINS: Final = b'{"anchor":'
_ENTRY_BEGINS: Final = b'{"asked":'

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """In which anchor a receipt stands, and the proof."""

    anchor: Anchor
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedLine:
    """All that proves one line.

    `count` is how many receipts it had. `anchor` is the gateway's newest and `proof` what it says of the
    line; both None if it never anchored. `stands` says of each receipt, in their order, in which anchor
    it stands, None where it is in none yet.
    """

    line: Line
    count: int
    tag: HandedTag
    anchor: Anchor | None
    proof: LineProof | None
    stands: tuple[Anchored | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An audit export. `patient` is whose it is; `audit` is the address of the AuditLog.

    `at` is the second of the chain's head when its anchors were read: each line has its gateway's newest until then.
    """

    chain_id: int
    participants: Address
    audit: Address
    patient: Address
    at: int
    lines: tuple[ExportedLine, ...]

    @property
    def domains(self) -> Domains:
        """For whom the signatures in it are meant; none of them is checked by a contract."""
        return Domains(
            chain_id=self.chain_id,
            participants=self.participants,
            consents=self.participants,
            requests=self.participants,
            records=self.participants,
            audit=self.audit,
        )

    def to_bytes(self) -> bytes:
        """Return the file."""
        top = {
            "v": VERSION,
            "chainId": self.chain_id,
            "participants": self.participants,
            "audit": self.audit,
            "patient": self.patient,
            "at": self.at,
            "lines": [_line_json(line) for line in self.lines],
        }
        return canonical_json.dumps({**top, "digest": to_hex(_top_digest(top))})

    @classmethod
    def from_bytes(cls, data: bytes) -> Export:
        """Return the export in a file. Each receipt is what it was; whether the whole is, `check_whole` says.

        Raises:
            ExportDamaged: A byte is not what was written; it names the receipt, the line or the part.
        """
        form = _damaged("its head", lambda: Form(KIND, _parse(data), _TOP))
        return _damaged("its head", lambda: _export(form))


def check_whole(data: bytes) -> None:
    """Check the digests of every line and of the whole: what no signature and no proof covers.

    Raises:
        ExportDamaged: One differs.
    """
    top = _parse(data)
    for number, line in enumerate(top["lines"], start=1):
        if line["digest"] != to_hex(_line_digest(line)):  # [B-021]
            raise ExportDamaged(where=f"line {number}", why="its digest differs")
    if top["digest"] != to_hex(_top_digest(top)):  # [B-021]
        raise ExportDamaged(where="its head", why="its digest differs")


def _parse(data: bytes) -> Any:
    try:
        return canonical_json.loads(data, limit=LARGEST_EXPORT)
    except MedShareError as error:
        raise ExportDamaged(where=_place_in(data), why=error.code) from error


def _place_in(data: bytes) -> str:
    """Return where a file stops being canonical JSON: the byte, and the receipt or line around it."""
    try:
        written = canonical_json.dumps(json.loads(data.decode()))
        place = next((at for at, (one, other) in enumerate(zip(data, written, strict=False)) if one != other), 0)
    except UnicodeDecodeError as error:
        place = error.start
    except json.JSONDecodeError as error:
        place = len(error.doc[: error.pos].encode())
    except (ValueError, RecursionError, MedShareError):
        place = 0
    before = data[: place + 1]
    line = before.count(_LINE_BEGINS)
    number = before[max(before.rfind(_LINE_BEGINS), 0) :].count(_ENTRY_BEGINS)
    around = f"receipt {number} of line {line}" if number else f"line {line}" if line else "its head"
    return f"byte {place}, in or beside {around}"


def _damaged(where: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except ExportDamaged:
        raise
    except MedShareError as error:
        raise ExportDamaged(where=where, why=error.code) from error


def _export(form: Form) -> Export:
    form.integer("v", low=VERSION, high=VERSION)
    return Export(
        chain_id=form.integer("chainId", low=1),
        participants=form.address("participants"),
        audit=form.address("audit"),
        patient=form.address("patient"),
        at=form.integer("at"),
        lines=tuple(
            _damaged(f"line {number}", lambda value=value, number=number: _line(value, number))  # type: ignore[misc]
            for number, value in enumerate(form.rows("lines", most=MOST_LINES), start=1)
        ),
    )


def _line(value: object, number: int) -> ExportedLine:
    form = Form(KIND, value, _LINE)
    entries, stands = [], []
    for place, row in enumerate(form.rows("receipts", most=MOST_RECEIPTS), start=1):
        where = f"receipt {place} of line {number}"
        entry, stand = _damaged(where, lambda row=row, where=where: _entry(row, where))  # type: ignore[misc]
        entries.append(entry)
        stands.append(stand)
    anchor, proof = form.optional("anchor"), form.optional("proof")
    return ExportedLine(
        line=Line(gateway=form.address("gateway"), patient=form.address("patient"), entries=tuple(entries)),
        count=form.integer("count"),
        tag=_tag(form.map("tag", most=2)),
        anchor=None if anchor is None else _anchor(anchor),
        proof=None if proof is None else line_proof_of(proof),
        stands=tuple(stands),
    )


def _entry(value: object, where: str) -> tuple[Entry, Anchored | None]:
    form = Form(KIND, value, _ENTRY)
    if form.data("digest", 32) != _entry_digest(form.whole):  # [B-021]
        raise ExportDamaged(where=where, why="its digest differs")
    stands = form.optional("stands")
    entry = Entry(
        receipt=signed_of(form.map("receipt", most=4), Receipt),
        asked=signed_of(form.map("asked", most=4), ReadRequest, Refuse),  # type: ignore[arg-type]
        leaves=tuple(from_hex(leaf, 32) for leaf in form.rows("leaves", most=MOST_LEAVES)),
    )
    if stands is None:
        return entry, None
    inner = Form(KIND, stands, (*_ANCHOR, "proof"))
    anchor = _anchor({name: stands[name] for name in _ANCHOR})
    return entry, Anchored(anchor=anchor, proof=proof_of(inner, "proof"))


def _tag(value: object) -> HandedTag:
    form = Form(KIND, value, ("signed", "key"))
    return HandedTag(signed=signed_of(form.map("signed", most=4), Tag), key=form.data("key", 32))


def _anchor(value: object) -> Anchor:
    form = Form(KIND, value, _ANCHOR)
    return Anchor(
        period=period_of(form.map("period", most=5)),
        block_number=form.integer("block"),
        block_hash=form.data("hash", 32),
        time=form.integer("time"),
    )


def _line_json(line: ExportedLine) -> dict[str, Any]:
    value = {
        "gateway": line.line.gateway,
        "patient": line.line.patient,
        "count": line.count,
        "tag": {"signed": signed_json(line.tag.signed), "key": to_hex(line.tag.key)},
        "anchor": None if line.anchor is None else _anchor_json(line.anchor),
        "proof": None if line.proof is None else line_proof_json(line.proof),
        "receipts": [_entry_json(entry, stands) for entry, stands in zip(line.line.entries, line.stands, strict=True)],
    }
    return {**value, "digest": to_hex(_line_digest(value))}


def _entry_json(entry: Entry, stands: Anchored | None) -> dict[str, Any]:
    value = {
        "receipt": signed_json(entry.receipt),
        "asked": signed_json(entry.asked),
        "leaves": [to_hex(leaf) for leaf in entry.leaves],
        "stands": None if stands is None else {**_anchor_json(stands.anchor), "proof": proof_json(stands.proof)},
    }
    return {**value, "digest": to_hex(_entry_digest(value))}


def _anchor_json(anchor: Anchor) -> dict[str, Any]:
    return {
        "period": period_json(anchor.period),
        "block": anchor.block_number,
        "hash": to_hex(anchor.block_hash),
        "time": anchor.time,
    }


def _entry_digest(value: Mapping[str, Any]) -> Bytes32:
    return keccak(canonical_json.dumps({name: part for name, part in value.items() if name != "digest"}))


def _line_digest(value: Mapping[str, Any]) -> Bytes32:
    """Return the digest of a line, in which the digest of each receipt stands for it."""
    return _entry_digest({**value, "receipts": [entry["digest"] for entry in value["receipts"]]})


def _top_digest(value: Mapping[str, Any]) -> Bytes32:
    return _entry_digest({**value, "lines": [line["digest"] for line in value["lines"]]})
