"""What every camera gives, and the protocol every driver keeps."""

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

    Angles are those of the face before the camera, in degrees, as in R = roll * yaw * pitch:

    - `yaw_deg` > 0: the person turns to their left (the nose moves to the image's right),
    - `pitch_deg` > 0: the person looks up, counted from the photo's own pitch,
    - `roll_deg` > 0: the head tilts to their left shoulder (clockwise in the image).

    `eyes_open` runs from 0 (closed) to 1; `box` is the rectangle of the 468 mesh points in px (x0, y0, x1, y1), which
    may reach beyond the picture; `present` says whether any of it lies inside; `flat`, that it is a print.
    While nobody is present the angles and the box are 0.
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
    """One picture and the instant it was taken, in seconds: by the camera's clock in real time, else video time."""

    image: Image
    at_s: float
    index: int
    truth: Truth | None = None


class Camera(Protocol):
    """A source of frames, closed by `close` or by leaving its `with` block; `close` may come from another thread."""

    @property
    def realtime(self) -> bool:
        """Whether frames come at their own pace; if not, they may be pulled as fast as wanted."""

    def read(self) -> Frame | None:
        """Wait for the next frame; None when the source has ended or is closed.

        Raises `CameraLost` when no frame came within the deadline: call again, it goes on trying, and says so again
        after each deadline.
        """

    def close(self) -> None:
        """Let go of the device or file; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


Prompt = Literal["turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth", "come_closer", "hold"]
"""What somebody before the camera can be asked to do; left and right are the person's own."""


@runtime_checkable
class Answering(Protocol):
    """A camera whose person hears what is asked, as a real one reads it on the screen."""

    def obey(self, action: Prompt, at_s: float) -> None:
        """Be asked in the frame of `at_s`. What cannot be done is not done. Another thread may be in `read`."""


class Closing:
    """Gives a camera its `with` block."""

    def close(self) -> None:
        """Let go of the device or file."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
