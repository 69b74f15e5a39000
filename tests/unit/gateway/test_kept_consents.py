"""What is remembered of a consent: what its id says for ever, and never that it is kept."""

from __future__ import annotations

from medshare.consent.categories import Category
from medshare.gateway import consents as module
from medshare.gateway.consents import KeptConsents
from medshare.vault import ConsentRow


def test_a_consent_is_read_once_and_looked_for_each_time(world):
    """[R-006] A document that is gone opens nothing, though its words are remembered."""
    consent = world.grant(Category.PROBLEMS)
    vault, known = world.gateway.office.vault, KeptConsents()
    with vault.reading() as rows:
        first = known.find(consent.consent_id, rows)
        assert first is known.find(consent.consent_id, rows)
        assert (first.consent_id, first.terms, first.slots) == (
            consent.consent_id,
            consent.terms,
            {Category.PROBLEMS: consent.category_slot(Category.PROBLEMS)},
        )
    row = vault.require(ConsentRow, consent_id=consent.consent_id)
    vault.destroy(ConsentRow, consent_id=consent.consent_id)
    with vault.reading() as rows:
        assert known.find(consent.consent_id, rows) is None
        assert KeptConsents().find(consent.consent_id, rows) is None
    vault.put(row)


def test_many_consents_do_not_fill_the_memory(world, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    consents = [world.grant(Category.PROBLEMS) for _ in range(4)]
    known, kept = KeptConsents(), []
    with world.gateway.office.vault.reading() as rows:
        for consent in consents:
            assert known.find(consent.consent_id, rows).consent_id == consent.consent_id
            kept.append(len(known._known))
    assert kept == [1, 2, 1, 2]
