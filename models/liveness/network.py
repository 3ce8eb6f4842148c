"""An optional check by networks that were trained on prints and screens.

They are two MiniFASNets by Minivision AI (Silent-Face-Anti-Spoofing, 2020). One sees more of the surroundings of the
face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import cv2
import numpy as np

from models.assets import AssetStore
from models.errors import NetworkError
from models.face import Box, Points, RgbImage
from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made
from models.liveness.track import Crops, Track
from models.runtime import Network

SCALES: Mapping[str, float] = {"minifasnet-v2": 2.7, "minifasnet-v1se": 4.0}
"""The assets, and the size of each one's crop in sizes of the face (src/generate_patches.py of the authors)."""

CROP_PX = 80
_SHAPES = (1, CROP_PX, CROP_PX, 3), (1, 3)
_GENUINE = 1
"""Index of the output for a living face (test.py of the authors). The other two are for prints and screens."""

_FACE = 1.15, 1.0
"""The box of the authors' detector (RetinaFace), in widths and heights of the mesh: the median over 91 faces."""

LIVING = 0.3
"""Least likelihood of a living face. Some real people are little above 0.5 all the time, and four of five pictures of
pictures are below 0.1 (docs/liveness.md)."""

_FRAMES = 5
"""Frames of a track that the networks are shown."""


def crops(image: RgbImage, points: Points) -> Crops:
    """The crops (80, 80, 3) of a picture (H, W, 3) with one face (468, 3), one for each network, in RGB."""
    return tuple(_crop(image, points, scale) for scale in SCALES.values())


def _crop(image: RgbImage, points: Points, scale: float) -> RgbImage:
    """Cut one crop. It is moved into the picture where it would reach beyond, and made smaller where it does not fit.

    It is resized without averaging, as the training data were.
    """
    x0, y0, x1, y1 = (round(side) for side in _around(image.shape[1], image.shape[0], points, scale))
    piece = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return np.asarray(cv2.resize(piece, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR), np.uint8)


def _around(width: int, height: int, points: Points, scale: float) -> Box:
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    size, room = (high - low) * _FACE, np.array([width, height], np.float64)
    size *= min(scale, *(room / np.maximum(size, 1.0)))
    start = np.clip((low + high - size) / 2, 0, room - size)
    return Box(*start.tolist(), *(start + size).tolist())


class LivenessNetworks:
    """The check of a track whose samples have `crops`. One thread at a time may use it."""

    def __init__(self, networks: Sequence[Network]) -> None:
        """Take one network for each of SCALES, in that order. Raises NetworkError when a shape is wrong."""
        for name, network in zip(SCALES, networks, strict=True):
            shapes = network.input_shape, network.output_shape
            if shapes != _SHAPES:
                raise NetworkError(f"{name} maps {shapes[0]} to {shapes[1]}, expected {_SHAPES[0]} to {_SHAPES[1]}")
        self._networks = tuple(networks)

    @classmethod
    def load(cls, store: AssetStore, threads: int = 1) -> Self:
        """Load the installed assets. Raises AssetMissingError, AssetDamagedError or NetworkError."""
        return cls([Network(store.path(name), threads) for name in SCALES])

    def living(self, shown: Crops) -> float:
        """The likelihood of a living face, 0 to 1: the mean of the networks' outputs."""
        return float(np.mean([self._ask(network, crop) for network, crop in zip(self._networks, shown, strict=True)]))

    def examine(self, track: Track) -> Finding:
        """Whether the median likelihood of a few frames, spread over the track, is that of a living face."""
        shown = [track[i].crops for i in np.linspace(0, len(track) - 1, _FRAMES).astype(int)] if track else []
        if not shown or not all(shown):
            return not_made(Check.NETWORK)
        likelihood = float(np.median([self.living(each) for each in shown]))
        return at_least(Check.NETWORK, likelihood, LIVING, Suspicion.PICTURE)

    def _ask(self, network: Network, crop: RgbImage) -> float:
        """The living share of the softmax over the outputs, which are logits. The input is BGR, 0 to 255."""
        logits = network.run(crop[None, :, :, ::-1].astype(np.float32))[0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        return float(shares[_GENUINE] / shares.sum())
