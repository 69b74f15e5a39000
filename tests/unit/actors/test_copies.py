"""What a reader keeps: files that only their owner may read, and the doors to ask about them."""

from __future__ import annotations

import stat

import pytest

from medshare.actors.copies import Copy, FolderCopies, MemoryCopies, NotACopy
from medshare.consent.categories import Category


@pytest.fixture(scope="module")
def reading(world):
    consent = world.grant(Category.PROBLEMS)
    world.write(Category.PROBLEMS)
    world.anna.sync()
    (row,) = world.hill.list_documents(world.gateway, consent, purpose="TREAT")
    return world.hill.read(world.gateway, consent, row, purpose="TREAT")


@pytest.fixture
def copy(reading, world):
    return Copy(
        leaf=reading.document.leaf,
        patient=world.anna.address,
        provider=world.city.address,
        url=world.city.url,
        receipt=reading.receipt,
    )


@pytest.fixture(params=["memory", "folder"])
def copies(request, tmp_path):
    return MemoryCopies() if request.param == "memory" else FolderCopies(tmp_path / "copies")


def test_what_is_kept_is_found_until_it_is_destroyed(copies, copy, reading):
    """[W-010]"""
    assert copies.all() == ()
    copies.keep(copy, reading.document)
    copies.keep(copy, reading.document)
    assert copies.get(copy.leaf) == copy
    assert copies.all() == (copy,)
    copies.destroy(copy.leaf)
    copies.destroy(copy.leaf)
    assert copies.get(copy.leaf) is None
    assert copies.all() == ()


def test_a_door_stays_known_when_every_copy_from_it_is_gone(copies, copy, reading):
    """[W-010] R01: the signed word may still have to be left there."""
    for url in ("https://a.example", "https://b.example", "https://a.example"):
        copies.expect_from(url)
    copies.keep(copy, reading.document)
    copies.destroy(copy.leaf)
    assert copies.sources == ("https://a.example", "https://b.example")


def test_another_process_finds_the_same_copies(tmp_path, copy, reading):
    """[W-010]"""
    first = FolderCopies(tmp_path)
    first.expect_from(copy.url)
    first.keep(copy, reading.document)
    second = FolderCopies(tmp_path)
    assert second.all() == (copy,)
    assert second.sources == (copy.url,)
    assert second.path(copy.leaf).read_bytes() == reading.document.content
    second.destroy(copy.leaf)
    assert not second.path(copy.leaf).exists()
    assert first.all() == ()


def test_only_the_owner_may_read_what_is_kept(tmp_path, copy, reading):
    """K15."""
    copies = FolderCopies(tmp_path / "copies")
    copies.expect_from(copy.url)
    copies.keep(copy, reading.document)
    assert stat.S_IMODE((tmp_path / "copies").stat().st_mode) == 0o700
    assert {stat.S_IMODE(place.stat().st_mode) for place in (tmp_path / "copies").iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("name", "data"),
    [("{leaf}.json", b"{}"), ("{leaf}.json", b"\xff"), ("doors.json", b'{"a":1}'), ("other.json", b"{}")],
)
def test_a_file_that_was_altered_is_named(tmp_path, copy, reading, name, data):
    copies = FolderCopies(tmp_path)
    copies.keep(copy, reading.document)
    (tmp_path / name.format(leaf=copy.leaf.hex())).write_bytes(data)
    with pytest.raises(NotACopy):
        (copies.all(), copies.sources)
