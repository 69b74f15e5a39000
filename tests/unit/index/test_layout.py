"""The index takes logs apart as the contracts' ABIs say, field for field, and refuses every other form."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from medshare.index.layout import COLUMNS, Layout, foreign_topics, layouts
from medshare.ledger.abi import event_shapes, topic_of
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.errors import BadEvent
from medshare.ledger.events import CLASSES, Accredited, Anchored, Event, Granted, GrantSkipped, KeyPublished
from tests.scenarios.scripted_node import raw_log
from tests.unit.index.happenings import KINDS, events_of

PATIENT, GRANTEE = "0x" + "a1" * 20, "0x" + "b2" * 20
GRANTED = Granted(patient=PATIENT, grantee=GRANTEE, terms=b"t" * 32, word=2**255 + 7)
ACCREDITED = Accredited(
    account=GRANTEE, roles=6, jurisdiction=158, digest=b"d" * 32, record=b"record of 33 bytes, one too many."
)


def layout_of(kind: type[Event]) -> Layout:
    (layout,) = (one for one in layouts() if one.kind is kind)
    return layout


def fields_of(event: Event, words: bytes) -> dict[str, object]:
    layout = layout_of(type(event))
    return dict(zip(layout.columns, layout.values(words), strict=True))


def words_of(event: Event) -> bytes:
    log = raw_log(event, bytes(32))
    return b"".join(log.topics[1:]) + log.data


def test_every_event_has_a_layout_under_its_topic() -> None:
    assert {layout.kind for layout in layouts()} == set(CLASSES.values())
    for place, layout in enumerate(layouts()):
        assert layout.number == place
        assert layout.topic == topic_of(layout.kind)


def test_every_column_of_a_layout_is_a_column_of_the_table() -> None:
    assert {column for layout in layouts() for column in layout.columns} == set(COLUMNS)
    assert all(len(set(layout.columns)) == len(layout.columns) for layout in layouts())


def test_the_layouts_know_no_event_that_a_contract_inherits() -> None:
    for contract in CONTRACTS:
        assert not foreign_topics(contract) & {one.topic for one in layouts() if one.kind.contract == contract}
    assert foreign_topics("ParticipantRegistry")
    assert not foreign_topics("AuditLog")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.contract}.{kind.name}")
@given(data=st.data())
def test_the_index_reads_every_event_as_its_abi_says(kind: type[Event], data: st.DataObject) -> None:
    """[X-008]: beside eth-abi's decoder, which takes no short cut."""
    event = data.draw(events_of(kind))
    log = raw_log(event, bytes(32))
    values = layout_of(kind).values(words_of(event))
    assert layout_of(kind).event(values) == event_shapes(kind.contract)[log.topics[0]].decode(log.topics, log.data)
    assert layout_of(kind).event(values) == event


def test_the_two_fields_that_share_a_name_have_columns_of_their_own() -> None:
    skipped = GrantSkipped(index=3, patient=PATIENT, reason=b"abcd")
    assert fields_of(skipped, words_of(skipped)) == {
        "patient": bytes.fromhex(PATIENT[2:]),
        "item": (3).to_bytes(32, "big"),
        "selector": b"abcd",
    }


@pytest.mark.parametrize(
    "change",
    [lambda words: words[:-1], lambda words: words + b"\0", lambda words: words + bytes(32), lambda words: b""],
)
@pytest.mark.parametrize("event", [GRANTED, ACCREDITED], ids=["fixed", "open-ended"])
def test_a_log_of_another_length_is_refused(event: Event, change) -> None:
    """[X-008]."""
    with pytest.raises(BadEvent):
        layout_of(type(event)).values(change(words_of(event)))


@pytest.mark.parametrize("byte", [0, 11, 32, 43])
def test_an_address_that_is_too_wide_is_refused(byte: int) -> None:
    """[X-008]: eth-abi refuses the same."""
    words = bytearray(words_of(GRANTED))
    words[byte] = 1
    with pytest.raises(BadEvent):
        layout_of(Granted).values(bytes(words))


@pytest.mark.parametrize(("bit", "good"), [(31, True), (32, False), (255, False)])
def test_a_number_that_is_too_wide_is_refused(bit: int, good: bool) -> None:
    """[X-008]: `count` of an anchor has 32 bits."""
    words = bytes(12) + b"p" * 20 + b"r" * 32 + (1 << bit).to_bytes(32, "big")
    if good:
        assert layout_of(Anchored).values(words)[-1] == 1 << bit
    else:
        with pytest.raises(BadEvent):
            layout_of(Anchored).values(words)


def test_four_bytes_that_are_followed_by_more_are_refused() -> None:
    """[X-008]."""
    words = words_of(GrantSkipped(index=3, patient=PATIENT, reason=b"abcd"))
    with pytest.raises(BadEvent):
        layout_of(GrantSkipped).values(words[:-1] + b"\1")


class TestOpenEnds:
    """[X-008] The two events that end in bytes of any length."""

    HEAD = bytes(12) + b"a" * 20

    def words(self, *, offset: int = 96, length: int = 5, data: bytes = b"hello" + bytes(27)) -> bytes:
        head = encode(["bytes32", "uint40"], [b"d" * 32, 7])
        return self.HEAD + head + offset.to_bytes(32, "big") + length.to_bytes(32, "big") + data

    def test_the_form_that_solidity_writes_is_read(self) -> None:
        values = layout_of(KeyPublished).values(self.words())
        assert values[-1] == b"hello"

    def test_no_bytes_at_all_are_bytes(self) -> None:
        values = layout_of(KeyPublished).values(self.words(length=0, data=b""))
        assert values[-1] == b""

    @pytest.mark.parametrize("offset", [0, 64, 95, 128, 2**255])
    def test_bytes_that_begin_elsewhere_are_refused(self, offset: int) -> None:
        with pytest.raises(BadEvent):
            layout_of(KeyPublished).values(self.words(offset=offset))

    @pytest.mark.parametrize("length", [4, 33, 2**256 - 1])
    def test_bytes_of_another_length_than_they_say_are_refused(self, length: int) -> None:
        with pytest.raises(BadEvent):
            layout_of(KeyPublished).values(self.words(length=length))

    def test_bytes_that_are_not_padded_to_a_word_are_refused(self) -> None:
        with pytest.raises(BadEvent):
            layout_of(KeyPublished).values(self.words(data=b"hello"))

    def test_padding_that_is_not_zero_is_refused(self) -> None:
        with pytest.raises(BadEvent):
            layout_of(KeyPublished).values(self.words(data=b"hello" + bytes(26) + b"\1"))
