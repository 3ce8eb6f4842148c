"""The checks that ask nothing of the person, put together; the check of life among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from models.liveness.continuity import continuity
from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made
from models.liveness.geometry import LIDS, MOUTH, SLOW_S, frames_in, left_over, liveliness, settled, sheet
from models.liveness.parallax import LEAST_FRAMES, passing_by
from models.liveness.screen import screen
from models.liveness.surroundings import surroundings
from models.liveness.track import Track

MOVES = 0.0005
"""Face widths by which both, lids and mouth, move: 99 % of genuine windows of 1.5 s do (docs/liveness.md)."""


def life(track: Track) -> Finding:
    """Whether lids and mouth move beyond what turning, tilting and bending do to all of the face.

    Eyes alone are not enough, nor is a mouth: the smaller of both counts, so that eyes behind holes in paper do not.
    """
    if len(track) < LEAST_FRAMES:
        return not_made(Check.LIFE)
    still = settled(track)
    middle = np.median(still, axis=0)
    terms = np.column_stack([sheet(middle[:, :2]), middle[:, 2]])
    own = left_over((still - middle)[..., :2], terms)
    frames = frames_in(track, SLOW_S)
    moves = min(liveliness(own, LIDS, frames), liveliness(own, MOUTH, frames))
    return at_least(Check.LIFE, moves, MOVES, Suspicion.LIFELESS)


def passive_checks(same_person: float) -> Mapping[Check, Callable[[Track], Finding]]:
    """The passive checks by name; two templates of one person are at least `same_person` alike."""
    return {
        Check.PARALLAX: passing_by,
        Check.LIFE: life,
        Check.SURROUNDINGS: surroundings,
        Check.SCREEN: screen,
        Check.CONTINUITY: lambda track: continuity(track, same_person),
    }


def examine(track: Track, same_person: float) -> list[Finding]:
    """What every passive check says of a track of at least a second and a half."""
    return [check(track) for check in passive_checks(same_person).values()]


ROOM_SEEN = 0.725
"""From this score of the surroundings on, something around the face was seen to stay: not one of 302 prints got there,
and three in four walk-ups."""


def sure(findings: list[Finding]) -> bool:
    """Whether what the passive checks found needs no challenge beside: all passed, and the room was seen behind."""
    seen = any(found.check is Check.SURROUNDINGS and found.score >= ROOM_SEEN for found in findings)
    return seen and all(found.passed for found in findings)
