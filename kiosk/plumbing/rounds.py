"""A worker for parts that only need to look now and then."""

import threading
from collections.abc import Callable
from typing import Final

from kiosk.plumbing.worker import Beat, Run

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
