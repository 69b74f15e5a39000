"""Writes tests/vectors/record/plaintexts.json and sealed.json: `python -m tests.vectors.generate_record`.

`plaintexts.json` pins the layout of the plaintext, put together here by hand and not by the package.
`sealed.json` holds parcels that every later version must still open; its capsules are other bytes at each
run, since a hybrid stanza draws its randomness inside the cryptographic library.
"""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib

from medshare.record import seal
from tests.vectors.forging import IDENTITY, expect_leaf, facts, seeded

TARGET = pathlib.Path(__file__).parent / "record"
DOCUMENTS = {
    "empty": b"",
    "one line feed": b"\n",
    "line feeds alone": b"\n" * 100,
    "a line feed at each end": b'\n{"a":1.10}\n',
    "text of several lines": "Befund:\n\tunauffällig\n\n血壓正常\n".encode(),
    "bytes that are no text": bytes(range(256)),
    "the largest that fits 2048 bytes": None,
    "one byte more": None,
    "100,000 bytes": b"0123456789" * 10_000,
}
SALT = hashlib.sha256(b"a salt").digest()


def line_of(length: int) -> bytes:
    """Return the manifest line of the test facts, written by hand."""
    said = facts()
    return (
        f'{{"category":{said.category},"chainId":{said.chain_id},"length":{length},"mediaType":"{said.media_type}",'
        f'"patient":"{said.patient}","previousLeaf":"0x{"00" * 32}","provider":"{said.provider}",'
        f'"recordId":"0x{said.record_id.hex()}","registry":"{said.registry}","salt":"0x{SALT.hex()}",'
        f'"v":1,"version":{said.version}}}'
    ).encode()


def padme(length: int) -> int:
    """Return Padmé of max(length, 2048), with the paper's own names."""
    length = max(length, 2048)
    e = length.bit_length() - 1
    s = e.bit_length()
    step = 2 ** (e - s)
    return -(-length // step) * step


def main() -> None:
    """Write both files."""
    room = 2048 - len(line_of(1000)) - 2
    documents = {
        name: document if document is not None else bytes(room + ("more" in name))
        for name, document in DOCUMENTS.items()
    }
    plaintexts, sealed = [], []
    for name, document in documents.items():
        line = line_of(len(document))
        size = padme(len(line) + 1 + len(document) + 1)
        plaintext = line + b"\n" + document + b"\n" * (size - len(line) - 1 - len(document))
        plaintexts.append(
            {
                "name": name,
                "document": base64.b64encode(document).decode() if len(document) < 5000 else "0123456789 x 10,000",
                "length": len(document),
                "line": line.decode(),
                "size": size,
                "sha256": hashlib.sha256(plaintext).hexdigest(),
            }
        )
        if len(document) < 1000:
            record = seal(document, facts(), IDENTITY.recipient, entropy=seeded(f"sealed {name}"))
            expected = expect_leaf(record.leaf)
            sealed.append(
                {
                    "name": name,
                    "document": base64.b64encode(document).decode(),
                    "capsule": base64.b64encode(record.capsule).decode(),
                    "body": base64.b64encode(record.body).decode(),
                    "seed": IDENTITY.secret_bytes().hex(),
                    "bodyDigest": record.body_digest.hex(),
                    "textDigest": record.text_digest.hex(),
                    "text": record.text.hex(),
                    "inner": record.inner.hex(),
                    "leaf": record.leaf.hex(),
                    "root": expected.root.hex(),
                    "proof": [step.hex() for step in expected.proof],
                }
            )
    comment = "Made by tests/vectors/generate_record.py, which says how."
    TARGET.mkdir(exist_ok=True)
    for file, cases in (("plaintexts", plaintexts), ("sealed", sealed)):
        (TARGET / f"{file}.json").write_text(json.dumps({"comment": comment, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
