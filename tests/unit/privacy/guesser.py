"""A guesser: it learns from half of the consents, whose categories it is told, and guesses the other half's.

It sees numbers only: one row of observations for each consent. For every category it is a naive Bayes
classifier over observations cut at their median. Its advantage is how much smaller its squared error is than
that of somebody who says the population's rate; chance is measured by guessing from shuffled observations.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import mean, median

Row = Sequence[float]
Labels = Sequence[frozenset[int]]


def advantage(rows: Sequence[Row], labels: Labels, categories: Sequence[int]) -> float:
    """Return the mean squared error of the rates, less that of the guesser, over all categories."""
    half = len(rows) // 2
    cut = [median(column) for column in zip(*rows[:half], strict=True)]
    bits = [[value > middle for value, middle in zip(row, cut, strict=True)] for row in rows]
    gained = []
    for category in categories:
        known = [category in label for label in labels]
        rate = (sum(known[:half]) + 1) / (half + 2)
        weights = _learn(bits[:half], known[:half])
        for row, truth in zip(bits[half:], known[half:], strict=True):
            score = math.log(rate / (1 - rate)) + sum(pair[bit] for pair, bit in zip(weights, row, strict=True))
            guess = 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
            gained.append((rate - truth) ** 2 - (guess - truth) ** 2)
    return mean(gained)


def _learn(bits: Sequence[Sequence[bool]], known: Sequence[bool]) -> list[tuple[float, float]]:
    """Return for each observation what a 0 and what a 1 of it adds to the log odds; none unless it stands out."""
    yes = [row for row, truth in zip(bits, known, strict=True) if truth]
    no = [row for row, truth in zip(bits, known, strict=True) if not truth]
    weights = []
    for index in range(len(bits[0])):
        if not yes or not no:
            weights.append((0.0, 0.0))
            continue
        first = (sum(row[index] for row in yes) + 1) / (len(yes) + 2)
        second = (sum(row[index] for row in no) + 1) / (len(no) + 2)
        spread = math.sqrt(first * (1 - first) / len(yes) + second * (1 - second) / len(no))
        if abs(first - second) < 2 * spread:
            weights.append((0.0, 0.0))
        else:
            weights.append((math.log((1 - first) / (1 - second)), math.log(first / second)))
    return weights


def chance_of_that(
    rows: Sequence[Row], labels: Labels, categories: Sequence[int], *, seed: int, tries: int = 100
) -> float:
    """Return how often shuffled observations do at least as well: near 0 for a leak, anything else for none."""
    found = advantage(rows, labels, categories)
    generator = random.Random(seed)
    as_good = 0
    for _ in range(tries):
        shuffled = list(rows)
        generator.shuffle(shuffled)
        as_good += advantage(shuffled, labels, categories) >= found
    return (as_good + 1) / (tries + 1)
