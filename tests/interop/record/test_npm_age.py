"""A patient is never locked in: the age project's npm library opens a sealed record, and seals one that opens here."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
from typing import Any

import pytest

from medshare.age import split
from medshare.record import open_document, seal
from tests.vectors.forging import DOCUMENT, IDENTITY, expect, expect_leaf, facts, manifest_of, plaintext_of

PROGRAM = pathlib.Path(__file__).parents[1] / "age" / "age.mjs"


def ask(**request: Any) -> dict[str, str]:
    done = subprocess.run(
        ["node", str(PROGRAM)], input=json.dumps([request]), capture_output=True, text=True, check=True, timeout=60
    )
    (answer,) = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("document", [b"", DOCUMENT, bytes(200_000)], ids=len)
def test_the_npm_library_opens_capsule_and_body_put_together(document: bytes):
    record = seal(document, facts(), IDENTITY.recipient)
    file = base64.b64encode(record.capsule + record.body).decode()
    plaintext = base64.b64decode(ask(do="decrypt", identity=IDENTITY.secret_text(), file=file)["plaintext"])
    line, rest = plaintext.split(b"\n", 1)
    assert rest[: len(document)] == document
    assert plaintext == plaintext_of(line, document)
    opened = open_document(
        capsule=record.capsule, body=record.body, identity=IDENTITY, expected=expect_leaf(record.leaf)
    )
    assert opened.manifest.to_bytes() == line


def test_a_record_sealed_by_the_npm_library_opens_here():
    manifest = manifest_of()
    plaintext = base64.b64encode(plaintext_of(manifest.to_bytes())).decode()
    answer = ask(do="encrypt", to=[IDENTITY.recipient.text], plaintext=plaintext)
    capsule, body = split(base64.b64decode(answer["file"]))
    opened = open_document(capsule=capsule, body=body, identity=IDENTITY, expected=expect(manifest, DOCUMENT, body))
    assert opened.content == DOCUMENT
