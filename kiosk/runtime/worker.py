"""One thread of the daemon: its name, its heartbeat, and the report of an end that nobody asked for."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

log = logging.getLogger(__name__)

Beat: TypeAlias = Callable[[], None]
Run: TypeAlias = Callable[[threading.Event, Beat], None]
"""What a worker does: `run(stop, beat)` returns soon after `stop` is set and calls `beat` every few seconds."""


class WorkerEndedError(RuntimeError):
    """A worker returned although it was not asked to."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A worker's unexpected end: the daemon must end too, and be started clean."""

    worker: str
    error: BaseException


class Worker:
    """Runs `run(stop, beat)` in a thread called `name`. Its heartbeat may be silent for `silence_s` seconds.

    `interrupt` is called at a stop, from another thread, to end a wait that `run` may be in.
    """

    def __init__(
        self, name: str, run: Run, silence_s: float = 10.0, interrupt: Callable[[], None] = lambda: None
    ) -> None:
        self.name = name
        self._run = run
        self._silence_s = silence_s
        self._interrupt = interrupt
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._first_beat = threading.Event()
        self._last_beat_s = 0.0

    def start(self, report: Callable[[Failure], None]) -> None:
        """Start the thread; `report` is called, in it, should it end by itself."""
        # A thread that hangs in native code must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, args=(report,), name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stop.set()
        self._interrupt()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False when it is still running after `timeout_s`."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def ready(self) -> bool:
        """True once the heart has beaten."""
        return self._first_beat.is_set()

    @property
    def silent_s(self) -> float:
        """Seconds since the last heartbeat."""
        return time.monotonic() - self._last_beat_s

    @property
    def fresh(self) -> bool:
        """True while the heartbeat is no older than allowed; the first one has the start's time limit."""
        return not self.ready or self.silent_s <= self._silence_s

    def _beat(self) -> None:
        self._last_beat_s = time.monotonic()
        self._first_beat.set()

    def _work(self, report: Callable[[Failure], None]) -> None:
        log.debug("%s starts", self.name)
        try:
            self._run(self._stop, self._beat)
        except BaseException as error:  # whatever it was: the supervisor ends the process
            log.exception("%s failed", self.name)
            report(Failure(self.name, error))
        else:
            if not self._stop.is_set():
                log.error("%s ended although nobody stopped it", self.name)
                report(Failure(self.name, WorkerEndedError("it ended although nobody stopped it")))
            log.debug("%s ended", self.name)


_EVERY_S: Final = 1.0


def rounds(*ticks: Callable[[], None]) -> Run:
    """Call each of `ticks` in turn, once a second."""

    def run(stop: threading.Event, beat: Beat) -> None:
        beat()  # else READY would wait for the first round
        while not stop.wait(_EVERY_S):
            beat()
            for tick in ticks:
                tick()

    return run
