"""A live camera that is opened again, with capped and jittered back-off, whenever it fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Protocol

from camera.controls import Controls, FaceExposure
from camera.errors import CameraMissing, CameraTimeout
from camera.frame import Closing, Frame, Image

DEADLINE_S = 5.0
"""Seconds that a `read` waits for a frame before it raises `CameraTimeout`."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.0
"""Pauses between attempts double from the first to the longest; each is shortened at random by up to a half."""


class Device(Protocol):
    """An opened camera."""

    def read(self) -> Image | None:
        """Wait a second or two for a picture. None when none came: the device must then be opened again."""

    def close(self) -> None:
        """Release the device."""

    @property
    def controls(self) -> Controls | None:
        """What of it can be set while it is open; None where nothing can."""


class Reopening(Closing):
    """Reads the device that `opened` opens, and opens it again when that raises `CameraMissing` or no picture comes.

    `name` is used in errors and must hold no password. `wait` pauses for some seconds and returns True when the camera
    is closed meanwhile. With `follow_face` the exposure of a device that has controls follows the face.
    """

    realtime = True

    def __init__(
        self,
        name: str,
        opened: Callable[[], Device],
        *,
        clock: Callable[[], float],
        follow_face: bool = False,
        deadline_s: float = DEADLINE_S,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._name = name
        self._opened = opened
        self._clock = clock
        self._deadline_s = deadline_s
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._device: Device | None = None
        self._follow_face = follow_face
        self._exposure: FaceExposure | None = None
        self._metered: tuple[float | None, float] = (None, float("-inf"))
        self._why = ""
        self._failures = 0
        self._try_at_s = float("-inf")
        self._index = 0
        self._reading = False

    def read(self) -> Frame | None:
        """The next frame, dated as it arrives. None once closed.

        Raises `CameraTimeout` when no frame came within the deadline.
        """
        self._reading = True
        try:
            until_s = self._clock() + self._deadline_s
            while not self._closed.is_set():
                image = self._picture()
                if image is not None:
                    self._index += 1
                    return Frame(image, self._clock(), self._index - 1)
                now_s = self._clock()
                if now_s >= until_s:
                    raise CameraTimeout(
                        f"{self._name}: no picture for {self._deadline_s:g} s ({self._why}); still trying"
                    )
                self._wait(max(0.0, min(self._try_at_s, until_s) - now_s))
            return None
        finally:
            self._reading = False
            if self._closed.is_set():
                self._release()

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Tell how bright the face is. The thread that reads sets the controls, as it alone has the device."""
        self._metered = (brightness, at_s)

    def close(self) -> None:
        """End the reading. A thread that waits in `read` releases the device itself."""
        self._closed.set()
        if not self._reading:
            self._release()

    def _picture(self) -> Image | None:
        """Make one attempt: open the device if the pause is over, and read it."""
        if self._device is None:
            if self._clock() < self._try_at_s:
                return None
            try:
                self._device = self._opened()
            except CameraMissing as error:
                self._failed(str(error))
                return None
            if self._follow_face and self._device.controls is not None:
                self._exposure = FaceExposure(self._device.controls)
        image = self._device.read()
        if image is None:
            self._release()
            self._failed("it is open but gives none")
        else:
            self._failures = 0
            if self._exposure is not None:
                self._exposure.meter(*self._metered)
        return image

    def _failed(self, why: str) -> None:
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self._failures)
        self._why = why
        self._failures = min(self._failures + 1, 10)
        self._try_at_s = self._clock() + pause_s * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, guards nothing

    def _release(self) -> None:
        device, self._device = self._device, None
        exposure, self._exposure = self._exposure, None
        if exposure is not None:
            exposure.restore()
        if device is not None:
            device.close()
