"""Where the head points, from the landmarks alone."""

import numpy as np
from numpy.typing import NDArray

from models.face import Points, Pose

# Pairs that mirror each other, the person's right first (left in the picture): temples, cheeks, eye and mouth corners.
_RIGHT = [127, 234, 93, 33, 133, 61, 58]
_LEFT = [356, 454, 323, 263, 362, 291, 288]
# Along the midline: forehead, nose bridge above; chin, lower lip below.
_UPPER = [10, 151, 9, 168]
_LOWER = [152, 175, 199, 200]
# The line from forehead to chin leans back by this much in a level face: the median over 596 news portraits (LFW).
_LEVEL_DEG = 4.9


def pose(points: Points) -> Pose:
    """Yaw, pitch and roll of a face, from the directions across and down its landmarks.

    The two directions make a rotation matrix (Gram-Schmidt), read as roll, then pitch, then yaw. FaceMesh's z is an
    estimate from one picture: a frontal face reads within a few degrees of 0.
    """
    across = (points[_LEFT] - points[_RIGHT]).mean(axis=0).astype(np.float64)
    down = (points[_LOWER].mean(axis=0) - points[_UPPER].mean(axis=0)).astype(np.float64)
    x = _unit(across)
    y = _unit(down - x * (down @ x))
    z = np.cross(x, y)  # out of the back of the head
    yaw = np.degrees(np.arctan2(-z[0], np.hypot(z[1], z[2])))
    pitch = np.degrees(np.arctan2(z[1], z[2]))
    roll = np.degrees(np.arctan2(x[1], x[0]))
    return Pose(float(yaw), float(pitch) + _LEVEL_DEG, float(roll))


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return v / max(float(np.linalg.norm(v)), 1e-9)
