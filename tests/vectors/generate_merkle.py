"""Writes tests/vectors/merkle/ with the JavaScript reference packages: `python -m tests.vectors.generate_merkle`."""

from __future__ import annotations

import json
import pathlib
import random

from tests.interop.merkle.reference import ask

TARGET = pathlib.Path(__file__).parent / "merkle"
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33)


def main() -> None:
    """Write trees and leaves."""
    source = random.Random("medshare merkle vectors")

    def word(length: int = 32) -> str:
        return "0x" + source.randbytes(length).hex()

    trees = [[[word(20), word()] for _ in range(size)] for size in SIZES]
    # A patient with several records, and the same inner hash for two patients.
    trees.append([["0x" + "a1" * 20, word()] for _ in range(5)])
    trees.append([[word(20), "0x" + "07" * 32] for _ in range(4)])
    leaves = [
        {
            "category": category,
            "version": version,
            "patient": word(20),
            "recordId": word(),
            "textDigest": word(),
            "salt": word(),
            "bodyDigest": word(),
            "previousLeaf": word() if version > 1 else "0x" + "00" * 32,
        }
        for category, version in ((0, 1), (7, 1), (7, 2), (23, 2**32 - 1), (18, 300))
    ]
    answer = ask(trees=trees, leaves=leaves)
    cases = [{"values": values, **tree} for values, tree in zip(trees, answer["trees"], strict=True)]
    hashes = [{**leaf, **found} for leaf, found in zip(leaves, answer["leaves"], strict=True)]
    comment = "Made by tests/vectors/generate_merkle.py with @openzeppelin/merkle-tree and ethers."
    TARGET.mkdir(exist_ok=True)
    for name, found in (("trees", cases), ("leaves", hashes)):
        (TARGET / f"{name}.json").write_text(json.dumps({"comment": comment, "cases": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
