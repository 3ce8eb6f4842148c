"""What was seen of one face over time: all that the checks of liveness look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.face import Points, RgbImage
from models.gallery import Vector

Floats = NDArray[np.float64]

SCENE_PX = 320
"""The longer side of the small picture."""

DETAIL_PX = 96
"""The side of the piece of face in the camera's own pixels: a face at arm's length is wider, one at two metres fits."""

Crops = tuple[RgbImage, ...]
"""What networks that look at one frame are shown of it (models/liveness/network.py); none where no network is asked."""

Cut = Callable[[RgbImage, Points], Crops]
"""What makes them of a picture (H, W, 3) and the landmarks of its face."""


@dataclass(frozen=True, slots=True, eq=False)
class LivenessSample:
    """One frame of a face, in the picture's own time.

    `points` (468, 3) px; `scene` the whole picture in grey, (h, w), `scale` times as large; `detail`
    (DETAIL_PX, DETAIL_PX, 3) RGB, the camera's own pixels around the face's middle; `probe` its template when one was
    made; `others`, how many more faces of comparable size there were; `crops` what networks
    are shown.
    """

    at_s: float
    points: Points
    scene: NDArray[np.uint8]
    scale: float
    detail: RgbImage
    probe: Vector | None = None
    others: int = 0
    crops: Crops = ()

    @property
    def width_px(self) -> float:
        """The face from ear to ear."""
        return float(np.linalg.norm(self.points[454, :2] - self.points[234, :2]))


Track = Sequence[LivenessSample]
"""The same face over frames, oldest first."""


def liveness_sample(image: RgbImage, points: Points, at_s: float, cut: Cut | None = None) -> LivenessSample:
    """What is kept of a picture (H, W, 3) with one face (468, 3): half a millisecond at 640 x 480."""
    height, width = image.shape[:2]
    scale = min(1.0, SCENE_PX / max(height, width))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scene = cv2.resize(grey, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    crops = cut(image, points) if cut is not None else ()
    return LivenessSample(at_s, points, np.asarray(scene, np.uint8), scale, _detail(image, points), crops=crops)


def with_probe(seen: LivenessSample, probe: Vector) -> LivenessSample:
    """The same glimpse with the template that was made of it."""
    return replace(seen, probe=probe)


def _detail(image: RgbImage, points: Points) -> RgbImage:
    """The camera's own pixels: nothing may be interpolated, or the finest patterns are gone."""
    height, width = image.shape[:2]
    x, y = np.rint(points[:, :2].mean(axis=0)).astype(int) - DETAIL_PX // 2
    x, y = (int(np.clip(v, 0, max(side - DETAIL_PX, 0))) for v, side in ((x, width), (y, height)))
    piece = image[y : y + DETAIL_PX, x : x + DETAIL_PX]
    missing = DETAIL_PX - piece.shape[0], DETAIL_PX - piece.shape[1]
    if missing != (0, 0):
        return np.asarray(cv2.copyMakeBorder(piece, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE), np.uint8)
    return np.array(piece)


def times(track: Track) -> Floats:
    """The instants (T,) in seconds."""
    return np.array([seen.at_s for seen in track])


def shapes(track: Track) -> Floats:
    """The landmarks (T, 468, 3) in px."""
    return np.stack([seen.points for seen in track]).astype(np.float64)
