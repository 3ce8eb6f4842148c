"""The liveness sample of a frame, and the track of one face over time that the checks of liveness take."""

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
"""The longer side of the small grey picture, in px."""

DETAIL_PX = 96
"""The side of the part of the face that is kept at full size, in px. A face at arm's length is wider, one at two metres
fits."""

Crops = tuple[RgbImage, ...]
"""The inputs of the networks of models/liveness/network.py for one frame; empty where no network is asked."""

Cut = Callable[[RgbImage, Points], Crops]
"""Makes the crops from a picture (H, W, 3) and the landmarks (468, 3) of its face."""


@dataclass(frozen=True, slots=True, eq=False)
class LivenessSample:
    """One frame of a face, as the checks of liveness need it.

    `at_s` is when the frame was taken. `points` (468, 3) are the landmarks in px. `scene` (h, w) is the whole picture
    in grey, at `scale` times its size. `detail` (DETAIL_PX, DETAIL_PX, 3) is RGB at full size around the middle of the
    face. `probe` is the face's vector when one was made, `others` the number of further faces of comparable size, and
    `crops` the inputs of the networks.
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
        """The width of the face in px, between the landmarks before the ears."""
        return float(np.linalg.norm(self.points[454, :2] - self.points[234, :2]))


Track = Sequence[LivenessSample]
"""Samples of the same face, oldest first."""


def liveness_sample(image: RgbImage, points: Points, at_s: float, cut: Cut | None = None) -> LivenessSample:
    """The sample of an RGB picture (H, W, 3) with one face (468, 3). `cut` makes the crops where networks are asked."""
    height, width = image.shape[:2]
    scale = min(1.0, SCENE_PX / max(height, width))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scene = cv2.resize(grey, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    crops = cut(image, points) if cut is not None else ()
    return LivenessSample(at_s, points, np.asarray(scene, np.uint8), scale, _detail(image, points), crops=crops)


def with_probe(sample: LivenessSample, probe: Vector) -> LivenessSample:
    """The same sample with the probe that was made of its frame."""
    return replace(sample, probe=probe)


def _detail(image: RgbImage, points: Points) -> RgbImage:
    """The middle of the face at full size. Nothing may be interpolated, as that removes the finest patterns."""
    height, width = image.shape[:2]
    x, y = np.rint(points[:, :2].mean(axis=0)).astype(int) - DETAIL_PX // 2
    x, y = (int(np.clip(v, 0, max(side - DETAIL_PX, 0))) for v, side in ((x, width), (y, height)))
    piece = image[y : y + DETAIL_PX, x : x + DETAIL_PX]
    missing = DETAIL_PX - piece.shape[0], DETAIL_PX - piece.shape[1]
    if missing != (0, 0):
        return np.asarray(cv2.copyMakeBorder(piece, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE), np.uint8)
    return np.array(piece)


def times(track: Track) -> Floats:
    """The times (T,) of the samples in seconds."""
    return np.array([sample.at_s for sample in track])


def shapes(track: Track) -> Floats:
    """The landmarks (T, 468, 3) of the samples in px."""
    return np.stack([sample.points for sample in track]).astype(np.float64)
