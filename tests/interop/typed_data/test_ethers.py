"""Types, hashes, digests and signatures equal those of ethers on random cases of every message."""

from __future__ import annotations

import json
import pathlib
import random
import subprocess

from medshare.hexadecimal import to_hex
from medshare.typed_data import MESSAGES, digest, sign, struct_hash, to_payload
from tests.vectors.generate_typed_data import DOMAINS, SIGNER, message_of

PROGRAM = pathlib.Path(__file__).with_name("reference.mjs")
TABLE = pathlib.Path("medshare/typed_data/messages.json")
EACH = 45
"""Random cases of each message; times 27 messages, more than 1,200."""


def ask(payloads):
    request = {"payloads": payloads, "privateKey": to_hex(SIGNER.secret_bytes())}
    done = subprocess.run(
        ["node", str(PROGRAM)], input=json.dumps(request), capture_output=True, text=True, check=True, timeout=170
    )
    return json.loads(done.stdout)


def test_a_thousand_random_messages_hash_and_sign_as_in_ethers():
    source = random.Random("ethers")
    cases = [message_of(cls, source, edge) for cls in MESSAGES.values() for edge in (0, 1, *[None] * EACH)]
    answer = ask([to_payload(case, DOMAINS) for case in cases])
    assert answer["address"].lower() == SIGNER.address
    assert len(answer["answers"]) == len(cases) >= 1_000
    for case, found in zip(cases, answer["answers"], strict=True):
        assert found["type"] == case.type_text
        assert found["structHash"] == to_hex(struct_hash(case))
        assert found["separator"] == to_hex(DOMAINS.of(case).separator)
        assert found["digest"] == to_hex(digest(case, DOMAINS))
        assert found["signature"] == to_hex(sign(case, DOMAINS, SIGNER))


def test_a_page_can_hash_with_the_exported_table_alone():
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    source = random.Random("table")
    cases = [message_of(MESSAGES[row["name"]], source) for row in table["messages"]]
    payloads = [
        {
            "types": {row["name"]: row["fields"]},
            "primaryType": row["name"],
            "domain": {
                "name": table["domain"]["name"],
                "version": table["domain"]["version"],
                "chainId": DOMAINS.chain_id,
                "verifyingContract": DOMAINS.of(case).verifying_contract,
            },
            "message": case.to_json(),
        }
        for row, case in zip(table["messages"], cases, strict=True)
    ]
    found = [answer["digest"] for answer in ask(payloads)["answers"]]
    assert found == [to_hex(digest(case, DOMAINS)) for case in cases]
