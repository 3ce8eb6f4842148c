"""The Raspberry Pi camera through picamera2, which comes with the system and is imported only when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from camera.errors import CameraMissing, DriverMissing
from camera.frame import Image

PICTURE_S = 2.0
"""How long one picture may take."""


def picamera_opener(number: int, size: tuple[int, int], fps: float) -> Callable[[], PiCamera]:
    """How to open Pi camera `number` at (width, height) px. Raises `DriverMissing` when picamera2 is not installed."""
    try:
        picamera2 = importlib.import_module("picamera2")
    except ImportError as error:
        raise DriverMissing(
            "picamera: needs picamera2: apt install python3-picamera2, and a .venv that sees system packages"
        ) from error

    def opened() -> PiCamera:
        try:
            camera = picamera2.Picamera2(number)
        except (RuntimeError, IndexError) as error:
            raise CameraMissing(
                f"Pi camera {number} cannot be opened ({error}): see rpicam-hello --list-cameras"
            ) from error
        # In picamera2 this name means bytes in the order blue, green, red.
        main = {"size": size, "format": "RGB888"}
        camera.configure(camera.create_video_configuration(main=main, controls={"FrameRate": fps}))
        camera.start()
        return PiCamera(camera)

    return opened


class PiCamera:
    """A started `Picamera2` as a device."""

    def __init__(self, camera: Any) -> None:
        self._camera = camera

    def read(self) -> Image | None:
        """The next picture; None when none came in time."""
        job = self._camera.capture_array("main", wait=False)
        try:
            return np.ascontiguousarray(self._camera.wait(job, timeout=PICTURE_S), np.uint8)
        except TimeoutError:
            return None

    def close(self) -> None:
        """Stop and let go of the camera."""
        self._camera.stop()
        self._camera.close()
