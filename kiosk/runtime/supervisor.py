"""The main thread: starts the workers, watches their heartbeats, notifies systemd, and stops them."""

import logging
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType

from systemd.daemon import notify

from kiosk.runtime.worker import Failure, Worker

log = logging.getLogger(__name__)
_TICK_S = 1.0
_STARTING_TICK_S = 0.1
_STOP_WITHIN_S = 1.8

_Inbox = SimpleQueue[signal.Signals | Failure]
"""Its `put` may be called in a signal handler, which `Event.set` may not."""


def supervise(workers: Sequence[Worker], tick_s: float = _TICK_S) -> int:
    """Runs the workers until SIGTERM, SIGINT or the failure of one. Must be called in the main thread.

    Returns the exit status: 0 after a signal, 1 after a failure. systemd gets READY after the first heartbeat of every
    worker, and WATCHDOG every `tick_s` seconds while no heartbeat is too old. The workers are stopped in reverse order,
    within two seconds.
    """
    inbox: _Inbox = SimpleQueue()
    started: list[Worker] = []
    with _signals_into(inbox):
        try:
            for worker in workers:
                notify(f"STATUS=starting {worker.name}")
                started.append(worker)
                worker.start(inbox.put)
            return _watch(workers, inbox, tick_s)
        finally:
            _stop(started)


@contextmanager
def _signals_into(inbox: _Inbox) -> Iterator[None]:
    def handle(number: int, _frame: FrameType | None) -> None:
        inbox.put(signal.Signals(number))

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(workers: Sequence[Worker], inbox: _Inbox, tick_s: float) -> int:
    ready, silent = False, list[str]()
    while True:
        if not ready and all(worker.ready for worker in workers):
            ready = True
            log.info("ready: %s", ", ".join(worker.name for worker in workers))
            notify("READY=1\nSTATUS=running")
        silent = _check(workers, silent)
        try:
            wake = inbox.get(timeout=tick_s if ready else min(tick_s, _STARTING_TICK_S))
        except Empty:
            continue
        return _exit_status(wake)


def _check(workers: Sequence[Worker], silent_before: list[str]) -> list[str]:
    """Pings the watchdog unless a worker is silent, and logs a silence when it begins and when it ends."""
    silent = [worker.name for worker in workers if not worker.fresh]
    if not silent:
        notify("WATCHDOG=1")
    if silent and silent != silent_before:
        log.error("no heartbeat from %s; the watchdog is not pinged until it is back", ", ".join(silent))
        notify(f"STATUS=no heartbeat from {', '.join(silent)}")
    elif silent_before and not silent:
        log.warning("heartbeat of %s is back", ", ".join(silent_before))
        notify("STATUS=running")
    return silent


def _exit_status(wake: signal.Signals | Failure) -> int:
    if isinstance(wake, Failure):
        log.critical("stopping with status 1: %s failed: %s", wake.worker, wake.error)
        notify(f"STOPPING=1\nSTATUS=stopping: {wake.worker} failed")
        return 1
    log.info("stopping: %s", wake.name)
    notify(f"STOPPING=1\nSTATUS=stopping: {wake.name}")
    return 0


def _stop(started: Sequence[Worker]) -> None:
    deadline_s = time.monotonic() + _STOP_WITHIN_S
    for waiting, worker in zip(range(len(started), 0, -1), reversed(started), strict=True):
        worker.stop()
        # Each worker gets an equal share of the time left, so that one that hangs leaves time for the others.
        if not worker.join(max(0.0, deadline_s - time.monotonic()) / waiting):
            log.error("%s did not stop in time and is left behind", worker.name)
