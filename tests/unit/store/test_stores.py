"""What every store does: the twin, the embedded one and Kubo alike."""

from __future__ import annotations

import io

import pytest

from medshare.store import Store, cid_of
from medshare.store.errors import BlockCorrupted, BodyNotFound, BodyPinned, BodyTooLarge, CidMalformed
from tests.vectors.generate_cid import block

pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter is no longer needed:FutureWarning")

BODY = b"a body " * 300
LARGE = block(0) + block(1) + b"end"
ABSENT = cid_of(b"never stored")


@pytest.mark.parametrize("body", [b"", b"x", BODY, LARGE], ids=len)
def test_a_body_comes_back_by_its_cid(store: Store, body: bytes):
    cid = store.put(body)
    assert cid == cid_of(body)
    assert store.get(cid).read() == body


def test_bodies_that_are_put_together_come_back_like_others(store: Store):
    bodies = (b"", b"x", LARGE, b"x", BODY)
    store.put_each(bodies)
    for body in bodies:
        assert store.get(cid_of(body)).read() == body
    assert set(store.list()) == {cid_of(body) for body in bodies}
    store.put_each(())


def test_a_stream_is_stored_as_its_bytes_are(store: Store):
    assert store.get(store.put(io.BytesIO(LARGE))).read() == LARGE


def test_a_reader_can_go_to_any_place(store: Store):
    reader = store.get(store.put(LARGE))
    reader.seek(-3, io.SEEK_END)
    assert reader.read() == b"end"


def test_a_store_says_what_it_has(store: Store):
    cid = store.put(LARGE)
    assert store.has(cid)
    assert not store.has(ABSENT)


def test_a_body_that_is_not_there_is_not_found(store: Store):
    with pytest.raises(BodyNotFound):
        store.get(ABSENT)
    with pytest.raises(BodyNotFound):
        store.pin(ABSENT)


def test_a_body_larger_than_the_limit_is_refused(store: Store):
    cid = store.put(BODY)
    assert store.get(cid, limit=len(BODY)).read() == BODY
    with pytest.raises(BodyTooLarge):
        store.get(cid, limit=len(BODY) - 1)


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"])
def test_a_text_that_is_no_cid_is_refused_everywhere(store: Store, text: str):
    for verb in (store.get, store.has, store.pin, store.unpin, store.delete):
        with pytest.raises(CidMalformed):
            verb(text)


def test_what_is_put_is_pinned_and_listed_in_order(store: Store):
    cids = [store.put(body) for body in (BODY, b"x", LARGE)]
    assert list(store.list()) == sorted(cids)


def test_putting_and_pinning_twice_changes_nothing(store: Store):
    cid = store.put(BODY)
    assert store.put(BODY) == cid
    store.pin(cid)
    assert list(store.list()) == [cid]
    store.unpin(cid)
    assert list(store.list()) == []


def test_an_unpinned_body_can_be_pinned_again(store: Store):
    cid = store.put(BODY)
    store.unpin(cid)
    store.unpin(cid)
    store.pin(cid)
    assert list(store.list()) == [cid]


def test_a_pinned_body_may_not_be_deleted(store: Store):
    cid = store.put(BODY)
    with pytest.raises(BodyPinned):
        store.delete(cid)
    assert store.get(cid).read() == BODY


def test_a_deleted_body_is_gone(store: Store):
    cid = store.put(LARGE)
    store.unpin(cid)
    store.delete(cid)
    assert not store.has(cid)
    with pytest.raises(BodyNotFound):
        store.get(cid)
    store.delete(cid)
    assert store.put(LARGE) == cid
    assert store.get(cid).read() == LARGE


def test_deleting_leaves_the_blocks_that_another_body_needs(store: Store):
    first, second = store.put(block(0) + b"one"), store.put(block(0) + b"two")
    store.unpin(first)
    store.delete(first)
    assert not store.has(first)
    assert store.get(second).read() == block(0) + b"two"


def test_unpinning_a_body_that_is_not_there_changes_nothing(store: Store):
    store.unpin(ABSENT)
    store.delete(ABSENT)
    assert list(store.list()) == []


def test_a_damaged_block_gives_no_byte_of_it(store: Store, request: pytest.FixtureRequest):
    cid = store.put(BODY)
    kind = request.node.callspec.params["store"]
    if kind == "memory":
        store.blocks = dict.fromkeys(store.blocks, b"damaged")
    elif kind == "blocks":
        with store._index(write=True) as index:
            index.execute("UPDATE small SET data = ?", (b"damaged",))
    else:
        double = request.getfixturevalue("kubo")
        double.blocks = dict.fromkeys(double.blocks, b"damaged")
    with pytest.raises(BlockCorrupted):
        store.get(cid)
