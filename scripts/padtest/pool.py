"""Presentations side by side: one process a core, each with its own kiosk."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from kiosk.app import parts
from kiosk.lab.padtest.trial import Bench, Presentation, Trial
from kiosk.people import Roll
from kiosk.recognition.liveness import Level
from kiosk.settings import Settings

PROCESSES = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Process:
    """What one process keeps between presentations."""

    bench: Bench


class Benches:
    """The pool. Fresh processes: MediaPipe's threads do not survive a fork."""

    def __init__(self, settings: Settings, roll: Roll, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(PROCESSES, context, initializer=_start, initargs=(settings, roll, seed))

    def present(self, level: Level, presentations: Iterable[Presentation]) -> Iterable[Trial]:
        """The trials, in the order of the presentations."""
        return self._pool.map(_present, [(level, shown) for shown in presentations], chunksize=4)

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterable[Result]:
        """Something else, in the same processes."""
        return self._pool.map(work, tasks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def bench() -> Bench:
    """The kiosk of this process."""
    return _Process.bench


def _start(settings: Settings, roll: Roll, seed: int) -> None:
    _Process.bench = Bench(settings, parts.looker(settings), roll, "off", seed)


def _present(task: tuple[Level, Presentation]) -> Trial:
    level, presentation = task
    return replace(_Process.bench, level=level).present(presentation)
