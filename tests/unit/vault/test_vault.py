"""The vault: what is kept, in which order, and what is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import text

from medshare.vault import (
    ROWS,
    CapsuleRow,
    ConsentRow,
    EnvelopeRow,
    ErasedRow,
    NonceRow,
    NotAVault,
    OutboxRow,
    ReceiptGap,
    ReceiptRow,
    ReplicaState,
    RevocationRow,
    Row,
    RowConflict,
    RowForm,
    RowMissing,
    RowOutdated,
    Rule,
    SignedBytes,
    Stage,
    Vault,
)
from medshare.vault.sql import SqlVault, memory_vault
from medshare.vault.tables import SHAPES

SIGNED = SignedBytes(message=b'{"a":1}', signer="0x" + "aa" * 20, signature=b"s" * 65)


def example(kind: type[Row], seed: int = 1) -> Any:
    """Return a row of `kind` with every field set."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        name, hint = field.name, str(field.type).split(" |")[0]
        values[name] = {
            "Address": f"0x{seed:040x}",
            "Bytes32": bytes([seed]) * 32,
            "bytes": f"bytes {name} {seed}".encode(),
            "int": 1 if name == "seq" else seed,
            "str": f"{name} {seed}",
            "SignedBytes": SIGNED,
            "ReplicaState": ReplicaState.PROVEN,
            "Stage": Stage.DRAFT,
            "tuple[Bytes32, ...]": (b"p" * 32, b"q" * 32),
        }[hint]
        assert hints[name]
    if kind is ReceiptRow:
        values |= {"seq": 1, "previous": bytes(32)}
    return kind(**values)


@pytest.fixture
def vault() -> Any:
    made = memory_vault()
    yield made
    made.close()


def key_of(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.KEY}


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_of_every_kind_comes_back_as_it_was_put(vault: Vault, kind: type[Row]) -> None:
    row = example(kind)
    vault.put(row)
    assert vault.get(kind, **key_of(row)) == row
    assert vault.require(kind, **key_of(row)) == row
    assert vault.find(kind) == [row]
    assert vault.count(kind) == 1


@pytest.mark.parametrize("kind", ROWS)
def test_the_same_row_again_changes_nothing(vault: Vault, kind: type[Row]) -> None:
    row = example(kind)
    vault.put(row)
    vault.put(row)
    assert vault.count(kind) == 1


@pytest.mark.parametrize(
    "kind", [kind for kind in ROWS if kind.RULE in {Rule.ONCE, Rule.NUMBERED} and len(fields(kind)) > len(kind.KEY)]
)
def test_another_row_under_the_same_key_is_refused(vault: Vault, kind: type[Row]) -> None:
    row = example(kind)
    vault.put(row)
    hints = get_type_hints(kind)
    free = (
        next(
            field.name
            for field in fields(kind)  # type: ignore[arg-type]
            if field.name not in {*kind.KEY, "previous"} and "SignedBytes" not in str(field.type)
        )
        if kind not in {ErasedRow, NonceRow}
        else "at"
    )
    other = 7 if hints[free] is int else ("0x" + "bb" * 20 if hints[free] is str else b"z" * 32)
    with pytest.raises(RowConflict):
        vault.put(replace(row, **{free: other}))
    assert vault.find(kind) == [row]


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind.RULE is Rule.RISING])
def test_a_greater_number_takes_the_place_and_a_lower_one_may_not(vault: Vault, kind: type[Row]) -> None:
    """K13: an older state, envelope or catalogue never comes back."""
    first = replace(example(kind), seq=4)
    vault.put(first)
    vault.put(replace(first, seq=9))
    for seq in (0, 4, 8):
        with pytest.raises(RowOutdated):
            vault.put(replace(first, seq=seq))
    assert vault.require(kind, **key_of(first)).seq == 9  # type: ignore[attr-defined]


def test_the_database_itself_refuses_a_number_that_does_not_rise(vault: SqlVault) -> None:
    vault.put(example(EnvelopeRow))
    with vault._engine.connect() as connection, pytest.raises(RowConflict), vault._translated():
        connection.execute(text("UPDATE envelope SET seq = 1"))


def test_another_row_with_the_same_number_is_refused(vault: Vault) -> None:
    row = example(EnvelopeRow)
    vault.put(row)
    with pytest.raises(RowOutdated):
        vault.put(replace(row, envelope=b"another"))


def receipts(count: int) -> list[ReceiptRow]:
    rows: list[ReceiptRow] = []
    for number in range(1, count + 1):
        previous = rows[-1].digest if rows else bytes(32)
        rows.append(replace(example(ReceiptRow), seq=number, previous=previous, digest=bytes([number]) * 32, at=number))
    return rows


def test_receipts_are_numbered_from_one_without_a_gap(vault: Vault) -> None:
    """R02, R03: a dropped or reordered receipt is refused by the schema."""
    rows = receipts(3)
    with pytest.raises(ReceiptGap):
        vault.put(rows[1])
    vault.put(rows[0])
    with pytest.raises(ReceiptGap):
        vault.put(rows[2])
    with pytest.raises(ReceiptGap):
        vault.put(replace(rows[1], previous=b"x" * 32))
    vault.put(rows[1])
    vault.put(rows[2])
    key = {"gateway": rows[0].gateway, "patient": rows[0].patient}
    assert vault.find(ReceiptRow, after=1, **key) == rows[1:]
    assert vault.find(ReceiptRow, after=1, limit=1, **key) == rows[1:2]
    assert vault.last(ReceiptRow, **key) == rows[2]
    assert vault.last(ReceiptRow, patient="0x" + "cc" * 20) is None


def test_a_new_row_is_added_without_a_look_and_a_second_one_is_refused(vault: Vault) -> None:
    rows = receipts(3)
    vault.add(rows[0])
    vault.add(rows[1])
    with pytest.raises(RowConflict):
        vault.add(rows[1])
    with pytest.raises(RowConflict):
        vault.add(replace(rows[2], previous=b"x" * 32))
    with pytest.raises(RowConflict):
        vault.add(replace(rows[2], seq=4))
    assert vault.find(ReceiptRow) == rows[:2]
    vault.add(rows[2])


def test_the_end_of_a_line_is_its_last_number_and_digest(vault: Vault) -> None:
    rows = receipts(3)
    line = {"gateway": rows[0].gateway, "patient": rows[0].patient}
    assert vault.line_end(**line) == (0, bytes(32))
    for row in rows:
        vault.add(row)
        assert vault.line_end(**line) == (row.seq, row.digest)
    assert vault.line_end(gateway=rows[0].gateway, patient="0x" + "cc" * 20) == (0, bytes(32))
    assert vault.line_end(gateway="0x" + "cc" * 20, patient=rows[0].patient) == (0, bytes(32))


def test_several_questions_are_asked_at_once(vault: Vault) -> None:
    vault.put(example(ConsentRow))
    with vault.reading() as rows:
        assert rows.find(ConsentRow) == [example(ConsentRow)]
        assert rows.count(NonceRow) == 0


def test_the_database_itself_refuses_a_receipt_that_hangs_in_the_air(vault: SqlVault) -> None:
    values = SHAPES[ReceiptRow].to_columns(replace(receipts(1)[0], seq=3, previous=b"x" * 32))
    with vault._engine.connect() as connection, pytest.raises(RowConflict), vault._translated():
        connection.execute(SHAPES[ReceiptRow].table.insert().values(values))


def test_the_outbox_goes_forward_and_never_back(vault: Vault) -> None:
    row = replace(example(OutboxRow), period=None, account=None, nonce=None)
    vault.put(row)
    sealed = replace(row, state=Stage.SEALED, secret=None)
    vault.put(sealed)
    vault.put(replace(sealed, work=b"tried again"))
    with pytest.raises(RowOutdated):
        vault.put(row)
    assert vault.require(OutboxRow, id=row.id).state is Stage.SEALED
    assert vault.find(OutboxRow, state=Stage.SEALED) != []
    assert vault.find(OutboxRow, state=Stage.DRAFT) == []


def test_the_outbox_goes_back_only_where_the_chain_took_something_back(vault: Vault) -> None:
    row = replace(example(OutboxRow), secret=None)
    back = {(Stage.MINED, Stage.SENT)} | {(late, Stage.STORED) for late in (Stage.SIGNED, Stage.SENT, Stage.MINED)}
    for before in Stage:
        for after in Stage:
            vault.destroy(OutboxRow, id=row.id)
            vault.put(replace(row, state=before))
            if after >= before or (before, after) in back:
                vault.put(replace(row, state=after))
            else:
                with pytest.raises(RowOutdated):
                    vault.put(replace(row, state=after))


def test_what_is_not_there_is_none_or_raises(vault: Vault) -> None:
    assert vault.get(ConsentRow, consent_id=b"x" * 32) is None
    with pytest.raises(RowMissing):
        vault.require(ConsentRow, consent_id=b"x" * 32)


def test_rows_are_found_by_any_of_their_fields_also_by_nothing(vault: Vault) -> None:
    seen = replace(example(RevocationRow), block=None)
    vault.put(seen)
    assert vault.find(RevocationRow, block=None) == [seen]
    assert vault.find(RevocationRow, signed=None) == []
    assert vault.find(RevocationRow, signed=SIGNED) == [seen]
    assert vault.count(RevocationRow, patient="0x" + "cc" * 20) == 0


def test_some_fields_of_rows_are_picked_in_the_order_of_their_keys(vault: Vault) -> None:
    second, first = example(CapsuleRow, 2), example(CapsuleRow, 1)
    for row in (second, first):
        vault.put(row)
    assert vault.pick(CapsuleRow, ("cid", "leaf")) == [(first.cid, first.leaf), (second.cid, second.leaf)]
    assert vault.pick(CapsuleRow, ("epoch",), leaf=second.leaf) == [(second.epoch,)]
    with vault.reading() as rows:
        assert rows.pick(CapsuleRow, ("leaf",), epoch=7) == []


@pytest.mark.parametrize("field", ["colour", "deposit"])
def test_a_field_that_is_no_number_text_or_bytes_is_not_picked(vault: Vault, field: str) -> None:
    with pytest.raises(RowForm):
        vault.pick(CapsuleRow, (field,))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("leaf", b"short"),
        ("leaf", None),
        ("leaf", "text"),
        ("patient", "0xABCDEF" + "0" * 34),
        ("epoch", -1),
        ("epoch", True),
        ("epoch", 2**63),
        ("cid", b"bytes"),
        ("cid", "text\0text"),
        ("cid", "half a letter \ud83d"),
        ("deposit", None),
        ("deposit", b"bytes"),
        ("deposit", replace(SIGNED, signer="nobody")),
    ],
)
def test_a_field_without_its_form_is_refused(vault: Vault, field: str, value: object) -> None:
    with pytest.raises(RowForm):
        vault.put(replace(example(CapsuleRow), **{field: value}))
    assert vault.count(CapsuleRow) == 0


def test_text_of_any_script_is_kept(vault: Vault) -> None:
    row = replace(example(CapsuleRow), cid="病人同意書 \U0001f600 é")
    vault.put(row)
    assert vault.find(CapsuleRow) == [row]


def test_a_proof_is_a_tuple_of_32_bytes(vault: Vault) -> None:
    for bad in ([b"p" * 32], (b"p",)):
        with pytest.raises(RowForm):
            vault.put(replace(receipts(1)[0], leaves=bad))
    vault.put(replace(receipts(1)[0], leaves=()))
    assert vault.find(ReceiptRow)[0].leaves == ()


def test_a_question_names_known_fields_and_the_whole_key(vault: Vault) -> None:
    with pytest.raises(RowForm):
        vault.find(ConsentRow, colour=1)
    with pytest.raises(RowForm):
        vault.get(ReceiptRow, seq=1)
    with pytest.raises(RowForm):
        vault.last(ConsentRow)
    with pytest.raises(RowForm):
        vault.destroy(CapsuleRow)


def test_a_transaction_keeps_all_or_nothing(vault: Vault) -> None:
    with pytest.raises(RowConflict), vault.transaction() as rows:  # noqa: PT012  # the error leaves the transaction
        rows.put(example(CapsuleRow))
        assert rows.count(CapsuleRow) == 1
        rows.put(example(ConsentRow))
        rows.put(replace(example(ConsentRow), document=b"other"))
    assert vault.count(CapsuleRow) == 0
    with vault.transaction() as rows:
        rows.put(example(CapsuleRow))
        rows.put(example(ConsentRow))
    assert vault.count(CapsuleRow) == vault.count(ConsentRow) == 1


def test_a_row_that_no_vault_wrote_is_refused(vault: SqlVault) -> None:
    vault.put(example(OutboxRow))
    with vault._engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET state = 77"))
    with pytest.raises(NotAVault):
        vault.find(OutboxRow)


def test_every_kind_of_row_is_listed_and_optional_fields_are_what_they_say() -> None:
    assert {kind.__name__ for kind in ROWS} == {kind.__name__ for kind in Row.__subclasses__()}
    assert type(None) in get_args(get_type_hints(CapsuleRow)["replacement"])
