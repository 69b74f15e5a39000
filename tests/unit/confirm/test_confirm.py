"""What a validator checks of a submission, one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from medshare import canonical_json
from medshare.canonical_json import NotCanonical
from medshare.confirm import (
    LARGEST_SUBMISSION,
    NotASubmission,
    Rejected,
    RejectReason,
    SubmissionItem,
    check,
    items_from_bytes,
    items_to_bytes,
    submission,
)
from medshare.digest import keccak, sha256
from medshare.hexadecimal import ZERO_32, NotAnAddress, NotHex
from medshare.record.errors import LeafTwice, TreeEmpty

PROVIDER = "0x" + "11" * 20
ANNA, BEN = "0x" + "22" * 20, "0x" + "33" * 20


def item(number: int, *, patient: str = ANNA, replaces: SubmissionItem | None = None) -> SubmissionItem:
    return SubmissionItem(
        patient=patient,
        body_digest=sha256(bytes([number])),
        previous_leaf=replaces.leaf if replaces else ZERO_32,
        previous_inner=replaces.inner if replaces else ZERO_32,
        text=keccak(bytes([number])),
        cid=f"bafkrei{number}",
        size=4096,
        grantee=PROVIDER,
        terms=keccak(b"terms"),
    )


OLD = item(90)
ITEMS = (item(1), item(2, replaces=OLD), item(3, patient=BEN))


@dataclass
class Checking:
    """A check in which everything holds; each test spoils one thing."""

    items: tuple[SubmissionItem, ...] = ITEMS
    superseded: tuple[bytes, ...] = (OLD.leaf,)
    root: bytes | None = None
    count: int | None = None
    body: Callable[[SubmissionItem], bytes] = lambda one: one.body_digest
    may_write: Callable[[SubmissionItem], bool] = lambda one: True
    is_closed: Callable[[SubmissionItem], bool] = lambda one: False

    def run(self, message=None) -> None:
        message = message or submission(provider=PROVIDER, items=self.items, superseded=self.superseded, at=7)
        check(
            message,
            self.items,
            self.superseded,
            anchored_root=message.root if self.root is None else self.root,
            anchored_count=len(self.items) if self.count is None else self.count,
            keep_body=self.body,
            may_write=self.may_write,
            is_closed=self.is_closed,
        )


def rejected(checking: Checking) -> Rejected:
    with pytest.raises(Rejected) as caught:
        checking.run()
    return caught.value


def test_a_submission_in_which_everything_holds_is_accepted_and_every_body_is_kept():
    """[V-001, V-002, V-003, V-004, V-005, V-006, V-007]"""
    kept = []
    Checking(body=lambda one: kept.append(one) or one.body_digest).run()
    assert tuple(kept) == ITEMS


def test_items_that_do_not_make_the_anchored_root_are_rejected_as_a_whole():
    """[V-001]"""
    error = rejected(Checking(root=keccak(b"another root")))
    assert (error.reason, error.leaf) == (RejectReason.TREE, ZERO_32)


def test_a_root_that_was_never_anchored_is_rejected():
    """[V-001] An unknown root is 32 zero bytes."""
    assert rejected(Checking(root=ZERO_32)).reason is RejectReason.TREE


def test_a_signed_root_of_other_items_is_rejected():
    """[V-001] The provider anchors and signs a root that its items do not make."""
    honest = submission(provider=PROVIDER, items=ITEMS, superseded=(OLD.leaf,), at=7)
    with pytest.raises(Rejected) as caught:
        Checking().run(replace(honest, root=keccak(b"another root")))
    assert caught.value.reason is RejectReason.TREE


@pytest.mark.parametrize("count", [0, 2, 4])
def test_an_anchor_that_counts_another_number_is_rejected(count):
    """[V-002]"""
    assert rejected(Checking(count=count)).reason is RejectReason.TREE


def test_a_message_that_counts_another_number_is_rejected():
    """[V-002]"""
    honest = submission(provider=PROVIDER, items=ITEMS, superseded=(OLD.leaf,), at=7)
    with pytest.raises(Rejected):
        Checking().run(replace(honest, count=4))


def test_a_superseded_leaf_that_nothing_replaces_is_rejected_as_a_whole():
    """[V-003] Nobody can make a document vanish without a successor."""
    error = rejected(Checking(superseded=(OLD.leaf, keccak(b"gone"))))
    assert (error.reason, error.leaf) == (RejectReason.SUPERSEDES, ZERO_32)


def test_a_superseded_leaf_that_two_replace_is_rejected_at_one_of_them():
    """[V-003] So that the other can be anchored again."""
    items = (*ITEMS, item(4, replaces=OLD))
    error = rejected(Checking(items=items))
    assert (error.reason, error.leaf) == (RejectReason.SUPERSEDES, items[-1].leaf)


def test_a_document_is_not_superseded_by_another_patients():
    """[V-007] A07: Ben's document does not push Anna's out of sight."""
    thief = replace(item(5, patient=BEN), previous_leaf=OLD.leaf, previous_inner=OLD.inner)
    error = rejected(Checking(items=(thief,)))
    assert (error.reason, error.leaf) == (RejectReason.SUPERSEDES, thief.leaf)


def test_a_wrong_opening_of_the_previous_leaf_is_rejected():
    """[V-007]"""
    assert rejected(Checking(items=(replace(ITEMS[1], previous_inner=keccak(b"?")),))).reason is RejectReason.SUPERSEDES


def test_first_versions_need_nothing_superseded():
    """[V-003] Positive: a period without amendments."""
    Checking(items=ITEMS[:1], superseded=()).run()


def test_a_body_of_another_digest_is_rejected_at_its_leaf():
    """[V-004] S10: an old or a foreign body."""
    wrong = Checking(body=lambda one: sha256(b"?") if one is ITEMS[2] else one.body_digest)
    error = rejected(wrong)
    assert (error.reason, error.leaf) == (RejectReason.BODY_DIFFERS, ITEMS[2].leaf)


def test_a_document_without_consent_to_write_is_rejected_before_its_body_is_fetched():
    """[V-005]"""
    fetched = []
    error = rejected(
        Checking(may_write=lambda one: one is not ITEMS[0], body=lambda one: fetched.append(one) or one.body_digest)
    )
    assert (error.reason, error.leaf, fetched) == (RejectReason.NO_CONSENT, ITEMS[0].leaf, [])


def test_an_erased_or_retracted_leaf_is_rejected_before_its_body_is_fetched():
    """[V-006] D08: what was erased does not come back by anchoring it anew."""
    fetched = []
    error = rejected(
        Checking(is_closed=lambda one: one is ITEMS[0], body=lambda one: fetched.append(one) or one.body_digest)
    )
    assert (error.reason, error.leaf, fetched) == (RejectReason.LEAF_CLOSED, ITEMS[0].leaf, [])


def test_items_or_superseded_leaves_that_were_not_signed_are_no_submission():
    """E16."""
    message = submission(provider=PROVIDER, items=ITEMS, superseded=(OLD.leaf,), at=7)
    for other in (Checking(items=ITEMS[:2]), Checking(superseded=())):
        with pytest.raises(NotASubmission):
            other.run(message)


def test_a_leaf_twice_and_no_leaf_make_no_submission():
    for items, error in (((ITEMS[0], ITEMS[0]), LeafTwice), ((), TreeEmpty)):
        with pytest.raises(error):
            submission(provider=PROVIDER, items=items, superseded=(), at=7)


def test_items_come_back_from_their_bytes():
    assert items_from_bytes(items_to_bytes(ITEMS)) == ITEMS


def rows() -> list[dict]:
    return canonical_json.loads(items_to_bytes(ITEMS))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"[]", NotASubmission),
        (b"{}", NotASubmission),
        (b"[1]", NotASubmission),
        (b"[ {}]", NotCanonical),
        (canonical_json.dumps([{**rows()[0], "more": 1}]), NotASubmission),
        (canonical_json.dumps([{**rows()[0], "cid": 1}]), NotASubmission),
        (canonical_json.dumps([{**rows()[0], "size": -1}]), NotASubmission),
        (canonical_json.dumps([{**rows()[0], "size": True}]), NotASubmission),
        (canonical_json.dumps([{**rows()[0], "size": "1"}]), NotASubmission),
        (canonical_json.dumps([{**rows()[0], "patient": "0x12"}]), NotAnAddress),
        (canonical_json.dumps([{**rows()[0], "terms": "0x12"}]), NotHex),
        (canonical_json.dumps([1] * (LARGEST_SUBMISSION + 1)), NotASubmission),
    ],
)
def test_anything_else_is_refused(data, error):
    """A10: one fault each."""
    with pytest.raises(error):
        items_from_bytes(data)
