"""Was the whole picture exchanged at once? A camera on a wall goes on seeing its room, whoever stands before it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Thumb = NDArray[np.uint8]

LIKE = 0.5
"""Correlation of two pictures that follow each other: people before a camera that stays have 0.9 and more, a camera
that is carried 0.63 at least, films of two rooms 0.2 and less (docs/liveness.md)."""

CHANGED = 8.0
"""Grey levels by which half of the picture or more has changed: before a bare wall whoever moves is all there is to
correlate, and the wall stays."""

_SIZE = (64, 48)
_STRIDE = 4


def thumb(image: NDArray[np.uint8]) -> Thumb:
    """The whole of a picture (H, W, 3), small: (48, 64, 3)."""
    return np.asarray(cv2.resize(image[::_STRIDE, ::_STRIDE], _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def exchanged(before: Thumb, after: Thumb) -> bool:
    """Whether two pictures that follow each other cannot show one room. Its light may change."""
    if float(np.median(cv2.absdiff(before, after))) < CHANGED:
        return False
    one, other = (picture.astype(np.float32).ravel() for picture in (before, after))
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other) < LIKE * float(np.linalg.norm(one) * np.linalg.norm(other))
