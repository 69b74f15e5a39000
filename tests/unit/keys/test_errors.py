"""Every cause has a class, a code of its own, a sentence and a remedy."""

from __future__ import annotations

import pytest

from medshare.errors import MedShareError
from medshare.keys import errors as of_keys
from medshare.typed_data import errors as of_typed_data

CLASSES = [
    value
    for module in (of_keys, of_typed_data)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, MedShareError) and value.__module__ == module.__name__
]


def test_no_two_causes_have_one_code():
    assert len({cls.code for cls in CLASSES}) == len(CLASSES) > 30


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_cause_says_what_happened_and_what_to_do(cls):
    assert cls.code.startswith(("keys.", "typed-data."))
    assert cls.cause.endswith((".", "}"))
    assert cls.remedy.endswith(".")
    assert cls.exit_code in {2, 3, 6}
    assert (cls.__doc__ or "").startswith("Raised ")
