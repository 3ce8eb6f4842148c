"""Continuity: whether a film is one take, judged by the followed face and by the whole picture.

It finds still pictures, loops, cuts and the exchange of one face for another.
"""

from __future__ import annotations

from collections.abc import Sequence
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

Thumb = NDArray[np.uint8]
"""The whole picture at (48, 64, 3), in its own colour order."""

LEVELS = 25
"""Grey levels, in any colour, by which a pixel of the small picture has changed."""

CHANGED = 0.12
ALONE = 4.0
"""A cut changes at least this share of the picture, and this many times as much as the frames around it do.

Cuts between films of two people change 0.16 to 0.9, and 40 times as much. Somebody who walks up changes 0.15, but as
much again and again. A camera that is carried changes 0.3, and 3 times as much (docs/liveness.md)."""

AROUND = 2
"""Changes before and after a cut that it is compared with."""

_SIZE = (64, 48)
_SAMPLES = (128, 96)
"""Sizes as (width, height). A pixel of the thumb is the mean of four samples. The mean of all pixels costs twenty times
as much, and a thumb is made of every frame."""


def thumb(image: NDArray[np.uint8]) -> Thumb:
    """The thumb (48, 64, 3) of a picture (H, W, 3)."""
    samples = cv2.resize(image, _SAMPLES, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(samples, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def changed(before: Thumb, after: Thumb) -> float:
    """The share of pixels that differ between two frames, after their mean brightness is made equal."""
    gain = before.mean() / max(after.mean(), 1.0)
    return float((cv2.absdiff(before, cv2.convertScaleAbs(after, alpha=gain)).max(axis=2) > LEVELS).mean())


def is_cut(shares: Sequence[float]) -> bool:
    """Whether the middle one of 2 * AROUND + 1 successive changes is a cut."""
    here = shares[AROUND]
    others = max(*shares[:AROUND], *shares[AROUND + 1 :])
    return here >= CHANGED and here >= ALONE * others


CHANGES = 0.15
"""Least difference of the face's pixels from one frame to the next, in grey levels. A sensor has noise, and codecs do
not take all of it away: the quietest film of a real person has 0.26."""

REPEATS = 0.4
"""Least difference of a frame from the most similar earlier frame, as a share of its usual difference from the one
before. Below it, the film is a loop."""

LAG_S = 0.3
"""How much earlier that frame must be, in seconds."""

LEAP = 8.0
CHANGE = 5.0
BOTH = 2.4
"""Limits of a jump of the face, of a change of its picture, and of the geometric mean of the two, each as a multiple of
that in the frames around. In the mean, one take of a real person reaches 2.0; a cut to another moment in which the face
is almost where it was reaches 3.4 (docs/liveness.md)."""

SLACK = 0.003
"""Face widths by which landmarks jump in any film."""

SPEEDS_UP = 1.0
"""Acceleration of a head in face widths a second squared. The longer the time between frames, the farther a head may go
off its way in one of them."""

GAP_S = 0.5
"""Longest time between two frames of one take, in seconds."""

_SHORTEST_S = 0.001
_AROUND = 3
"""Steps before and after one that it is compared with."""


def continuity(track: Track, same_person: float) -> Finding:
    """Whether the track is one take of one face. Two probes of one person have a score of at least `same_person`."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.CONTINUITY)
    pictures = _patches(track)
    changes = np.array([_apart(before, after) for before, after in pairwise(pictures)])
    moving, unbroken = _moving(track, pictures, changes), _unbroken(track, changes)
    return worst([_alone(track), _same(track, same_person), *moving, *unbroken])


def _alone(track: Track) -> Finding:
    crowded = sum(sample.others > 0 for sample in track) / len(track)
    return at_most(Check.CONTINUITY, crowded, 0.1, Suspicion.SECOND_FACE)


def _same(track: Track, same_person: float) -> Finding:
    """Compare each probe with the mean of those before it. With fewer than two the check cannot be made."""
    probes = [sample.probe for sample in track if sample.probe is not None]
    if len(probes) < 2:
        return not_made(Check.CONTINUITY)
    before = np.cumsum(probes, axis=0)[:-1]
    apart = max(1 - float(unit(mean) @ probe) for mean, probe in zip(before, probes[1:], strict=True))
    return at_most(Check.CONTINUITY, max(apart, 0.0), 1 - same_person, Suspicion.OTHER_FACE)


def _moving(track: Track, pictures: list[NDArray[np.uint8]], changes: Floats) -> list[Finding]:
    """Whether the picture of the face changes, and does not repeat an earlier one."""
    usual = float(np.median(changes))
    found = [at_least(Check.CONTINUITY, usual, CHANGES, Suspicion.STATIC)]
    if usual > 0:
        found.append(at_least(Check.CONTINUITY, _nearest_earlier(track, pictures) / usual, REPEATS, Suspicion.LOOP))
    return found


def _patches(track: Track) -> list[NDArray[np.uint8]]:
    """The same part of every small picture: the bounding box of the face in the middle frame."""
    middle = track[len(track) // 2]
    height, width = middle.scene.shape
    x, y = np.clip(middle.points[:, :2].T * middle.scale, 0, [[width - 1], [height - 1]]).astype(int)
    part = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    return [np.ascontiguousarray(sample.scene[part]) for sample in track]


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The mean difference in grey levels."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size


def _nearest_earlier(track: Track, pictures: list[NDArray[np.uint8]]) -> float:
    """The fifth smallest difference of a frame from an earlier one, as still moments may look alike by chance."""
    at_s = times(track)
    nearest = []
    for index, at in enumerate(at_s):
        earlier = pictures[: int(np.searchsorted(at_s, at - LAG_S))]
        if earlier:
            nearest.append(min(_apart(pictures[index], before) for before in earlier))
    return sorted(nearest)[4] if len(nearest) > 4 else float("inf")


def _unbroken(track: Track, changes: Floats) -> list[Finding]:
    """Whether the face moves without a jump, its picture without a sudden change, and the frames without a gap."""
    at_s = times(track)
    if float(np.diff(at_s).max()) > GAP_S:
        return [Finding(Check.CONTINUITY, 0.0, 0.5, Suspicion.CUT)]
    jumps = _sudden(_jumps(track), SLACK + SPEEDS_UP * float(np.median(np.diff(at_s))) ** 2, gap=2)
    jolts = _sudden(changes, CHANGES, gap=1)
    limits = ((jumps, LEAP), (jolts, CHANGE), (np.sqrt(jumps * jolts), BOTH))
    return [at_most(Check.CONTINUITY, float(sudden.max()), limit, Suspicion.CUT) for sudden, limit in limits]


def _jumps(track: Track) -> Floats:
    """How far each step (T - 1,) of the landmarks is from the mean of the steps before and after it, in face widths.

    A face that walks or turns makes a similar step in the next frame; one that jumps does not. Steps over missing
    frames are scaled to the usual time between frames.
    """
    width = float(np.median([sample.width_px for sample in track]))
    took_s = np.maximum(np.diff(times(track)), _SHORTEST_S)
    usual = (np.median(took_s) / took_s)[:, None, None]
    steps = np.diff(shapes(track)[:, STIFF, :2], axis=0) / width * usual
    beside = (steps[:-2] + steps[2:]) / 2
    return np.pad(np.linalg.norm(steps[1:-1] - beside, axis=2).mean(axis=1), 1)


def _sudden(steps: Floats, slack: float, gap: int) -> Floats:
    """Each step (T,) divided by the largest of three before and three after it, plus `slack`.

    The nearest `gap` - 1 neighbours on either side are left out. The first values are 0: they have too few steps before
    them, and somebody who has just come to a stop slows down in them.
    """
    reach = _AROUND + gap - 1
    around = sliding_window_view(np.pad(steps, (0, reach)), 2 * reach + 1)
    others = around[:, np.abs(np.arange(-reach, reach + 1)) >= gap].max(axis=1)
    return np.pad(around[:, reach] / (others + slack), (reach, 0))
