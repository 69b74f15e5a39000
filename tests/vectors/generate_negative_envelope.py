"""Writes tests/vectors/negative/envelope/: one file for each way in which an envelope can be wrong.

Run `python -m tests.vectors.generate_negative_envelope`. A file holds one envelope as a grantee gets it
from a custodian (bytes in base64, message, signature) with one fault in it, what the grantee knows, and
the code of the error that it must get. The hybrid header draws its randomness inside the cryptographic
library, so a new run gives other bytes with the same faults; the faults are what counts.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medshare import canonical_json
from medshare.age import HybridIdentity, decrypt, encrypt
from medshare.consent.document import ConsentDocument
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import to_hex
from medshare.keys.directory import key_digest
from medshare.keys.envelope import SIZE, SealedEnvelope, open_envelope, seal_envelope
from medshare.keys.form import seal_json
from medshare.signed import Signed
from medshare.typed_data import Domains, Envelope
from medshare.typed_data.signing import CURVE_ORDER
from tests.unit.keys.actors import (
    CLINIC_KEY,
    DOMAINS,
    KEYS,
    NOW,
    OLD_ADDRESS,
    OTHER_DOMAINS,
    OTHER_KEYS,
    PATIENT,
    STRANGER,
    STRANGER_ACCOUNT,
    STRANGER_KEY,
    consent,
    seeds,
)

TARGET = Path(__file__).parent / "negative" / "envelope"
CONSENT = consent()
GOOD = seal_envelope(
    CONSENT,
    [seeds()],
    grantee=CLINIC_KEY.recipient,
    seq=5,
    at=NOW,
    domains=DOMAINS,
    agent=KEYS.agent_key,
)
CONTENT: dict[str, Any] = canonical_json.loads(decrypt(GOOD.data, [CLINIC_KEY]).rstrip(b"\n"))
SEED = to_hex(bytes(32))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What a grantee is handed and what it knows."""

    envelope: SealedEnvelope = GOOD
    document: ConsentDocument = CONSENT
    identity: HybridIdentity = dataclasses.field(default_factory=lambda: CLINIC_KEY)
    agent: str = KEYS.agent
    last_seq: int = 4
    chain_id: int = DOMAINS.chain_id

    @property
    def domains(self) -> Domains:
        return dataclasses.replace(DOMAINS, chain_id=self.chain_id)


def sign(data: bytes, *, domains: Domains = DOMAINS, key: Any = KEYS.agent_key, **changes: object) -> SealedEnvelope:
    """Return an envelope of any bytes, signed by the agent as if they were good."""
    fields: dict[str, Any] = {
        "consent_id": CONSENT.consent_id,
        "grantee_key": key_digest(CLINIC_KEY.recipient),
        "seq": 5,
        "digest": keccak(data),
        "at": NOW,
        **changes,
    }
    return SealedEnvelope(data=data, signed=Signed.by(key, Envelope(**fields), domains))


def inside(**changes: object) -> SealedEnvelope:
    """Return an envelope whose content is changed."""
    value = {name: item for name, item in {**CONTENT, **changes}.items() if item is not None}
    return sign(seal_json(value, CLINIC_KEY.recipient, size=SIZE))


def raw(text: bytes) -> SealedEnvelope:
    return sign(encrypt(text, [CLINIC_KEY.recipient]))


def row(**changes: object) -> dict[str, Any]:
    return {**CONTENT["seeds"][0], **changes}


def message(**changes: object) -> SealedEnvelope:
    """Return the good envelope with another message under the good signature."""
    changed = dataclasses.replace(GOOD.signed.message, **changes)
    return dataclasses.replace(GOOD, signed=dataclasses.replace(GOOD.signed, message=changed))


def signature(data: bytes) -> SealedEnvelope:
    return dataclasses.replace(GOOD, signed=dataclasses.replace(GOOD.signed, signature=data))


def faults() -> Iterator[tuple[str, str, Case]]:
    """Give the name, the code of the error and the case of every fault."""
    for name, code, envelope in (*outside(), *signatures(), *contents(), *rows()):
        yield name, code, Case(envelope=envelope)
    yield "number-seen-before", "keys.document-stale", Case(last_seq=5)
    yield "number-lower-than-seen", "keys.document-stale", Case(last_seq=2**60)
    yield "consent-with-other-words", "keys.document-foreign", Case(document=consent(text="other words"))
    yield "consent-for-another-grantee", "keys.document-foreign", Case(document=consent(grantee=STRANGER))
    yield "key-of-another-reader", "keys.document-foreign", Case(identity=STRANGER_KEY)
    yield "directory-names-another-agent", "typed-data.signature-foreign", Case(agent=STRANGER)
    yield "another-chain", "typed-data.signature-foreign", Case(chain_id=1)
    relabelled = sign(GOOD.data, grantee_key=key_digest(STRANGER_KEY.recipient))
    yield "relabelled-for-another-reader", "age.no-identity-matches", Case(envelope=relabelled, identity=STRANGER_KEY)


def outside() -> Iterator[tuple[str, str, SealedEnvelope]]:
    for place in (0, 25, 1_000, 1_800, len(GOOD.data) - 1):
        changed = bytearray(GOOD.data)
        changed[place] ^= 1
        yield f"bit-turned-at-{place}", "keys.digest-differs", dataclasses.replace(GOOD, data=bytes(changed))
    yield "empty", "keys.digest-differs", dataclasses.replace(GOOD, data=b"")
    yield "message-of-another-consent", "keys.document-foreign", message(consent_id=keccak(b"x"))
    yield "message-for-another-key", "keys.document-foreign", message(grantee_key=keccak(b"x"))
    yield "message-with-a-higher-number", "typed-data.signature-foreign", message(seq=6)
    yield "message-with-another-time", "typed-data.signature-foreign", message(at=NOW + 1)
    yield "message-with-another-digest", "keys.digest-differs", message(digest=keccak(b"x"))
    yield "signed-cut-short", "age.payload-damaged", sign(GOOD.data[:-1])
    yield "signed-one-byte-more", "age.payload-damaged", sign(GOOD.data + b"\n")
    yield "signed-without-payload", "age.payload-damaged", sign(GOOD.data[: GOOD.data.index(b"\n--- ") + 49])
    yield "signed-far-too-long", "keys.document-malformed", sign(GOOD.data + bytes(20_000))
    yield "signed-empty", "age.unknown-version", sign(b"")
    yield "signed-other-version", "age.unknown-version", sign(GOOD.data.replace(b"/v1\n", b"/v2\n", 1))
    yield (
        "sealed-to-another-key",
        "age.no-identity-matches",
        sign(seal_json(CONTENT, STRANGER_KEY.recipient, size=SIZE)),
    )


def signatures() -> Iterator[tuple[str, str, SealedEnvelope]]:
    good = GOOD.signed.signature
    s = int.from_bytes(good[32:64], "big")
    high = good[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - good[64]])
    yield "signature-missing", "typed-data.signature-length", signature(b"")
    yield "signature-of-64-bytes", "typed-data.signature-length", signature(good[:64])
    yield "signature-of-66-bytes", "typed-data.signature-length", signature(good + b"\x00")
    yield "signature-upper-twin", "typed-data.signature-high-s", signature(high)
    yield "signature-v-0", "typed-data.signature-recovery-byte", signature(good[:64] + bytes([good[64] - 27]))
    yield "signature-r-zero", "typed-data.signature-scalar", signature(bytes(32) + good[32:])
    yield "signature-s-zero", "typed-data.signature-scalar", signature(good[:32] + bytes(32) + good[64:])
    for name, key in (("a-stranger", STRANGER_ACCOUNT), ("another-agent", OTHER_KEYS.agent_key)):
        yield f"signed-by-{name}", "typed-data.signature-foreign", sign(GOOD.data, key=key)
    yield "signed-for-another-chain", "typed-data.signature-foreign", sign(GOOD.data, domains=OTHER_DOMAINS)
    elsewhere = dataclasses.replace(DOMAINS, participants=DOMAINS.consents)
    yield "signed-for-another-contract", "typed-data.signature-foreign", sign(GOOD.data, domains=elsewhere)


def contents() -> Iterator[tuple[str, str, SealedEnvelope]]:
    malformed, foreign = "keys.document-malformed", "keys.document-foreign"
    text = canonical_json.dumps(CONTENT)
    yield "padded-one-byte-short", malformed, raw(text.ljust(SIZE - 1, b"\n"))
    yield "padded-one-byte-long", malformed, raw(text.ljust(SIZE + 1, b"\n"))
    yield "not-padded", malformed, raw(text)
    yield "padded-with-spaces", malformed, raw(text.ljust(SIZE, b" "))
    yield "only-padding", malformed, raw(b"\n" * SIZE)
    yield "spaces-in-the-json", malformed, raw(text.replace(b":", b": ", 1).ljust(SIZE, b"\n"))
    yield "key-twice", malformed, raw(text.replace(b'"seq":', b'"seq":5,"seq":', 1).ljust(SIZE, b"\n"))
    yield "number-with-a-fraction", malformed, raw(text.replace(b'"seq":5', b'"seq":5.0', 1).ljust(SIZE, b"\n"))
    yield "not-text", malformed, raw(b"\xff" * SIZE)
    yield "another-version", malformed, inside(v=2)
    for name in ("v", "chainId", "registry", "patient", "consentId", "seq", "seeds"):
        yield f"without-{name.lower()}", malformed, inside(**{name: None})
    yield "extra-key", malformed, inside(scope=1)
    yield "content-of-another-chain", foreign, inside(chainId=1)
    yield "content-of-another-registry", foreign, inside(registry=DOMAINS.consents)
    yield "content-of-another-patient", foreign, inside(patient=STRANGER)
    yield "content-of-another-consent", foreign, inside(consentId=to_hex(keccak(b"x")))
    yield "content-with-another-number", foreign, inside(seq=6)
    yield "number-as-text", malformed, inside(seq="5")


def rows() -> Iterator[tuple[str, str, SealedEnvelope]]:
    malformed = "keys.document-malformed"
    yield "no-seeds", "keys.document-foreign", inside(seeds=[])
    yield "seeds-not-a-list", malformed, inside(seeds={})
    yield "seeds-of-a-stranger-first", "keys.document-foreign", inside(seeds=[row(patient=STRANGER)])
    yield "an-address-twice", malformed, inside(seeds=[row(), row()])
    yield "ten-addresses", malformed, inside(seeds=[row(patient=f"0x{n:040x}") for n in range(10)])
    yield "epoch-zero", malformed, inside(seeds=[row(epoch=0)])
    yield "epoch-4096", malformed, inside(seeds=[row(epoch=4096)])
    yield "a-category-outside-the-consent", "keys.envelope-too-wide", inside(seeds=[row(keys={"18": SEED})])
    yield (
        "a-category-outside-for-an-old-address",
        "keys.envelope-too-wide",
        inside(seeds=[row(), row(patient=OLD_ADDRESS, keys={"0": SEED})]),
    )
    yield "the-inbox-key", malformed, inside(seeds=[row(keys={"254": SEED})])
    yield "the-self-key", malformed, inside(seeds=[row(keys={"255": SEED})])
    yield "a-category-with-a-zero", malformed, inside(seeds=[row(keys={"07": SEED})])
    yield "a-seed-of-31-bytes", malformed, inside(seeds=[row(keys={"7": SEED[:-2]})])
    yield "a-seed-in-upper-case", malformed, inside(seeds=[row(keys={"7": "0x" + "AB" * 32})])
    yield "an-address-in-upper-case", malformed, inside(seeds=[row(patient=PATIENT.upper())])
    yield "a-row-with-an-extra-key", malformed, inside(seeds=[row(name="")])


def outcome(case: Case) -> str:
    """Return the code of the error that opening gives, or that there is none."""
    try:
        open_envelope(
            case.envelope,
            case.document,
            identity=case.identity,
            agent=case.agent,
            last_seq=case.last_seq,
            domains=case.domains,
        )
    except MedShareError as error:
        return error.code
    return "none"


def encode(name: str, code: str, case: Case) -> str:
    """Return the file's text."""
    return json.dumps(
        {
            "fault": name,
            "error": code,
            "envelope": base64.b64encode(case.envelope.data).decode(),
            "message": case.envelope.signed.message.to_json(),
            "signature": to_hex(case.envelope.signed.signature),
            "consent": case.document.to_bytes().decode(),
            "seed": to_hex(case.identity.secret_bytes()),
            "agent": case.agent,
            "lastSeq": case.last_seq,
            "chainId": case.chain_id,
            "registry": DOMAINS.participants,
        },
        separators=(",", ":"),
    )


def decode(text: str) -> tuple[str, Case]:
    """Return the code and the case of a file's text."""
    value = json.loads(text)
    signed = Signed(
        message=Envelope.from_json(value["message"]),
        signer=value["agent"],
        signature=bytes.fromhex(value["signature"][2:]),
    )
    return value["error"], Case(
        envelope=SealedEnvelope(data=base64.b64decode(value["envelope"]), signed=signed),
        document=ConsentDocument.from_bytes(value["consent"].encode()),
        identity=HybridIdentity.from_seed(bytes.fromhex(value["seed"][2:])),
        agent=value["agent"],
        last_seq=value["lastSeq"],
        chain_id=value["chainId"],
    )


def main() -> None:
    """Write every fault, after checking that it gets its error, and forget files that are no fault any more."""
    TARGET.mkdir(parents=True, exist_ok=True)
    assert outcome(Case()) == "none"
    names = set()
    for name, code, case in faults():
        assert name not in names, name
        names.add(name)
        assert outcome(case) == code, f"{name}: {outcome(case)} instead of {code}"
        (TARGET / f"{name}.json").write_text(encode(name, code, case) + "\n")
    for path in TARGET.glob("*.json"):
        if path.stem not in names:
            path.unlink()


if __name__ == "__main__":
    main()
