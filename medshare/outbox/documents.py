"""A document on its way into the vault, as rows of the outbox keep it.

A *draft* holds the plaintext, until the deposit is acknowledged. A *sealed* document holds what the provider
needs later: who, what, and the digests that make its leaf; its capsule only until that is deposited. Neither
file key nor salt is ever in a row: they live inside capsule and body.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from medshare import canonical_json
from medshare.confirm import SubmissionItem
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32, from_hex, to_hex
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.manifest import RecordFacts
from medshare.record.sealing import SealedRecord
from medshare.typed_data import Domains
from medshare.vault import OutboxRow, Stage

DRAFT: Final = "draft"
DOCUMENT: Final = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document that is to be sealed: what, for whom, and the consent that lets the provider write.

    `previous_inner` opens the leaf that it replaces to a validator; zeros for a first version. `at` is the
    second in which it was taken in.
    """

    facts: RecordFacts
    text: bytes = field(repr=False)
    previous_inner: Bytes32
    grantee: Address
    terms: Bytes32
    at: int

    @property
    def id(self) -> Bytes32:
        """The row's id."""
        return draft_id(self.facts)

    def row(self) -> OutboxRow:
        """Return the row that keeps it."""
        work = canonical_json.dumps(_common(self))
        return OutboxRow(id=self.id, act=DRAFT, state=Stage.DRAFT, work=work, secret=self.text)

    @classmethod
    def of(cls, row: OutboxRow, *, domains: Domains, provider: Address) -> Draft:
        """Return the draft that a row keeps."""
        value = canonical_json.loads(row.work)
        return cls(
            facts=_facts(value, domains, provider),
            text=row.secret or b"",
            previous_inner=from_hex(value["previousInner"], 32),
            grantee=value["grantee"],
            terms=from_hex(value["terms"], 32),
            at=value["at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A sealed document: what the provider keeps of it, and what the next steps need."""

    facts: RecordFacts
    previous_inner: Bytes32
    grantee: Address
    terms: Bytes32
    at: int
    epoch: int
    body_digest: Bytes32
    text: Bytes32
    cid: str
    size: int

    @classmethod
    def sealed(cls, draft: Draft, record: SealedRecord, *, epoch: int, cid: str) -> Document:
        """Return the document that `draft` was sealed to."""
        return cls(
            facts=draft.facts,
            previous_inner=draft.previous_inner,
            grantee=draft.grantee,
            terms=draft.terms,
            at=draft.at,
            epoch=epoch,
            body_digest=record.body_digest,
            text=record.text,
            cid=cid,
            size=record.body_length,
        )

    @property
    def inner(self) -> Bytes32:
        """What the leaf opens to."""
        return inner_hash(body_digest=self.body_digest, previous_leaf=self.facts.previous_leaf, text=self.text)

    @property
    def leaf(self) -> Bytes32:
        """The leaf: the row's id."""
        return leaf_hash(patient=self.facts.patient, inner=self.inner)

    @property
    def draft(self) -> Bytes32:
        """The id of the draft that it was sealed from."""
        return draft_id(self.facts)

    @property
    def item(self) -> SubmissionItem:
        """The document as a validator sees it."""
        return SubmissionItem(
            patient=self.facts.patient,
            body_digest=self.body_digest,
            previous_leaf=self.facts.previous_leaf,
            previous_inner=self.previous_inner,
            text=self.text,
            cid=self.cid,
            size=self.size,
            grantee=self.grantee,
            terms=self.terms,
        )

    def row(self, leaf: Bytes32, state: Stage, *, capsule: bytes | None = None) -> OutboxRow:
        """Return the row that keeps it under its `leaf`, with the capsule until that is deposited."""
        work = canonical_json.dumps(
            {
                **_common(self),
                "epoch": self.epoch,
                "bodyDigest": to_hex(self.body_digest),
                "text": to_hex(self.text),
                "cid": self.cid,
                "size": self.size,
            }
        )
        return OutboxRow(id=leaf, act=DOCUMENT, state=state, work=work, secret=capsule)

    @classmethod
    def of(cls, row: OutboxRow, *, domains: Domains, provider: Address) -> Document:
        """Return the document that a row keeps."""
        value = canonical_json.loads(row.work)
        return cls(
            facts=_facts(value, domains, provider),
            previous_inner=from_hex(value["previousInner"], 32),
            grantee=value["grantee"],
            terms=from_hex(value["terms"], 32),
            at=value["at"],
            epoch=value["epoch"],
            body_digest=from_hex(value["bodyDigest"], 32),
            text=from_hex(value["text"], 32),
            cid=value["cid"],
            size=value["size"],
        )


def cid_in(work: bytes) -> str:
    """Return the CID of the body in the `work` of a sealed document's row."""
    return str(canonical_json.loads(work)["cid"])


def draft_id(facts: RecordFacts) -> Bytes32:
    """Return the id of the row of a draft: one for each version of a record."""
    return keccak(b"draft" + facts.record_id + facts.version.to_bytes(4, "big"))


def _common(one: Draft | Document) -> dict[str, object]:
    facts = one.facts
    return {
        "patient": facts.patient,
        "category": int(facts.category),
        "recordId": to_hex(facts.record_id),
        "version": facts.version,
        "previousLeaf": to_hex(facts.previous_leaf),
        "mediaType": facts.media_type,
        "previousInner": to_hex(one.previous_inner),
        "grantee": one.grantee,
        "terms": to_hex(one.terms),
        "at": one.at,
    }


def _facts(value: Any, domains: Domains, provider: Address) -> RecordFacts:
    return RecordFacts(
        chain_id=domains.chain_id,
        registry=domains.records,
        patient=value["patient"],
        provider=provider,
        category=value["category"],
        record_id=from_hex(value["recordId"], 32),
        version=value["version"],
        previous_leaf=from_hex(value["previousLeaf"], 32),
        media_type=value["mediaType"],
    )
