"""Writes the vectors of keys: words, compartment seeds, agent keys.

Run `python -m tests.vectors.generate_keys`. The seeds are those of X-Wing: with them any age program
opens what was sealed to the recipient whose Keccak-256 stands beside. Everything is deterministic.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medshare.digest import keccak
from medshare.hexadecimal import to_hex
from medshare.keys.compartments import Compartments
from medshare.keys.root import RootSecret

FOLDER = Path(__file__).parent / "keys"
ROOTS = (bytes(32), b"\xff" * 32, bytes(range(32)), keccak(b"a root secret"))
COMPARTMENTS = (0, 7, 23, 24, 31, 254, 255)
EPOCHS = (4095, 4094, 4031, 2048, 2, 1)


def vectors() -> list[dict[str, Any]]:
    rows = []
    for data in ROOTS:
        root = RootSecret(data)
        keys = Compartments(root)
        rows.append(
            {
                "root": to_hex(data),
                "words": root.secret_words(),
                "agentKey": to_hex(keys.agent_key.secret_bytes()),
                "agent": keys.agent,
                "seeds": [
                    {
                        "compartment": compartment,
                        "epoch": epoch,
                        "seed": to_hex(keys.seed(compartment, epoch).secret_bytes()),
                        "recipientKeccak": to_hex(keccak(keys.identity(compartment, epoch).recipient.key)),
                    }
                    for compartment in COMPARTMENTS
                    for epoch in EPOCHS
                ],
            }
        )
    return rows


def text_of(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "compartments.json").write_text(text_of(vectors()), encoding="utf-8")
