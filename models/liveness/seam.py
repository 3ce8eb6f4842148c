"""Was the picture exchanged at once? A camera on a wall goes on seeing what it saw, and whoever moves takes a while."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Thumb = NDArray[np.uint8]

LEVELS = 25
"""Grey levels, in any colour, by which a pixel of the small picture has changed."""

CHANGED = 0.12
ALONE = 4.0
"""A cut changes so much of the picture, and so many times as much as the two frames before it and after it do: films of
two people 0.16 to 0.9 and 40 times; somebody walking up 0.15, but as much again and again; a camera that is carried
0.3, and 3 times (docs/liveness.md)."""

AROUND = 2

_SIZE = (64, 48)
_SAMPLES = (128, 96)
"""A thumb's pixel is the mean of four: every frame has one made, and the mean of all costs twenty times as much."""


def thumb(image: NDArray[np.uint8]) -> Thumb:
    """The whole of a picture (H, W, 3), small: (48, 64, 3)."""
    samples = cv2.resize(image, _SAMPLES, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(samples, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def changed(before: Thumb, after: Thumb) -> float:
    """The share of the picture that is another in the next frame; its light may change."""
    gain = before.mean() / max(after.mean(), 1.0)
    return float((cv2.absdiff(before, cv2.convertScaleAbs(after, alpha=gain)).max(axis=2) > LEVELS).mean())


def is_cut(shares: Sequence[float]) -> bool:
    """Whether the middle one of 2 * AROUND + 1 changes is a cut."""
    here = shares[AROUND]
    others = max(*shares[:AROUND], *shares[AROUND + 1 :])
    return here >= CHANGED and here >= ALONE * others
