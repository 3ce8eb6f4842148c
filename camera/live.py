"""Live cameras: V4L2 and RTSP through OpenCV, and Raspberry Pi cameras through picamera2."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import cv2
import numpy as np

from camera.controls import ControlError
from camera.errors import CameraMissing, CameraUrlError, DriverMissing
from camera.exposure import FLICKER_US, Control, ControlState, States
from camera.frame import Image
from camera.v4l2 import V4l2Controls

SELECT_TIMEOUT_S = 1
"""Seconds that OpenCV waits for a V4L2 picture. Its default of 10 s is longer than the deadline of a `read`."""

BROKEN_IN_A_ROW = 5
"""Damaged pictures that are skipped in a row. Many USB cameras begin with one."""

RTSP_OPEN_MS, RTSP_READ_MS = 4000, 2000

log = logging.getLogger(__name__)


class OpenedCapture:
    """A device that reads an opened `cv2.VideoCapture`."""

    def __init__(self, capture: cv2.VideoCapture, controls: V4l2Controls | None = None) -> None:
        self._capture = capture
        self.controls = controls

    def read(self) -> Image | None:
        """The next picture. None when none came within the capture's own timeout."""
        for _ in range(BROKEN_IN_A_ROW):
            if not self._capture.grab():
                return None
            whole, image = self._capture.retrieve()
            if whole:
                return np.asarray(image, np.uint8)
        return None

    def close(self) -> None:
        """Release the device."""
        self._capture.release()
        if self.controls is not None:
            self.controls.close()


def open_v4l2(device: Path, width: int, height: int, fps: int) -> OpenedCapture:
    """Open a V4L2 camera for motion JPEG, the format in which USB cameras reach full size and rate.

    The camera chooses the nearest (width, height) px and frames/s that it has. Raises `CameraMissing`.
    """
    if not device.exists():
        raise CameraMissing(f"{device} is not there: check its plug, and the name with ls /dev/v4l/by-id")
    # OpenCV reads this variable when it first reads a V4L2 camera. VideoCapture has no property for it.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(SELECT_TIMEOUT_S))
    capture = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise CameraMissing(
            f"{device} cannot be opened: another program may hold it, or this user is not in group video"
        )
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, fps)
    return OpenedCapture(capture, _controls(device))


def _controls(device: Path) -> V4l2Controls | None:
    try:
        return V4l2Controls(device)
    except ControlError as error:
        log.warning("pictures come, but the exposure cannot follow the face: %s", error)
        return None


def rtsp_name(url: str) -> str:
    """The URL without user, password and query, for messages. Raises `CameraUrlError` when it has no host."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise CameraUrlError("rtsp: the URL's host or port is malformed") from error
    if not parts.hostname:
        raise CameraUrlError("rtsp: write rtsp://HOST/PATH, with rtsp://USER:PASSWORD@HOST/PATH where the camera asks")
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def open_rtsp(url: str) -> OpenedCapture:
    """Open an RTSP stream over TCP, OpenCV's default. Raises `CameraMissing`, whose text holds no user or password."""
    timeouts = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, RTSP_OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, RTSP_READ_MS)
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        capture.release()
        raise CameraMissing(f"{rtsp_name(url)} does not answer or refuses: check address, user and password")
    return OpenedCapture(capture)


PICTURE_S = 2.0
"""Seconds that one picture may take."""


def picamera_opener(number: int, size: tuple[int, int], fps: float) -> Callable[[], PiCamera]:
    """A function that opens Pi camera `number` at (width, height) px and raises `CameraMissing`.

    Raises `DriverMissing` when picamera2 is not installed.
    """
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
        # In picamera2 the format RGB888 has its bytes in the order blue, green, red.
        main = {"size": size, "format": "RGB888"}
        camera.configure(camera.create_video_configuration(main=main, controls={"FrameRate": fps}))
        camera.start()
        return PiCamera(camera)

    return opened


class PiCamera:
    """A device that reads a started `Picamera2`."""

    def __init__(self, camera: Any) -> None:
        self._camera = camera
        self.controls = PiControls(camera)

    def read(self) -> Image | None:
        """The next picture. None when none came within `PICTURE_S`."""
        job = self._camera.capture_array("main", wait=False)
        try:
            return np.ascontiguousarray(self._camera.wait(job, timeout=PICTURE_S), np.uint8)
        except TimeoutError:
            return None

    def close(self) -> None:
        """Stop and release the camera."""
        self._camera.stop()
        self._camera.close()


class PiControls:
    """Exposure compensation and avoidance of flicker of a `Picamera2`. A camera that is opened anew has neither set.

    Its automatic exposure goes on beneath the compensation, so that time and gain need not be set.
    """

    _SOURCES: Final = {Control.COMPENSATION: "ExposureValue", Control.POWER_LINE: "AeFlickerMode"}  # of libcamera

    def __init__(self, camera: Any) -> None:
        self._camera = camera
        self._set = dict.fromkeys(self._SOURCES, 0.0)

    def states(self) -> States:
        """Those of the two that the camera has."""
        limits = self._camera.camera_controls  # name: (least, most, usual)
        return {
            control: ControlState(self._set[control], float(limits[name][0]), float(limits[name][1]))
            for control, name in self._SOURCES.items()
            if name in limits
        }

    def set(self, control: Control, value: float) -> None:
        """Set one of the two. Raises ControlError for a value that libcamera does not take."""
        wanted: dict[str, float] = {self._SOURCES[control]: value}
        if control is Control.POWER_LINE:  # 1 is AeFlickerModeEnum.Manual, with a period in microseconds
            wanted = {"AeFlickerMode": int(value), "AeFlickerPeriod": int(FLICKER_US)}
        try:
            self._camera.set_controls(wanted)
        except RuntimeError as error:
            raise ControlError(f"the Pi camera refuses {control} = {value:g}: {error}") from error
        self._set[control] = value
