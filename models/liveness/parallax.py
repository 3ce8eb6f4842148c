"""Does the face have depth? A print moves as a sheet does; a head that turns shows more of one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made, worst
from models.liveness.geometry import SLOW_S, STIFF, frames_in, left_over, liveliness, settled, sheet, smooth
from models.liveness.track import Track

LEAST_FRAMES = 12
"""Of a track on which a check can be made."""

OFF_SHEET = 0.0007
"""Face widths by which stiff landmarks leave the best sheet: 99 % of genuine windows of 1.5 s do (docs/liveness.md)."""

DEPTH_SHOWN = 0.26
RIGID = 0.80
"""Of a turn on purpose: docs/liveness.md has the distributions that both limits lie between."""

LEAST_OF_TURN = 6
"""Frames of a turn: ahead, on the way and there, twice each. A slow device has no more of them."""

_FRONT_S = 0.2
_FRONT_FRAMES = 3
"""How long a face looks ahead before it turns, and how many frames that is at least."""


@dataclass(frozen=True, slots=True)
class Solid:
    """How a face turned at its farthest: `depth`, about the sine of the angle by which points at different depths
    moved against each other, and `rigidity`, 1 when height and width stayed those of a rigid body."""

    depth: float
    rigidity: float


def passing_by(track: Track) -> Finding:
    """Whether a face that was asked nothing moved as no sheet of paper can, bent or not."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.PARALLAX)
    still = settled(track)
    middle = np.median(still, axis=0)
    off = left_over((still - middle)[..., :2], sheet(middle[:, :2]))
    return at_least(Check.PARALLAX, liveliness(off, STIFF, frames_in(track, SLOW_S)), OFF_SHEET, Suspicion.FLAT)


def turning(track: Track) -> Finding:
    """Whether a face that turned, from looking ahead, did so as a rigid head: the track of the turn alone."""
    if len(track) < LEAST_OF_TURN:
        return not_made(Check.PARALLAX)
    shown = solid(track)
    return worst(
        [
            at_least(Check.PARALLAX, shown.depth, DEPTH_SHOWN, Suspicion.FLAT),
            at_least(Check.PARALLAX, shown.rigidity**8, RIGID**8, Suspicion.FLAT),
        ]
    )


def solid(track: Track) -> Solid:
    """Fit each frame as an affine camera's picture of the first frames' face in space.

    Such a camera sees a rigid body through two rows of equal length at right angles (Tomasi and Kanade 1992). A print
    that turns is squeezed without showing depth, so that the rows' lengths differ: FaceMesh, which believes in heads,
    gives it a third of the depth at most.
    """
    still = settled(track)
    face = still[: max(_FRONT_FRAMES, frames_in(track, _FRONT_S))].mean(axis=0)[STIFF]
    flat = smooth(still[:, STIFF, :2], frames_in(track, SLOW_S))
    camera = np.einsum("kn,tnc->tck", np.linalg.pinv(face - face.mean(axis=0)), flat - flat.mean(axis=1, keepdims=True))
    stretch = np.linalg.svd(camera, compute_uv=False)
    depth = np.linalg.norm(camera[:, :, 2], axis=1) / np.maximum(stretch[:, 0], 1e-9)
    farthest = int(np.argmax(depth))
    return Solid(float(depth[farthest]), float(stretch[farthest, 1] / max(stretch[farthest, 0], 1e-9)))
