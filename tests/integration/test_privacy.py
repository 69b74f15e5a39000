"""After a whole story on a real chain: nothing about a person is in any byte that an outsider can read."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from medshare.consent.categories import Category
from medshare.demo.stage import set_up
from medshare.digest import keccak, sha256
from medshare.gateway import Refused
from medshare.keys.account import AccountKey
from medshare.ledger import Power

FAMILY, GIVEN, NUMBER, BIRTH, MAIL = (
    "Canarywang",
    "Xiaoming-Kanarie",
    "MRN-7700-4411",
    "1961-04-07",
    "xm@canary.example",
)
CODE, DISPLAY, VALUE = "38341003", "Hypertensive-canary disorder", "143.7 mm[Hg]"
WHY, RETURN = "A study of canary hearts", "A summary in plain canary words"


def bundle() -> bytes:
    """A synthetic chart with canaries in every place where a person shows."""
    who = "urn:uuid:1f6f5c9e-0000-4000-8000-000000000001"
    what = "urn:uuid:1f6f5c9e-0000-4000-8000-000000000002"
    patient = {
        "resourceType": "Patient",
        "id": who[9:],
        "identifier": [{"system": "http://city.example/mrn", "value": NUMBER}],
        "name": [{"family": FAMILY, "given": [GIVEN]}],
        "birthDate": BIRTH,
        "telecom": [{"system": "email", "value": MAIL}],
    }
    condition = {
        "resourceType": "Condition",
        "id": what[9:],
        "subject": {"reference": who},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": CODE, "display": DISPLAY}]},
        "note": [{"text": VALUE}],
    }
    entries = [{"fullUrl": url, "resource": one} for url, one in ((who, patient), (what, condition))]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


@pytest.fixture(scope="module")
def told():
    """The story of one patient, with every kind of act in it; afterwards what was secret and what the chain shows."""
    with set_up("") as stage:
        city, hill, jacob = stage.city, stage.hill, stage.jacob
        for hospital in (city, hill):
            stage.sandbox.enrol(jacob, hospital)
        intake = city.intake(bundle())
        upload = city.upload(jacob.address, intake)
        city.seek_confirmation(city.anchor(), (*stage.validators, hill))
        jacob.sync()
        leaf = next(one.leaf for one in upload.written if one.category is Category.PROBLEMS)
        request = hill.request(
            jacob.address,
            city.gateway,
            categories=(Category.PROBLEMS, Category.LABORATORY),
            purposes=["TREAT"],
            days=90,
            why=WHY,
            in_return=RETURN,
        )
        (found,) = jacob.inbox()
        consent = jacob.approve(found, categories=[Category.PROBLEMS], days=30)
        rows = hill.list_documents(city.gateway, consent, purpose="TREAT")
        readings = [hill.read(city.gateway, consent, row, purpose="TREAT") for row in rows]
        with pytest.raises(Refused):
            hill.list_documents(city.gateway, consent, purpose="HMARKT")
        stage.researcher.request(
            jacob.address, city.gateway, categories=(Category.PROBLEMS,), purposes=["BIORCH"], days=9, why=WHY
        )
        jacob.refuse(next(one for one in jacob.inbox() if one.requester == stage.researcher.address))
        jacob.delegate(AccountKey.generate().address, Power.READ, days=3)
        amended = city.amend(leaf, b'{"text":"' + DISPLAY.encode() + b' amended"}')
        city.seek_confirmation(city.anchor(), (*stage.validators, hill))
        city.retract(amended.written[0].leaf, reason=1)
        copies = list(jacob.copies().values())
        jacob.revoke(consent)
        jacob.sync()
        jacob.lock_down()
        jacob.erase(leaf)
        contents = [document.text for document in intake.documents] + [one.document.content for one in readings]
        secret = {
            "statement": consent.statement.encode(),
            "request": found.to_bytes(),
            "nonce": consent.nonce,
            **{f"cid {number}": copy.cid.encode() for number, copy in enumerate(copies)},
            **{f"cid digest {number}": cid_bytes(copy.cid) for number, copy in enumerate(copies)},
            **{f"record {number}": copy.record_id for number, copy in enumerate(copies)},
            **{f"text {number}": text for number, text in enumerate(contents)},
        }
        assert request.request == consent.request
        yield secret, outside(stage)


def cid_bytes(cid: str) -> bytes:
    """The SHA-256 inside a CID."""
    return base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))[-32:]


def outside(stage) -> tuple[bytes, str]:
    """Every byte of calldata, logs and code, and the node's whole state as text: code, storage, balances."""
    dump = bytes.fromhex(stage.rpc.request("anvil_dumpState")[2:])
    state = gzip.decompress(dump) if dump[:2] == b"\x1f\x8b" else dump
    code = b"\x00".join(
        bytes.fromhex(stage.rpc.request("eth_getCode", address, "latest")[2:])
        for address in stage.deployment.info.addresses.values()
    )
    return stage.everything_on_the_chain() + b"\x00" + code, state.decode().lower()


PLAIN = {
    "family name": FAMILY,
    "given name": GIVEN,
    "record number": NUMBER,
    "date of birth": BIRTH,
    "e-mail": MAIL,
    "code": CODE,
    "display": DISPLAY,
    "value": VALUE,
    "reason": WHY,
    "in return": RETURN,
}


def forms(value: bytes) -> set[bytes]:
    """A value raw, in lower and upper case, as hex, and the digests of each."""
    raw = {value, value.lower(), value.upper()}
    digests = {function(one) for one in raw for function in (sha256, keccak)}
    return {one for one in raw | digests if len(one) >= 8}


def shown(needle: bytes, chain: bytes, state: str) -> bool:
    text = needle.hex()
    return needle in chain or text.encode() in chain or text in state


@pytest.mark.parametrize("name", PLAIN)
def test_no_word_about_the_person_is_on_the_chain(told, name):
    """[N-001] P01: raw, in either case, as hex, and every digest of it."""
    _, (chain, state) = told
    assert [form for form in forms(PLAIN[name].encode()) if shown(form, chain, state)] == []


def test_no_document_cid_key_or_statement_is_on_the_chain(told):
    """[N-001] P01, P02: nor a digest of any of them, but for two texts that carry 32 random bytes of their own."""
    secret, (chain, state) = told
    for name, value in secret.items():
        found = [form for form in forms(value) if value and shown(form, chain, state)]
        allowed = {keccak(value)} if name in {"statement", "request"} else set()
        assert set(found) <= allowed, name


def test_no_category_is_told_by_its_number_or_name(told):
    """[N-001] P02: names in any form; the leaf of a guessed category needs salts that nobody has."""
    _, (chain, state) = told
    for category in Category:
        name = category.name.lower().replace("_", " ").encode()
        # North Laboratory's own name is public; it says nothing of a consent.
        assert name not in chain.lower().replace(b"north laboratory", b""), category
        assert not shown(keccak(name), chain, state)
        assert not shown(sha256(name), chain, state)


def test_the_scan_finds_what_is_there(told):
    """[N-001] Else its silence would mean nothing: the name of an accredited hospital is public."""
    _, (chain, state) = told
    assert b"City Hospital" in chain
    assert len(chain) > 50_000
    assert len(state) > 100_000
