"""The export: the same verdict on another machine; one byte, one receipt, and it says which."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from medshare.audit.errors import (
    ExportDamaged,
    ExportEmpty,
    ExportForeign,
    ProofWithheld,
    ReceiptAltered,
    ReceiptForged,
    ReceiptMissing,
    ReceiptReordered,
    ReceiptRepeated,
)
from medshare.audit.export import Export
from medshare.audit.verify import verify
from medshare.errors import IntegrityError
from tests.unit.audit.lines import (
    LENGTH,
    OTHER,
    TAG,
    anchor_of,
    entries,
    export_of,
    signed_anew,
    tree_of,
)

NAMED = r"[Rr]eceipt \d|line \d|head|byte \d|gateway 0x[0-9a-f]{40}.*(tag|proof)"


WHOLE = export_of(entries(LENGTH)).to_bytes()


# The six verdicts, offline


def test_present():
    """[B-021] Every receipt under an anchor, without any chain."""
    verdict = verify(WHOLE)
    (one,) = verdict.lines
    assert (one.receipts, one.released, one.anchored, one.absent) == (LENGTH, 2, LENGTH, False)
    assert not verdict.chain_asked
    assert Export.from_bytes(WHOLE).to_bytes() == WHOLE


def test_absent():
    """[B-021] Nothing was logged until the anchor, and that is proven."""
    (one,) = verify(export_of([], anchored=0).to_bytes()).lines
    assert (one.receipts, one.anchored, one.absent) == (0, 0, True)


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_altered(number):
    """[B-021] The gateway wrote a receipt anew, signed it, and made the file anew."""
    rows = entries(LENGTH)
    rows[number - 1] = signed_anew(rows[number - 1], block=b"\x01" * 32)
    with pytest.raises(ReceiptAltered) as caught:
        verify(export_of(rows).to_bytes())
    assert caught.value.facts["number"] == number
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_dropped(number):
    """[B-021] The last one too: the anchor has it."""
    rows = entries(LENGTH)
    del rows[number - 1]
    with pytest.raises(ReceiptMissing) as caught:
        verify(export_of(rows).to_bytes())
    assert caught.value.facts["number"] == number


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_reordered(place):
    """[B-021]"""
    rows = entries(LENGTH)
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    with pytest.raises(ReceiptReordered) as caught:
        verify(export_of(rows).to_bytes())
    assert caught.value.facts["number"] == place + 1


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_forged(number):
    """[B-021] Somebody else's key signed a receipt."""
    rows = entries(LENGTH)
    rows[number - 1] = signed_anew(rows[number - 1], key=OTHER)
    with pytest.raises(ReceiptForged) as caught:
        verify(export_of(rows).to_bytes())
    assert caught.value.facts["number"] == number


# One byte, one receipt


def test_every_flipped_byte_is_noticed_and_named():
    """[B-021] Each byte of a whole file, one bit of it: exit code 6, and where."""
    small = export_of(entries(2), anchored=2).to_bytes()
    verify(small)
    for place in range(len(small)):
        changed = bytearray(small)
        changed[place] ^= 1 << place % 7
        with pytest.raises(IntegrityError) as caught:
            verify(bytes(changed))
        assert re.search(NAMED, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_a_byte_in_a_receipt_names_that_receipt(number):
    """[B-021] In its own fields: the nearest thing to a finger on it."""
    value = json.loads(WHOLE)
    value["lines"][0]["receipts"][number - 1]["receipt"]["message"]["at"] += 1
    with pytest.raises(ExportDamaged) as caught:
        verify(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    assert caught.value.facts["where"] == f"receipt {number} of line 1"


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
@pytest.mark.parametrize("act", ["drop", "double", "swap"])
def test_every_receipt_that_is_dropped_doubled_or_moved_in_the_file_is_named(number, act):
    """[B-021] With a text editor, on the finished file; also the last one, which no anchor has yet."""
    value = json.loads(export_of(entries(LENGTH), anchored=2).to_bytes())
    rows = value["lines"][0]["receipts"]
    if act == "drop":
        del rows[number - 1]
        error, named = ReceiptMissing, number
    elif act == "double":
        rows.insert(number - 1, rows[number - 1])
        error, named = ReceiptRepeated, number
    else:
        other = number % LENGTH
        rows[number - 1], rows[other] = rows[other], rows[number - 1]
        error, named = ReceiptReordered, min(number, other + 1)
    with pytest.raises(error) as caught:
        verify(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    assert caught.value.facts["number"] == named


def test_a_receipt_that_does_not_stand_where_the_export_says_is_named():
    """[B-001, B-021]"""
    export = export_of(entries(LENGTH))
    (exported,) = export.lines
    wrong = replace(exported.stands[2], proof=exported.stands[1].proof)
    lines = (replace(exported, stands=(*exported.stands[:2], wrong, *exported.stands[3:])),)
    with pytest.raises(ProofWithheld, match="receipt 3"):
        verify(replace(export, lines=lines).to_bytes())


def test_an_anchor_without_a_proof_proves_nothing():
    """[B-021]"""
    export = export_of(entries(LENGTH))
    with pytest.raises(ProofWithheld):
        verify(replace(export, lines=(replace(export.lines[0], proof=None),)).to_bytes())


def test_receipts_that_stand_in_a_newer_anchor_than_the_line_contradict_it():
    """[B-033] Whoever shows them knows of the newer anchor."""
    export = export_of(entries(LENGTH))
    (line,) = export.lines
    older = replace(line.anchor, block_number=line.anchor.block_number - 1)
    for changes in ({"anchor": older}, {"anchor": None, "proof": None}):
        with pytest.raises(ProofWithheld, match=r"receipt 1 .* newer"):
            verify(replace(export, lines=(replace(line, **changes),)).to_bytes())


@pytest.mark.parametrize("length", range(LENGTH))
def test_an_anchored_receipt_that_the_anchored_line_has_not_contradicts_it(length):
    """[B-033] The gateway anchors the receipts and leaves the line out of its tree, or ends it before them."""
    rows = entries(LENGTH)
    export = export_of(rows)
    (line,) = export.lines
    tree = tree_of(rows[:length])
    period = replace(anchor_of(rows).period, heads=tree.root)
    anchor = replace(line.anchor, period=period)
    stands = tuple(replace(one, anchor=anchor) for one in line.stands)
    cut = replace(line, anchor=anchor, proof=tree.prove(TAG), stands=stands)
    with pytest.raises(ProofWithheld, match=f"receipt {length + 1} is anchored"):
        verify(replace(export, lines=(cut,)).to_bytes())


def test_nothing_is_proven_absent_where_there_are_receipts_and_nothing_at_all_without_a_line():
    """[B-032, B-033] Receipts that came after the anchor are not under it."""
    (one,) = verify(export_of(entries(2), anchored=0).to_bytes()).lines
    assert (one.receipts, one.anchored, one.absent) == (2, 0, False)
    with pytest.raises(ExportEmpty):
        verify(replace(export_of(entries(2)), lines=()).to_bytes())


def test_questions_that_no_key_signed_are_counted():
    """[B-031] Without a chain nobody can say more."""
    rows = entries(2)
    rows[1] = replace(rows[1], asked=replace(rows[1].asked, signature=bytes(65)))
    (one,) = verify(export_of(rows, anchored=2).to_bytes()).lines
    assert one.unproven == 1
    assert verify(WHOLE).lines[0].unproven == 0


def test_what_is_no_export_is_named_so():
    """[B-021]"""
    for data in (b"", b"{}", b"[]", b"nonsense", WHOLE + b"\n", b"\xff", b"[" * 100_000):
        with pytest.raises(ExportDamaged):
            verify(data)


def test_an_export_of_another_deployment_is_not_judged_by_this_chain():
    """[B-023]"""
    from medshare.sandbox import Sandbox

    with pytest.raises(ExportForeign):
        verify(WHOLE, Sandbox.in_memory().ledger)
