"""What the patient's own agent tells of who looked: every receipt once, with the category of what was released."""

from __future__ import annotations

import pytest

from medshare.actors.access_events import access_events
from medshare.consent.categories import Category
from medshare.exchange.audit_event import audit_event
from medshare.gateway import Refused


@pytest.fixture(scope="module")
def consent(world, leaves):
    return world.grant(Category.PROBLEMS)


def test_every_receipt_is_told_once_with_its_category_and_names(world, leaves, consent):
    """[H12] [Z-005, Z-006] A release, a refusal and her own looks."""
    world.read(world.ask(consent, leaves[0]))
    with pytest.raises(Refused):
        world.read(world.ask(consent, leaves[0], purpose=0))
    told = access_events(world.anna)
    entries = [entry for day in world.anna.access_log().days for entry in day.entries]
    known = {entry.receipt for entry in entries}
    assert {one.digest for one in told} <= known
    assert len({one.digest for one in told}) == len(told)
    released, refused = [one for one in told if one.asked.message.consent_id == consent.consent_id][-2:]
    assert (released.category, refused.category) == (Category.PROBLEMS, None)
    assert (released.custodian.name, released.institution.name) == ("City Hospital", "Hill Hospital")
    assert released.leaves
    value = audit_event(released)
    assert [one["code"] for one in value["entity"][2]["securityLabel"]] == ["problems"]
    assert "problems" not in str(audit_event(refused))


def test_her_own_looks_are_of_no_institution_and_no_category(world, leaves, consent):
    world.anna.access_log()
    own = access_events(world.anna, language="zh-Hant")[-1]
    assert (own.institution, own.category) == (None, None)
    assert own.custodian.name in {"市立醫院", "Hill Hospital"}
    assert {"type": "slot", "valueString": "own"} in audit_event(own)["entity"][0]["detail"]
