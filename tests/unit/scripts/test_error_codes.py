"""docs/error-codes.md lists every error once; an error that cannot be documented is a fault."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError
from scripts import error_codes
from scripts.error_codes import faults, page, readable


def error(name, base=InputError, **attributes):
    return type(name, (base,), {"__module__": "elsewhere", **attributes})


GOOD = error("LeafMissing", code="leaf.missing", cause="The leaf {leaf} is missing.", remedy="Ask again.")


def test_an_error_with_code_cause_and_remedy_is_no_fault():
    assert faults([GOOD]) == []


def test_two_errors_with_one_code_are_a_fault():
    other = error("Other", code="leaf.missing", cause="A.", remedy="B.")
    assert "shared by" in faults([GOOD, other])[0]


def test_an_error_without_its_own_remedy_is_a_fault():
    assert any("no remedy" in line for line in faults([error("X", code="x.y", cause="A.")]))


def test_a_cause_that_is_no_sentence_is_a_fault():
    assert faults([error("X", code="x.y", cause="broken", remedy="Mend it.")])


def test_a_code_without_a_noun_is_a_fault():
    assert faults([error("X", code="broken", cause="A.", remedy="B.")])


def test_a_base_that_its_causes_share_needs_no_sentence_and_gets_no_row():
    base = error("HeaderError", code="header")
    child = error("HeaderTorn", base, code="header.torn", cause="It is torn.", remedy="Fetch it again.")
    assert faults([base, child]) == []
    assert "HeaderError" not in page([base, child])


def test_the_page_has_a_row_under_the_family_that_gives_the_exit_code():
    bad = error("Torn", IntegrityError, code="body.torn", cause="The body is torn.", remedy="Fetch it again.")
    text = page([GOOD, bad])
    assert text.index("exit code 2") < text.index("leaf.missing") < text.index("exit code 6") < text.index("body.torn")
    assert "The leaf *leaf* is missing." in text


def test_a_fact_with_a_format_and_a_bar_do_not_break_the_table():
    assert readable("{n:,} of {m} | {{x}}") == "*n* of *m* \\| {x}"


def test_the_check_fails_for_a_page_that_is_not_current(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(error_codes, "ROOT", tmp_path)
    monkeypatch.setattr(error_codes, "PAGE", tmp_path / "docs" / "error-codes.md")
    monkeypatch.setattr(error_codes, "import_everything", lambda: None)
    monkeypatch.setattr(error_codes, "causes", lambda: [GOOD])
    assert error_codes.main(["--check"]) == 1
    assert error_codes.main([]) == 0
    assert error_codes.main(["--check"]) == 0
    assert "make docs" in capsys.readouterr().err
