"""Whether faces stand upright in the picture: a camera may hang on its side, or upside down."""

from collections import Counter
from typing import Final

import cv2
import numpy as np

from camera import Image, Rotation
from camera.orientation import ROTATIONS, rotated
from models.detector import FaceDetector

_EVERY_S: Final = 10.0
_ENOUGH: Final = 3


def best_rotation(detector: FaceDetector, image: Image) -> Rotation | None:
    """The clockwise rotation of a BGR picture in which the detector is surest of a face; None where it finds none.

    BlazeFace finds most faces that lie on their side too, and is less sure of them: measured on 91 pictures (NUAA,
    LFW), each of another sitting or person, the upright one scored highest of the four in all.
    """
    scores: dict[Rotation, float] = {}
    for rotation in ROTATIONS:
        rgb = np.asarray(cv2.cvtColor(rotated(image, rotation), cv2.COLOR_BGR2RGB), np.uint8)
        scores[rotation] = max((face.score for face in detector.detect(rgb)), default=0.0)
    surest = max(ROTATIONS, key=scores.__getitem__)
    return surest if scores[surest] else None


class SidewaysWatch:
    """Judges a picture now and then, until the same rotation has been best several times: then it is sure. Pure."""

    def __init__(self) -> None:
        self._found: Counter[Rotation] = Counter()
        self._next_s = float("-inf")

    def due(self, at_s: float) -> bool:
        """Whether the picture of `at_s` is to be judged."""
        return at_s >= self._next_s

    def see(self, best: Rotation | None, at_s: float) -> Rotation | None:
        """Take in the `best_rotation` of the picture of `at_s`. Returns it once, when it is sure."""
        self._next_s = at_s + _EVERY_S
        if best is None:
            return None
        self._found[best] += 1
        if self._found[best] < _ENOUGH:
            return None
        self._next_s = float("inf")
        return best
