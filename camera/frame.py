"""The frame that every camera gives, and the protocols of cameras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3), BGR."""

MeshOf = Callable[[Image], NDArray[np.float32]]
"""Finds the face of a photo: (468, 3) FaceMesh points, x and y in px, z in px with MediaPipe's sign (towards the
camera is negative). Raises its owner's own error when the photo shows no face."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a synthetic frame shows. Left and right are the person's own; the person's left is the image's right.

    Angles are those of the face as the camera sees it, in degrees, of the rotation R = roll * yaw * pitch:

    - `yaw_deg` > 0: the person turns to their left (the nose moves to the image's right),
    - `pitch_deg` > 0: the person looks up, counted from the photo's own pitch,
    - `roll_deg` > 0: the head tilts to their left shoulder (clockwise in the image).

    `eyes_open` runs from 0 (closed) to 1. `box` is the rectangle of the 468 mesh points in px (x0, y0, x1, y1), which
    may reach beyond the picture. `present` says whether any of it lies inside, `flat` whether it is a print or a
    screen. The angles and the box are 0 while nobody is present.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    eyes_open: float
    box: tuple[float, float, float, float]
    present: bool
    flat: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, when it was taken, and its number from 0.

    `at_s` is in seconds, by the camera's clock in real time, else since the start of the film. `truth` is None for real
    pictures.
    """

    image: Image
    at_s: float
    index: int
    truth: Truth | None = None


class Camera(Protocol):
    """A source of frames, closed by `close` or by leaving its `with` block. `close` may be called by another thread."""

    @property
    def realtime(self) -> bool:
        """Whether frames come at their own pace. If not, they can be read as fast as wanted."""

    def read(self) -> Frame | None:
        """Wait for the next frame; None when the source has ended or is closed.

        Raises `CameraTimeout` when no frame came within the deadline. Call it again: it goes on trying, and raises
        again after each deadline.
        """

    def close(self) -> None:
        """Release the device or file. A second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


Prompt = Literal["turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth", "come_closer", "hold"]
"""What the person before the camera can be asked to do. Left and right are the person's own."""


@runtime_checkable
class Answering(Protocol):
    """A synthetic camera whose person can be asked for an action, as a real person reads it on the screen."""

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask for an action after the frame of `at_s`. It is ignored when it cannot be done.

        Another thread may be in `read`.
        """


@runtime_checkable
class Metering(Protocol):
    """A camera whose exposure can follow the face."""

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Tell the median grey level of the face in the frame of `at_s`; None when it shows nobody.

        Another thread may be in `read`.
        """


class Closing:
    """Base of cameras: closes the camera at the end of a `with` block."""

    def close(self) -> None:
        """Release the device or file."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
