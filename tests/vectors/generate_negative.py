"""Writes tests/vectors/negative/record/: one file for each way in which a record can be wrong.

Run `python -m tests.vectors.generate_negative`. A file holds one parcel as a reader gets it (capsule and
body in base64; the key's seed, what is expected and the proof in hex) with one fault in it, and the code of
the error that it must get. The hybrid capsule draws its randomness inside the cryptographic library, so a
new run gives other bytes with the same faults; the faults are what counts.
"""

from __future__ import annotations

import base64
import json
import pathlib
from collections.abc import Iterator
from dataclasses import replace

from medshare import canonical_json
from medshare.age import FileKey, HybridIdentity, ScryptRecipient, X25519Identity, seal_header
from medshare.digest import keccak, sha256
from medshare.errors import MedShareError
from medshare.record import ExpectedRecord, MerkleTree, open_document
from medshare.record.manifest import LINE_FEED, Manifest
from medshare.record.merkle import LONGEST_PROOF
from tests.vectors.forging import (
    DOCUMENT,
    HOSPITAL,
    IDENTITY,
    LABORATORY,
    OTHER_PATIENT,
    REGISTRY,
    STRANGER,
    Parcel,
    expect,
    forge,
    manifest_of,
    pack,
    parcel,
    plaintext_of,
    seeded,
)

TARGET = pathlib.Path(__file__).parent / "negative" / "record"

Fault = tuple[str, str, Parcel, HybridIdentity]
"""Name of the file, code of the error, parcel, key of the reader."""

GOOD = parcel("good")
OTHER = parcel("other", record_id=sha256(b"another record"))
VERSION = b"age-encryption.org/v1\n"


def main() -> None:
    """Write every fault, after checking that it gets its error, and forget files that are no fault any more."""
    TARGET.mkdir(parents=True, exist_ok=True)
    names = set()
    for name, code, fault, identity in faults():
        assert name not in names, name
        names.add(name)
        found = outcome(fault, identity)
        assert found == code, f"{name}: {found} instead of {code}"
        (TARGET / f"{name}.json").write_text(encode(name, code, fault, identity) + "\n")
    for path in TARGET.glob("*.json"):
        if path.stem not in names:
            path.unlink()


def faults() -> Iterator[Fault]:
    """Give every fault."""
    for name, code, fault in (*capsules(), *bodies(), *manifests(), *others(), *pads(), *leaves(), *proofs()):
        yield name, code, fault, IDENTITY
    yield "capsule-for-another-key", "age.no-identity-matches", GOOD, STRANGER


def outcome(fault: Parcel, identity: HybridIdentity) -> str:
    """Return the code of the error that opening gives, or that there is none."""
    try:
        open_document(capsule=fault.capsule, body=fault.body, identity=identity, expected=fault.expected)
    except MedShareError as error:
        return error.code
    return "none"


def encode(name: str, code: str, fault: Parcel, identity: HybridIdentity) -> str:
    """Return the file's text."""
    expected = fault.expected
    told = expected.body_digest
    return json.dumps(
        {
            "fault": name,
            "error": code,
            "capsule": base64.b64encode(fault.capsule).decode(),
            "body": base64.b64encode(fault.body).decode(),
            "seed": identity.secret_bytes().hex(),
            "expected": {
                "chainId": expected.chain_id,
                "registry": expected.registry,
                "provider": expected.provider,
                "patient": expected.patient,
                "category": expected.category,
                "leaf": expected.leaf.hex(),
                "root": expected.root.hex(),
                "proof": [step.hex() for step in expected.proof],
                "bodyDigest": None if told is None else told.hex(),
            },
        },
        separators=(",", ":"),
    )


def decode(text: str) -> tuple[str, Parcel, HybridIdentity]:
    """Return the code, the parcel and the key of a file's text."""
    value = json.loads(text)
    expected = value["expected"]
    told = expected["bodyDigest"]
    fault = Parcel(
        base64.b64decode(value["capsule"]),
        base64.b64decode(value["body"]),
        ExpectedRecord(
            chain_id=expected["chainId"],
            registry=expected["registry"],
            provider=expected["provider"],
            patient=expected["patient"],
            category=expected["category"],
            leaf=bytes.fromhex(expected["leaf"]),
            root=bytes.fromhex(expected["root"]),
            proof=tuple(map(bytes.fromhex, expected["proof"])),
            body_digest=None if told is None else bytes.fromhex(told),
        ),
    )
    return value["error"], fault, HybridIdentity.from_seed(bytes.fromhex(value["seed"]))


def flip(data: bytes, index: int, bit: int = 0) -> bytes:
    """Return `data` with one bit turned over."""
    changed = bytearray(data)
    changed[index] ^= 1 << bit
    return bytes(changed)


def capsules() -> Iterator[tuple[str, str, Parcel]]:
    """Give the faults of a capsule."""
    good = GOOD.capsule
    version, argument, *body, mac, _ = good.split(b"\n")
    wrapped = base64.b64decode(body[0] + b"=" * (-len(body[0]) % 4))

    def lines(*parts: bytes) -> bytes:
        return b"\n".join(parts) + b"\n"

    def text(data: bytes) -> bytes:
        return base64.b64encode(data).rstrip(b"=")

    kind, share = argument[3:].split(b" ")
    enc = base64.b64decode(share + b"==")
    entropy = seeded("faults of a capsule")
    key = FileKey(entropy(16))
    malformed = {
        "empty": ("age.unknown-version", b""),
        "version-two": ("age.unknown-version", good.replace(b"/v1", b"/v2", 1)),
        "byte-order-mark": ("age.unknown-version", b"\xef\xbb\xbf" + good),
        "armoured": ("age.unknown-version", b"-----BEGIN AGE ENCRYPTED FILE-----\n" + good),
        "carriage-returns": ("age.unknown-version", good.replace(b"\n", b"\r\n")),
        "cut-after-the-version": ("age.header-truncated", VERSION),
        "cut-in-the-argument": ("age.header-truncated", good[:900]),
        "cut-before-the-mac": ("age.header-truncated", good[: good.index(b"---")]),
        "cut-by-one-byte": ("age.header-truncated", good[:-1]),
        "without-a-stanza": ("age.stanza-count", lines(version, mac)),
        "of-33-stanzas": ("age.stanza-count", lines(version, *[b"-> grease", b""] * 33, mac)),
        "with-an-endless-line": ("age.line-too-long", VERSION + b"-> " + b"a" * 5000 + b"\n"),
        "mac-empty": ("age.mac-line-malformed", lines(version, argument, *body, b"---")),
        "mac-short": ("age.mac-line-malformed", lines(version, argument, *body, b"--- " + text(bytes(31)))),
        "mac-with-a-space": ("age.mac-line-malformed", lines(version, argument, *body, mac + b" ")),
        "mac-flipped": ("age.header-forged", lines(version, argument, *body, b"--- " + text(bytes(32)))),
        "trailing-byte": ("age.header-extended", good + b"\n"),
        "trailing-body": ("age.header-extended", good + GOOD.body),
        "stanza-without-a-mark": ("age.stanza-malformed", lines(version, argument[3:], *body, mac)),
        "stanza-of-two-spaces": ("age.stanza-malformed", lines(version, b"-> " + kind + b"  " + share, *body, mac)),
        "stanza-without-a-share": ("age.stanza-arguments", lines(version, b"-> " + kind, *body, mac)),
        "stanza-with-two-shares": ("age.stanza-arguments", lines(version, argument + b" " + share, *body, mac)),
        "share-short": ("age.share-malformed", lines(version, b"-> " + kind + b" " + text(enc[:-1]), *body, mac)),
        "share-long": ("age.share-malformed", lines(version, b"-> " + kind + b" " + text(enc + b"\0"), *body, mac)),
        "share-padded": ("age.not-canonical-base64", lines(version, argument + b"=", *body, mac)),
        "share-flipped": (
            "age.no-identity-matches",
            lines(version, b"-> " + kind + b" " + text(flip(enc, 5)), *body, mac),
        ),
        "share-of-low-order": (
            "age.low-order-share",
            lines(version, b"-> " + kind + b" " + text(enc[:-32] + bytes(32)), *body, mac),
        ),
        "wrapped-key-short": ("age.wrapped-key-length", lines(version, argument, text(wrapped[:-1]), mac)),
        "wrapped-key-long": ("age.wrapped-key-length", lines(version, argument, text(wrapped + b"\0"), mac)),
        "wrapped-key-flipped": ("age.no-identity-matches", lines(version, argument, text(flip(wrapped, 3)), mac)),
        "wrapped-key-padded": ("age.not-canonical-base64", lines(version, argument, body[0] + b"=", mac)),
        "grease-only": ("age.no-identity-matches", lines(version, b"-> grease", b"", mac)),
        "grease-added": ("age.header-forged", lines(version, b"-> grease", b"", argument, *body, mac)),
        "of-another-kind-of-key": (
            "age.no-identity-matches",
            seal_header(key, [X25519Identity(entropy(32)).recipient], entropy),
        ),
        "of-a-passphrase": (
            "age.wrong-passphrase",
            seal_header(key, [ScryptRecipient.from_secret_text("a passphrase", work_factor=1)], entropy),
        ),
        "passphrase-beside-a-key": (
            "age.scrypt-not-alone",
            lines(version, argument, *body, b"-> scrypt " + text(bytes(16)) + b" 1", text(bytes(32)), mac),
        ),
        "of-another-record": ("record.capsule-mismatch", OTHER.capsule),
        "with-another-file-key": ("record.capsule-mismatch", seal_header(key, [IDENTITY.recipient], entropy)),
    }
    for name, (code, capsule) in malformed.items():
        yield f"capsule-{name}", code, replace(GOOD, capsule=capsule)
    yield (
        "capsule-of-another-record-body-digest-untold",
        "age.payload-damaged",
        replace(GOOD, capsule=OTHER.capsule, expected=replace(GOOD.expected, body_digest=None)),
    )


def bodies() -> Iterator[tuple[str, str, Parcel]]:
    """Give the faults of a body: told its digest, not told, and anchored as it is by a careless writer."""
    good = GOOD.body
    changed = {
        "empty": b"",
        "cut-in-the-nonce": good[:15],
        "only-a-nonce": good[:16],
        "cut-in-the-tag": good[:31],
        "cut-by-one-byte": good[:-1],
        "cut-by-a-tag": good[:-16],
        "cut-in-half": good[: len(good) // 2],
        "flipped-in-the-nonce": flip(good, 0),
        "flipped-in-the-first-byte": flip(good, 16, 7),
        "flipped-in-the-middle": flip(good, 1000, 3),
        "flipped-in-the-last-byte": flip(good, -17),
        "flipped-in-the-tag": flip(good, -1, 7),
        "trailing-byte": good + b"\0",
        "trailing-tag": good + bytes(16),
        "trailing-copy": good + good[16:],
        "leading-byte": b"\0" + good,
        "with-its-capsule": GOOD.capsule + good,
    }
    for name, body in changed.items():
        told = GOOD.expected
        anchored = expect(manifest_of(), DOCUMENT, body)
        yield f"body-{name}", "record.body-mismatch", replace(GOOD, body=body)
        untold = Parcel(GOOD.capsule, body, replace(told, body_digest=None))
        yield f"body-{name}-digest-untold", "age.payload-damaged", untold
        yield f"body-{name}-anchored", "record.capsule-mismatch", Parcel(GOOD.capsule, body, anchored)
    yield "body-of-another-record", "record.body-mismatch", replace(GOOD, body=OTHER.body)
    swapped = replace(OTHER, expected=replace(GOOD.expected, body_digest=None))
    yield "body-and-capsule-of-another-record", "record.leaf-mismatch", swapped
    yield (
        "body-and-capsule-of-another-record-digest-told",
        "record.body-mismatch",
        replace(OTHER, expected=GOOD.expected),
    )
    older = parcel("older")
    newer = manifest_of(version=2, previous_leaf=older.expected.leaf)
    current = forge("newer", manifest=newer)
    served = replace(older, expected=replace(current.expected, body_digest=None))
    yield "body-of-the-version-before", "record.leaf-mismatch", served


def manifests() -> Iterator[tuple[str, str, Parcel]]:
    """Give the faults of a manifest, sealed and anchored by a writer who does not keep to the rules."""
    honest = manifest_of().to_bytes()
    value = canonical_json.loads(honest)

    def with_(**changes: object) -> bytes:
        return json.dumps({**value, **changes}, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()

    def without(key: str) -> bytes:
        return canonical_json.dumps({name: item for name, item in value.items() if name != key})

    lines = {
        "empty": b"",
        "null": b"null",
        "list": b"[]",
        "number": b"7",
        "text": b'"manifest"',
        "empty-object": b"{}",
        "broken": honest[:-1],
        "twice": honest + honest,
        "with-a-space": honest.replace(b":", b": ", 1),
        "with-a-trailing-space": honest + b" ",
        "with-a-carriage-return": honest + b"\r",
        "with-a-byte-order-mark": b"\xef\xbb\xbf" + honest,
        "not-utf-8": honest.replace(b"fhir", b"fh\xffr"),
        "out-of-order": json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode(),
        "key-twice": honest.replace(b'{"category":7,', b'{"category":7,"category":7,'),
        "escaped-needlessly": honest.replace(b"fhir", b"f\\u0068ir"),
        "nested-deeply": b"[" * 1500 + b"]" * 1500,
        "too-long": with_(mediaType="application/" + "a" * 4096),
        "extra-key": with_(note="hello"),
        **{f"without-{key}": without(key) for key in value},
        "version-of-the-form-2": with_(v=2),
        "version-of-the-form-true": with_(v=True),
        "version-of-the-form-text": with_(v="1"),
        "chain-zero": with_(chainId=0),
        "chain-negative": with_(chainId=-1),
        "chain-true": with_(chainId=True),
        "chain-text": with_(chainId="71337"),
        "chain-fraction": with_(chainId=71337.5),
        "chain-beyond-2-53": with_(chainId=2**53 + 1),
        "chain-null": with_(chainId=None),
        "registry-upper-case": with_(registry=REGISTRY.upper().replace("X", "x")),
        "registry-short": with_(registry=REGISTRY[:-2]),
        "registry-a-number": with_(registry=7),
        "patient-without-prefix": with_(patient=value["patient"][2:]),
        "patient-null": with_(patient=None),
        "provider-a-list": with_(provider=[HOSPITAL]),
        "category-24": with_(category=24),
        "category-negative": with_(category=-1),
        "category-text": with_(category="7"),
        "record-id-short": with_(recordId="0x" + "11" * 31),
        "record-id-upper-case": with_(recordId="0x" + "AB" * 32),
        "record-id-null": with_(recordId=None),
        "version-zero": with_(version=0),
        "version-beyond-32-bits": with_(version=2**32),
        "first-version-with-a-previous-leaf": with_(previousLeaf="0x" + "11" * 32),
        "second-version-without-a-previous-leaf": with_(version=2),
        "salt-long": with_(salt="0x" + "11" * 33),
        "salt-empty": with_(salt="0x"),
        "media-type-empty": with_(mediaType=""),
        "media-type-upper-case": with_(mediaType="Application/FHIR+JSON"),
        "media-type-without-a-slash": with_(mediaType="fhir"),
        "media-type-with-a-line-feed": with_(mediaType="text/plain\n"),
        "media-type-null": with_(mediaType=None),
        "length-negative": with_(length=-1),
        "length-text": with_(length=str(len(DOCUMENT))),
        "length-true": with_(length=True),
    }
    for name, line in lines.items():
        yield f"manifest-{name}", "record.manifest-malformed", forge(f"manifest {name}", line=line)
    endless = b"a" * 2048
    yield "manifest-without-an-end", "record.manifest-malformed", forge("no end", plaintext=endless)
    yield "manifest-without-anything", "record.manifest-malformed", forge("nothing", plaintext=b"")
    yield "manifest-missing", "record.manifest-malformed", forge("missing", plaintext=DOCUMENT.ljust(2048, LINE_FEED))


def others() -> Iterator[tuple[str, str, Parcel]]:
    """Give records that are whole, and of something else than was asked for."""
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "chain": ("record.other-chain", {"chain_id": 1}),
        "registry": ("record.other-registry", {"registry": "0x" + "4f" * 20}),
        "patient": ("record.other-patient", {"patient": OTHER_PATIENT}),
        "provider": ("record.other-provider", {"provider": LABORATORY}),
        "category": ("record.other-category", {"category": 18}),
    }
    for name, (code, changes) in asked.items():
        yield f"other-{name}", code, replace(GOOD, expected=replace(GOOD.expected, **changes))
    own = manifest_of()
    filed_wrongly = replace(own, patient=OTHER_PATIENT)
    yield (
        "leaf-of-another-patient-than-its-manifest",
        "record.leaf-mismatch",
        forge("wrong leaf", manifest=filed_wrongly, line=own.to_bytes()),
    )


def pads() -> Iterator[tuple[str, str, Parcel]]:
    """Give the faults of the document's length and of the pad."""
    manifest = manifest_of()
    line = manifest.to_bytes()
    good = plaintext_of(line)
    end = len(line) + 1 + len(DOCUMENT)
    foreign = {
        "first-byte-a-space": good[:end] + b" " + good[end + 1 :],
        "first-byte-zero": good[:end] + b"\0" + good[end + 1 :],
        "byte-in-the-middle": good[:1500] + b"x" + good[1501:],
        "last-byte-zero": good[:-1] + b"\0",
        "of-carriage-returns": good[:end] + b"\r" * (len(good) - end),
        "with-a-second-document": (good[: end + 1] + DOCUMENT).ljust(2048, LINE_FEED),
    }
    for name, plaintext in foreign.items():
        yield f"pad-{name}", "record.pad-foreign", forge(f"pad {name}", plaintext=plaintext)
    sizes = {
        "absent": good[:end],
        "of-one-byte": good[: end + 1],
        "short-by-one": good[:-1],
        "long-by-one": good + LINE_FEED,
        "of-the-next-size": good.ljust(2176, LINE_FEED),
        "of-twice-the-size": good.ljust(4096, LINE_FEED),
    }
    for name, plaintext in sizes.items():
        yield f"pad-{name}", "record.pad-wrong-size", forge(f"pad {name}", plaintext=plaintext)
    lengths = {
        "short-by-one": (-1, "record.pad-foreign"),
        "zero": (-len(DOCUMENT), "record.pad-foreign"),
        "long-by-one": (1, "record.leaf-mismatch"),
        "beyond-the-end": (5000, "record.text-truncated"),
    }
    for name, (more, code) in lengths.items():
        longer = replace(manifest, length=len(DOCUMENT) + more)
        plaintext = plaintext_of(longer.to_bytes())
        yield f"length-{name}", code, forge(f"length {name}", manifest=longer, plaintext=plaintext)
    cut = forge("text cut", plaintext=good[: end - 1])
    yield "text-cut-by-one-byte", "record.text-truncated", cut


def leaves() -> Iterator[tuple[str, str, Parcel]]:
    """Give parcels whose manifest, body and document do not make the leaf that was anchored."""
    manifest = manifest_of()
    second = {"version": 2, "previous_leaf": sha256(b"the version before")}
    anchored: dict[str, Manifest] = {
        "category": replace(manifest, category=8),
        "record-id": replace(manifest, record_id=sha256(b"another record")),
        "version": replace(manifest, **second),
        "salt": replace(manifest, salt=sha256(b"another salt")),
    }
    for name, other in anchored.items():
        yield (
            f"leaf-of-another-{name}",
            "record.leaf-mismatch",
            forge(f"leaf {name}", manifest=other, line=manifest.to_bytes()),
        )
    later = replace(manifest, **second)
    elsewhere = replace(later, previous_leaf=sha256(b"a version of something else"))
    yield (
        "leaf-of-another-previous-leaf",
        "record.leaf-mismatch",
        forge("previous", manifest=elsewhere, line=later.to_bytes()),
    )
    capsule, body = pack(plaintext_of(manifest.to_bytes()), "another text")
    yield (
        "leaf-of-another-text",
        "record.leaf-mismatch",
        Parcel(capsule, body, expect(manifest, DOCUMENT.replace(b"1.10", b"1.1"), body)),
    )
    told = replace(expect(manifest, DOCUMENT, body + b"\0"), body_digest=sha256(body))
    yield "leaf-of-another-body", "record.leaf-mismatch", Parcel(capsule, body, told)


def proofs() -> Iterator[tuple[str, str, Parcel]]:
    """Give the faults of a proof."""
    good = GOOD.expected
    proof = good.proof
    tree = MerkleTree.of([good.leaf, sha256(b"another leaf"), sha256(b"a third leaf")])
    node = tree.nodes[1]
    mismatch = "tree.proof-mismatch"
    cases: dict[str, tuple[str, dict[str, object]]] = {
        "empty": (mismatch, {"proof": ()}),
        "step-flipped": (mismatch, {"proof": (flip(proof[0], 0), *proof[1:])}),
        "last-step-flipped": (mismatch, {"proof": (*proof[:-1], flip(proof[-1], 31, 7))}),
        "step-missing": (mismatch, {"proof": proof[1:] or (bytes(32),)}),
        "step-added": (mismatch, {"proof": (*proof, sha256(b"more"))}),
        "step-of-zeros": (mismatch, {"proof": (bytes(32), *proof[1:])}),
        "steps-doubled": (mismatch, {"proof": proof + proof}),
        "of-another-leaf": (
            mismatch,
            {
                "proof": tree.proof(
                    next(leaf for leaf in tree.leaves if tree.proof(leaf) != proof and leaf != good.leaf)
                )
            },
        ),
        "to-another-root": (mismatch, {"root": sha256(b"another root")}),
        "to-a-root-of-zeros": (mismatch, {"root": bytes(32)}),
        "from-another-leaf": (mismatch, {"leaf": OTHER.expected.leaf}),
        "from-the-leaf-hashed-once-more": (mismatch, {"leaf": keccak(good.leaf)}),
        "of-31-bytes": ("tree.leaf-malformed", {"proof": (proof[0][:-1], *proof[1:])}),
        "of-33-bytes": ("tree.leaf-malformed", {"proof": (proof[0] + b"\0", *proof[1:])}),
        "from-a-short-leaf": ("tree.leaf-malformed", {"leaf": good.leaf[:-1]}),
        "to-a-short-root": ("tree.leaf-malformed", {"root": good.root[:-1]}),
        "too-long": ("tree.proof-too-long", {"proof": proof * (LONGEST_PROOF + 1)}),
        "of-an-inner-node-as-leaf": ("record.leaf-mismatch", {"leaf": node, "proof": (tree.nodes[2],)}),
    }
    for name, (code, changes) in cases.items():
        yield f"proof-{name}", code, replace(GOOD, expected=replace(good, **changes))


if __name__ == "__main__":
    main()
