"""How well intake labels: recall and precision for each sensitive category, on the labelled corpus.

    .venv/bin/python scripts/bench_labels.py [--json] [--names]

The corpus and what its words mean stand in `tests/data/labels/README.md`. Exits 1 when a sensitive item is missed.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.consent.categories import Category  # noqa: E402 - the tree this program stands in
from medshare.intake import table_versions  # noqa: E402
from tests.unit.intake.label_corpus import HANDWRITTEN, LISTED, RESOURCES, Row, judge, measure, read_corpus, verdicts  # noqa: E402


def show(table: dict[Category, Row]) -> None:
    """Print one line for each category."""
    print(f"{'category':<32}{'items':>6}{'recall':>9}{'held back':>11}{'missed':>8}{'precision':>11}")
    for category, row in table.items():
        name = category.name.lower().replace("_", " ")
        recall, precision = f"{100 * row.recall:.1f} %", f"{100 * row.precision:.1f} %"
        print(f"{name:<32}{row.items:>6}{recall:>9}{row.held_back:>11}{len(row.missed):>8}{precision:>11}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How well intake labels, on the labelled corpus.")
    parser.add_argument("--json", action="store_true", help="figures as JSON and nothing else")
    parser.add_argument("--names", action="store_true", help="name every item that is not filed where it belongs")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    judgements = judge(read_corpus())
    seconds = time.perf_counter() - started
    table = measure(judgements)
    missed = [name for row in table.values() for name in row.missed]
    others = verdicts(judgements, sensitive=False)
    if options.json:
        figures = {
            category.name: {"items": row.items, "recall": row.recall, "precision": row.precision, "missed": row.missed}
            for category, row in table.items()
        }
        print(json.dumps({"tables": table_versions(), "categories": figures, "others": others}))
        return int(bool(missed))
    versions = ", ".join(f"{name} {version}" for name, version in table_versions().items())
    print(f"scripts/bench_labels.py, Python {platform.python_version()}, {versions}\n")
    show(table)
    print(f"\nnot sensitive: {', '.join(f'{count} {verdict}' for verdict, count in sorted(others.items()))}")
    for group in (LISTED, HANDWRITTEN, RESOURCES):
        row = verdicts([one for one in judgements if one.item.group == group], sensitive=True)
        print(f"{group}: {row['recalled']} of {row.total()} sensitive items recalled, goal all of them")
    print(f"{len(judgements)} items in {seconds:.1f} s. Missed: {' '.join(missed) or 'none'}")
    if options.names:
        for one in judgements:
            if one.verdict not in {"recalled", "right"}:
                print(f"  {one.item.name} {one.verdict}: filed as {one.category.name}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
