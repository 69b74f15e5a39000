"""The processes that convert and split: tasks go out and results come back in their order, a few at a time.

What waits is bounded, so memory does not grow with the number of tasks. A process ends when the one that started it
ends, however it ends: the other end of its pipe is then closed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, Final, Protocol

from medshare.migration.batches import Settings
from medshare.migration.errors import WorkerEnded

AHEAD: Final = 2
"""Tasks that a process has at a time: one at work, one waiting."""
_PRELOADED: Final = ("medshare.migration.converting", "fhir.resources.R4B.bundle")


class Task(Protocol):
    """Work for a process: a picklable value."""

    def run(self, settings: Settings) -> Any:
        """Return the result, a picklable value too."""


class Converting(Protocol):
    """Carries tasks out, here or elsewhere."""

    def map(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """Yield the results of `tasks` in their order."""

    def one(self, task: Task) -> Any:
        """Return the result of one task."""


@contextlib.contextmanager
def converting(settings: Settings, *, workers: int) -> Iterator[Converting]:
    """Give what carries tasks out: `workers` processes, or this very one where there are none."""
    if not workers:
        yield Here(settings)
        return
    pool = Pool(settings, size=workers)
    try:
        yield pool
    finally:
        pool.close()


class Here:
    """Carries tasks out in this very process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def map(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """Yield the results of `tasks` in their order."""
        return map(self.one, tasks)

    def one(self, task: Task) -> Any:
        """Return the result of one task."""
        return task.run(self._settings)


@dataclass(slots=True)
class _Worker:
    process: Any
    line: Connection
    asked: deque[int] = field(default_factory=deque)


class Pool:
    """`size` processes that know `settings`.

    Raises:
        WorkerEnded: One of them died. So do all methods.
    """

    def __init__(self, settings: Settings, *, size: int) -> None:
        # Forked from a small process that has what is needed: pages are shared, and no lock of ours is copied.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(_PRELOADED))
        self._workers: list[_Worker] = []
        self._done: dict[int, Any] = {}
        self._asked = 0
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, settings), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes."""
        return tuple(worker.process.pid for worker in self._workers)

    def map(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """Yield the results of `tasks` in their order; tasks are taken as places become free."""
        waiting, under_way = iter(tasks), deque[int]()
        while True:
            while len(under_way) < AHEAD * len(self._workers) and (task := next(waiting, None)) is not None:
                under_way.append(self._ask(task))
            if not under_way:
                return
            yield self._result(under_way.popleft())

    def one(self, task: Task) -> Any:
        """Return the result of one task, also between two results of `map`."""
        return self._result(self._ask(task))

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.line.close()
        for worker in self._workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _ask(self, task: Task) -> int:
        worker = min(self._workers, key=lambda one: len(one.asked))
        with _ending():
            worker.line.send(task)
        self._asked += 1
        worker.asked.append(self._asked)
        return self._asked

    def _result(self, number: int) -> Any:
        while number not in self._done:
            ready = wait([one.line for one in self._workers if one.asked])
            for worker in self._workers:
                if worker.line in ready:
                    with _ending():
                        self._done[worker.asked.popleft()] = worker.line.recv()
        return self._done.pop(number)


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise WorkerEnded from error


def _work(line: Connection, settings: Settings) -> None:
    """Answer tasks until the other end of the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one ends it
    tasks = SimpleQueue[Task]()
    threading.Thread(target=_listen, args=(line, tasks), daemon=True).start()
    with contextlib.suppress(OSError):
        while True:
            line.send(tasks.get().run(settings))


def _listen(line: Connection, tasks: SimpleQueue[Task]) -> None:
    """Take tasks in while another one is at work: whoever sends one never waits for whoever sends a result."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            tasks.put(line.recv())
    os._exit(0)
