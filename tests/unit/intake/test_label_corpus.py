"""What intake makes of the labelled corpus in `tests/data/labels`."""

from __future__ import annotations

import pytest

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake.strictness import grade
from tests.unit.intake.label_corpus import LISTED, Item, Judgement, judge, measure, read_corpus, verdicts
from tests.unit.intake.samples import condition

LEAST_PRECISION = 0.95


@pytest.fixture(scope="module")
def judgements() -> list[Judgement]:
    return judge(read_corpus())


def test_the_corpus_is_large_and_most_of_what_is_listed_comes_from_elsewhere() -> None:
    items = read_corpus()
    assert len(items) >= 800
    assert len({item.name for item in items}) == len(items)
    assert sum(item.group == LISTED for item in items) >= 270
    for category in SENSITIVE:
        assert sum(item.expected == category for item in items) >= 50


def test_every_sensitive_item_is_recalled(judgements: list[Judgement]) -> None:
    """[I-007] A sensitive item is in its own category or in a stricter one, never in an ordinary document."""
    table = measure(judgements)
    assert {category: row.missed for category, row in table.items() if row.missed} == {}
    assert all(row.recall == 1.0 for row in table.values())


def test_what_is_filed_as_sensitive_belongs_there_nearly_always(judgements: list[Judgement]) -> None:
    assert all(row.precision >= LEAST_PRECISION for row in measure(judgements).values())
    assert verdicts(judgements, sensitive=False)["false alarm"] <= 3


def test_what_says_nothing_is_restricted(judgements: list[Judgement]) -> None:
    silent = [one for one in judgements if one.item.expected == Category.UNLABELLED]
    assert len(silent) >= 8
    assert all(grade(one.category) == 1 for one in silent)


@pytest.mark.parametrize(
    ("expected", "given", "verdict"),
    [
        (Category.HIV, Category.HIV, "recalled"),
        (Category.MENTAL_HEALTH, Category.HIV, "recalled"),
        (Category.HIV, Category.MENTAL_HEALTH, "missed"),
        (Category.HIV, Category.UNLABELLED, "held back"),
        (Category.HIV, Category.PROBLEMS, "missed"),
        (None, Category.PROBLEMS, "right"),
        (None, Category.UNLABELLED, "held back"),
        (None, Category.HIV, "false alarm"),
        (Category.UNLABELLED, Category.UNLABELLED, "right"),
        (Category.UNLABELLED, Category.VIOLENCE, "false alarm"),
    ],
)
def test_a_laxer_category_does_not_count_as_recalled(expected: Category | None, given: Category, verdict: str) -> None:
    item = Item(name="x", expected=expected, resources=(condition(),), group=LISTED)
    assert Judgement(item=item, category=given).verdict == verdict
