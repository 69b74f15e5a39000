"""What a hospital may seal: whatever it is, it is put together, summarised and shown, and nothing of it runs."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent.categories import Category
from medshare.exchange.assembly import Held
from medshare.exchange.portable import OwnDocument, OwnRecord, files_of
from medshare.intake.parts import MEDIA_TYPE

AT = "2026-11-01T12:00:00Z"
NAME = "urn:uuid:3f0c2e5a-7f1b-4c38-9a5e-5d8a1c9b2f10"
NASTY = (
    "<script>alert(1)</script>",
    "</pre></details><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "]]><svg/onload=alert(1)>",
    "<!--",
    "&lt;script&gt;",
    "\u202egnp.exe\u0000",
)
SHOWN_TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "a", "span", "pre"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "dl", "dt", "dd", "ul", "li"),
    )
)
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "scope", "href"}
KINDS = st.sampled_from(
    (
        "Condition",
        "Observation",
        "Patient",
        "MedicationStatement",
        "Procedure",
        "AllergyIntolerance",
        "Flag",
        "Bundle",
        "Device",
    )
)
NAMES = st.sampled_from(
    (
        *("status", "code", "coding", "component", "category", "name", "clinicalStatus", "effectiveDateTime"),
        *("reference", "effectivePeriod", "subject", "valueQuantity", "value", "text", "div", "id", "entry"),
        *("medicationReference", "type", "identifier", "display", "meta", "contained"),
    )
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(NASTY) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
RESOURCES = st.builds(
    lambda kind, more: {**more, "resourceType": kind}, KINDS, st.dictionaries(NAMES, ANYTHING, max_size=6)
)


class Tags(HTMLParser):
    """Collects elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}


def record_of(*contents: bytes) -> OwnRecord:
    documents = tuple(
        OwnDocument(
            leaf=bytes([number]) * 32,
            category=Category.NOTES,
            provider=NASTY[0],
            at=number,
            held=Held(media_type=MEDIA_TYPE, content=content),
        )
        for number, content in enumerate(contents)
    )
    return OwnRecord(
        patient="0x" + "ab" * 20,
        at=1_700_000_000,
        instant=AT,
        identifier=NAME,
        language="en",
        documents=documents,
        missing=(),
    )


def check_pages(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        if name.endswith(".html"):
            found = Tags()
            found.feed(data.decode())
            assert found.tags <= SHOWN_TAGS
            assert found.attributes <= ATTRIBUTES
            assert all(link in files for link in found.links)
            assert b"default-src 'none'" in data.replace(b"&#x27;", b"'")


@settings(max_examples=25, deadline=None)
@given(st.lists(RESOURCES, max_size=4), st.booleans())
def test_any_resource_is_put_together_summarised_and_shown_and_nothing_of_it_runs(
    resources: list[dict[str, Any]], bundled: bool
) -> None:
    """[F-004]"""
    entries = [{"fullUrl": f"urn:uuid:{number}", "resource": one} for number, one in enumerate(resources)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    contents = [bundle] if bundled else resources
    files = files_of(record_of(*(json.dumps(one).encode() for one in contents)))
    check_pages(files)
    assert json.loads(files["summary.json"])["type"] == "document"
    assert json.loads(files["fhir/Bundle.json"])["resourceType"] == "Bundle"


def test_what_only_says_that_it_is_fhir_goes_out_as_its_bytes() -> None:
    sealed = {"resourceType": "Binary", "contentType": "application/vnd.medshare.intake+json", "data": "eyJ4IjoxfQ=="}
    parts = base64.b64encode(b'{"medshare":"intake/1","entries":[],"sealed":[]}').decode()
    odd = {"resourceType": "Bundle", "entry": [{"resource": {**sealed, "data": parts}}]}
    half = {"resourceType": "Bundle", "entry": [{"resource": sealed}]}
    contents = (
        b"{",
        b"[" * 5000,
        b"\xff\xfe",
        b'{"resourceType": 7}',
        b'{"resourceType": "../../etc/x"}',
        b'"x"',
        json.dumps(half).encode(),
        json.dumps(odd).encode(),
    )
    files = files_of(record_of(*contents))
    kinds = [json.loads(line)["resourceType"] for line in files["fhir/Binary.ndjson"].splitlines()]
    assert len(kinds) == len(contents)
    assert [files[name] for name in files if name.startswith("documents/")] == list(contents)
    check_pages(files)
