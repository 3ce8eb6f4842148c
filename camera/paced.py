"""Gives a recorded or drawn source the pace of a live camera."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from camera.frame import Action, Answering, Camera, Closing, Frame


class Paced(Closing):
    """Holds each frame back until its time has come on the clock, and dates it with that clock.

    A reader that falls behind gets every frame late rather than losing some: the timeline is moved, so that no frame
    is ever older than the moment it was ready.
    """

    realtime = True

    def __init__(self, source: Camera, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._closed = threading.Event()
        self._start_s: float | None = None

    def read(self) -> Frame | None:
        """Wait until the next frame is due; None when the source has ended or is closed."""
        frame = self._source.read()
        if frame is None:
            return None
        now_s = self._clock()
        if self._start_s is None or now_s > self._start_s + frame.at_s:
            self._start_s = now_s - frame.at_s
        due_s = self._start_s + frame.at_s
        if self._closed.wait(due_s - now_s):
            return None
        return replace(frame, at_s=due_s)

    def obey(self, action: Action, at_s: float) -> None:
        """Ask whoever is before the source, if they can hear: now, for the frame of `at_s` is past by the time it is
        understood."""
        if isinstance(self._source, Answering) and self._start_s is not None:
            self._source.obey(action, max(at_s, self._clock()) - self._start_s)

    def close(self) -> None:
        """End a wait in `read` and close the source."""
        self._closed.set()
        self._source.close()
