"""What other threads want of the vision thread, which alone may use its graphs: done between two frames."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from camera import CameraError, Frame
from kiosk.recognition.pipeline import FacePipeline, FrameAnalysis
from kiosk.runtime.errors import KioskError
from models.errors import ModelError
from sync.errors import SyncError

T = TypeVar("T")

_NOT_NOW: Final = "the camera's part of the kiosk is busy or stopping; try again"
_TOLD: Final = (KioskError, CameraError, ModelError, SyncError)
"""What the one who asked is told; anything else ends the vision thread, and with it the daemon."""


class NotDoneError(KioskError):
    """The vision thread did not come to it: it is busy, without a camera, or stopping."""


class BusyError(KioskError):
    """Another sitting is under way."""


@dataclass(frozen=True, slots=True)
class VisionContext:
    """What the vision thread has in its hands: the newest frame, None before the first, and what recognition saw of
    the last that it looked at. Valid during the errand only."""

    pipeline: FacePipeline
    frame: Frame | None
    view: FrameAnalysis | None


class FrameSession(Protocol):
    """Somebody sits for something that takes many frames; recognition rests meanwhile."""

    def see(self, pipeline: FacePipeline, frame: Frame | None) -> bool:
        """Take in the next frame, None when none came for half a second; whether the sitting goes on."""

    def stop(self) -> None:
        """The daemon stops: leave nothing half done."""


class _Job(Generic[T]):
    def __init__(self, job: Callable[[VisionContext], T]) -> None:
        self.done: Future[T] = Future()
        self._job = job

    def do(self, booth: VisionContext) -> None:
        if not self.done.set_running_or_notify_cancel():
            return  # who asked waits no longer
        try:
            self.done.set_result(self._job(booth))
        except _TOLD as error:
            self.done.set_exception(error)


class VisionJobs:
    """The meeting point. Any thread may ask; the vision thread serves."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._waiting: deque[_Job[Any]] = deque()
        self._sitting: FrameSession | None = None
        self._closed = False

    def run(self, job: Callable[[VisionContext], T], timeout_s: float) -> T:
        """Have a job done between two frames, and wait for what it returns; it should take no longer than a frame.

        NotDoneError when that is not within `timeout_s`, or the daemon stops; else what the job raises.
        """
        errand = _Job(job)
        with self._turn:
            if self._closed:
                raise NotDoneError(_NOT_NOW)
            self._waiting.append(errand)
        try:
            return errand.done.result(timeout_s)
        except (TimeoutError, CancelledError) as error:
            errand.done.cancel()
            raise NotDoneError(_NOT_NOW) from error

    def sit(self, sitting: FrameSession) -> None:
        """Begin a sitting as soon as nobody's visit is disturbed. BusyError while there is one."""
        with self._turn:
            if self._closed:
                raise NotDoneError(_NOT_NOW)
            if self._sitting is not None:
                raise BusyError("somebody is being enrolled already; wait until that is over, or cancel it")
            self._sitting = sitting

    @property
    def sitting(self) -> FrameSession | None:
        """The one that has been begun, or waits to begin."""
        return self._sitting

    def serve(self, booth: VisionContext) -> None:
        """Do what waits. For the vision thread."""
        while self._waiting:
            self._waiting.popleft().do(booth)

    def see(self, pipeline: FacePipeline, frame: Frame | None) -> None:
        """Show a frame to who sits. For the vision thread."""
        if self._sitting is not None and not self._sitting.see(pipeline, frame):
            self._sitting = None

    def close(self) -> None:
        """Nobody waits any longer: the vision thread ends."""
        with self._turn:
            self._closed = True
            waiting, sitting = list(self._waiting), self._sitting
            self._waiting.clear()
            self._sitting = None
        for errand in waiting:
            errand.done.cancel()
        if sitting is not None:
            sitting.stop()
