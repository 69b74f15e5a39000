"""The agent's export, verified without a gateway: with the chain, and with nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.audit.errors import AnchorBroken, AnchorOutdated, LineForeign, NotAGateway
from medshare.audit.export import Export, ExportedLine
from medshare.audit.judging import Line
from medshare.audit.tags import tag_of
from medshare.audit.values import HandedTag
from medshare.audit.verify import verify
from medshare.consent.categories import Category
from medshare.errors import IntegrityError
from medshare.keys.account import AccountKey
from medshare.signed import Signed
from medshare.typed_data import Tag


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
    for changes in (
        {"time": line.anchor.time + 1},
        {"block_hash": b"\x01" * 32},
        {"block_number": line.anchor.block_number + 1},
    ):
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


# What only the chain knows


def test_an_older_anchor_than_the_newest_is_named_and_an_old_export_stays_true(world, exported):
    """[B-032] Who exports today shows today's anchor: yesterday's would leave out what came since."""
    early = Export.from_bytes(exported)
    world.wait(100)
    for place in (world.gateway, world.hill.gateway):
        place.anchoring.close()
        place.anchoring.keep_up()
    world.wait(100)
    assert verify(exported, world.ledger).at == early.at
    now = Export.from_bytes(world.anna.export_log().to_bytes())
    assert verify(now.to_bytes(), world.ledger).at > early.at
    stale = replace(now, lines=early.lines).to_bytes()
    verify(stale)
    with pytest.raises(AnchorOutdated):
        verify(stale, world.ledger)


def test_a_line_without_the_anchors_that_its_gateway_has_is_named(world, exported):
    """[B-032] Every receipt, the anchor and the proof left out: offline it says nothing, the chain says that it lies."""
    export = Export.from_bytes(exported)
    line = export.lines[0]
    bare = replace(line, anchor=None, proof=None, line=replace(line.line, entries=()), stands=(), count=0)
    changed = replace(export, lines=(bare,)).to_bytes()
    assert verify(changed).lines[0].anchored_at is None
    with pytest.raises(AnchorOutdated):
        verify(changed, world.ledger)


def test_a_gateway_that_never_anchored_needs_no_anchor_and_a_made_up_one_is_named(world, exported):
    """[B-032] Anybody can sign tags and receipts: the chain knows who is a gateway."""
    export = Export.from_bytes(exported)

    def line_of(key: AccountKey) -> bytes:
        secret = b"\x03" * 32
        tag = tag_of(key=secret, gateway=key.address, patient=export.patient)
        message = Tag(gateway=key.address, patient=export.patient, tag=tag, at=export.at)
        handed = HandedTag(signed=Signed.by(key, message, export.domains), key=secret)
        line = Line(gateway=key.address, patient=export.patient, entries=())
        bare = ExportedLine(line=line, count=0, tag=handed, anchor=None, proof=None, stands=())
        return replace(export, lines=(bare,)).to_bytes()

    made_up = line_of(AccountKey.generate())
    verify(made_up)
    with pytest.raises(NotAGateway):
        verify(made_up, world.ledger)
    assert verify(line_of(world.clinics[0].gateway.office.key), world.ledger).lines[0].anchored_at is None


def test_a_line_of_another_patient_is_named_unless_she_moved_from_there(world, exported):
    """[B-032] Without a chain nobody can say that she moved."""
    export = Export.from_bytes(exported)
    for ledger in (None, world.ledger):
        with pytest.raises(LineForeign):
            verify(replace(export, patient="0x" + "99" * 20).to_bytes(), ledger)

    class Moved:
        """The chain, on which Anna moved twice."""

        def __getattr__(self, name):
            return getattr(world.ledger, name)

        def successor_of(self, patient):
            path = {export.patient: "0x" + "98" * 20, "0x" + "98" * 20: "0x" + "99" * 20}
            return path.get(patient, "0x" + "00" * 20)

    moved = replace(export, patient="0x" + "99" * 20).to_bytes()
    assert verify(moved, Moved()).patient == "0x" + "99" * 20
    with pytest.raises(LineForeign):
        verify(moved)
