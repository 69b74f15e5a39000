"""The catalogue of a category: what there is, so that a reader sees what is kept back (design, section 5).

The agent signs one at each sync and seals it to the category's key of the epoch. A reader compares:
"n in the catalogue, m received".
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medshare.age import HybridIdentity, HybridRecipient
from medshare.age.entropy import Entropy
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.keys.compartments import CATEGORIES
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed, DocumentStale
from medshare.keys.form import Form, open_json, seal_json
from medshare.signed import Signed
from medshare.typed_data import Catalogue, Domains, SigningKey

VERSION: Final = 1
LARGEST_CATALOGUE: Final = 32 * 2**20
"""Bytes of plaintext: some 80,000 rows."""
MOST_ROWS: Final = 65_536

_KIND: Final = "catalogue"
_KEYS: Final = ("v", "chainId", "registry", "patient", "category", "seq", "rows")
_ROW: Final = ("leaf", "previousLeaf", "provider", "gateway", "version", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One document version.

    `previous_leaf` is 32 zero bytes for a first version. `gateway` is the account that keeps the
    capsule. `date` is when it was deposited, seconds since 1970.
    """

    leaf: Bytes32
    previous_leaf: Bytes32
    provider: Address
    gateway: Address
    version: int
    date: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCatalogue:
    """A catalogue as custodians keep it: its bytes and the agent's signature."""

    data: bytes
    signed: Signed[Catalogue]


def seal_catalogue(
    rows: Sequence[CatalogueRow],
    *,
    patient: Address,
    category: int,
    recipient: HybridRecipient,
    seq: int,
    at: int,
    domains: Domains,
    agent: SigningKey,
    entropy: Entropy = secrets.token_bytes,
) -> SealedCatalogue:
    """Return the catalogue of `category`, sealed to `recipient`, the category's key of the epoch.

    The order of the rows says nothing: they are sorted by leaf.

    Raises:
        DocumentMalformed: A leaf stands twice, too many rows, or no such category.
    """
    _check_rows(rows, category)
    value = {
        "v": VERSION,
        "chainId": domains.chain_id,
        "registry": domains.participants,
        "patient": patient,
        "category": category,
        "seq": seq,
        "rows": [
            {
                "leaf": to_hex(row.leaf),
                "previousLeaf": to_hex(row.previous_leaf),
                "provider": row.provider,
                "gateway": row.gateway,
                "version": row.version,
                "date": row.date,
            }
            for row in sorted(rows, key=lambda row: row.leaf)
        ],
    }
    data = seal_json(value, recipient, entropy=entropy)
    message = Catalogue(patient=patient, category=category, seq=seq, digest=keccak(data), at=at)
    return SealedCatalogue(data=data, signed=Signed.by(agent, message, domains))


def open_catalogue(
    catalogue: SealedCatalogue,
    *,
    patient: Address,
    category: int,
    identity: HybridIdentity,
    agent: Address,
    last_seq: int,
    domains: Domains,
) -> tuple[CatalogueRow, ...]:
    """Return the rows of a catalogue, sorted by leaf, with everything checked.

    Args:
        catalogue: From any custodian; nothing in it is trusted.
        patient: Whose documents.
        category: Which category.
        identity: The category's key of the epoch in which the catalogue was made.
        agent: The agent's address in the patient's directory.
        last_seq: The number of the last one seen; the same one may be read again, an older one not.
        domains: The deployment.

    Raises:
        DigestDiffers: Other bytes than were signed.
        DocumentForeign: It is for another patient, category or chain.
        SignatureForeign (or malformed): The agent did not sign it.
        DocumentStale: An older one than was seen already.
        DocumentMalformed: It opened, and is not the exact form.
        HeaderError, NoIdentityMatches, HeaderForged, PayloadDamaged: It does not open.
    """
    message = catalogue.signed.message
    if keccak(catalogue.data) != message.digest:
        raise DigestDiffers(kind=_KIND)
    if message.patient != patient:
        raise DocumentForeign(kind=_KIND, field="patient")
    if message.category != category:
        raise DocumentForeign(kind=_KIND, field="category")
    catalogue.signed.check(domains, signer=agent)  # [K-008]
    if message.seq < last_seq:
        raise DocumentStale(kind=_KIND, found=message.seq, last=last_seq)
    form = Form(_KIND, open_json(_KIND, catalogue.data, identity, limit=LARGEST_CATALOGUE), _KEYS)
    form.integer("v", low=VERSION, high=VERSION)
    for field, found, expected in (
        ("chain", form.integer("chainId"), domains.chain_id),
        ("registry", form.address("registry"), domains.participants),
        ("patient", form.address("patient"), patient),
        ("category", form.integer("category"), category),
        ("number", form.integer("seq"), message.seq),
    ):
        if found != expected:
            raise DocumentForeign(kind=_KIND, field=field)
    rows = tuple(_read_row(row) for row in form.rows("rows", most=MOST_ROWS))
    _check_rows(rows, category)
    if list(rows) != sorted(rows, key=lambda row: row.leaf):
        raise DocumentMalformed(kind=_KIND, why="its rows are not sorted")
    return rows


def _read_row(value: object) -> CatalogueRow:
    form = Form(_KIND, value, _ROW)
    return CatalogueRow(
        leaf=form.data("leaf", 32),
        previous_leaf=form.data("previousLeaf", 32),
        provider=form.address("provider"),
        gateway=form.address("gateway"),
        version=form.integer("version", low=1, high=2**32 - 1),
        date=form.integer("date"),
    )


def _check_rows(rows: Sequence[CatalogueRow], category: int) -> None:
    if not 0 <= category < CATEGORIES:
        raise DocumentMalformed(kind=_KIND, why="there is no such category")
    if len(rows) > MOST_ROWS or len({row.leaf for row in rows}) != len(rows):
        raise DocumentMalformed(kind=_KIND, why="a leaf stands in it twice, or there are too many")
