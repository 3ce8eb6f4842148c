"""One thread of the daemon: its name, its heartbeat, and the report of an unexpected end."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

log = logging.getLogger(__name__)

_ROUND_EVERY_S: Final = 1.0

Beat: TypeAlias = Callable[[], None]
Run: TypeAlias = Callable[[threading.Event, Beat], None]
"""What a worker does: `run(stop, beat)` returns soon after `stop` is set and calls `beat` every few seconds."""


class WorkerEndedError(RuntimeError):
    """A worker returned although it was not asked to stop."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The unexpected end of a worker. The daemon must end too, so that systemd starts it anew."""

    worker: str
    error: BaseException


class Worker:
    """Runs `run(stop, beat)` in a thread called `name`.

    The supervisor stops to ping the watchdog when there is no heartbeat for `silence_s` seconds. `interrupt` is called
    by `stop`, in another thread, to end a wait that `run` may be in.
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
        """Starts the thread. `report` is called in that thread when it ends without being asked to."""
        # A thread that hangs in native code must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, args=(report,), name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end."""
        self._stop.set()
        self._interrupt()

    def join(self, timeout_s: float) -> bool:
        """Waits for the end of the thread. Returns False when it still runs after `timeout_s` seconds."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def ready(self) -> bool:
        """Whether there was a first heartbeat."""
        return self._first_beat.is_set()

    @property
    def silent_s(self) -> float:
        """Seconds since the last heartbeat."""
        return time.monotonic() - self._last_beat_s

    @property
    def fresh(self) -> bool:
        """Whether the last heartbeat is recent enough. For the first one only systemd's limit for a start applies."""
        return not self.ready or self.silent_s <= self._silence_s

    def _beat(self) -> None:
        self._last_beat_s = time.monotonic()
        self._first_beat.set()

    def _work(self, report: Callable[[Failure], None]) -> None:
        log.debug("%s starts", self.name)
        try:
            self._run(self._stop, self._beat)
        except BaseException as error:  # the supervisor ends the process after any error
            log.exception("%s failed", self.name)
            report(Failure(self.name, error))
        else:
            if not self._stop.is_set():
                log.error("%s ended although nobody stopped it", self.name)
                report(Failure(self.name, WorkerEndedError("it ended although nobody stopped it")))
            log.debug("%s ended", self.name)


def rounds(*ticks: Callable[[], None]) -> Run:
    """Returns the work of a worker that calls each of `ticks` in turn, once a second."""

    def run(stop: threading.Event, beat: Beat) -> None:
        beat()  # otherwise READY would wait for the first round
        while not stop.wait(_ROUND_EVERY_S):
            beat()
            for tick in ticks:
                tick()

    return run
