"""One root for a period of one institution, across its patients."""

from __future__ import annotations

import pytest

from medshare.digest import sha256
from medshare.record import Anchor, AnchorItem, verify
from medshare.record.anchor import MOST_SUPERSEDED
from medshare.record.errors import LeafMissing, LeafTwice, PreviousTwice, TooManySuperseded, TreeEmpty

HOSPITAL = "0x" + "b1" * 20
ADA = "0x" + "a1" * 20
BEN = "0x" + "a2" * 20


def item(label: str, patient: str = ADA, **more) -> AnchorItem:
    return AnchorItem(patient=patient, inner=sha256(label.encode()), **more)


def test_a_period_covers_several_patients_with_one_root():
    items = [item("one"), item("two", BEN), item("three", BEN)]
    anchor = Anchor.of(HOSPITAL, items)
    assert (anchor.provider, anchor.count, anchor.superseded) == (HOSPITAL, 3, ())
    for each in items:
        verify(root=anchor.root, leaf=each.leaf, proof=anchor.proof(each.leaf))


def test_an_amendment_lists_the_leaf_that_it_replaces():
    old = item("old").leaf
    assert Anchor.of(HOSPITAL, [item("new", previous_leaf=old)]).superseded == (old,)


def test_superseded_leaves_come_in_one_order():
    leaves = [sha256(bytes([number])) for number in range(9)]
    items = [item(f"new {number}", previous_leaf=leaf) for number, leaf in enumerate(leaves)]
    assert Anchor.of(HOSPITAL, items).superseded == Anchor.of(HOSPITAL, items[::-1]).superseded == tuple(sorted(leaves))


def test_an_amendment_of_another_institutions_record_closes_nothing():
    foreign = item("new", previous_leaf=sha256(b"theirs"), supersedes=False)
    assert Anchor.of(HOSPITAL, [foreign]).superseded == ()


def test_two_versions_of_one_period_may_follow_each_other():
    first = item("first")
    second = item("second", previous_leaf=first.leaf)
    assert Anchor.of(HOSPITAL, [first, second]).superseded == (first.leaf,)


def test_two_versions_may_not_replace_the_same_leaf():
    old = sha256(b"old")
    with pytest.raises(PreviousTwice):
        Anchor.of(HOSPITAL, [item("new", previous_leaf=old), item("newer", previous_leaf=old)])


def test_the_same_version_may_not_stand_in_a_period_twice():
    with pytest.raises(LeafTwice):
        Anchor.of(HOSPITAL, [item("one"), item("one")])


def test_an_empty_period_has_no_anchor():
    with pytest.raises(TreeEmpty):
        Anchor.of(HOSPITAL, [])


def test_a_period_may_not_replace_more_than_one_transaction_can_close():
    items = [item(f"{number}", previous_leaf=sha256(b"%d" % number)) for number in range(MOST_SUPERSEDED + 1)]
    assert len(Anchor.of(HOSPITAL, items[1:]).superseded) == MOST_SUPERSEDED
    with pytest.raises(TooManySuperseded):
        Anchor.of(HOSPITAL, items)


def test_a_leaf_of_another_period_has_no_proof_here():
    with pytest.raises(LeafMissing):
        Anchor.of(HOSPITAL, [item("one")]).proof(item("two").leaf)
