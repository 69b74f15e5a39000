"""What --json prints: exact, and described by the class of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import jsonschema_rs
import pytest

from medshare.cli.frame.command import RESULTS, SENDING
from medshare.cli.frame.plan import Plan
from medshare.cli.frame.schema import document_schema, schema_of, to_json
from medshare.cli.tree import NOUNS, load
from tests.unit.cli.running import Runner


@dataclass(frozen=True)
class Inner:
    number: int
    share: float


@dataclass(frozen=True)
class Outer:
    text: str
    yes: bool
    data: bytes
    maybe: int | None
    rows: tuple[Inner, ...]
    by_name: Mapping[str, str]
    kind: Literal["a", "b"]


def test_a_value_and_its_schema_agree_and_nothing_further_is_allowed():
    value = Outer("t", True, b"\x01", None, (Inner(1, 0.5),), {"en": "x"}, "a")
    validator = jsonschema_rs.validator_for(schema_of(Outer))
    validator.validate(to_json(value))
    for change in ({"more": 1}, {"data": "01"}, {"rows": [{"number": 1}]}, {"kind": "c"}, {"maybe": "x"}):
        assert not validator.is_valid({**to_json(value), **change})


def test_what_no_result_may_hold_is_a_fault_of_the_programmer():
    with pytest.raises(TypeError):
        to_json({1, 2})
    with pytest.raises(TypeError):
        schema_of(set)


def test_every_command_has_a_schema():
    for noun in NOUNS:
        load(noun)
    assert len(RESULTS) >= 20
    for words, result in RESULTS.items():
        schema = document_schema(words, result, Plan if words in SENDING else None)
        jsonschema_rs.meta.validate(schema)


def test_an_error_document_fits_the_schema_of_its_command(medshare: Runner):
    done = medshare("account", "list", "--json")
    schema = document_schema("account list", RESULTS["account list"], None)
    jsonschema_rs.validator_for(schema).validate(done.document)
