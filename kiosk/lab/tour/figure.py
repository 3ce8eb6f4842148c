"""A drawn figure in place of a person before the camera."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from camera import Image

SIZE: Final = (640, 480)
"""Width and height in px."""

_SHIFT: Final = 4  # fractional bits of cv2 coordinates: sixteenths of a pixel, so that slow motion does not jump
_WALL_TOP, _WALL_END = (214, 220, 222), (184, 194, 199)
_SKIN, _SHADE, _VEIL, _FOLD, _COAT, _INK = (
    (150, 184, 224),
    (128, 162, 206),
    (112, 98, 52),
    (94, 80, 38),
    (92, 120, 140),
    (52, 44, 40),
)


@dataclass(frozen=True, slots=True)
class FigurePose:
    """The place and pose of a figure.

    `x` and `y` are the centre of the face as shares of the picture's width and height, `size` the height of the face as
    a share of the picture's height. `turn` is the turn of the head to their left, -1 to 1. `light` is the brightness,
    0 to 1.
    """

    x: float = 0.5
    y: float = 0.46
    size: float = 0.42
    turn: float = 0.0
    light: float = 1.0

    def box(self) -> tuple[float, float, float, float]:
        """The box around the face: x, y, width, height as shares of the picture."""
        width, height = SIZE
        wide, high = 0.78 * self.size * height / width, 0.94 * self.size
        return (round(self.x - wide / 2, 3), round(self.y - high / 2, 3), round(wide, 3), round(high, 3))

    def swaying(self, at_s: float) -> "FigurePose":
        """The pose with a slight sway at `at_s`."""
        sway = 0.004 * math.sin(1.7 * at_s)
        return FigurePose(self.x + sway, self.y + 0.6 * sway, self.size, self.turn, self.light)


def drawn(poses: tuple[FigurePose, ...]) -> Image:
    """A picture of a wall and the figures before it, the first of them in front."""
    width, height = SIZE
    wall = np.linspace(_WALL_TOP, _WALL_END, height)[:, None, :]
    image: Image = np.ascontiguousarray(np.broadcast_to(wall, (height, width, 3)).astype(np.uint8))
    cv2.rectangle(image, (60, 40), (170, 190), (200, 206, 208), -1)
    cv2.rectangle(image, (60, 40), (170, 190), (160, 170, 176), 3)
    for pose in reversed(poses):
        _person(image, pose)
    light = poses[0].light if poses else 1.0
    return (image * light).astype(np.uint8)


def _person(image: Image, pose: FigurePose) -> None:
    width, height = SIZE
    high = pose.size * height
    x, y = pose.x * width, pose.y * height
    nose = x + 0.17 * high * pose.turn  # the person's left is the picture's right
    _oval(image, x, y + 1.32 * high, 0.95 * high, 0.75 * high, _COAT)
    _oval(image, x, y + 0.03 * high, 0.52 * high, 0.66 * high, _VEIL)
    _oval(image, x, y + 0.62 * high, 0.5 * high, 0.34 * high, _VEIL)
    _oval(image, x, y + 0.66 * high, 0.34 * high, 0.2 * high, _FOLD)
    _oval(image, x + 0.25 * (nose - x), y, 0.36 * high, 0.47 * high, _SKIN)
    for side in (-1, 1):
        eye = nose + side * 0.155 * high
        _oval(image, eye, y - 0.06 * high, 0.042 * high, 0.042 * high, _INK)
        _oval(image, eye, y - 0.15 * high, 0.075 * high, 0.016 * high, _INK)
    _oval(image, nose + 0.03 * high * pose.turn, y + 0.07 * high, 0.035 * high, 0.045 * high, _SHADE)
    mouth = tuple(round(part) for part in (nose, y + 0.17 * high))
    cv2.ellipse(image, mouth, (round(0.11 * high), round(0.07 * high)), 0, 25, 155, _INK, 3, cv2.LINE_AA)


def _oval(image: Image, x: float, y: float, wide: float, high: float, colour: tuple[int, int, int]) -> None:
    one = 1 << _SHIFT
    centre, axes = (round(x * one), round(y * one)), (round(wide * one), round(high * one))
    cv2.ellipse(image, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)
