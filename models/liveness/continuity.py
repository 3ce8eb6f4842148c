"""Is it one face in one unbroken take? What a camera films never stands still, never repeats itself and never jumps."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.gallery import unit
from models.liveness.finding import Check, Finding, Suspicion, at_least, at_most, not_made, worst
from models.liveness.geometry import STIFF
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import Floats, Track, shapes, times

CHANGES = 0.15
"""Grey levels by which the face's pixels differ from one frame to the next: a sensor has noise. Codecs take most of it
away (0.26 in the quietest film of a real person), but not all."""

REPEATS = 0.4
"""How near a frame comes to an earlier one, against how near it comes to the one before."""

LAG_S = 0.3
JUMP = 3.0
CHANGE = 5.0
"""How much farther a face goes, and how much more its picture changes, from one frame to the next than around then."""

SLACK = 0.003
"""Face widths that landmarks jump by anyway."""

SPEEDS_UP = 1.0
"""Face widths a second squared by which a head gains speed: the fewer frames there are, the farther one may take it."""

GAP_S = 0.5
_AROUND = 3


def continuity(track: Track, same_person: float) -> Finding:
    """Whether the track is one take of one face; two templates of one person are at least `same_person` alike."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.CONTINUITY)
    return worst([_alone(track), _same(track, same_person), *_moving(track), _unbroken(track)])


def _alone(track: Track) -> Finding:
    crowded = sum(seen.others > 0 for seen in track) / len(track)
    return at_most(Check.CONTINUITY, crowded, 0.1, Suspicion.SECOND_FACE)


def _same(track: Track, same_person: float) -> Finding:
    """Each template against the mean of those before it. A single one says nothing of a track."""
    probes = [seen.probe for seen in track if seen.probe is not None]
    if len(probes) < 2:
        return not_made(Check.CONTINUITY)
    before = np.cumsum(probes, axis=0)[:-1]
    apart = max(1 - float(unit(mean) @ probe) for mean, probe in zip(before, probes[1:], strict=True))
    return at_most(Check.CONTINUITY, max(apart, 0.0), 1 - same_person, Suspicion.OTHER_FACE)


def _moving(track: Track) -> list[Finding]:
    """Whether the picture of the face changes, never comes back to what it was, and never changes all at once."""
    pictures = _patches(track)
    steps = np.array([_apart(before, after) for before, after in pairwise(pictures)])
    changes = float(np.median(steps))
    found = [
        at_least(Check.CONTINUITY, changes, CHANGES, Suspicion.STATIC),
        at_most(Check.CONTINUITY, _sudden(steps, CHANGES), CHANGE, Suspicion.CUT),
    ]
    if changes > 0:
        found.append(at_least(Check.CONTINUITY, _nearest_earlier(track, pictures) / changes, REPEATS, Suspicion.LOOP))
    return found


def _patches(track: Track) -> list[NDArray[np.uint8]]:
    """The small pictures, cut at the face of the middle frame: it stays in the picture, as what repeats does."""
    middle = track[len(track) // 2]
    height, width = middle.scene.shape
    x, y = np.clip(middle.points[:, :2].T * middle.scale, 0, [[width - 1], [height - 1]]).astype(int)
    part = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    return [np.ascontiguousarray(seen.scene[part]) for seen in track]


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The mean difference in grey levels."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size


def _nearest_earlier(track: Track, pictures: list[NDArray[np.uint8]]) -> float:
    """How near frames come to earlier ones: the fifth nearest, as a still moment may look like another by chance."""
    at_s = times(track)
    nearest = []
    for index, at in enumerate(at_s):
        earlier = pictures[: int(np.searchsorted(at_s, at - LAG_S))]
        if earlier:
            nearest.append(min(_apart(pictures[index], before) for before in earlier))
    return sorted(nearest)[4] if len(nearest) > 4 else float("inf")


def _unbroken(track: Track) -> Finding:
    """Whether the face goes where it goes without jumping, and without a gap through which another could come."""
    at_s = times(track)
    if float(np.diff(at_s).max()) > GAP_S:
        return Finding(Check.CONTINUITY, 0.0, 0.5, Suspicion.CUT)
    points = shapes(track)[:, STIFF, :2]
    widths = np.array([seen.width_px for seen in track[1:]])
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1) / widths
    slack = SLACK + SPEEDS_UP * float(np.median(np.diff(at_s))) ** 2
    return at_most(Check.CONTINUITY, _sudden(steps, slack), JUMP, Suspicion.CUT)


def _sudden(steps: Floats, slack: float) -> float:
    """How much larger one step (T,) is than the largest of the three before and after it, and `slack`.

    The first three have too little before them: somebody who has just come to a stop slows down in them.
    """
    around = sliding_window_view(np.r_[steps, np.zeros(_AROUND)], 2 * _AROUND + 1)
    others = np.delete(around, _AROUND, axis=1).max(axis=1)
    return float((around[:, _AROUND] / (others + slack)).max())
