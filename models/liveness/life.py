"""Does the face live? Lids, lips and chin move by themselves, whatever the head does."""

from __future__ import annotations

import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made
from models.liveness.geometry import LIDS, MOUTH, SLOW_S, frames_in, left_over, liveliness, settled, sheet
from models.liveness.parallax import LEAST_FRAMES
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
