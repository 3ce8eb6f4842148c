"""How a camera hangs: its pictures are turned and mirrored where they enter, and nobody after that knows of it."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

import cv2
import numpy as np

from camera.frame import Answering, Camera, Closing, Frame, Image, Metering, Prompt

Rotation = Literal[0, 90, 180, 270]
ROTATIONS: Final[tuple[Rotation, ...]] = get_args(Rotation)
_TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def rotated(image: Image, rotate: Rotation) -> Image:
    """The picture turned clockwise by so many degrees."""
    return np.asarray(cv2.rotate(image, _TURNS[rotate]), np.uint8) if rotate else image


@dataclass(frozen=True, slots=True)
class Orientation:
    """What brings a camera's pictures upright: `rotate` degrees clockwise, then left and right exchanged by `mirror`.

    `mirror` is for a camera that gives what a mirror shows: text before it can then be read.
    """

    rotate: Rotation = 0
    mirror: bool = False

    def upright(self, image: Image) -> Image:
        """The picture as it is seen by who stands behind the camera."""
        turned = rotated(image, self.rotate)
        return np.asarray(cv2.flip(turned, 1), np.uint8) if self.mirror else turned

    def rotate_after(self, further: Rotation) -> Rotation:
        """The `rotate` of a camera whose pictures, as `upright` gives them, still have to be turned by `further`."""
        return ROTATIONS[(self.rotate + (-further if self.mirror else further)) // 90 % 4]


class Oriented(Closing):
    """A camera whose pictures are brought upright. They carry no truth: that of the source is of another picture."""

    def __init__(self, source: Camera, orientation: Orientation) -> None:
        self._source = source
        self._orientation = orientation

    @property
    def realtime(self) -> bool:
        """Whether the source comes at its own pace."""
        return self._source.realtime

    def read(self) -> Frame | None:
        """The source's next frame, upright. Raises what the source raises."""
        frame = self._source.read()
        return frame and Frame(self._orientation.upright(frame.image), frame.at_s, frame.index)

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask the person before the source, if they can hear."""
        if isinstance(self._source, Answering):
            self._source.obey(action, at_s)

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Tell the source how bright the face is, if it can follow."""
        if isinstance(self._source, Metering):
            self._source.meter(brightness, at_s)

    def close(self) -> None:
        """Close the source."""
        self._source.close()
