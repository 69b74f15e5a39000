"""Many callers, one transaction: who is told that something is kept, and who is not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from medshare.errors import UnreachableError
from medshare.vault import NonceRow, RowConflict, Rows, VaultUnreachable
from medshare.vault.errors import GroupAbandoned
from medshare.vault.group_commit import MOST, GroupCommit
from medshare.vault.sql import SqlVault, memory_vault

SIGNER = "0x" + "aa" * 20


def nonce(number: int) -> NonceRow:
    return NonceRow(signer=SIGNER, nonce=number.to_bytes(32, "big"), at=1)


class Watched:
    """A vault whose transactions are counted, held at their end while `gate` is shut, and fail on demand."""

    def __init__(self, vault: SqlVault) -> None:
        self.vault = vault
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failing: BaseException | None = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        before = self.vault.count(NonceRow)
        with self.vault.transaction() as rows:
            yield rows
            assert self.gate.wait(30)
            if self.failing is not None:
                raise self.failing
        self.groups.append(self.vault.count(NonceRow) - before)


@pytest.fixture
def watched() -> Iterator[Watched]:
    vault = memory_vault()
    yield Watched(vault)
    vault.close()


def call_together(
    group: GroupCommit, watched: Watched, works: list[Callable[[Rows], Any]]
) -> tuple[list[Any], list[BaseException | None]]:
    """Let one caller hold the writer, the others come meanwhile; return what each got or was told."""
    results: list[Any] = [None] * len(works)
    errors: list[BaseException | None] = [None] * len(works)

    def call(place: int) -> None:
        try:
            results[place] = group.run(works[place])
        except BaseException as error:  # noqa: BLE001  # whatever it was, the test looks at it
            errors[place] = error

    watched.gate.clear()
    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(works))]
    threads[0].start()
    until(lambda: group._writing)
    for place, thread in enumerate(threads[1:], start=1):
        thread.start()
        until(lambda place=place: len(group._waiting) == min(place, len(works)))
    watched.gate.set()
    for thread in threads:
        thread.join(30)
    return results, errors


def until(reached: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(3000):
        if reached():
            return
        event.wait(0.01)
    pytest.fail("it never happened")


def test_one_caller_gets_what_its_work_returned_and_it_is_kept(watched):
    group = GroupCommit(watched)
    assert group.run(lambda rows: (rows.add(nonce(1)), "done")[1]) == "done"
    assert watched.vault.find(NonceRow) == [nonce(1)]


def test_those_who_come_while_somebody_writes_are_written_together(watched):
    works = [lambda rows, number=number: rows.add(nonce(number)) or number for number in range(8)]
    results, errors = call_together(GroupCommit(watched), watched, works)
    assert (results, errors) == (list(range(8)), [None] * 8)
    assert watched.groups == [1, 7]
    assert watched.vault.count(NonceRow) == 8


def test_nobody_hears_anything_before_the_commit(watched):
    group, told = GroupCommit(watched), []
    watched.gate.clear()
    thread = threading.Thread(target=lambda: told.append(group.run(lambda rows: rows.add(nonce(1)) or "kept")))
    thread.start()
    until(lambda: group._writing)
    assert told == []
    watched.gate.set()
    thread.join(30)
    assert told == ["kept"]


def test_each_sees_what_those_before_it_in_its_group_wrote(watched):
    """E05: of two requests with one nonce in one group, the second finds it used."""
    works: list[Callable[[Rows], Any]] = [lambda rows: rows.add(nonce(0))]
    works += [lambda rows, n=number: (rows.count(NonceRow), rows.add(nonce(n)))[0] for number in range(1, 5)]
    results, _ = call_together(GroupCommit(watched), watched, works)
    assert results[1:] == [1, 2, 3, 4]


def test_where_the_commit_fails_every_caller_of_the_group_is_told_and_nothing_is_kept(watched):
    """[R-019] R18: the log is not there."""
    watched.failing = VaultUnreachable(place="here")
    works = [lambda rows, number=number: rows.add(nonce(number)) or "kept" for number in range(5)]
    results, errors = call_together(GroupCommit(watched), watched, works)
    assert results == [None] * 5
    assert all(isinstance(error, VaultUnreachable) for error in errors)
    assert watched.vault.count(NonceRow) == 0


def test_after_a_commit_that_failed_the_next_one_goes_on(watched):
    group = GroupCommit(watched)
    watched.failing = VaultUnreachable(place="here")
    with pytest.raises(VaultUnreachable):
        group.run(lambda rows: rows.add(nonce(1)))
    watched.failing = None
    group.run(lambda rows: rows.add(nonce(2)))
    assert watched.vault.find(NonceRow) == [nonce(2)]


def test_a_vault_that_does_not_answer_is_told_to_all_and_asked_once(watched):
    asked = []

    def down(rows: Rows) -> None:
        asked.append(1)
        raise VaultUnreachable(place="here")

    works: list[Callable[[Rows], Any]] = [lambda rows: rows.add(nonce(0)), down, lambda rows: rows.add(nonce(2)), down]
    _, errors = call_together(GroupCommit(watched), watched, works)
    assert errors[0] is None
    assert all(isinstance(error, UnreachableError) for error in errors[1:])
    assert len(asked) == 1
    assert watched.vault.find(NonceRow) == [nonce(0)]


def test_one_whose_work_fails_spoils_it_for_nobody_else(watched):
    watched.vault.put(nonce(3))

    def wrong(_: Rows) -> None:
        message = "wrong"
        raise ValueError(message)

    works: list[Callable[[Rows], Any]] = [lambda rows: rows.add(nonce(0)) or "kept"]
    works += [wrong, lambda rows: rows.add(nonce(3)), lambda rows: rows.add(nonce(4)) or "kept", wrong]
    results, errors = call_together(GroupCommit(watched), watched, works)
    assert results == ["kept", None, None, "kept", None]
    assert [type(error) for error in errors] == [type(None), ValueError, RowConflict, type(None), ValueError]
    assert watched.vault.find(NonceRow) == [nonce(0), nonce(3), nonce(4)]


def test_if_the_one_who_writes_is_stopped_the_others_are_told_so_and_the_next_go_on(watched):
    class StoppedError(BaseException):
        pass

    watched.failing = StoppedError()
    group = GroupCommit(watched)
    works = [lambda rows, number=number: rows.add(nonce(number)) for number in range(3)]
    _, errors = call_together(group, watched, works)
    assert isinstance(errors[0], StoppedError)
    assert sorted(type(error).__name__ for error in errors[1:]) == ["GroupAbandoned", "StoppedError"]
    assert GroupAbandoned in {type(error) for error in errors[1:]}
    watched.failing = None
    group.run(lambda rows: rows.add(nonce(9)))
    assert watched.vault.find(NonceRow) == [nonce(9)]


def test_a_group_has_its_greatest_size_and_nobody_is_left_behind(watched):
    works = [lambda rows, number=number: rows.add(nonce(number)) or number for number in range(MOST + 6)]
    results, errors = call_together(GroupCommit(watched), watched, works)
    assert results == list(range(MOST + 6))
    assert errors == [None] * (MOST + 6)
    assert watched.groups[:2] == [1, MOST]
    assert sum(watched.groups) == MOST + 6


def test_sixteen_threads_lose_nothing(tmp_path):
    vault = SqlVault(f"sqlite:///{tmp_path / 'vault.db'}")
    group = GroupCommit(vault)

    def many(thread: int) -> None:
        for number in range(20):
            group.run(lambda rows, number=number: rows.add(nonce(100 * thread + number)))

    threads = [threading.Thread(target=many, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert vault.count(NonceRow) == 320
    vault.close()
