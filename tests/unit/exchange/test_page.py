"""docs/exchange.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from medshare.exchange.codes import SENSITIVITY, code_of
from medshare.exchange.duo import _HELD, terms
from tests.unit.exchange.test_pcf_examples import PERMITTED, REFUSED

PAGE = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text()


def test_the_table_of_labels_is_the_codes():
    rows = dict(re.findall(r"^\| ([a-z-]+) \| ([A-Z]+) \|$", PAGE, re.MULTILINE))
    assert rows == {code_of(category): code for category, code in SENSITIVITY.items()}


def test_the_examples_are_counted_right():
    assert f"Of the {len(PERMITTED) + len(REFUSED)} example consents of IHE PCF, {len(PERMITTED)} become" in PAGE
    assert f"and {len(REFUSED)} are refused" in PAGE


def test_every_modifier_is_kept_or_binds_nobody():
    kept, unbound = re.search(r"^(.*) are kept by the consent itself\. (.*) bind nobody", PAGE, re.MULTILINE).groups()
    assert set(re.findall("[A-Z]{2,}", kept)) == _HELD
    named = {one.shorthand for one in terms().values()}
    assert set(re.findall("[A-Z]{2,}", unbound)) == named - _HELD - {"NRES", "GRU", "HMB", "DS", "POA"}
