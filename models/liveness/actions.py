"""What somebody can be asked to do, and how far it has been done, judged against how they stood when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.face import Points
from models.landmarks import pose
from models.liveness.track import LivenessSample, Track

_LIPS = (13, 14)
_MOUTH_CORNERS = (61, 291)
_EYES = ((33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373))


class Action(StrEnum):
    """Left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"
    COME_CLOSER = "come_closer"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an action counts: `done` at its farthest, `undone` again when it is back below. With a time limit.

    Between the two lies the hysteresis: nothing trembles from done to undone.
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
"""Turns in degrees, lids and mouth and size as parts of what they were or of the mouth's width, holding in seconds."""

TURNS = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT})
AHEAD_DEG = 14.0
STILL_DEG = 5.0
STILL_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Stance:
    """How somebody stands: angles, the openings of lids (both eyes' mean) and mouth, the face's width."""

    yaw_deg: float
    pitch_deg: float
    lids: float
    mouth: float
    width_px: float

    @property
    def ahead(self) -> bool:
        """Whether the face looks at the camera, more or less."""
        return abs(self.yaw_deg) <= AHEAD_DEG


def stance(seen: LivenessSample) -> Stance:
    """How somebody stands in one frame."""
    head = pose(seen.points)
    lids = sum(_opening(seen.points, eye) for eye in _EYES) / len(_EYES)
    mouth = _between(seen.points, _LIPS) / max(_between(seen.points, _MOUTH_CORNERS), 1e-6)
    return Stance(head.yaw_deg, head.pitch_deg, lids, mouth, seen.width_px)


def usual(track: Track) -> Stance:
    """The middle of how somebody stood."""
    each = [stance(seen) for seen in track]
    return Stance(
        *(
            float(np.median([getattr(one, name) for one in each]))
            for name in ("yaw_deg", "pitch_deg", "lids", "mouth", "width_px")
        )
    )


def progress(action: Action, now: Stance, before: Stance) -> float:
    """How far an action has gone, in its rule's unit; below 0 the other way. Of holding: 1 while still, else 0."""
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
    """Eye aspect ratio (Soukupova and Cech 2016): outer corner, upper lid twice, inner corner, lower lid twice."""
    outer, up_1, up_2, inner, low_1, low_2 = eye
    height = _between(points, (up_1, low_2)) + _between(points, (up_2, low_1))
    return height / (2 * max(_between(points, (outer, inner)), 1e-6))
