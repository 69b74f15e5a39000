"""The trees behind an anchor: presence and absence are proven, each for its own tag alone."""

from __future__ import annotations

import json
import pathlib
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.audit.anchors import Period, check_periods
from medshare.audit.errors import (
    AnchorBroken,
    LineProofForeign,
    LineProofMismatch,
    ReceiptProofMismatch,
    TagForeign,
    TagTwice,
)
from medshare.audit.tags import check_tag, tag_of
from medshare.audit.trees import (
    HIGHEST,
    LOWEST,
    Absence,
    LineHead,
    LineTree,
    Presence,
    check_line_proof,
    check_receipt,
    receipt_proof,
    receipts_root,
)
from medshare.digest import keccak, sha256
from medshare.hexadecimal import ZERO_32
from medshare.record.errors import LeafMissing, LeafTwice

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "audit" / "periods.json").read_text())
WORD = st.binary(min_size=32, max_size=32)
TAG = WORD.filter(lambda tag: LOWEST < tag < HIGHEST)
TAGS = st.lists(TAG, max_size=40, unique=True)
GATEWAY, PATIENT = "0x" + "11" * 20, "0x" + "22" * 20


def word(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def proof_of(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(word(text) for text in texts)


def heads_of(tags: list[bytes]) -> list[LineHead]:
    return [LineHead(tag=tag, number=number, receipt=sha256(tag)) for number, tag in enumerate(tags, 1)]


# Vectors


@pytest.mark.parametrize("case", VECTORS["receipts"], ids=lambda case: str(len(case["digests"])))
def test_the_tree_of_receipts_is_that_of_the_javascript_reference(case):
    digests = [word(digest) for digest in case["digests"]]
    assert receipts_root(digests) == word(case["root"])
    assert [receipt_proof(digests, digest) for digest in digests] == [proof_of(proof) for proof in case["proofs"]]


@pytest.mark.parametrize("case", VECTORS["lines"], ids=lambda case: str(len(case["heads"])))
def test_the_tree_of_lines_is_that_of_the_javascript_reference(case):
    heads = [LineHead(tag=word(tag), number=int(n), receipt=word(receipt)) for tag, n, receipt in case["heads"]]
    tree = LineTree.of(heads)
    assert tree.root == word(case["root"])
    ordered = sorted(head.tag for head in heads)
    assert [tree.prove(tag).proof for tag in ordered] == [proof_of(proof) for proof in case["proofs"][1:]]


@pytest.mark.parametrize("case", VECTORS["tags"], ids=lambda case: case["patient"])
def test_a_tag_is_that_of_the_javascript_reference(case):
    made = tag_of(key=word(case["key"]), gateway=case["gateway"], patient=case["patient"])
    assert made == word(case["tag"])


@pytest.mark.parametrize("case", VECTORS["anchors"], ids=lambda case: str(case["count"]))
def test_a_head_is_that_of_the_javascript_reference(case):
    period = Period(
        number=1,
        previous=word(case["previous"]),
        receipts=word(case["receipts"]),
        heads=word(case["heads"]),
        count=case["count"],
    )
    assert period.head == word(case["head"])


# Receipts of a period


def test_a_receipt_of_the_period_has_a_proof_and_another_has_none():
    """[B-001]"""
    digests = [sha256(bytes([number])) for number in range(9)]
    root = receipts_root(digests)
    for digest in digests:
        check_receipt(root=root, digest=digest, proof=receipt_proof(digests, digest))
    stranger = sha256(b"stranger")
    with pytest.raises(LeafMissing):
        receipt_proof(digests, stranger)
    with pytest.raises(ReceiptProofMismatch):
        check_receipt(root=root, digest=stranger, proof=receipt_proof(digests, digests[0]))


def test_a_proof_longer_than_any_tree_needs_proves_no_receipt():
    """[B-001]"""
    with pytest.raises(ReceiptProofMismatch):
        check_receipt(root=sha256(b"root"), digest=sha256(b"one"), proof=(ZERO_32,) * 65)


def test_a_period_without_a_receipt_has_the_root_zero():
    assert receipts_root([]) == ZERO_32


def test_a_receipt_may_not_stand_in_a_period_twice():
    with pytest.raises(LeafTwice):
        receipts_root([sha256(b"a"), sha256(b"a")])


# Lines


@given(TAGS, TAG)
def test_every_tag_has_a_proof_of_presence_or_of_absence(tags: list[bytes], stranger: bytes):
    """[B-002, B-003]"""
    heads = heads_of(tags)
    tree = LineTree.of(heads)
    for head in heads:
        shown = tree.prove(head.tag)
        assert isinstance(shown, Presence)
        assert check_line_proof(shown, root=tree.root, tag=head.tag) == head
    if stranger not in tags:
        shown = tree.prove(stranger)
        assert isinstance(shown, Absence)
        assert check_line_proof(shown, root=tree.root, tag=stranger) is None


@given(st.lists(TAG, min_size=1, max_size=12, unique=True), st.data())
def test_no_leaf_of_the_tree_proves_the_absence_of_a_tag_that_has_a_line(tags: list[bytes], data):
    """[B-003] Whatever leaf the gateway shows: none lies around a tag that is there."""
    tree = LineTree.of(heads_of(tags))
    tag = data.draw(st.sampled_from(tags))
    # Just below every tag, its left neighbour's leaf is what proves absence.
    for other in tags:
        just_below = (int.from_bytes(other, "big") - 1).to_bytes(32, "big")
        if just_below in tags or just_below == LOWEST:
            continue
        shown = tree.prove(just_below)
        with pytest.raises(LineProofForeign):
            check_line_proof(shown, root=tree.root, tag=tag)


@pytest.mark.parametrize("change", ["number", "receipt", "next", "proof"])
def test_a_proof_of_presence_with_anything_changed_is_refused(change):
    """[B-002]"""
    heads = heads_of([sha256(bytes([number])) for number in range(7)])
    tree = LineTree.of(heads)
    shown = tree.prove(heads[3].tag)
    assert isinstance(shown, Presence)
    changed = {
        "number": shown.number + 1,
        "receipt": sha256(b"other"),
        "next": (int.from_bytes(shown.next, "big") - 1).to_bytes(32, "big"),
        "proof": (*shown.proof[:-1], sha256(b"step")),
    }[change]
    with pytest.raises(LineProofMismatch):
        check_line_proof(replace(shown, **{change: changed}), root=tree.root, tag=heads[3].tag)


@pytest.mark.parametrize("change", ["before", "next", "state", "proof"])
def test_a_proof_of_absence_with_anything_changed_is_refused(change):
    """[B-003]"""
    tree = LineTree.of(heads_of([sha256(bytes([number])) for number in range(7)]))
    tag = sha256(b"nobody")
    shown = tree.prove(tag)
    assert isinstance(shown, Absence)
    changed = {
        "before": (int.from_bytes(shown.before, "big") + 1).to_bytes(32, "big"),
        "next": (int.from_bytes(shown.next, "big") - 1).to_bytes(32, "big"),
        "state": sha256(b"state"),
        "proof": (*shown.proof, sha256(b"step")),
    }[change]
    with pytest.raises(LineProofMismatch):
        check_line_proof(replace(shown, **{change: changed}), root=tree.root, tag=tag)


def test_a_gateway_without_patients_proves_absence_between_the_borders():
    """[B-003]"""
    tree = LineTree.of([])
    shown = tree.prove(sha256(b"anna"))
    assert shown == Absence(before=LOWEST, next=HIGHEST, state=ZERO_32, proof=())
    assert check_line_proof(shown, root=tree.root, tag=sha256(b"anna")) is None


@pytest.mark.parametrize("place", ["first", "last"])
def test_the_first_and_the_last_tag_have_a_border_beside_them(place):
    """[B-003]"""
    head = LineHead(tag=sha256(b"one"), number=1, receipt=sha256(b"r"))
    tree = LineTree.of([head])
    number = int.from_bytes(head.tag, "big") + (-1 if place == "first" else 1)
    beside = number.to_bytes(32, "big")
    shown = tree.prove(beside)
    assert isinstance(shown, Absence)
    assert (shown.before, shown.next) == ((LOWEST, head.tag) if place == "first" else (head.tag, HIGHEST))
    assert check_line_proof(shown, root=tree.root, tag=beside) is None


@pytest.mark.parametrize("tag", [LOWEST, HIGHEST])
def test_a_border_is_nobodys_tag(tag):
    """[B-003]"""
    tree = LineTree.of(heads_of([sha256(b"one")]))
    with pytest.raises(TagTwice):
        LineTree.of(heads_of([tag]))
    with pytest.raises(LineProofForeign):
        tree.prove(tag)
    with pytest.raises(LineProofForeign):
        check_line_proof(Absence(before=LOWEST, next=HIGHEST, state=ZERO_32, proof=()), root=tree.root, tag=tag)


def test_two_lines_may_not_have_one_tag():
    """[B-005]"""
    one = LineHead(tag=sha256(b"one"), number=1, receipt=sha256(b"r"))
    with pytest.raises(TagTwice):
        LineTree.of([one, replace(one, number=2)])


def test_a_proof_of_absence_shows_no_number_of_the_neighbours_line():
    """What a patient learns of her neighbour is a blinded tag and a hash that nobody can guess."""
    head = LineHead(tag=b"\x01" * 32, number=77, receipt=keccak(b"secret"))
    shown = LineTree.of([head]).prove(b"\x02" * 32)
    assert isinstance(shown, Absence)
    assert not hasattr(shown, "number")
    assert shown.state == keccak((77).to_bytes(32, "big") + keccak(b"secret"))


# Tags


def test_a_tag_is_its_patients_and_its_gateways_alone():
    """[B-005]"""
    key = bytes(range(32))
    tag = tag_of(key=key, gateway=GATEWAY, patient=PATIENT)
    check_tag(tag, key=key, gateway=GATEWAY, patient=PATIENT)
    for other in ({"gateway": PATIENT}, {"patient": GATEWAY}, {"key": bytes(32)}, {"key": key[:31]}):
        with pytest.raises(TagForeign):
            check_tag(tag, **{"key": key, "gateway": GATEWAY, "patient": PATIENT, **other})


# Chains of periods


def chain(length: int) -> list[Period]:
    periods: list[Period] = []
    for number in range(1, length + 1):
        periods.append(
            Period(
                number=number,
                previous=periods[-1].head if periods else ZERO_32,
                receipts=sha256(bytes([number])),
                heads=sha256(bytes([number, 1])),
                count=number,
            )
        )
    return periods


def test_a_chain_of_periods_ends_in_the_head_that_the_contract_computes():
    """[B-004]"""
    periods = chain(5)
    assert check_periods(periods, gateway=GATEWAY) == periods[-1].head
    assert check_periods(periods[2:], gateway=GATEWAY, after=periods[1].head, first=3) == periods[-1].head
    assert check_periods([], gateway=GATEWAY) == ZERO_32


@pytest.mark.parametrize("place", range(4))
def test_a_period_that_is_left_out_changed_or_told_twice_is_seen(place):
    """[B-004]"""
    periods = chain(5)
    for broken in (
        [*periods[:place], *periods[place + 1 :]],
        [*periods[:place], replace(periods[place], count=99), *periods[place + 1 :]],
        [*periods[: place + 1], *periods[place:]],
        [*periods[:place], periods[place + 1], periods[place], *periods[place + 2 :]],
    ):
        with pytest.raises(AnchorBroken):
            check_periods(broken, gateway=GATEWAY)


def test_a_tree_of_twenty_thousand_lines_takes_seconds_at_most():
    heads = heads_of([sha256(number.to_bytes(4, "big")) for number in range(20_000)])
    begun = time.perf_counter()
    tree = LineTree.of(heads)
    shown = tree.prove(heads[77].tag)
    took = time.perf_counter() - begun
    assert check_line_proof(shown, root=tree.root, tag=heads[77].tag) == heads[77]
    assert took < 10, took
