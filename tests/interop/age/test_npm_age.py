"""The age project's own npm library opens what MedShare seals, and the reverse.

Needs Node.js and the installed npm packages.
"""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from medshare.age import (
    FileKey,
    HybridIdentity,
    HybridRecipient,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    X25519Recipient,
    decrypt,
    encrypt,
    join,
    open_header,
    open_payload,
    rewrap,
    seal_header,
    seal_payload,
    split,
)
from medshare.age.errors import NoIdentityMatches
from medshare.errors import IntegrityError

SCRIPT = Path(__file__).with_name("age.mjs")
SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_048_577]
PASSPHRASE = "Grüße, 密碼, a few words"
WORK_FACTOR = 6
KINDS = {"hybrid": (HybridIdentity, HybridRecipient), "x25519": (X25519Identity, X25519Recipient)}


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def raw(data: str) -> bytes:
    return base64.b64decode(data, validate=True)


def plain(size: int) -> bytes:
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def ask(*requests):
    """Return the answers of the npm library to `requests`, all in one run."""
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(requests).encode(), capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_both_derive_the_same_recipient_from_an_identity(kind):
    identity_type, recipient_type = KINDS[kind]
    theirs = ask(*[{"do": "identity", "kind": kind}] * 20)
    for pair in theirs:
        identity = identity_type.from_secret_text(pair["identity"])
        assert identity.secret_text() == pair["identity"]
        assert identity.recipient.text == pair["recipient"]
        assert recipient_type.from_text(pair["recipient"]) == identity.recipient
    ours = [identity_type.generate() for _ in range(20)]
    answers = ask(*[{"do": "recipient", "identity": identity.secret_text()} for identity in ours])
    assert [answer["recipient"] for answer in answers] == [identity.recipient.text for identity in ours]


@pytest.mark.parametrize("kind", KINDS)
def test_npm_opens_what_medshare_sealed_to_a_key(kind):
    identity = KINDS[kind][0].generate()
    files = [encrypt(plain(size), [identity.recipient]) for size in SIZES]
    answers = ask(*[{"do": "decrypt", "identity": identity.secret_text(), "file": text(file)} for file in files])
    for size, answer in zip(SIZES, answers, strict=True):
        assert raw(answer["plaintext"]) == plain(size)


@pytest.mark.parametrize("kind", KINDS)
def test_medshare_opens_what_npm_sealed_to_a_key(kind):
    identity, other = KINDS[kind][0].generate(), KINDS[kind][0].generate()
    to = [other.recipient.text, identity.recipient.text]
    answers = ask(*[{"do": "encrypt", "to": to, "plaintext": text(plain(size))} for size in SIZES])
    for size, answer in zip(SIZES, answers, strict=True):
        assert decrypt(raw(answer["file"]), [identity]) == plain(size)
        assert decrypt(raw(answer["file"]), [other]) == plain(size)


def test_npm_opens_what_medshare_sealed_under_a_passphrase():
    recipient = ScryptRecipient.from_secret_text(PASSPHRASE, work_factor=WORK_FACTOR)
    files = [encrypt(plain(size), [recipient]) for size in SIZES]
    answers = ask(*[{"do": "decrypt", "passphrase": PASSPHRASE, "file": text(file)} for file in files])
    for size, answer in zip(SIZES, answers, strict=True):
        assert raw(answer["plaintext"]) == plain(size)


def test_medshare_opens_what_npm_sealed_under_a_passphrase():
    lock = {"do": "lock", "passphrase": PASSPHRASE, "workFactor": WORK_FACTOR}
    answers = ask(*[{**lock, "plaintext": text(plain(size))} for size in SIZES])
    identity = ScryptIdentity.from_secret_text(PASSPHRASE)
    for size, answer in zip(SIZES, answers, strict=True):
        assert decrypt(raw(answer["file"]), [identity]) == plain(size)


@pytest.mark.parametrize("kind", KINDS)
def test_npm_opens_a_body_and_a_capsule_that_were_kept_apart(kind):
    identity, next_identity = KINDS[kind][0].generate(), KINDS[kind][0].generate()
    file_key = FileKey.generate()
    body = seal_payload(file_key, plain(70_000))
    capsule = seal_header(file_key, [identity.recipient])
    changed = rewrap(capsule, identity, [next_identity.recipient])
    answers = ask(
        {"do": "header", "identity": identity.secret_text(), "header": text(capsule)},
        {"do": "decrypt", "identity": identity.secret_text(), "file": text(join(capsule, body))},
        {"do": "decrypt", "identity": next_identity.secret_text(), "file": text(join(changed, body))},
        {"do": "decrypt", "identity": identity.secret_text(), "file": text(join(changed, body))},
    )
    assert raw(answers[0]["fileKey"]) == file_key.secret_bytes()
    assert raw(answers[1]["plaintext"]) == raw(answers[2]["plaintext"]) == plain(70_000)
    assert "refused" in answers[3]


@pytest.mark.parametrize("kind", KINDS)
def test_medshare_keeps_apart_and_wraps_again_what_npm_sealed(kind):
    identity, next_identity = KINDS[kind][0].generate(), KINDS[kind][0].generate()
    (answer,) = ask({"do": "encrypt", "to": [identity.recipient.text], "plaintext": text(plain(70_000))})
    header, payload = split(raw(answer["file"]))
    assert open_payload(open_header(header, [identity]), payload) == plain(70_000)
    changed = rewrap(header, identity, [next_identity.recipient])
    assert decrypt(join(changed, payload), [next_identity]) == plain(70_000)
    with pytest.raises(NoIdentityMatches):
        open_header(changed, [identity])


def test_both_refuse_the_same_damage():
    identity = HybridIdentity.generate()
    file = encrypt(plain(70_000), [identity.recipient])
    header, _ = split(file)
    places = [30, len(header) - 10, len(header) + 3, len(header) + 100, len(file) - 1]
    damaged = [file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :] for place in places]
    damaged += [file[:-1], file + b"x", file[: len(header) + 16 + 65_552]]
    answers = ask(*[{"do": "decrypt", "identity": identity.secret_text(), "file": text(one)} for one in damaged])
    assert all("refused" in answer for answer in answers)
    for one in damaged:
        with pytest.raises(IntegrityError):
            decrypt(one, [identity])
