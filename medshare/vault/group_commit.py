"""Many callers, one transaction: they wait for the disk together instead of one after the other.

Whoever comes while nobody writes, writes for all who wait by then. A caller gets its answer only after
the commit, so what it does next rests on bytes that are on the disk.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar, cast

from medshare.errors import UnreachableError
from medshare.vault.errors import GroupAbandoned
from medshare.vault.seam import Rows, Vault

T = TypeVar("T")

MOST: Final = 64
"""Callers in one transaction: others wait meanwhile, in other processes too."""


class _Job:
    """One caller's work and, once `done`, what came of it."""

    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Callable[[Rows], object]) -> None:
        self.work = work
        self.done = False
        self.result: object = None
        self.error: Exception | None = None


class GroupCommit:
    """Runs the work of many threads on `vault`, each in order, several in one transaction."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._turn = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._writing = False

    def run(self, work: Callable[[Rows], T]) -> T:
        """Return what `work` returned, once all that it kept is on the disk.

        `work` must only read and write the rows that it is given: it is called again when another one of
        its group failed. It sees what those before it in the group wrote.

        Raises:
            GroupAbandoned: Who wrote for the group was stopped.
            The error of `work`: Nothing of it was kept; the rest of the group goes on.
            The errors of the vault: Nothing of the whole group was kept, and each of them gets it.
        """
        job = _Job(work)
        with self._turn:
            self._waiting.append(job)
        while not job.done:
            self._write()
        if job.error is not None:
            raise job.error
        return cast("T", job.result)

    def _write(self) -> None:
        """Write for a group, or wait until who writes has finished."""
        with self._turn:
            if self._writing:
                self._turn.wait()
                return
            self._writing = True
            group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        try:
            self._commit(group)
        finally:
            with self._turn:
                self._writing = False
                for job in group:
                    job.done = True
                self._turn.notify_all()

    def _commit(self, group: list[_Job]) -> None:
        for job in group:
            job.error = GroupAbandoned()
        left = list(group)
        while left:
            at_work: _Job | None = None
            try:
                with self._vault.transaction() as rows:
                    for at_work in left:
                        at_work.result = at_work.work(rows)
                    at_work = None
            except Exception as error:  # noqa: BLE001  # each caller gets its own
                if at_work is None or isinstance(error, UnreachableError):
                    _fail(left, error)
                    return
                _fail([at_work], error)
                left.remove(at_work)
            else:
                for job in left:
                    job.error = None
                return


def _fail(jobs: list[_Job], error: Exception) -> None:
    for job in jobs:
        job.error = error
