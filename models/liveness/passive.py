"""The passive checks, which ask nothing of the person, and the check of life, which is one of them."""

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
"""Least motion of lids and of mouth, in face widths. 99 % of genuine windows of 1.5 s reach it (docs/liveness.md)."""


def life(track: Track) -> Finding:
    """Whether lids and mouth move beyond what turning, tilting and bending do to the whole face.

    The smaller of the two motions counts, so that eyes behind holes in paper are not enough.
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
    """The passive checks by name. Two probes of one person have a score of at least `same_person`."""
    return {
        Check.PARALLAX: passing_by,
        Check.LIFE: life,
        Check.SURROUNDINGS: surroundings,
        Check.SCREEN: screen,
        Check.CONTINUITY: lambda track: continuity(track, same_person),
    }


def examine(track: Track, same_person: float) -> list[Finding]:
    """The finding of every passive check on a track of at least 1.5 s."""
    return [check(track) for check in passive_checks(same_person).values()]


ROOM_SEEN = 0.725
"""Score of the surroundings from which on something around the face was seen to stay. None of 302 prints reached it,
and three of four walk-ups did (docs/liveness.md)."""


def sure(findings: list[Finding]) -> bool:
    """Whether no challenge is needed at the level `adaptive`: all checks passed, and the room was seen to stay."""
    seen = any(found.check is Check.SURROUNDINGS and found.score >= ROOM_SEEN for found in findings)
    return seen and all(found.passed for found in findings)
