"""Events of every kind with any values, for property tests of the index."""

from __future__ import annotations

from hypothesis import strategies as st

from medshare.hexadecimal import to_hex
from medshare.ledger.abi import event_shapes, topic_of
from medshare.ledger.events import CLASSES, Event

KINDS = tuple(CLASSES.values())


def values_of(kind: str) -> st.SearchStrategy[object]:
    """Any value of a Solidity type that our events use."""
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(to_hex)
    if kind == "bytes":
        return st.binary(max_size=100)
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    bits = int(kind.removeprefix("uint"))
    return st.integers(0, 2**bits - 1) | st.sampled_from((0, 1, 2**bits - 1))


def events_of(kind: type[Event], **fixed: object) -> st.SearchStrategy[Event]:
    """Events of one class; `fixed` are fields that are not any value."""
    shape = event_shapes(kind.contract)[topic_of(kind)]
    given = {name: values_of(type_) for name, type_ in (*shape.indexed, *shape.plain)}
    return st.builds(kind, **{**given, **{name: st.just(value) for name, value in fixed.items()}})


def any_event() -> st.SearchStrategy[Event]:
    """Events of any class."""
    return st.sampled_from(KINDS).flatmap(events_of)
