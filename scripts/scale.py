"""docs/scale.md with its pictures, from docs/scale.json.

    .venv/bin/python scripts/scale.py            writes them
    .venv/bin/python scripts/scale.py --check    1 when page and pictures are not those of the readings

`scripts/bench_scale.py` measures; the parts are in `scripts/scaling/`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.scaling.page import pages  # noqa: E402 - the tree this program stands in

DOCS = ROOT / "docs"


def main(arguments: Sequence[str] | None = None, docs: Path = DOCS) -> int:
    """Write, or compare; 0 when all is as the readings have it."""
    parser = argparse.ArgumentParser(description="docs/scale.md from docs/scale.json.")
    parser.add_argument("--check", action="store_true", help="compare and change nothing")
    check = parser.parse_args(arguments).check
    made = pages(json.loads((docs / "scale.json").read_text(encoding="utf-8")))
    there = {f"scale/{file.name}" for file in (docs / "scale").glob("*.svg")}
    if check:
        kept = {name: docs / name for name in made}
        wrong = {name for name, file in kept.items() if not file.exists() or file.read_text("utf-8") != made[name]}
        wrong |= there - made.keys()
        for name in sorted(wrong):
            print(f"docs/{name} is not what docs/scale.json says: run scripts/scale.py")
        return int(bool(wrong))
    (docs / "scale").mkdir(exist_ok=True)
    for name in there - made.keys():
        (docs / name).unlink()
    for name, text in made.items():
        (docs / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
