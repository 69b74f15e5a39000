"""The agent's export, verified without a gateway: with the chain, and with nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.audit.errors import AnchorBroken
from medshare.audit.export import Export
from medshare.audit.verify import verify
from medshare.consent.categories import Category
from medshare.errors import IntegrityError


@pytest.fixture(scope="module")
def exported(world, leaves) -> bytes:
    """Read twice, anchored in between; what comes after the last anchor stands under none."""
    consent = world.grant(Category.PROBLEMS)
    world.read(world.ask(consent, leaves[0]))
    for place in (world.gateway, world.hill.gateway):
        place.anchoring.keep_up()
    world.read(world.ask(consent, leaves[0]))
    return world.anna.export_log().to_bytes()


def test_the_same_verdict_with_the_chain_and_without(world, exported):
    """[B-021, B-023] Only the file and a chain, or only the file."""
    online, offline = verify(exported, world.ledger), verify(exported)
    assert (online.chain_asked, offline.chain_asked) == (True, False)
    assert online.lines == offline.lines
    city = next(one for one in online.lines if one.gateway == world.gateway.address)
    assert city.receipts > city.anchored > 0
    assert city.released > 0


def test_an_anchor_that_the_chain_does_not_have_is_named(world, exported):
    """[B-023] Offline it passes for what it is: recorded. The chain says that it is not there."""
    export = Export.from_bytes(exported)
    line = export.lines[0]
    assert line.anchor is not None
    for changes in ({"time": line.anchor.time + 1}, {"block_hash": b"\x01" * 32}, {"block_number": 1}):
        anchor = replace(line.anchor, **changes)
        changed = replace(export, lines=(replace(line, anchor=anchor), *export.lines[1:])).to_bytes()
        verify(changed)
        with pytest.raises(AnchorBroken):
            verify(changed, world.ledger)


def test_a_receipt_left_out_of_the_agents_own_export_is_noticed(world, exported):
    """[B-021]"""
    export = Export.from_bytes(exported)
    line = export.lines[0]
    rows = replace(line.line, entries=line.line.entries[:-1])
    cut = replace(line, line=rows, stands=line.stands[:-1])
    with pytest.raises(IntegrityError):
        verify(replace(export, lines=(cut, *export.lines[1:])).to_bytes())


def test_the_export_holds_no_category_and_no_name(world, exported):
    """N: whoever verifies it learns slots and accounts."""
    for word in (b"category", b"PROBLEMS", b"City", b"statement"):
        assert word not in exported
