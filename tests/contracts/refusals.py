"""What a test says of a refusal: the custom error and every argument, never a text written by hand."""

from __future__ import annotations

from functools import cache

import brownie
from brownie import project
from eth_utils import is_address


@cache
def errors() -> dict[str, tuple[str, ...]]:
    """The custom errors of all compiled contracts, by name, with the types of their arguments."""
    found: dict[str, tuple[str, ...]] = {}
    for contract in project.get_loaded_projects()[0]:
        for entry in contract.abi:
            if entry["type"] == "error":
                found[entry["name"]] = tuple(argument["type"] for argument in entry["inputs"])
    return found


def text_of(error: str, arguments: tuple[object, ...]) -> str:
    """The text that Brownie makes of a custom error."""
    kinds = errors()[error]
    if len(arguments) != len(kinds):
        raise TypeError(f"{error} has {len(kinds)} arguments, not {len(arguments)}")
    return f"{error}: " + ", ".join(_text(argument) for argument in arguments)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return repr(value)
    text = str(value)
    return text.lower() if is_address(text) else text


def refused(error: str, *arguments: object) -> brownie.reverts:
    """Expect exactly this custom error with exactly these arguments."""
    return brownie.reverts(text_of(error, arguments))


def refused_as(error: str) -> brownie.reverts:
    """Expect this custom error, whatever its arguments: where one of them is the second of the block."""
    if error not in errors():
        raise LookupError(error)
    return brownie.reverts(revert_pattern=f"{error}: .*")
