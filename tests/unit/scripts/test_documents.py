"""What the documents name exists: sentences in the threat model, pages in the index."""

from __future__ import annotations

import re

from scripts.specification import NUMBER, ROOT, read

DOCS = ROOT / "docs"


def test_the_threat_model_names_only_sentences_that_exist():
    named = {
        one
        for numbers in NUMBER.findall((DOCS / "threat-model.md").read_text(encoding="utf-8"))
        for one in re.split(r", ?", numbers)
    }
    assert len(named) > 80
    assert named <= set(read().sentences)


def test_every_defence_in_a_table_of_the_threat_model_names_a_sentence():
    page = (DOCS / "threat-model.md").read_text(encoding="utf-8").split("## Who attacks")[1].split("### A validator")[0]
    rows = re.findall(r"^\| (?!tries to|---)(.+) \|$", page, re.MULTILINE)
    assert len(rows) >= 35
    assert [row for row in rows if not NUMBER.search(row)] == []


def test_the_index_names_every_document_and_every_link_leads_somewhere():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for path in DOCS.iterdir():
        assert path.name in index
    for page in (DOCS / "README.md", DOCS / "threat-model.md", ROOT / "README.md", ROOT / "tests" / "README.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)
