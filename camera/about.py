"""Facts about a camera URL without opening the camera: its driver, the kind of source, and the device's model."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from camera.errors import CameraUrlError
from camera.url import split_url

log = logging.getLogger(__name__)

Source = Literal["camera", "film", "synthetic"]
"""The kind of source: a camera, a recording, or a drawn person."""

_SOURCES: Final[dict[str, Source]] = {
    "v4l2": "camera",
    "rtsp": "camera",
    "rtsps": "camera",
    "picamera": "camera",
    "file": "film",
    "person": "synthetic",
    "attack": "synthetic",
    "queue": "synthetic",
    "lobby": "synthetic",
}

_V4L2: Final = Path("/sys/class/video4linux")
_LONGEST: Final = 100
"""Characters of a model's name that are kept."""


@dataclass(frozen=True, slots=True)
class About:
    """The URL's scheme, the kind of its source, and the model as the driver names it.

    `model` is None when the driver names none or the camera is absent. Nothing else of the URL is kept, as it may hold
    a password.
    """

    scheme: str
    source: Source
    model: str | None


def about(url: str, v4l2: Path = _V4L2) -> About:
    """The facts about a camera URL. Raises CameraUrlError when it is none. `v4l2` is the kernel's folder of devices."""
    scheme = url.partition(":")[0]
    source = _SOURCES.get(scheme)
    if source is None:
        raise unknown(scheme)
    model = None
    if scheme == "v4l2":
        model = _v4l2_model(Path(split_url(url)[1]), v4l2)
    elif scheme == "picamera":
        model = _pi_model(split_url(url)[1])
    return About(scheme, source, model and _printable(model))


def _printable(model: str) -> str | None:
    """A model's name without control characters: a device may name itself anything, and terminals show the name."""
    return "".join(character for character in model if character.isprintable()).strip()[:_LONGEST] or None


def unknown(scheme: str) -> CameraUrlError:
    """The error for a scheme that no driver has."""
    known = "v4l2:, rtsp:, picamera:, file:, person:, attack:, queue: and lobby:"
    return CameraUrlError(f"{scheme!r} is not a camera; there are {known}")


def _v4l2_model(device: Path, folder: Path) -> str | None:
    """The name that the driver gave the device (Video for Linux: VIDIOC_QUERYCAP's card)."""
    try:
        return folder.joinpath(device.resolve().name, "name").read_text("utf-8", "replace")
    except OSError:  # unplugged, or no such device: the driver waits for it
        return None


def _pi_model(number: str) -> str | None:
    """The name of the sensor, such as imx708."""
    try:
        found = importlib.import_module("picamera2").Picamera2.global_camera_info()
        return next((str(one["Model"]) for one in found if str(one["Num"]) == number), None)
    except (ImportError, RuntimeError, KeyError) as error:  # opening it will say what is wrong
        log.warning("picamera: the model is not known: %s", error)
        return None
