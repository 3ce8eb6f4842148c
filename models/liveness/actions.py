"""The actions a person can be asked for, and how far one has been done, compared with how they stood when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.face import Points
from models.landmarks import pose
from models.liveness.track import LivenessSample, Track

# FaceMesh indices: the inner edges of the lips, the corners of the mouth, and around each eye the outer corner, the
# upper lid twice, the inner corner and the lower lid twice.
_LIPS = (13, 14)
_MOUTH_CORNERS = (61, 291)
_EYES = ((33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373))


class Action(StrEnum):
    """An action to be done on request. Left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"
    COME_CLOSER = "come_closer"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an action counts: its progress must reach `done`, then come back to `undone`, all within `limit_s`.

    `done` is larger than `undone` (hysteresis), so that noise in the landmarks cannot complete an action.
    """

    done: float
    undone: float
    limit_s: float


RULES: Mapping[Action, Rule] = {
    Action.TURN_LEFT: Rule(13.0, 8.0, 3.5),
    Action.TURN_RIGHT: Rule(13.0, 8.0, 3.5),
    Action.BLINK: Rule(0.25, 0.12, 3.0),
    Action.OPEN_MOUTH: Rule(0.22, 0.12, 3.0),
    Action.COME_CLOSER: Rule(0.18, 0.10, 4.0),
    Action.HOLD: Rule(1.0, 1.0, 3.0),
}
"""Units of `done` and `undone`: degrees for turns; for a blink the share by which the eye aspect ratio falls; for the
mouth the opening in mouth widths; for coming closer the share by which the face grows; for holding seconds."""

TURNS = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT})

AHEAD_DEG = 14.0
"""Largest yaw of a face that looks at the camera."""

STILL_DEG = 5.0
STILL_SHARE = 0.05
"""A face that holds still turns by no more than this and changes its width by no more than this share."""


@dataclass(frozen=True, slots=True)
class Stance:
    """How somebody stands in one frame.

    Yaw and pitch in degrees, `lids` the mean eye aspect ratio of both eyes, `mouth` its opening in mouth widths, and
    the width of the face in px.
    """

    yaw_deg: float
    pitch_deg: float
    lids: float
    mouth: float
    width_px: float

    @property
    def ahead(self) -> bool:
        """Whether the face looks at the camera, to within `AHEAD_DEG`."""
        return abs(self.yaw_deg) <= AHEAD_DEG


def stance(sample: LivenessSample) -> Stance:
    """The stance in one frame."""
    head = pose(sample.points)
    lids = sum(_opening(sample.points, eye) for eye in _EYES) / len(_EYES)
    mouth = _between(sample.points, _LIPS) / max(_between(sample.points, _MOUTH_CORNERS), 1e-6)
    return Stance(head.yaw_deg, head.pitch_deg, lids, mouth, sample.width_px)


def usual(track: Track) -> Stance:
    """The median stance over a track."""
    each = [stance(sample) for sample in track]
    return Stance(
        *(
            float(np.median([getattr(one, name) for one in each]))
            for name in ("yaw_deg", "pitch_deg", "lids", "mouth", "width_px")
        )
    )


def progress(action: Action, now: Stance, before: Stance) -> float:
    """How far an action has gone from the stance `before`, in the unit of its rule.

    It is below 0 the other way. Of holding still it is 1 while still, else 0.
    """
    return _PROGRESS[action](now, before)


def _still(now: Stance, before: Stance) -> float:
    turned = max(abs(now.yaw_deg - before.yaw_deg), abs(now.pitch_deg - before.pitch_deg))
    return float(turned <= STILL_DEG and abs(now.width_px / before.width_px - 1) <= STILL_SHARE)


_PROGRESS: Mapping[Action, Callable[[Stance, Stance], float]] = {
    Action.TURN_LEFT: lambda now, before: now.yaw_deg - before.yaw_deg,
    Action.TURN_RIGHT: lambda now, before: before.yaw_deg - now.yaw_deg,
    Action.BLINK: lambda now, before: 1 - now.lids / max(before.lids, 1e-6),
    Action.OPEN_MOUTH: lambda now, before: now.mouth - before.mouth,
    Action.COME_CLOSER: lambda now, before: now.width_px / max(before.width_px, 1e-6) - 1,
    Action.HOLD: _still,
}


def _between(points: Points, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0], :2] - points[pair[1], :2]))


def _opening(points: Points, eye: tuple[int, ...]) -> float:
    """The eye aspect ratio (Soukupova and Cech 2016), (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|)."""
    outer, up_1, up_2, inner, low_1, low_2 = eye
    height = _between(points, (up_1, low_2)) + _between(points, (up_2, low_1))
    return height / (2 * max(_between(points, (outer, inner)), 1e-6))
