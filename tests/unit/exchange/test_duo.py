"""Research purposes go out as data use codes that are never wider than the consent, and codes come in as purposes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.consent.actions import Action
from medshare.consent.purposes import CARE_BITS, MARKETING_BITS, RESEARCH_BITS, bit, closed, closure, codes_of
from medshare.consent.word import DAY
from medshare.exchange.consent import ConsentDraft
from medshare.exchange.duo import MONTH, data_use_of, purposes_of, terms
from medshare.exchange.errors import DataUseNotKnown, DataUseNotOne, NoDataUse, NothingPermitted
from tests.unit.consent.steady import STEADY
from tests.unit.exchange.samples import FACTS, given_of

RESEARCH = ConsentDraft.of(given_of(FACTS["research"]))
PERMISSIONS = ("NRES", "GRU", "HMB", "DS", "POA")
MODIFIERS = tuple(sorted({one.shorthand for one in terms().values()} - set(PERMISSIONS)))
HOLDS = {"GRU": "HRESCH", "HMB": "BIORCH", "POA": "POARCH"}


def draft(purposes: int, **changes: object) -> ConsentDraft:
    return ConsentDraft(
        **{**{name: getattr(RESEARCH, name) for name in ConsentDraft.__slots__}, "purposes": purposes, **changes}
    )  # type: ignore[arg-type]


def test_the_terms_are_the_23_that_may_be_assigned():
    """peers: groups DUO:0000001 and DUO:0000017 have no shorthand."""
    assert len({one.code for one in terms().values()}) == 23
    assert terms()["GRU"] is terms()["DUO:0000042"]
    assert not {"DUO:0000001", "DUO:0000017", ""} & terms().keys()
    assert len(MODIFIERS) == 18


def test_research_without_trials_is_general_research_of_a_kind_by_one_institution():
    use = data_use_of(RESEARCH)
    assert [one.shorthand for one in use.terms] == ["GRU", "RS", "IS", "US", "TS"]
    assert use.months == 90 * DAY // MONTH == 2
    assert use.beside == ("NORELINK",)
    assert use.unsaid == ()


def test_all_research_with_its_trials_is_general_research():
    use = data_use_of(draft(closure(("HRESCH", "CLINTRCH", "CLINTRCHPC", "CLINTRCHNPC", "PRECLINTRCH"))))
    assert [one.shorthand for one in use.terms] == ["GRU", "IS", "US", "TS"]


@given(st.sets(st.sampled_from(codes_of(RESEARCH_BITS)), min_size=1), st.integers(1, 400 * DAY))
@STEADY
def test_what_goes_out_is_never_wider_than_the_consent(codes, seconds):
    """[Z-003]"""
    one = draft(closure(codes), not_after=RESEARCH.not_before + seconds)
    try:
        use = data_use_of(one)
    except NoDataUse:
        assert not any(one.purposes >> bit(code) & 1 for code in HOLDS.values())
        return
    permission = use.terms[0].shorthand
    back = purposes_of([term.code for term in use.terms])
    assert len(back.purposes) == 1
    assert back.purposes[0] & ~one.purposes == 0
    assert use.months * MONTH <= seconds
    assert ("TS" in [term.shorthand for term in use.terms]) == (use.months > 0)
    said = set(codes_of(closure((HOLDS[permission],))))
    assert set(use.unsaid).isdisjoint(said)
    assert set(use.unsaid) | said >= set(codes_of(one.purposes)) - {
        "CLINTRCH",
        "CLINTRCHPC",
        "CLINTRCHNPC",
        "PRECLINTRCH",
    }


def test_without_processing_nothing_is_said_against_relinking():
    assert data_use_of(draft(closure(("BIORCH",)), actions=Action.READ, researcher=None)).beside == ()


@pytest.mark.parametrize(
    "purposes", [closure(("TREAT",)), closure(("DSRCH",)), closure(("TRANSRCH",)), CARE_BITS, MARKETING_BITS]
)
def test_what_duo_has_no_permission_for_is_refused(purposes):
    with pytest.raises(NoDataUse):
        data_use_of(draft(purposes))


@pytest.mark.parametrize(
    ("codes", "purposes", "unbound"),
    [
        (["DUO:0000042"], [closure(("HRESCH",))], []),
        (["DUO_0000042"], [closure(("HRESCH",))], []),
        (["NRES"], [closure(("HRESCH",))], []),
        (["HMB"], [closure(("BIORCH",))], []),
        (["POA", "IRB"], [closure(("POARCH",))], ["IRB"]),
        (["DS"], [closure(("DSRCH",))], ["DS"]),
        (["GRU", "NPOA"], [closure(("BIORCH", "DSRCH", "TRANSRCH"))], []),
        (["HMB", "NPOA", "NMDS", "IS", "TS", "US"], [closure(("BIORCH",))], []),
        (["GRU", "CC"], [closure(("HRESCH",)), closure(("TREAT",))], []),
        (["NCU", "GRU", "RTN"], [closure(("HRESCH",))], ["NCU", "RTN"]),
    ],
)
def test_codes_come_in_as_purposes_and_what_binds_nobody_is_listed(codes, purposes, unbound):
    found = purposes_of(codes)
    assert found.purposes == tuple(purposes)
    assert [one.shorthand for one in found.unbound] == unbound


@given(st.sampled_from(PERMISSIONS), st.sets(st.sampled_from(MODIFIERS)))
@STEADY
def test_every_code_is_kept_or_listed_and_no_purpose_is_marketing(permission, modifiers):
    try:
        found = purposes_of([permission, *sorted(modifiers)])
    except NothingPermitted:
        assert permission == "POA"
        assert "NPOA" in modifiers
        return
    kept = {"IS", "US", "TS", "NPOA", "NMDS", "CC"}
    assert {one.shorthand for one in found.unbound} - {"DS"} == modifiers - kept
    for mask in found.purposes:
        assert closed(mask) == mask
        assert mask & MARKETING_BITS == 0
        assert not (mask & CARE_BITS and mask & RESEARCH_BITS)
    if "NPOA" in modifiers:
        assert not found.purposes[0] >> bit("POARCH") & 1


@pytest.mark.parametrize("code", ["DUO:0000001", "DUO:0000017", "DUO:0000002", "DUO:9999999", "", "gru "])
def test_a_group_an_obsolete_term_and_a_stranger_are_refused(code):
    with pytest.raises(DataUseNotKnown) as caught:
        purposes_of(["GRU", code])
    assert caught.value.facts == {"number": 2}


@pytest.mark.parametrize("codes", [[], ["IRB"], ["GRU", "HMB"]])
def test_there_is_one_permission(codes):
    with pytest.raises(DataUseNotOne):
        purposes_of(codes)
