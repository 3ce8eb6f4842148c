"""Types for one face in one picture. Coordinates are in pixels: x to the right, y down, origin at the top left."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
"""(H, W, 3), red first, as MediaPipe and the embedders take it."""

Points = NDArray[np.float32]
"""(468, 3) FaceMesh landmarks; z is in pixels too, negative towards the camera."""


class Box(NamedTuple):
    """An upright rectangle in px, from (x0, y0) up to but without (x1, y1)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Square pixels, 0 for an empty box."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle as (x, y)."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = Box(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))
        if shared.width <= 0 or shared.height <= 0:
            return 0.0
        return shared.area / (self.area + other.area - shared.area)


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face: its box and the detector's score, 0 to 1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Pose:
    """The direction of a head, in degrees. All are 0 when it looks straight into the camera.

    yaw > 0: turned to the person's own left (the right of the picture). pitch > 0: chin up. roll > 0: tilted to the
    person's own left shoulder (clockwise in the picture).
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
