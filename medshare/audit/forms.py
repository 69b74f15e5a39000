"""How signed messages and proofs are written in exports and findings: our canonical JSON, read back strictly."""

from __future__ import annotations

from typing import Any, TypeVar

from medshare.audit.anchors import Period
from medshare.audit.trees import Absence, LineProof, Presence
from medshare.errors import InputError
from medshare.hexadecimal import from_hex, to_hex
from medshare.keys.form import Form
from medshare.record.merkle import LONGEST_PROOF, Proof
from medshare.signed import Signed
from medshare.typed_data import Message

KIND = "audit export"
MOST_SIGNATURE = 4096
"""Bytes. An ordinary key's signature has 65; a contract wallet's may be longer."""
LARGEST_COUNT = 2**32 - 1
MOST_FIELDS = 32

M = TypeVar("M", bound=Message)


def signed_json(signed: Signed[Message]) -> dict[str, Any]:
    """Return a signed message as JSON: {kind, message, signer, signature}."""
    return {
        "kind": type(signed.message).__name__,
        "message": signed.message.to_json(),
        "signer": signed.signer,
        "signature": to_hex(signed.signature),
    }


def signed_of(value: object, *kinds: type[M]) -> Signed[M]:
    """Return the signed message of one of `kinds` that `signed_json` wrote.

    Raises:
        DocumentMalformed, and the errors of `Message.from_json`: It is something else.
    """
    form = Form(KIND, value, ("kind", "message", "signer", "signature"))
    name = form.text("kind", longest=64)
    found = next((kind for kind in kinds if kind.__name__ == name), None)
    if found is None:
        raise form.malformed("kind")
    signature = from_hex(form.text("signature", longest=2 + 2 * MOST_SIGNATURE))
    return Signed(
        message=found.from_json(form.map("message", most=MOST_FIELDS)),
        signer=form.address("signer"),
        signature=signature,
    )


def period_json(period: Period) -> dict[str, Any]:
    """Return a period as JSON, without its head, which follows from the rest."""
    return {
        "number": period.number,
        "previous": to_hex(period.previous),
        "receipts": to_hex(period.receipts),
        "heads": to_hex(period.heads),
        "count": period.count,
    }


def period_of(value: object) -> Period:
    """Return the period that `period_json` wrote. Raises as `signed_of`."""
    form = Form(KIND, value, ("number", "previous", "receipts", "heads", "count"))
    return Period(
        number=form.integer("number", low=1),
        previous=form.data("previous", 32),
        receipts=form.data("receipts", 32),
        heads=form.data("heads", 32),
        count=form.integer("count", high=LARGEST_COUNT),
    )


def proof_json(proof: Proof) -> list[str]:
    """Return the siblings as JSON."""
    return [to_hex(step) for step in proof]


def proof_of(form: Form, name: str) -> Proof:
    """Return the siblings in the field `name`. Raises as `signed_of`."""
    try:
        return tuple(from_hex(step, 32) for step in form.rows(name, most=LONGEST_PROOF))
    except InputError as error:
        raise form.malformed(name) from error


def line_proof_json(proof: LineProof) -> dict[str, Any]:
    """Return a proof about a line as JSON."""
    if isinstance(proof, Presence):
        return {
            "number": proof.number,
            "receipt": to_hex(proof.receipt),
            "next": to_hex(proof.next),
            "proof": proof_json(proof.proof),
        }
    return {
        "before": to_hex(proof.before),
        "next": to_hex(proof.next),
        "state": to_hex(proof.state),
        "proof": proof_json(proof.proof),
    }


def line_proof_of(value: object) -> LineProof:
    """Return the proof that `line_proof_json` wrote. Raises as `signed_of`."""
    if isinstance(value, dict) and "before" in value:
        form = Form(KIND, value, ("before", "next", "state", "proof"))
        return Absence(
            before=form.data("before", 32),
            next=form.data("next", 32),
            state=form.data("state", 32),
            proof=proof_of(form, "proof"),
        )
    form = Form(KIND, value, ("number", "receipt", "next", "proof"))
    return Presence(
        number=form.integer("number", low=1),
        receipt=form.data("receipt", 32),
        next=form.data("next", 32),
        proof=proof_of(form, "proof"),
    )
