"""Whether the picture was exchanged at once: of a face that is followed, and of the whole picture."""

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


CHANGES = 0.15
"""Grey levels by which the face's pixels differ from one frame to the next: a sensor has noise. Codecs take most of it
away (0.26 in the quietest film of a real person), but not all."""

REPEATS = 0.4
"""How near a frame comes to an earlier one, against how near it comes to the one before."""

LAG_S = 0.3
LEAP = 8.0
CHANGE = 5.0
BOTH = 2.4
"""How much more suddenly a face goes elsewhere, and how much more its picture changes, from one frame to the next than
around then; and the geometric mean of the two. One take of a real person reaches 2.0 in that, a cut to another
moment in which the face is almost where it was 3.4 (docs/liveness.md)."""

SLACK = 0.003
"""Face widths that landmarks jump by anyway."""

SPEEDS_UP = 1.0
"""Face widths a second squared by which a head gains speed: the fewer frames there are, the farther one may take it."""

GAP_S = 0.5
_SHORTEST_S = 0.001
_AROUND = 3


def continuity(track: Track, same_person: float) -> Finding:
    """Whether the track is one take of one face; two templates of one person are at least `same_person` alike."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.CONTINUITY)
    pictures = _patches(track)
    changes = np.array([_apart(before, after) for before, after in pairwise(pictures)])
    moving, unbroken = _moving(track, pictures, changes), _unbroken(track, changes)
    return worst([_alone(track), _same(track, same_person), *moving, *unbroken])


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


def _moving(track: Track, pictures: list[NDArray[np.uint8]], changes: Floats) -> list[Finding]:
    """Whether the picture of the face changes, and never comes back to what it was."""
    usual = float(np.median(changes))
    found = [at_least(Check.CONTINUITY, usual, CHANGES, Suspicion.STATIC)]
    if usual > 0:
        found.append(at_least(Check.CONTINUITY, _nearest_earlier(track, pictures) / usual, REPEATS, Suspicion.LOOP))
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


def _unbroken(track: Track, changes: Floats) -> list[Finding]:
    """Whether the face goes where it goes without leaping, and its picture changes no more at once than before and
    after, without a gap through which another could come."""
    at_s = times(track)
    if float(np.diff(at_s).max()) > GAP_S:
        return [Finding(Check.CONTINUITY, 0.0, 0.5, Suspicion.CUT)]
    leaps = _sudden(_leaps(track), SLACK + SPEEDS_UP * float(np.median(np.diff(at_s))) ** 2, gap=2)
    jolts = _sudden(changes, CHANGES, gap=1)
    limits = ((leaps, LEAP), (jolts, CHANGE), (np.sqrt(leaps * jolts), BOTH))
    return [at_most(Check.CONTINUITY, float(sudden.max()), limit, Suspicion.CUT) for sudden, limit in limits]


def _leaps(track: Track) -> Floats:
    """How far each step (T - 1,) of the landmarks is from the mean of those before and after it, in face widths.

    Who walks or turns steps as far in the next frame, whoever leaps does not. Where frames are missing, a step is as
    long as it would be without.
    """
    width = float(np.median([seen.width_px for seen in track]))
    took_s = np.maximum(np.diff(times(track)), _SHORTEST_S)
    usual = (np.median(took_s) / took_s)[:, None, None]
    steps = np.diff(shapes(track)[:, STIFF, :2], axis=0) / width * usual
    beside = (steps[:-2] + steps[2:]) / 2
    return np.pad(np.linalg.norm(steps[1:-1] - beside, axis=2).mean(axis=1), 1)


def _sudden(steps: Floats, slack: float, gap: int) -> Floats:
    """How much larger each step (T,) is than the largest of three before and three after it, from the `gap`th on, and
    `slack`.

    The first have too little before them, and are 0: somebody who has just come to a stop slows down in them.
    """
    reach = _AROUND + gap - 1
    around = sliding_window_view(np.pad(steps, (0, reach)), 2 * reach + 1)
    others = around[:, np.abs(np.arange(-reach, reach + 1)) >= gap].max(axis=1)
    return np.pad(around[:, reach] / (others + slack), (reach, 0))
