"""Jobs that other threads hand to the vision thread. It alone may use the MediaPipe graphs; it works between frames."""

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
_REPORTED: Final = (KioskError, CameraError, ModelError, SyncError)
"""Errors that are passed on to the thread that asked. Any other ends the vision thread, and with it the daemon."""


class NotDoneError(KioskError):
    """The vision thread did not do the job: it is busy, without a camera, or stopping."""


class BusyError(KioskError):
    """Another session is under way."""


@dataclass(frozen=True, slots=True)
class VisionContext:
    """What a job may use while it runs: the newest frame, None before the first, and the `analysis` of the last frame
    that recognition looked at."""

    pipeline: FacePipeline
    frame: Frame | None
    analysis: FrameAnalysis | None


class FrameSession(Protocol):
    """Work that takes many frames, such as an enrolment. Recognition rests meanwhile."""

    def see(self, pipeline: FacePipeline, frame: Frame | None) -> bool:
        """Take in the next frame, None when none came for half a second; returns whether the session goes on."""

    def stop(self) -> None:
        """The daemon stops: leave nothing half done."""


class _Job(Generic[T]):
    def __init__(self, job: Callable[[VisionContext], T]) -> None:
        self.done: Future[T] = Future()
        self._job = job

    def do(self, context: VisionContext) -> None:
        if not self.done.set_running_or_notify_cancel():
            return  # who asked waits no longer
        try:
            self.done.set_result(self._job(context))
        except _REPORTED as error:
            self.done.set_exception(error)


class VisionJobs:
    """The queue of jobs for the vision thread, and at most one session. Any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Job[Any]] = deque()
        self._session: FrameSession | None = None
        self._closed = False

    def run(self, job: Callable[[VisionContext], T], timeout_s: float) -> T:
        """Have a job done between two frames, and wait for what it returns; it should take no longer than a frame.

        Raises NotDoneError when that is not within `timeout_s`, or the daemon stops; else what the job raises.
        """
        queued = _Job(job)
        with self._lock:
            if self._closed:
                raise NotDoneError(_NOT_NOW)
            self._waiting.append(queued)
        try:
            return queued.done.result(timeout_s)
        except (TimeoutError, CancelledError) as error:
            queued.done.cancel()
            raise NotDoneError(_NOT_NOW) from error

    def begin(self, session: FrameSession) -> None:
        """Begin a session as soon as no visit is disturbed.

        Raises BusyError while there is another session, NotDoneError once closed.
        """
        with self._lock:
            if self._closed:
                raise NotDoneError(_NOT_NOW)
            if self._session is not None:
                raise BusyError("somebody is being enrolled already; wait until that is over, or cancel it")
            self._session = session

    @property
    def session(self) -> FrameSession | None:
        """The session that is under way or waits to begin; None without one."""
        return self._session

    def serve(self, context: VisionContext) -> None:
        """Do all waiting jobs. For the vision thread."""
        while self._waiting:
            self._waiting.popleft().do(context)

    def see(self, pipeline: FacePipeline, frame: Frame | None) -> None:
        """Give a frame to the session, if there is one. For the vision thread."""
        if self._session is not None and not self._session.see(pipeline, frame):
            self._session = None

    def close(self) -> None:
        """Cancel all waiting jobs and stop the session: the vision thread ends."""
        with self._lock:
            self._closed = True
            waiting, session = list(self._waiting), self._session
            self._waiting.clear()
            self._session = None
        for queued in waiting:
            queued.done.cancel()
        if session is not None:
            session.stop()
