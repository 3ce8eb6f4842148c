"""The motion of a face's landmarks over a track, and what simple motions do not explain of it.

T is the number of frames. Landmark numbers are those of FaceMesh.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.liveness.track import Floats, Track, shapes, times

LIDS = (
    *(7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246),
    *(249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466),
)
MOUTH = (
    *(0, 11, 12, 13, 14, 15, 16, 17, 37, 38, 39, 40, 41, 42, 61, 62, 72, 73, 74, 76, 77, 78, 80, 81, 82, 84, 85, 86),
    *(87, 88, 89, 90, 91, 95, 96, 146, 178, 179, 180, 181, 183, 184, 185, 191, 267, 268, 269, 270, 271, 272, 291),
    *(292, 302, 303, 304, 306, 307, 308, 310, 311, 312, 314, 315, 316, 317, 318, 319, 320, 321, 324, 325, 375, 402),
    *(403, 404, 405, 407, 408, 409, 415),
    *(18, 83, 148, 152, 175, 176, 199, 200, 201, 208, 313, 377, 400, 421, 428),
)
"""Landmarks of lips and chin."""

STIFF = np.setdiff1d(np.arange(468), (*LIDS, *MOUTH))
"""Landmarks that talking and blinking hardly move."""

SIDES = (234, 454)
"""Landmarks at the edge of the face on the person's right and left. Their distance is the face width."""

SLOW_S = 0.16
"""Seconds over which motion is averaged. Landmarks tremble from frame to frame; muscles move more slowly."""


def plane(points: Floats) -> NDArray[np.complex128]:
    """Points (..., 2 or more) as complex numbers x + iy, of shape (...)."""
    return np.asarray(points[..., 0] + 1j * points[..., 1], np.complex128)


def to_target(shapes: Floats, target: Floats) -> Floats:
    """The similarities (T, 2) that bring shapes (T, N, 2) nearest to a target (N, 2): w = a z + b, complex a and b.

    Least squares over z = x + iy (Umeyama 1991, without reflection).
    """
    z, w = plane(shapes), plane(target)
    centre = z.mean(axis=1, keepdims=True)
    spread = np.maximum((np.abs(z - centre) ** 2).sum(axis=1), 1e-9)
    a = np.einsum("tn,n->t", np.conj(z - centre), w - w.mean()) / spread
    return np.stack([a, w.mean() - a * centre[:, 0]], axis=1)


def moved(points: Floats, similarity: Floats) -> Floats:
    """Points (T, N, 2) under similarities (T, 2)."""
    z = similarity[:, :1] * plane(points) + similarity[:, 1:]
    return np.stack([z.real, z.imag], axis=-1)


def settled(track: Track) -> Floats:
    """The landmarks (T, 468, 3) in face widths, each frame brought to the same place, roll and size."""
    landmarks = shapes(track)
    first = landmarks[len(landmarks) // 2]
    across = plane(first[SIDES[1]] - first[SIDES[0]])
    upright = plane(first - first[STIFF].mean(axis=0)) / across
    target = np.stack([upright.real, upright.imag], axis=-1)[STIFF]
    for _ in range(2):  # the second time against the median of all frames
        place = to_target(landmarks[:, STIFF, :2], target)
        still = moved(landmarks[:, :, :2], place)
        target = np.median(still, axis=0)[STIFF]
    return np.concatenate([still, (landmarks[:, :, 2] * np.abs(place[:, :1]))[..., None]], axis=-1)


def sheet(shape: Floats) -> Floats:
    """The terms 1, x, y, x2, xy, y2 of a shape (N, 2), as (N, 6): what a sheet of paper can do to it.

    To second order, a plane in perspective and a gently bent one move their points by a polynomial in these terms.
    """
    x, y = shape.T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def left_over(motion: Floats, terms: Floats) -> Floats:
    """The part of a motion (T, N, 2) that the terms (N, K), fitted to the stiff points alone, do not explain."""
    fit = np.einsum("kn,tnc->tkc", np.linalg.pinv(terms[STIFF]), motion[:, STIFF])
    return np.asarray(motion - np.einsum("nk,tkc->tnc", terms, fit))


def smooth(series: Floats, frames: int) -> Floats:
    """The running mean of a series (T, ...) over so many frames, (T - frames + 1, ...)."""
    total = np.cumsum(np.concatenate([np.zeros_like(series[:1]), series]), axis=0)
    return np.asarray((total[frames:] - total[:-frames]) / frames)


def frames_in(track: Track, seconds: float) -> int:
    """The mean number of frames in so many seconds, at least 1."""
    at_s = times(track)
    return max(1, round(seconds * (len(at_s) - 1) / max(float(at_s[-1] - at_s[0]), 1e-6)))


def liveliness(motion: Floats, points: Sequence[int] | NDArray[np.intp], frames: int) -> float:
    """Root mean square distance of points of a motion (T, N, 2) from their mean, smoothed over `frames`."""
    slow = smooth(motion[:, np.asarray(points, int)], frames)
    return float(np.sqrt(((slow - slow.mean(axis=0)) ** 2).sum(axis=2).mean()))
