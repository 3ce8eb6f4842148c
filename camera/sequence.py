"""Several sources played one after another, like people who walk up in a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from camera.frame import Action, Answering, Camera, Closing, Frame


class CameraQueue(Closing):
    """Plays each camera to its end; frames are counted through, and video time goes on where the last one stopped.

    All of them are in real time, or none is.
    """

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._cameras = cameras
        self._turn = 0
        self._closed = False
        self._index = 0
        self._begin_s = 0.0
        self._last_s = 0.0
        self._step_s = 0.0

    @property
    def realtime(self) -> bool:
        """As its cameras."""
        return self._cameras[0].realtime

    def read(self) -> Frame | None:
        """The next frame of the camera whose turn it is; None after the last one's end, or when closed."""
        while not self._closed and self._turn < len(self._cameras):
            frame = self._cameras[self._turn].read()
            if frame is not None:
                return self._renumbered(frame)
            self._turn += 1
            if not self.realtime:
                self._begin_s = self._last_s + self._step_s
        return None

    def obey(self, action: Action, at_s: float) -> None:
        """Ask whoever's turn it is, if they can hear."""
        now = self._cameras[min(self._turn, len(self._cameras) - 1)]
        if isinstance(now, Answering):
            now.obey(action, at_s - self._begin_s)

    def close(self) -> None:
        """Close them all; another thread may be in `read`."""
        self._closed = True
        for camera in self._cameras:
            camera.close()

    def _renumbered(self, frame: Frame) -> Frame:
        at_s = self._begin_s + frame.at_s
        self._step_s, self._last_s = at_s - self._last_s, at_s
        self._index += 1
        return replace(frame, at_s=at_s, index=self._index - 1)
