"""Face detection with MediaPipe's BlazeFace networks, and the import of MediaPipe itself.

The networks lie in MediaPipe's wheel. The interpreter runs them: MediaPipe's graph around them costs as much again.

MediaPipe imports matplotlib, which is not needed here and is not on a device. It is given an empty module instead.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.face import Box, Face, RgbImage
from models.runtime import Network

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


@contextmanager
def _without_plotting() -> Iterator[None]:
    absent = [name for name in _PLOTTING if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _without_plotting():
    import mediapipe
    from mediapipe.python.solutions.face_mesh import FaceMesh

__all__ = ["MODULES", "FaceMesh"]

MODULES: Final = Path(mediapipe.__file__).parent / "modules"
"""The folder of MediaPipe's graphs and networks."""

_SURE = 0.75
"""Least score of the short-range model. Below it, a shirt is as likely as a face two metres away."""

_LIKELY = 0.6
"""Least score of the full-range model, that of MediaPipe's graph."""

_ONE_FACE = 0.3  # boxes that overlap by more (intersection over union) are of one face

Floats: TypeAlias = NDArray[np.float32]


class FaceDetector:
    """Finds faces up to about five metres away: BlazeFace short range, then full range where the first finds none.

    One detector belongs to one thread. Source of the models: Bazarevsky et al. 2019, arXiv:1907.05047.
    """

    def __init__(self) -> None:
        # Grids of places at which the networks look for faces, and looks at each of them: the options of MediaPipe's
        # graphs (face_detection_short_range.pbtxt and face_detection_full_range.pbtxt).
        self._near = _BlazeFace("face_detection_short_range", ((16, 2), (8, 6)), counts=0.5)
        self._far = _BlazeFace("face_detection_full_range_sparse", ((48, 1),), counts=_LIKELY)

    def detect(self, image: RgbImage) -> list[Face]:
        """All faces in an RGB picture (H, W, 3), the highest score first."""
        return self._near.faces(image, _SURE) or self._far.faces(image, _LIKELY)


class _BlazeFace:
    """One network, and MediaPipe's way to prepare its input and to read its output.

    `counts` is the least score of a box that is averaged into a face.
    """

    def __init__(self, name: str, grids: Sequence[tuple[int, int]], counts: float) -> None:
        self._network = Network((MODULES / "face_detection" / f"{name}.tflite").read_bytes(), outputs=2)
        self._size = self._network.input_shape[1]
        self._least_logit = math.log(counts / (1 - counts))
        self._places = np.concatenate([_places(side, looks) for side, looks in grids])

    def faces(self, image: RgbImage, least: float) -> list[Face]:
        """The faces with a score of at least `least`, the highest first."""
        height, width = image.shape[:2]
        side = max(height, width)
        x0, y0 = (width - side) / 2, (height - side) / 2
        scale = self._size / side
        whole = np.array([[scale, 0, -x0 * scale], [0, scale, -y0 * scale]])
        square = cv2.warpAffine(image, whole, (self._size, self._size), flags=cv2.INTER_LINEAR)  # black around it
        boxes, scores = self._network.run_all(square[np.newaxis] * np.float32(2 / 255) - 1)
        found = self._read(boxes[0], scores[0, :, 0])
        return [
            Face(Box(*(float(end) for end in box * side + (x0, y0, x0, y0))), float(score))
            for box, score in found
            if score >= least
        ]

    def _read(self, boxes: Floats, scores: Floats) -> list[tuple[Floats, np.float32]]:
        """Boxes (x0, y0, x1, y1) in shares of the square and their scores, the highest first.

        `boxes` (n, 16) are middle, width and height in px of the input around each place, then six points.
        """
        likely = np.flatnonzero(scores >= self._least_logit)
        middle = boxes[likely, :2] / self._size + self._places[likely]
        half = boxes[likely, 2:4] / self._size / 2
        return _averaged(np.hstack([middle - half, middle + half]), 1 / (1 + np.exp(-scores[likely])))


def _places(side: int, looks: int) -> Floats:
    """The middles (side * side * looks, 2) of a square grid's cells in shares of the whole, row by row."""
    middles = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / side
    y, x = np.meshgrid(middles, middles, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), looks, axis=0)


def _averaged(boxes: Floats, scores: Floats) -> list[tuple[Floats, np.float32]]:
    """One box for each face: the mean of those that overlap with its best one, weighted by their scores.

    It has the best one's score (NonMaxSuppressionCalculator of MediaPipe, WEIGHTED).
    """
    order = np.argsort(-scores, kind="stable")
    faces = []
    while len(order):
        same = _overlaps(boxes[order[0]], boxes[order]) > _ONE_FACE
        of_face = order[same]
        faces.append((np.average(boxes[of_face], axis=0, weights=scores[of_face]), scores[order[0]]))
        order = order[~same]
    return faces


def _overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one box with each of (n, 4)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(sides.clip(0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(shared / (np.prod(box[2:] - box[:2]) + areas - shared), np.float32)
