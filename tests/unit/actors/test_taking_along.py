"""A patient opens everything of hers; one that does not open keeps nobody from the others."""

from __future__ import annotations

import pytest

from medshare.actors import own_reading
from medshare.actors.taking_along import open_own
from medshare.age.errors import NoIdentityMatches
from medshare.record.opening import VerifiedDocument


def test_every_document_is_opened_and_one_that_does_not_open_is_named(world, leaves, monkeypatch: pytest.MonkeyPatch):
    opened = dict(open_own(world.anna))
    assert {copy.leaf for copy in opened} == set(leaves)
    assert all(isinstance(found, VerifiedDocument) for found in opened.values())
    assert [copy.leaf for copy, _ in open_own(world.anna, but=leaves[:2])] == [leaves[2]]
    read_own = own_reading.read_own

    def fail(agent, copy):
        if copy.leaf == leaves[0]:
            raise NoIdentityMatches
        return read_own(agent, copy)

    monkeypatch.setattr("medshare.actors.taking_along.read_own", fail)
    found = {copy.leaf: one for copy, one in open_own(world.anna)}
    assert isinstance(found[leaves[0]], NoIdentityMatches)
    assert all(isinstance(found[leaf], VerifiedDocument) for leaf in leaves[1:])
