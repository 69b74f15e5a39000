"""Writes tests/vectors/audit/ with the JavaScript reference packages: `python -m tests.vectors.generate_audit`."""

from __future__ import annotations

import json
import pathlib
import random

from tests.interop.audit.reference import ask

TARGET = pathlib.Path(__file__).parent / "audit"
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17)


def main() -> None:
    """Write tags, both kinds of trees, and heads."""
    source = random.Random("medshare audit vectors")

    def word(length: int = 32) -> str:
        return "0x" + source.randbytes(length).hex()

    receipts = [[word() for _ in range(size)] for size in SIZES if size]
    lines = [[[word(), str(source.choice((1, 2, 300, 2**40))), word()] for _ in range(size)] for size in SIZES]
    # The lowest and the highest tags that a patient can have.
    lines.append([["0x" + "00" * 31 + "01", "1", word()], ["0x" + "ff" * 31 + "fe", "2", word()]])
    tags = [[word(), word(20), word(20)] for _ in range(4)]
    heads = [
        ["0x" + "00" * 32, word(), word(), 1],
        [word(), "0x" + "00" * 32, word(), 0],
        [word(), word(), word(), 2**32 - 1],
    ]
    answer = ask(receipts=receipts, lines=lines, tags=tags, heads=heads)
    found = {
        "comment": "Made by tests/vectors/generate_audit.py with @openzeppelin/merkle-tree and ethers.",
        "receipts": [{"digests": given, **said} for given, said in zip(receipts, answer["receipts"], strict=True)],
        "lines": [{"heads": given, **said} for given, said in zip(lines, answer["lines"], strict=True)],
        "tags": [
            {"key": key, "gateway": gateway, "patient": patient, "tag": tag}
            for (key, gateway, patient), tag in zip(tags, answer["tags"], strict=True)
        ],
        "anchors": [
            {"previous": previous, "receipts": root, "heads": lines_root, "count": count, "head": head}
            for (previous, root, lines_root, count), head in zip(heads, answer["heads"], strict=True)
        ],
    }
    TARGET.mkdir(exist_ok=True)
    (TARGET / "periods.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
